"""What merchants offer: services and the places of their slots (ALY-04)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chalicelib.bookings import domain as d
from chalicelib.bookings.items import MERCHANT, OFFERING, SLOT
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets


def offer(uow: UnitOfWork, offering: d.Offering) -> d.Offering:
    """Put a merchant's service on offer, or change it. Bookings keep what they were made with.

    Raises:
        NotFound: no such merchant.
        Invalid: the prepayment is not a positive amount in the merchant's currency.
        Conflict: the id is another merchant's service.
    """
    merchant = uow.get(MERCHANT, offering.merchant)
    currency = markets.market(merchant.market).currency
    prepayment = offering.prepayment
    if prepayment is not None and (prepayment.currency != currency or prepayment.minor <= 0):
        raise Invalid(FieldError("/prepayment", f"must be a positive amount in {currency}"))
    known = uow.find(OFFERING, offering.id)
    if known is not None and known.merchant != offering.merchant:
        raise Conflict("This id is another service's.")
    if known == offering:
        return known
    told = d.MerchantServiceChanged(merchant_id=merchant.id, service_id=offering.id, slots=0)
    return uow.put(OFFERING, offering, told)


def open_slots(uow: UnitOfWork, service_id: str, capacities: Mapping[datetime, int]) -> list[d.Slot]:
    """Say how many places slots have; a slot that is not there yet is opened, one with none is closed.

    The service is written along, so that two who change slots at once do so one after the other.

    Raises:
        NotFound: no such service.
        Invalid: a slot that has begun, or times that are not whole minutes.
        SlotTaken: from the commit, when more places are booked than the slot is to have.
    """
    offering = uow.get(OFFERING, service_id)
    wanted = {d.slot_id(start): (start, places) for start, places in capacities.items()}
    for start, _ in wanted.values():
        if start <= uow.now or start.second or start.microsecond:
            raise Invalid(FieldError("/slots", "must begin in the future, at a whole minute"))
    uow.load(*(SLOT.ref(service_id, slot) for slot in wanted))
    changed, slots = 0, []
    for slot, (start, places) in sorted(wanted.items()):
        counts = uow.counter(SLOT.ref(service_id, slot))
        known = d.Slot(start, counts["capacity"], counts["free"]) if counts else d.Slot(start, 0, 0)
        more = places - known.capacity
        slots.append(d.Slot(start, places, known.free + more))
        if counts is not None and not more:
            continue
        changed += 1
        uow.count(
            SLOT.ref(service_id, slot), {"capacity": more, "free": more},
            at_least={"free": -more} if more < 0 else None,
            otherwise=d.SlotTaken("More places of this slot are booked than that.", slot=slot) if more < 0 else None,
            first=counts is None,
        )  # fmt: skip
    if changed:
        told = d.MerchantServiceChanged(merchant_id=offering.merchant, service_id=offering.id, slots=changed)
        uow.put(OFFERING, offering, told)
    return slots


def services_on_offer(uow: UnitOfWork, merchant_id: str) -> d.Merchant:
    """The active merchant of this id, whose services may be shown.

    Raises:
        NotFound: there is none, or it is not active.
    """
    merchant = uow.find(MERCHANT, merchant_id)
    if merchant is None or not merchant.is_active:
        raise NotFound("merchant", merchant_id)
    return merchant


def bookable(uow: UnitOfWork, service_id: str) -> tuple[d.Merchant, d.Offering]:
    """A service that is on offer, and its merchant.

    Raises:
        NotFound: there is none, it is closed, or its merchant is not active.
    """
    offering = uow.find(OFFERING, service_id)
    if offering is None or not offering.open:
        raise NotFound("service", service_id)
    merchant = uow.find(MERCHANT, offering.merchant)
    if merchant is None or not merchant.is_active:
        raise NotFound("service", service_id)
    return merchant, offering


def slots_of(uow: UnitOfWork, service_id: str, month: str) -> list[d.Slot]:
    """The slots of a service in one month (`202612`, UTC) that have not begun, full ones included: one query.

    Raises:
        NotFound: the service is not on offer.
    """
    bookable(uow, service_id)
    counters = uow.counters(SLOT, service_id, prefix=f"SLOT#{month}")
    slots = [
        d.Slot(d.slot_start(key.sk.removeprefix("SLOT#")), counts["capacity"], counts["free"])
        for key, counts in sorted(counters.items())
    ]
    return [slot for slot in slots if slot.starts_at > uow.now and slot.capacity > 0]
