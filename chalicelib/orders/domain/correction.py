"""What a customer can correct about an order that was returned: everything but its goods and its class (REV-03)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.markets.domain import Address, Contact
from chalicelib.shipping.domain.handover import Handover

if TYPE_CHECKING:
    from .order import Order

#: What can be corrected beside contact and note, by way of delivery.
_CORRECTABLE: Final = {
    "courier": ("ship_to", "channel"),
    "own_delivery": ("ship_to", "own_delivery"),
    "pickup": ("pickup",),
    "": ("ship_to",),
}


class OtherWay(Conflict):
    """The order is delivered in another way; `correctable` tells what of it can be corrected.

    The way of delivery is in the order's number (ORD-05), so that another one is another order.
    """

    code: ClassVar[str] = "other-way-of-delivery"
    title: ClassVar[str] = "The order is delivered in another way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a customer changes about a returned order; what is None stays as it is.

    Args:
        ship_to: where the goods are brought; of virtual goods, where the buyer is.
        channel: another shipping channel; in another country the shop chooses, if none is named.
        store, point, picker, picker_phone: where a pickup is collected, and by whom.
        hours, slot_from: another window or appointment of the store's own delivery.
        email, phone: of the buyer.
        note: an answer in words, which a person reads before the order goes on.
        accepted: the new total that the customer agrees to.
    """

    ship_to: Address | None = None
    channel: str | None = None
    store: str | None = None
    point: str | None = None
    picker: str | None = None
    picker_phone: str | None = None
    hours: int | None = None
    slot_from: datetime | None = None
    email: str | None = None
    phone: str | None = None
    note: str = ""
    accepted: Money | None = None

    def check_fits(self, order: Order) -> None:
        """Let a correction through that fits the order's way of delivery.

        Raises:
            OtherWay: it does not.
        """
        asked = {
            "ship_to": self.ship_to is not None,
            "channel": bool(self.channel),
            "pickup": not {self.store, self.point, self.picker, self.picker_phone} <= {None},
            "own_delivery": not {self.hours, self.slot_from} <= {None},
        }
        fitting = _CORRECTABLE[order.delivery_method]
        if not_fitting := [name for name, is_asked in asked.items() if is_asked and name not in fitting]:
            raise OtherWay(
                f"An order that is delivered like this has no {' or '.join(not_fitting)}. To have it in another way, "
                "order its goods anew.",
                correctable=[*fitting, "contact", "note"],
            )

    def contact_of(self, order: Order) -> Contact:
        """How the buyer is reached."""
        kept = order.contact
        return replace(
            kept,
            email=kept.email if self.email is None else self.email,
            phone=kept.phone if self.phone is None else self.phone,
        )

    def address_of(self, order: Order) -> Address | None:
        """Where the goods go; of a pickup, who comes for them, at the address of the store they chose first."""
        if self.ship_to is not None or order.ship_to is None:
            return self.ship_to
        kept = order.ship_to
        return replace(
            kept,
            name=kept.name if self.picker is None else self.picker,
            phone=kept.phone if self.picker_phone is None else self.picker_phone,
        )

    def handover_of(self, order: Order, store: str) -> Handover | None:
        """What the store does; None when a courier brings the goods, or nothing is sent.

        Args:
            store: of an own delivery, the one that delivers to the address.
        """
        kept = order.handover
        if kept is None:
            return None
        if kept.point:
            return replace(kept, store=self.store or kept.store, point=self.point or kept.point)
        if self.hours is None and self.slot_from is None:
            return replace(kept, store=store)
        held = kept.booked if store == kept.store else ""  # it counts as free for the order that has it
        chosen = Handover(store=store, hours=self.hours or 0, slot_from=self.slot_from, booked=held)
        return kept if chosen.time == kept.time else chosen
