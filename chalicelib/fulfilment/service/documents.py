"""Printing documents of orders (ORD-22): what is read for them; how they look is `fulfilment.papers`."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.catalog import service as catalog
from chalicelib.core.auth import Principal
from chalicelib.core.errors import FieldError, Invalid, NotAllowed
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain.documents import (
    MOST_ORDERS,
    PRINTED_IN,
    DocumentKind,
    Printed,
    pick_lines,
)
from chalicelib.fulfilment.items import PACKING
from chalicelib.fulfilment.items.packing import ids
from chalicelib.markets import service as markets
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State, read_number
from chalicelib.orders.items import ORDER
from chalicelib.shipping.service import shipments

from . import together


def print_documents(
    uow: UnitOfWork, kind: DocumentKind, order_ids: Sequence[str], principal: Principal, language: str
) -> bytes:
    """One PDF with a kind of document of these orders; a pick list is one list for all of them.

    Args:
        language: of the reader, for what stays in the shop; customers' papers are in theirs.

    Raises:
        NotFound: one of the orders is not there, or another store's.
        NotAllowed: one of the orders is in a state that has no such document.
        Invalid: no orders, or too many.
        WhichPlace: an order leaves from several places that the caller works for.
    """
    wanted = list(dict.fromkeys(read_number(order_id) for order_id in order_ids))
    if not 1 <= len(wanted) <= uow.setting(MOST_ORDERS):
        raise Invalid(FieldError("query.order", f"name 1 to {uow.setting(MOST_ORDERS)} orders"))
    uow.load(*(ORDER.ref(number) for number in wanted), *(PACKING.ref(number) for number in wanted))
    found = [orders.find_for_staff(uow, number, principal) for number in wanted]
    places = [orders.place_of(order, principal) for order in found]
    papers = [_part(uow, order, place) if place else order for order, place in zip(found, places, strict=True)]
    for order in papers:
        if order.state not in PRINTED_IN[kind]:
            raise NotAllowed("order", order.state, f"print_{kind.replace('-', '_')}", order.allowed)
    printed = [_printed(uow, kind, order, place) for order, place in zip(papers, places, strict=True)]
    return _print(uow, kind, printed, language)


def _part(uow: UnitOfWork, order: Order, place: str) -> Order:
    """What a place sends of an order that leaves from several, as an order of its own on paper (RTE-07)."""
    return orders.dispatching.alone(order, orders.dispatching.part_of(uow, order, place))


def print_own_confirmation(uow: UnitOfWork, order_id: str, principal: Principal) -> bytes:
    """A customer's own order confirmation.

    Raises:
        NotFound: no such order, or not theirs.
    """
    order = orders.find(uow, order_id, principal)
    return _print(uow, DocumentKind.CONFIRMATION, [_printed(uow, DocumentKind.CONFIRMATION, order)], order.language)


def _printed(uow: UnitOfWork, kind: DocumentKind, order: Order, place: str = "") -> Printed:
    stores = {location.id: location for location in markets.locations()}
    known = Printed(order=order, store=stores.get(order.store or ""))
    if kind in (DocumentKind.CONFIRMATION, DocumentKind.PICK_LIST):
        return known
    packing = uow.find(PACKING, *ids(order.id, place))
    left = order.state in (State.SHIPPED, State.COMPLETED, State.HANDOVER_FAILED, State.STORE_HANDLING)
    sent = [each for each in shipments.under_way(uow, order.id) if place in ("", each.store)] if left else []
    variants = catalog.variants(uow, [part.sku for part in order.parts]) if kind is DocumentKind.LABEL else {}
    return Printed(
        order=order, store=known.store, boxes=(packing.boxes if packing else ()) or together.boxes_of(uow, order),
        shipments=tuple(sent),
        fragile=any(variant.fragile for variant in variants.values()),
    )  # fmt: skip


def _print(uow: UnitOfWork, kind: DocumentKind, found: Sequence[Printed], language: str) -> bytes:
    from chalicelib.fulfilment import papers  # the library behind it is for those who print

    if kind is DocumentKind.PICK_LIST:
        skus = [part.sku for printed in found for part in printed.order.parts]
        categories = {sku: variant.category for sku, variant in catalog.variants(uow, skus).items()}
        return papers.pick_list(found, pick_lines([printed.order for printed in found], categories), language)
    if kind is DocumentKind.LABEL:
        return papers.label(found, language)
    return papers.delivery_note(found) if kind is DocumentKind.DELIVERY_NOTE else papers.confirmation(found)
