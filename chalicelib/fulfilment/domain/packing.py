"""Packings and slips: what a store notes down while it prepares an order and when the courier's receipt comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.settings import Setting
from chalicelib.shipping.domain.shipments import Box

BOXES = Setting(
    "fulfilment.most_boxes", 50, unit="boxes", rule="FUL-07", own=True, doc="How many boxes one order may be packed in."
)


@dataclass(frozen=True, slots=True)
class Packing:
    """The boxes an order was packed in, as the scale showed them; kept as proof of weight (LOG-20).

    Args:
        part: the place that packed it, when it is a part of an order only (RTE-07), or "".
    """

    order_id: str
    store: str
    boxes: tuple[Box, ...]
    packed_by: str
    packed_at: datetime
    part: str = ""

    @property
    def weight_g(self) -> int:
        return sum(box.weight_g for box in self.boxes)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What stands on a courier's signed receipt."""

    number: str
    signed_by: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Slip:
    """A receipt as it was entered when it came back (FUL-14); `part` as of a packing."""

    order_id: str
    receipt: Receipt
    entered_by: str
    entered_at: datetime
    part: str = ""


def share_boxes(boxes: Sequence[Box], wanted: Sequence[Sequence[int]]) -> list[tuple[Box, ...]]:
    """The boxes of each parcel.

    Args:
        wanted: for each parcel the numbers of its boxes, counted from 1. One parcel that names none takes all.

    Raises:
        Invalid: a number that no box has, a box in two parcels, or one in none.
    """
    if len(wanted) == 1 and not wanted[0]:
        return [tuple(boxes)]
    errors, taken = [], set()
    for parcel, numbers in enumerate(wanted):
        for number in numbers or (0,):
            if not 1 <= number <= len(boxes):
                errors.append(FieldError(f"/parcels/{parcel}/boxes", f"name boxes from 1 to {len(boxes)}"))
            elif number in taken:
                errors.append(FieldError(f"/parcels/{parcel}/boxes", f"box {number} is named twice"))
            taken.add(number)
    left = [str(number) for number in range(1, len(boxes) + 1) if number not in taken]
    if left:
        errors.append(FieldError("/parcels", f"no parcel holds box {', '.join(left)}"))
    if errors:
        raise Invalid(*errors)
    return [tuple(boxes[number - 1] for number in numbers) for numbers in wanted]


def check_signed(signed_at: datetime, sent_at: datetime, now: datetime, tolerance: timedelta) -> None:
    """A slip is signed after the parcel left and before it is entered.

    Raises:
        Invalid: it is not.
    """
    if not sent_at - tolerance <= signed_at <= now + tolerance:
        raise Invalid(FieldError("/signed_at", "is not between the parcel's leaving and now"))
