"""Errors as RFC 9457 problem documents: one shape for everything that goes wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.core import config
from chalicelib.core.errors import DomainError, FieldError, Invalid
from chalicelib.core.money import Money

MEDIA_TYPE: Final = "application/problem+json"
_RETRY: Final = {409: None, 429: "5", 503: "2"}


def of_error(error: DomainError, instance: str = "") -> tuple[int, dict[str, str], str]:
    """Status, headers and body for a domain error."""
    document = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        **({"detail": error.detail} if error.detail else {}),
        **({"instance": instance} if instance else {}),
        **error.members,
    }
    headers = {"Content-Type": MEDIA_TYPE}
    if retry := _RETRY.get(error.status):
        headers["Retry-After"] = retry
    if error.status == 401:
        headers["WWW-Authenticate"] = f'Bearer realm="caravan {config.stage()}"'
    return error.status, headers, json.dumps(document, default=_plain, ensure_ascii=False, separators=(",", ":"))


def unexpected(instance: str = "", trace: str = "") -> tuple[int, dict[str, str], str]:
    """The answer to a defect of ours: says nothing but where to look."""
    document = {
        "type": "/problems/internal-error",
        "title": "Something went wrong on our side",
        "status": 500,
        **({"instance": instance} if instance else {}),
        **({"trace": trace} if trace else {}),
    }
    return 500, {"Content-Type": MEDIA_TYPE}, json.dumps(document, separators=(",", ":"))


def of_validation(errors: list[Mapping[str, Any]], within: str = "") -> Invalid:
    """All the field errors of a model at once.

    pydantic calls a list too short once what is wrong in it is left out; then only what is wrong in it is named.
    """
    found = []
    places = [tuple(error["loc"]) for error in errors]
    for error in errors:
        here = tuple(error["loc"])
        if error["type"] == "too_short" and any(place != here and place[: len(here)] == here for place in places):
            continue
        pointer = within + "".join(f"/{part}" for part in error["loc"])
        detail = str(error["msg"])
        if error["type"] == "value_error":
            detail = detail.removeprefix("Value error, ")
        found.append(FieldError(pointer, detail))
    return Invalid(*found)


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": value.text, "currency": value.currency}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)
