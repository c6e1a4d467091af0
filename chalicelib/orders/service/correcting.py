"""Correcting a returned order: recalculated, and the difference settled before the second review (AMB-24)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from chalicelib.cart import service as cart
from chalicelib.cart.domain import DeliveryMethod, Quote
from chalicelib.core.errors import Conflict, FieldError, Invalid, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.inventory import service as inventory
from chalicelib.markets import service as markets
from chalicelib.markets.domain import check_address, check_contact
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.machine import Command
from chalicelib.orders.domain.order import to_second
from chalicelib.orders.items import ORDER
from chalicelib.payments import service as payments
from chalicelib.risk import service as risk
from chalicelib.shipping.handovers import area_of
from chalicelib.shipping.service import handover as handovers
from chalicelib.shipping.service import windows

from . import deposits

Checked = TypeVar("Checked")


class PriceWouldChange(Conflict):
    """The corrected order costs something else; whoever accepts the new `total` sends it along."""

    code, title = "price-would-change", "The price would change"


def resubmit(uow: UnitOfWork, order: d.Order, correction: d.Correction) -> d.Order:
    """The customer has corrected or answered about a returned order; it is reviewed again (REV-03).

    Where freight, duty or tax become others, or a store hands over in another way, everything but the agreed price of
    the goods is worked out anew. What becomes cheaper goes to the balance account, a guest's back to where it came
    from; what becomes dearer, a deposit too, is paid first, and the review waits for it (AMB-24, BAL-05).

    Raises:
        NotAllowed: the order has not been returned.
        OtherWay: something is corrected that this way of delivery does not have.
        Invalid: address or contact are not complete for their country, or outside of the market; names every field.
        PriceWouldChange: the total becomes another one than paid, or than accepted; tells it.
        SoldOut, SlotFull, RuleRefused: the goods cannot be had in this way.
    """
    order.move(Command.RESUBMIT, uow.now)
    correction.check_fits(order)
    wanted = _wanted(order, correction)
    keys, deposit = _deposit(uow, order, wanted)
    wanted = replace(wanted, deposit_keys=keys, totals=order.totals.with_deposit(deposit))
    if _is_priced_otherwise(order, wanted, correction):
        priced = wanted.requoted(_quote(uow, order, wanted, correction.channel))
    else:
        _check_unpriced(uow, order, wanted)
        priced = wanted if order.ship_to else replace(wanted, ship_to=None)  # nothing is sent
    if priced.totals.total != (correction.accepted or order.totals.total):
        raise PriceWouldChange(
            "The corrected order costs something else. Send the new total as accepted, or cancel the order.",
            total=_shown(priced.totals.total), difference=_shown(priced.totals.total - order.totals.total),
        )  # fmt: skip
    priced = _move_goods(uow, order, priced)
    answered = (d.Reason(d.Hold.ANSWERED, correction.note),) if correction.note else ()
    return _settle(uow, order, replace(priced, reasons=answered, submitted_at=to_second(uow.now)))


def _wanted(order: d.Order, correction: d.Correction) -> d.Order:
    """The order as the customer wants it, at its old price.

    Raises:
        Invalid: every wrong field is named.
    """
    errors: list[FieldError] = []

    def checked(check: Callable[[], Checked], otherwise: Checked) -> Checked:
        try:
            return check()
        except Invalid as refused:
            errors.extend(FieldError(each["pointer"], each["detail"]) for each in refused.members["errors"])
            return otherwise

    address = asked = correction.address_of(order)
    if asked is not None and asked != order.ship_to:
        pointer = "/pickup" if order.delivery_method == "pickup" else "/ship_to"
        address = checked(lambda: check_address(asked, pointer), asked)
    reached = correction.contact_of(order)
    if reached != order.contact:
        reached = checked(lambda: check_contact(reached, address.country if address else order.country), reached)
    if errors:
        raise Invalid(*errors)
    area = area_of(address.country, address.postal_code) if address else None
    handover = correction.handover_of(order, area.store if area else "")
    return replace(order, ship_to=address, contact=reached, handover=handover)


def _is_priced_otherwise(order: d.Order, wanted: d.Order, correction: d.Correction) -> bool:
    """Whether price, tax or stock depend on what is corrected.

    Within a store's area everything costs the same, and so do the points of a store.
    """
    if order.handover is not None and wanted.handover is not None:
        same_store = wanted.handover.store == order.handover.store
        return not same_store if order.handover.point else wanted.handover != order.handover
    to = wanted.ship_to
    moved = to is not None and (to.country, to.region.casefold()) != (order.country, order.region.casefold())
    return moved or correction.channel not in (None, order.channel)


def _deposit(uow: UnitOfWork, order: d.Order, wanted: d.Order) -> tuple[tuple[str, ...], Money]:
    """The keys on deposit terms, and the deposit, of an order whose customer is recognised by other data now (BAL-06).

    Whatever recognised them when it was placed counts as it did then, what newly recognises them as it does now: nobody
    escapes the deposit by a correction, and no order comes to carry one because of what happened after it (BAL-05).
    """
    before, after = deposits.match_keys(uow, order), deposits.match_keys(uow, wanted)
    known = tuple(key for key in after if key in order.deposit_keys)
    found = risk.on_deposit(uow, [key for key in after if key not in before])
    if known and not order.totals.deposit.is_zero:
        return known + found, order.totals.deposit
    return known + found, risk.deposit(uow, found, order.market)


def _check_unpriced(uow: UnitOfWork, order: d.Order, wanted: d.Order) -> None:
    """Whether a hand-over that costs the same is possible.

    Raises:
        RuleRefused: the goods are not for this point of the store (FUL-02 to FUL-04), or the appointment has begun
            while the order waited for its customer (FUL-07); another one can be chosen.
    """
    chosen = wanted.handover
    if chosen is None:
        return
    if chosen != order.handover:
        handovers.check_point(uow, markets.market(order.market), chosen, order.goods, order.language)
    if chosen.slot_from is not None and chosen.slot_from <= uow.now:
        raise RuleRefused("The appointment has passed. Please choose another one.", rule="FUL-07", reason="closed")


def _quote(uow: UnitOfWork, order: d.Order, wanted: d.Order, channel: str | None) -> Quote:
    """The order's goods at their agreed prices, delivered as corrected. The number's class, the way of delivery, stays
    (ORD-05)."""
    lines = [
        cart.Agreed(
            line.id, line.sku, line.quantity, line.unit_price, line.discount,
            tuple(cart.AgreedPart(part.sku, part.quantity, part.unit_price) for part in line.components),
        )
        for line in order.lines
    ]  # fmt: skip
    country = wanted.ship_to.country if wanted.ship_to else order.country
    stays = country == order.country
    asked = cart.Asked(
        ship_to=wanted.ship_to,
        contact=wanted.contact,
        country=country,
        region=wanted.ship_to.region if wanted.ship_to else order.region,
        delivery_method=DeliveryMethod(order.delivery_method or DeliveryMethod.COURIER),
        channel=channel or (order.channel if stays else ""),
        payment_method=order.payment_method,
        vat_number=order.vat_number if stays else "",
        handover=wanted.handover,
        gift_message=order.gift.message if order.gift else None,
    )
    return cart.requote(
        uow, lines, asked, owner=order.owner, market=order.market, language=order.language, reserved=order.allocation,
        deposit=wanted.totals.deposit, wrap=order.gift.price if order.gift else None,
    )  # fmt: skip


def _move_goods(uow: UnitOfWork, order: d.Order, priced: d.Order) -> d.Order:
    """Reserve what is needed elsewhere now, give up what is not needed any more; so with window and appointment."""
    held, wanted = order.allocation, priced.allocation
    places = held.keys() | wanted.keys()
    more = {place: wanted.get(place, 0) - held.get(place, 0) for place in places}
    if given_up := {place: -units for place, units in more.items() if units < 0}:
        inventory.release(uow, given_up, order.id)
    if taken := {place: units for place, units in more.items() if units > 0}:
        inventory.reserve(uow, taken, order.id)
    before, after = order.handover, priced.handover
    if before is None or after is None or before.time == after.time:
        return priced
    return replace(priced, handover=windows.move(uow, before, replace(after, promised_by=None), order.market))


def _settle(uow: UnitOfWork, order: d.Order, priced: d.Order) -> d.Order:
    """To the second review: at once, or when the difference has been paid."""
    total, resubmitted = priced.totals.total, d.OrderResubmitted(order_id=order.id)
    if total == order.totals.total:
        return uow.put(ORDER, priced.move(Command.RESUBMIT, uow.now), resubmitted)
    told = d.OrderCorrected(order_id=order.id, total_before=order.totals.total, total=total)
    if _open_amount(uow, order, total).minor > 0:
        pay_by = uow.now + timedelta(hours=uow.setting(settings.PAY_DIFFERENCE, market=order.market))
        return uow.put(ORDER, priced.move(Command.AWAIT_DIFFERENCE, uow.now, pay_by=pay_by), told)
    return uow.put(ORDER, priced.move(Command.RESUBMIT, uow.now), told, resubmitted)


def _open_amount(uow: UnitOfWork, order: d.Order, total: Money) -> Money:
    """What is to be paid before the review; what was paid too much has been given back."""
    if order.pays_at_door:
        return Money.zero(order.currency)
    payment = payments.change_due(uow, order.id, order.payment_id, total, customer=order.owner.customer)
    return payment.outstanding if payment is not None else total


def _shown(amount: Money) -> dict[str, str]:
    return {"amount": amount.text, "currency": amount.currency}
