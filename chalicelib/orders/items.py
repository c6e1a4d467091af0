"""How orders are kept: `ORDER#<number>`, by customer (gsi1), on the work list of whoever has the next move (gsi2)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.core.table import CounterKind, Index, Key, Kind

from .domain import BEFORE_LEAVING, Dispatch, Group, Order, OrderCard, Shortage, State

#: Waiting for a person. To list what the next event reviews and routes would cost four units for each order.
_DESK_STATES: Final = frozenset({State.RETURNED_TO_CUSTOMER, State.ON_HOLD})
_STORE_STATES: Final = frozenset(
    {
        State.ROUTED, State.ACCEPTED, State.PICKING, State.PACKED, State.READY_LOCKER, State.READY_DESK,
        State.OUT_FOR_DELIVERY, State.HANDOVER_FAILED, State.STORE_HANDLING,
    }
)  # fmt: skip

#: The order group's work list (REV-01): returned, held, and those with a problem, such as being without a store.
DESK_LIST: Final = "WORK#ORDER_DESK"


def group_list(group: Group) -> str:
    """A group's work list; the store's are one per store (REV-06)."""
    return f"WORK#{group.upper()}"


def store_list(store: str) -> str:
    """A store's work list: its orders from routed until they have left it (RTE-01, ORD-17)."""
    return f"WORK#STORE#{store}"


def customer_list(customer: str) -> str:
    """A customer's orders, in order of placement."""
    return f"CUSTOMER#{customer}"


def in_state(state: State) -> str:
    """The part of a work list that is in one state; inside it, what is due first comes first (ORD-17)."""
    return f"{state}#"


def _moment(at: datetime) -> str:
    """A time in a sort key, to the second."""
    return f"{at:%Y%m%dT%H%M%SZ}"


def _by_dispatch(order: Order) -> bool:
    """Whether each of several places has its own part of the order on its list, and none the whole (RTE-07)."""
    return order.state in BEFORE_LEAVING and order.is_split


def _index(order: Order) -> Index:
    customer, work = order.owner.customer, None
    if order.problem is not None or order.group is Group.MANAGEMENT:
        work = group_list(order.group)
    elif order.state in _DESK_STATES:
        work = DESK_LIST
    elif order.state in _STORE_STATES and order.store is not None and not _by_dispatch(order):
        work = store_list(order.store)
    return Index(
        gsi1=(customer_list(customer), f"ORDER#{_moment(order.placed_at)}#{order.id}") if customer else None,
        gsi2=(work, f"{in_state(order.state)}{_moment(order.due)}#{order.id}") if work else None,
        due=order.deadlines,
    )


#: What bodies of orders have in common, the most useful last. An order with two lines fits in one write unit with it.
#: Kept byte for byte as long as one order written with it is kept; a better one is added to `words`, behind it.
_WORDS: Final = (
    b'"cancelled_for":"not_paid","completed_by":"tracking""deadlines":{"accept_by":"2026-,"dispatch_by":"2026-'
    b'"},"missed":[],"reasons":[],"problem":null,"store":"SZX1","cancelled_for":null,"completed_by":""}{"state'
    b'":"reviewed","at":"2026-{"state":"routed","at":"2026-{"state":"accepted","at":"2026-{"state":"picking","'
    b'at":"2026-{"state":"packed","at":"2026-{"state":"shipped","at":"2026-{"state":"completed","at":"2026-"st'
    b'ate":"routed","owner":{"customer":"","guest":"USDGBPJPYCNYBRL"currency":"EUR"virtualpickupown_delivery"p'
    b'romise_days":[3,"channel":"POST"LINEEXPRESSLOCAL"DAP{"id":"1","sku":"","product":"","title":"","quantity'
    b'":1,"unit_price":{"minor":0,"currency":"EUR"},"subtotal":{"minor":0,"currency":"EUR"},"discount":{"minor'
    b'":0,"currency":"EUR"},"shipping":{"minor":0,"currency":"EUR"},"duty":{"minor":0,"currency":"EUR"},"tax":'
    b'{"minor":0,"currency":"EUR"},"tax_included":{"minor":0,"currency":"EUR"},"total":{"minor":0,"currency":"'
    b'EUR"},"duty_at_door":{"minor":0,"currency":"EUR"},"tax_rate":"0.19","tax_scheme":"OSS","duty_rate":"0","'
    b'agreement":"","hs_code":"","origin":"CN","weight_g":,"location":"RTM1","fresh":false,"size_class":"small'
    b'","kind":"physical","return_rule":"standard"}],"totals":{"subtotal":{"minor":0,"currency":"EUR"},"discou'
    b'nt":{"minor":0,"currency":"EUR"},"shipping":{"minor":0,"currency":"EUR"},"duty":{"minor":0,"currency":"E'
    b'UR"},"duty_at_door":{"minor":0,"currency":"EUR"},"tax":{"minor":0,"currency":"EUR"},"tax_included":{"min'
    b'or":0,"currency":"EUR"},"deposit":{"minor":0,"currency":"EUR"},"total":{"minor":0,"currency":"EUR"}},"pr'
    b'ices_include_tax":true,"duty_policy":"DDP","ship_to":{"name":"","phone":"+49","lines":[""],"city":"","re'
    b'gion":"","postal_code":"","country":"DE","district":""},"contact":{"email":"@example.com","language":"de'
    b'","phone":""},"country":"DE","region":"","vat_number":"","delivery_method":"courier","channel":"LINE","p'
    b'romise_days":[3,5],"arrives_from":"2026-1","arrives_until":"2026-","payment_id":"","payment_method":"car'
    b'd","quote_hash":"","placed_at":"2026-","submitted_at":"2026-","stages":[{"state":"awaiting_payment","at"'
    b':"2026-"},{"state":"under_review","at":"2026-"}],"deadlines":{"pay_by":"2026-"},"missed":[],"reasons":[]'
    b',"problem":null,"store":null,"cancelled_for":null,"completed_by":""}{"id":"C","order_class":"courier","s'
    b'tate":"awaiting_payment","owner":{"customer":"","guest":""},"market":"EU","currency":"EUR","language":"e'
    b'n","lines":[{"id":"1","sku":"'
)

#: As orders are now, with all that has been added to them since.
_WORDS_NOW: Final = (
    b'"gift":{"message":"","price":{"minor":490,"currency":"EUR"}}"invoice":{"kind":"personal","title":"","tax_num'
    b'ber":"","email":"company"handover":{"store":"BER-S1","point":"locker","hours":0,"slot_from":null,"slot_until'
    b'":null}"point":"desk""cancelled_for":"not_paid","completed_by":"tracking""deadlines":{"accept_by":"2026-,"di'
    b'spatch_by":"2026-"},"deliver_by":"2026-missed":["answer_by"},{"state":"out_for_delivery","at":"2026-ready_de'
    b'sk"ready_locker""USDGBPJPYCNYBRL"currency":"EUR"virtualpickupown_deliverycash_on_delivery"channel":"POST"LIN'
    b'EEXPRESSLOCAL"DAP"state":"routed","owner":{"customer":"","guest":""{"id":"3","sku":"","product":"","title":"'
    b'","quantity":1,"unit_price":{"minor":0,"currency":"EUR"},"subtotal":{"minor":0,"currency":"EUR"},"discount":'
    b'{"minor":0,"currency":"EUR"},"shipping":{"minor":0,"currency":"EUR"},"duty":{"minor":0,"currency":"EUR"},"ta'
    b'x":{"minor":0,"currency":"EUR"},"tax_included":{"minor":0,"currency":"EUR"},"total":{"minor":0,"currency":"E'
    b'UR"},"duty_at_door":{"minor":0,"currency":"EUR"},"tax_rate":"0.19","tax_scheme":"OSS","duty_rate":"0","agree'
    b'ment":"","hs_code":"","origin":"CN","weight_g":,"location":"RTM1","fresh":false,"size_class":"small","kind":'
    b'"physical","return_rule":"standard","components":[],"wrapping":null}],"totals":{"subtotal":{"minor":0,"curre'
    b'ncy":"EUR"},"discount":{"minor":0,"currency":"EUR"},"shipping":{"minor":0,"currency":"EUR"},"duty":{"minor":'
    b'0,"currency":"EUR"},"duty_at_door":{"minor":0,"currency":"EUR"},"tax":{"minor":0,"currency":"EUR"},"tax_incl'
    b'uded":{"minor":0,"currency":"EUR"},"deposit":{"minor":0,"currency":"EUR"},"total":{"minor":0,"currency":"EUR'
    b'"},"wrapping":null},"prices_include_tax":true,"duty_policy":"DDP","ship_to":{"name":"","phone":"+49","lines"'
    b':[""],"city":"","region":"","postal_code":"","country":"DE","district":""},"contact":{"email":"@example.com"'
    b',"language":"de","phone":""},"country":"DE","region":"","vat_number":"","delivery_method":"courier","channel'
    b'":"LINE","promise_days":[3,5],"arrives_from":"2026-1","arrives_until":"2026-","payment_id":"","payment_metho'
    b'd":"card","quote_hash":"","placed_at":"2026-","submitted_at":"2026-","stages":[{"state":"awaiting_payment","'
    b'at":"2026-"},{"state":"under_review","at":"2026-"},{"state":"reviewed","at":"2026-"},{"state":"routed","at":'
    b'"2026-"},{"state":"accepted","at":"2026-"},{"state":"picking","at":"2026-"},{"state":"packed","at":"2026-"},'
    b'{"state":"shipped","at":"2026-"},{"state":"completed","at":"2026-"}],"deadlines":{"pay_by":"2026-"},"missed"'
    b':[],"reasons":[],"problem":null,"store":"RTM1","cancelled_for":null,"completed_by":""}],"deadlines":{},"miss'
    b'ed":[],"reasons":[],"problem":null,"store":null,"cancelled_for":null,"completed_by":"","handover":null,"depo'
    b'sit_keys":[],"source":"","claimed_by":"","request":"","gift":null,"invoice":null}{"id":"C","order_class":"co'
    b'urier","state":"awaiting_payment","owner":{"customer":"","guest":""},"market":"EU","currency":"EUR","languag'
    b'e":"en","lines":[{"id":"1","sku":"","product":"","title":"","quantity":1,"unit_price":{"minor":0,"currency":'
    b'"EUR"},"subtotal":{"minor":0,"currency":"EUR"},"discount":{"minor":0,"currency":"EUR"},"shipping":{"minor":0'
    b',"currency":"EUR"},"duty":{"minor":0,"currency":"EUR"},"tax":{"minor":0,"currency":"EUR"},"tax_included":{"m'
    b'inor":0,"currency":"EUR"},"total":{"minor":0,"currency":"EUR"},"duty_at_door":{"minor":0,"currency":"EUR"},"'
    b'tax_rate":"0.19","tax_scheme":"OSS","duty_rate":"0","agreement":"","hs_code":"","origin":"CN","weight_g":,"l'
    b'ocation":"RTM1","fresh":false,"size_class":"small","kind":"physical","return_rule":"standard","components":['
    b'],"wrapping":null},{"id":"2","sku":"'
)

ORDER: Final = Kind(
    "order",
    Order,
    key=lambda order_id: Key(f"ORDER#{order_id}", "ORDER"),
    of=lambda order: Key(f"ORDER#{order.id}", "ORDER"),
    index=_index,
    card=OrderCard.of,
    card_type=OrderCard,
    words=(_WORDS, _WORDS_NOW),
)

DISPATCHES: Final = "DISPATCH#"


def _place_list(part: Dispatch) -> str:
    """The list of a part: its place's, or management's when nobody has accepted it, or decided on it, for too long."""
    return group_list(Group.MANAGEMENT) if part.is_escalated else store_list(part.store)


#: `ORDER#<number>` / `DISPATCH#<place>`: a part of an order, on its place's work list with a card like an order's.
DISPATCH: Final = Kind(
    "dispatch",
    Dispatch,
    key=lambda order_id, store: Key(f"ORDER#{order_id}", f"{DISPATCHES}{store}"),
    of=lambda part: Key(f"ORDER#{part.order_id}", f"{DISPATCHES}{part.store}"),
    index=lambda part: Index(
        gsi2=(_place_list(part), f"{in_state(part.state)}{_moment(part.due)}#{part.order_id}")
        if part.is_listed
        else None,
        due=part.deadlines,
    ),
    card=lambda part: part.card,
    card_type=OrderCard,
    words=(_WORDS_NOW,),
)

#: `ORDER#<number>` / `SHORTAGE`: what a store did not find of an order; there only as long as something is missing.
SHORTAGE: Final = Kind(
    "shortage",
    Shortage,
    key=lambda order_id: Key(f"ORDER#{order_id}", "SHORTAGE"),
    of=lambda shortage: Key(f"ORDER#{shortage.order_id}", "SHORTAGE"),
)

ABNORMAL: Final = CounterKind("abnormal_orders", key=lambda month: Key(f"REPORT#ABNORMAL_ORDERS#{month}", "COUNTS"))
"""Why orders were abnormal in a month (UTC, "2026-11"): one number per cause, `<kind>_<cause>` (REV-11)."""
