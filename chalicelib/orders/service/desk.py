"""The order group: automatic review, and what staff and customer decide about abnormal and held orders (REV-01…07)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customers import service as customers
from chalicelib.customers.items import CUSTOMER
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Address, check_address
from chalicelib.orders import domain as d
from chalicelib.orders.domain import settings
from chalicelib.orders.domain.machine import Command, State
from chalicelib.orders.items import ORDER
from chalicelib.risk import service as risk
from chalicelib.risk.domain import Assessment, Evidence
from chalicelib.shipping.service import decisions
from chalicelib.shipping.service import handover as handovers

from . import deposits
from .sending import is_channel_excluded


def review(uow: UnitOfWork, order_id: str) -> d.Order:
    """Class a paid order: normal, abnormal (back to the customer) or held (REV-01, REV-03, REV-07).

    An order that is not under review (any more) stays as it is, so that the news of its payment may come twice or late.
    """
    order = uow.get(ORDER, order_id)
    if order.state is not State.UNDER_REVIEW:
        return order
    verdict = d.review(order, _circumstances(uow, order))
    if verdict.outcome is d.Outcome.ABNORMAL:
        return return_to_customer(uow, order, verdict.reasons)
    if verdict.outcome is d.Outcome.HELD:
        decide_by = uow.now + timedelta(hours=uow.setting(settings.DECIDE_BY, market=order.market))
        held = replace(order.move(Command.HOLD, uow.now, decide_by=decide_by), reasons=verdict.reasons)
        causes = tuple(code for code in _codes(verdict.reasons) if code != d.Hold.ANSWERED)
        return uow.put(ORDER, held, d.OrderHeld(order_id=order.id, reasons=causes))
    return _pass(uow, order, Command.APPROVE)


def release(uow: UnitOfWork, order: d.Order) -> d.Order:
    """Staff find a held or returned order normal after all; it goes on to its store (REV-07).

    Raises:
        NotAllowed: the order is neither held nor returned.
    """
    return _pass(uow, order, Command.RELEASE)


def return_to_customer(uow: UnitOfWork, order: d.Order, reasons: tuple[d.Reason, ...]) -> d.Order:
    """Give an order back to the customer with the reasons (REV-02, REV-03).

    Raises:
        NotAllowed: the order is neither under review nor held.
    """
    answer_by = uow.now + timedelta(hours=uow.setting(settings.ANSWER_BY, market=order.market))
    returned = replace(order.move(Command.RETURN_TO_CUSTOMER, uow.now, answer_by=answer_by), reasons=reasons)
    told = d.OrderReturnedToCustomer(order_id=order.id, reasons=_codes(reasons), answer_by=answer_by)
    return uow.put(ORDER, returned, told)


def _pass(uow: UnitOfWork, order: d.Order, command: Command) -> d.Order:
    # What the customer has answered stays, for the store that prepares the order.
    passed = replace(order.move(command, uow.now), reasons=order.answers)
    return uow.put(ORDER, passed, d.OrderReviewed(order_id=order.id))


def _codes(reasons: tuple[d.Reason, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason.code for reason in reasons))


def _circumstances(uow: UnitOfWork, order: d.Order) -> d.Circumstances:
    keys = deposits.buyer_keys(uow, order)
    known = [CUSTOMER.ref(order.owner.customer)] if order.owner.customer else []
    uow.load(*known, *decisions.refs(), *risk.evidence_refs(uow, keys, order.source, order.placed_at))
    around = d.Circumstances(
        address_faults=_address_faults(order.ship_to) if order.ship_to else (),
        least_address_width=uow.setting(settings.VAGUE_ADDRESS, market=order.market),
        rules=handovers.method_rules(uow, order.market),
        channel_excluded=is_channel_excluded(uow, order),
    )
    return replace(around, risk=_risk(uow, order, keys, vague=d.is_vague(order, around)))


def _risk(uow: UnitOfWork, order: d.Order, keys: tuple[str, ...], *, vague: bool) -> Assessment:
    """What is suspicious about an order (RSK-01 to RSK-03, RSK-05, REV-07)."""

    def dollars(setting: Any) -> Money:
        return Money.of(str(uow.setting(setting, market=order.market)), risk.LIMITS_IN)

    days = uow.setting(settings.NEW_CUSTOMER_DAYS, market=order.market)
    limits = (dollars(settings.NEW_CUSTOMER_AMOUNT), dollars(settings.LARGE_ORDER_AMOUNT), days)
    evidence = Evidence(
        worth=markets.exchange_rates(uow).convert(order.totals.total, risk.LIMITS_IN),
        customer_since=_customer_since(uow, order),
        vague_address=vague,
    )
    first = order.reviews == 1
    # What is paid at the door holds its goods unpaid, and counts as long as unpaid orders do.
    paid = 0 if order.pays_at_door else sum(order.allocation.values())
    return risk.assess(uow, evidence, limits, keys, order.source, order.placed_at, first=first, paid_units=paid)


def _customer_since(uow: UnitOfWork, order: d.Order) -> datetime | None:
    return customers.registered_at(uow, order.owner.customer) if order.owner.customer else None


def _address_faults(address: Address) -> tuple[str, ...]:
    """The fields of an address that its country needs and that are missing or wrong (REV-12)."""
    try:
        check_address(address, pointer="")
    except Invalid as refused:
        errors: list[FieldError] = [FieldError(**error) for error in refused.members["errors"]]
        return tuple(error.pointer.lstrip("/").split("/")[0] for error in errors)
    return ()
