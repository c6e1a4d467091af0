"""Stripe's signatures: HMAC-SHA256 over the time and the raw bytes. What they share with others is in the core.

A message is good for 300 seconds before and after its time, any of the signatures sent may match, and during a rotation
the previous secret still counts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from chalicelib.core.signatures import Forged, check_time, match


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
    moment = check_time(times[0], now)
    signed = moment.encode() + b"." + raw
    wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    match(given, wanted)


def sign_stripe(raw: bytes, secret: str, now: datetime) -> str:
    """The header that Stripe would send."""
    moment = str(int(now.timestamp()))
    return f"t={moment},v1={hmac.new(secret.encode(), moment.encode() + b'.' + raw, hashlib.sha256).hexdigest()}"
