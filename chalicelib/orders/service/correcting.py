"""Correcting a returned order: recalculated, and the difference settled before the second review (AMB-24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.cart import service as cart
from chalicelib.cart.domain import Quote
from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.markets.domain import Address, check_address
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.shipping.handovers import area_of


class PriceWouldChange(Conflict):
    """The corrected order costs something else; whoever accepts the new `total` sends it along."""

    code, title = "price-would-change", "The price would change"


def resubmit(
    uow: UnitOfWork, order: d.Order, ship_to: Address, *, channel: str | None = None, accepted: Money | None = None
) -> d.Order:
    """The customer has corrected the address or the channel of a returned order; it is reviewed again (REV-03).

    Where freight, duty or tax become others, everything but the agreed price of the goods is worked out anew. What
    becomes cheaper goes to the balance account, a guest's back to where it came from; what becomes dearer is paid
    first, and the review waits for it (AMB-24).

    Args:
        channel: another shipping channel; None keeps the chosen one, in another country the shop chooses.
        accepted: the new total that the customer agrees to.

    Raises:
        Conflict: the order is picked up in a store, or the store does not deliver there.
        Invalid: the address is not complete for its country, or is outside of the market.
        NotAllowed: the order has not been returned.
        PriceWouldChange: the total becomes another one than paid, or than accepted; tells it.
        SoldOut, RuleRefused: the goods cannot be sent there.
    """
    moved = order.move(Command.RESUBMIT, uow.now)
    address = check_address(ship_to)
    _check_reach(order, address, channel)
    same_place = (address.country, address.region.casefold()) == (order.country, order.region.casefold())
    if order.handover is not None or (same_place and channel in (None, order.channel)):
        corrected = replace(moved, ship_to=address, reasons=(), submitted_at=to_second(uow.now))
        return uow.put(ORDER, corrected, d.OrderResubmitted(order_id=order.id))
    quote = _quote(uow, order, address, channel)
    if quote.total != (accepted or order.totals.total):
        raise PriceWouldChange(
            "The corrected order costs something else. Send the new total as accepted, or cancel the order.",
            total=_shown(quote.total), difference=_shown(quote.total - order.totals.total),
        )  # fmt: skip
    return _settle(uow, order, quote)


def _settle(uow: UnitOfWork, order: d.Order, quote: Quote) -> d.Order:
    """Take over the new calculation: stock, amounts, and the difference between paid and due."""
    priced = order.requoted(quote)
    held, wanted = order.allocation, priced.allocation
    places = held.keys() | wanted.keys()
    more = {place: wanted.get(place, 0) - held.get(place, 0) for place in places}
    if given_up := {place: -units for place, units in more.items() if units < 0}:
        inventory.release(uow, given_up, order.id)
    if taken := {place: units for place, units in more.items() if units > 0}:
        inventory.reserve(uow, taken, order.id)
    told = d.OrderCorrected(order_id=order.id, total_before=order.totals.total, total=quote.total)
    if _open_amount(uow, order, quote.total).minor > 0:
        pay_by = uow.now + timedelta(hours=uow.setting(settings.PAY_DIFFERENCE, market=order.market))
        waiting = priced.move(Command.AWAIT_DIFFERENCE, uow.now, pay_by=pay_by)
        return uow.put(ORDER, replace(waiting, reasons=(), submitted_at=to_second(uow.now)), told)
    again = replace(priced.move(Command.RESUBMIT, uow.now), reasons=(), submitted_at=to_second(uow.now))
    return uow.put(ORDER, again, told, d.OrderResubmitted(order_id=order.id))


def _open_amount(uow: UnitOfWork, order: d.Order, total: Money) -> Money:
    """What is to be paid before the review; what was paid too much has been given back."""
    if order.pays_at_door:
        return Money.zero(order.currency)
    payment = payments.change_due(uow, order.id, order.payment_id, total, customer=order.owner.customer)
    return payment.outstanding if payment is not None else total


def _quote(uow: UnitOfWork, order: d.Order, address: Address, channel: str | None) -> Quote:
    """The order's goods at their agreed prices, delivered as corrected. The number's class, the way of delivery, stays
    (ORD-05)."""
    lines = [
        cart.Agreed(line.id, line.sku, line.quantity, line.unit_price, line.discount) for line in order.lines
    ]  # fmt: skip
    asked = cart.Asked(
        ship_to=address,
        contact=order.contact,
        country=address.country,
        channel=channel or (order.channel if address.country == order.country else ""),
        payment_method=order.payment_method,
        vat_number=order.vat_number if address.country == order.country else "",
        gift_message=order.gift.message if order.gift else None,
    )
    return cart.requote(
        uow, lines, asked, owner=order.owner, market=order.market, language=order.language,
        reserved=order.allocation, deposit=order.totals.deposit, wrap=order.gift.price if order.gift else None,
    )  # fmt: skip


def _check_reach(order: d.Order, address: Address, channel: str | None) -> None:
    """A correction does not change who hands over: that would be another price and another store's stock. Within the
    store's area everything costs the same."""
    if order.handover is None:
        return
    if channel:
        raise Conflict("The store hands this order over itself; there is no channel to choose.")
    if order.handover.point:
        raise Conflict("This order is picked up in the store; correct its pickup point.")
    area = area_of(address.country, address.postal_code)
    if area is None or area.store != order.handover.store:
        raise Conflict("The store does not deliver to this address. Cancel the order and place a new one.")


def _shown(amount: Money) -> dict[str, str]:
    return {"amount": amount.text, "currency": amount.currency}
