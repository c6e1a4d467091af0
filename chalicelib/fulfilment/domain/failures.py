"""Hand-overs that failed: why, whose fault it was, and what the store decides (FUL-19, FUL-20)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why the customer does not have the goods."""

    NOT_COLLECTED = "not_collected"
    NOT_RECEIVED = "not_received"
    REFUSED = "refused"
    NOT_SIGNED = "not_signed"
    WRONG_ADDRESS = "wrong_address"
    DAMAGED = "damaged"
    SHOP_LATE = "shop_late"
    OTHER = "other"


#: The causes that lie with the customer and count for the deposit rule (FUL-20, BAL-05), unless staff know better.
BY_CUSTOMER: Final = frozenset(
    {Cause.NOT_COLLECTED, Cause.NOT_RECEIVED, Cause.REFUSED, Cause.NOT_SIGNED, Cause.WRONG_ADDRESS}
)


class Decision(StrEnum):
    """What the store's customer service does about it (RET-07)."""

    KEEP_AT_DESK = "keep_at_desk"
    DELIVER_AGAIN = "deliver_again"
    TAKE_BACK = "take_back"
