"""One request, as a room's function sees it, and answers that are not JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core import table
from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.once import Mark
from chalicelib.core.table import Kind
from chalicelib.core.unit_of_work import UnitOfWork

from . import cursor as cursors


@dataclass(frozen=True, slots=True)
class CardPage:
    """Cards of one page and the cursor of the next."""

    items: Sequence[Any]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that is not a model: a page, a file, a redirect."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def if_match(headers: Mapping[str, str]) -> int | None:
    """The version the caller insists on (`If-Match: "3"`), or None.

    Raises:
        Invalid: it is not one of our entity tags.
    """
    tag = headers.get("if-match", "").strip()
    if not tag or tag == "*":
        return None
    number = tag.removeprefix('"').removesuffix('"')
    if not (number.isascii() and number.isdecimal()) or len(number) > 12:
        raise Invalid(FieldError("header.If-Match", "is not an entity tag of this shop"))
    return int(number)


class Request:
    """What came in.

    Args:
        uow: the unit of work of this request; the room's service functions take it first.
        principal: the caller.
        path: the template of the route, not the address.
        headers: names in lower case.
        raw_body: the very bytes that were sent.
        source_ip: the caller's address as the gateway saw it.
        mark: by what it is recognised when it comes again; None on routes without an idempotency key.
    """

    __slots__ = (
        "headers", "mark", "path", "principal", "raw_body", "reply_headers", "source_ip", "trace", "uow",
    )  # fmt: skip

    def __init__(
        self,
        uow: UnitOfWork,
        principal: Principal,
        path: str,
        headers: Mapping[str, str],
        raw_body: bytes,
        source_ip: str,
        trace: str,
        mark: Mark | None = None,
    ) -> None:
        self.uow, self.principal, self.path, self.headers = uow, principal, path, headers
        self.raw_body, self.source_ip, self.trace = raw_body, source_ip, trace
        self.mark = mark
        self.reply_headers: dict[str, str] = {}

    @property
    def now(self) -> Any:
        """The moment of the request, UTC."""
        return self.uow.now

    @property
    def language(self) -> str:
        """The language the caller likes best, as a BCP 47 tag; `en` when none was named."""
        tags: list[tuple[float, int, str]] = []
        for part in self.headers.get("accept-language", "")[:200].split(","):
            tag, _, parameter = part.strip().partition(";")
            try:
                weight = float(parameter.strip().removeprefix("q=") or 1)
            except ValueError:
                weight = 0.0
            if tag and tag != "*" and weight > 0:
                tags.append((-weight, len(tags), tag))
        return min(tags)[2] if tags else "en"

    def set_etag(self, version: int) -> None:
        """Tell the version of what is answered."""
        self.reply_headers["ETag"] = f'"{version}"'

    def page(
        self,
        kind: Kind[Any],
        index: str,
        pk: str,
        *,
        limit: int,
        cursor: str = "",
        newest_first: bool = False,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        keep: Callable[[Any], bool] | None = None,
    ) -> CardPage:
        """One page of cards, with signed cursors bound to this list and caller; one read, unless `keep` sifts."""
        scope = f"{self.path} {index} {pk} {prefix} {self.principal.key}"
        start = cursors.read(cursor, scope) if cursor else None
        found = table.page(
            kind,
            index,
            pk,
            limit=limit,
            start=start,
            newest_first=newest_first,
            prefix=prefix,
            between=between,
            keep=keep,
        )
        return CardPage(found.items, cursors.write(found.next, scope) if found.next else None)
