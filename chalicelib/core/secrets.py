"""Secrets, from Secrets Manager, kept in memory for five minutes so that a rotation is noticed.

That one is missing is kept for a minute: what is not configured costs no call each time it is asked for.
"""

from __future__ import annotations

import json
import time
from typing import Final

from . import aws, config
from .errors import Unavailable

#: Seconds a secret is kept.
FRESH: Final = 300.0
#: Seconds for which a secret that is not there is not looked for again.
ABSENT: Final = 60.0

_kept: dict[str, tuple[float, dict[str, str]]] = {}


class MissingSecret(Unavailable):
    """A needed secret is not there: what it protects stays shut."""

    code = "not-configured"


def secret(name: str) -> dict[str, str]:
    """The fields of a secret, e.g. `secret("stripe")["api_key"]`.

    Raises:
        MissingSecret: there is no such secret, or it is empty. Callers must not go on without it.
    """
    until, fields = _kept.get(name, (0.0, {}))
    if time.monotonic() >= until:
        fields = _read(name)
        _kept[name] = (time.monotonic() + (FRESH if fields else ABSENT), fields)
    if not fields:
        raise MissingSecret("This part of the shop is not configured.")
    return fields


def _read(name: str) -> dict[str, str]:
    client = aws.client("secretsmanager")
    try:
        return _fields(client.get_secret_value(SecretId=config.secret_name(name))["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        return {}


def _fields(text: str) -> dict[str, str]:
    """The texts in a secret's JSON object; anything else in its place counts as nothing."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: value for key, value in document.items() if isinstance(value, str) and value}


def candidates(name: str, field: str) -> tuple[str, ...]:
    """The current and, during a rotation, the previous value of one field: `key` and `key_previous`.

    Raises:
        MissingSecret: there is no current value.
    """
    fields = secret(name)
    if field not in fields:
        raise MissingSecret("This part of the shop is not configured.")
    previous = fields.get(f"{field}_previous")
    return (fields[field], previous) if previous else (fields[field],)


def make(name: str, fields: dict[str, str]) -> None:
    """Keep a secret of our own making under a new name; one that is there already stays as it is.

    So a secret never changes: a rotation is another name. Whoever makes it twice, or at the same time as somebody else,
    reads the same one afterwards.
    """
    client = aws.client("secretsmanager")
    try:
        client.create_secret(Name=config.secret_name(name), SecretString=json.dumps(fields))
    except client.exceptions.ResourceExistsException:
        return
    finally:
        _kept.pop(name, None)  # that there was none may be remembered


def destroy(name: str) -> None:
    """Delete a secret at once; one that is not there is as good as deleted."""
    client = aws.client("secretsmanager")
    try:
        client.delete_secret(SecretId=config.secret_name(name), ForceDeleteWithoutRecovery=True)
    except client.exceptions.ResourceNotFoundException:
        return
    finally:
        _kept.pop(name, None)


def forget() -> None:
    """Read anew at the next use."""
    _kept.clear()
