"""Signatures of webhooks: HMAC-SHA256 over the raw bytes and the time, compared in constant time.

Two schemes: Stripe's, and Standard Webhooks. In both a message is good for 300 seconds before and after its time, any
of the signatures sent may match, and during a rotation the previous secret still counts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from .base import Forged

#: Seconds that a message's time may differ from ours, either way.
TOLERANCE: Final = 300


def check_stripe(header: str, raw: bytes, secrets: Iterable[str], now: datetime) -> None:
    """Verify `Stripe-Signature: t=1700000000,v1=hex[,v1=hex]` over `t.body`.

    Raises:
        Forged: no signature fits, or the time is not now.
    """
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    given = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1:
        raise Forged("The signature header is not readable.")
    moment = _moment(times[0], now)
    signed = moment.encode() + b"." + raw
    wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    _match(given, wanted)


def sign_stripe(raw: bytes, secret: str, now: datetime) -> str:
    """The header that Stripe would send."""
    moment = str(int(now.timestamp()))
    return f"t={moment},v1={hmac.new(secret.encode(), moment.encode() + b'.' + raw, hashlib.sha256).hexdigest()}"


def check_standard(headers: Mapping[str, str], raw: bytes, secrets: Iterable[str], now: datetime) -> None:
    """Verify `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,base64 [v1,base64]` over `id.timestamp.body`.

    Raises:
        Forged: a header is missing, no signature fits, or the time is not now.
    """
    message, moment = headers.get("webhook-id", ""), _moment(headers.get("webhook-timestamp", ""), now)
    pairs = [part.partition(",") for part in headers.get("webhook-signature", "").split(" ")]
    given = [value for version, _, value in pairs if version == "v1"]
    if not message:
        raise Forged("The message has no id.")
    _match(given, [_standard(message, moment, raw, secret) for secret in secrets])


def sign_standard(message: str, raw: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers of a message in the Standard Webhooks scheme."""
    moment = str(int(now.timestamp()))
    return {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{_standard(message, moment, raw, secret)}",
    }


def _standard(message: str, moment: str, raw: bytes, secret: str) -> str:
    signed = f"{message}.{moment}.".encode() + raw
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    """`whsec_` secrets are base64; others are used as they are."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = b""
    if not key:  # anybody can sign with an empty key
        raise Forged("Our own secret is not readable.")
    return key


def _moment(text: str, now: datetime) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Forged("The message has no time.")
    if abs(int(now.timestamp()) - int(text)) > TOLERANCE:
        raise Forged("The message is not of this moment.")
    return text


def _match(given: Iterable[str], wanted: list[str]) -> None:
    """Whether any given signature is any wanted one; every pair is compared, in constant time."""
    hits = [hmac.compare_digest(one.encode("utf-8", "replace"), other.encode()) for one in given for other in wanted]
    if not any(hits):
        raise Forged("The signature does not verify.")
