"""The life of a goods order as a table: (state, command) → state. Every other pair is refused (chart 003, machine E).

The table holds the whole chart, pickup and own delivery included, so that a new way of handing goods over adds routes
and rules, not arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import NotAllowed


class State(StrEnum):
    """Where an order stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_RETURN = "awaiting_return"
    UNDER_REVIEW = "under_review"
    RETURNED_TO_CUSTOMER = "returned_to_customer"
    ON_HOLD = "on_hold"
    REVIEWED = "reviewed"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PACKED = "packed"
    READY_LOCKER = "ready_locker"
    READY_DESK = "ready_desk"
    OUT_FOR_DELIVERY = "out_for_delivery"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    HANDOVER_FAILED = "handover_failed"
    STORE_HANDLING = "store_handling"
    TAKEN_BACK = "taken_back"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Command(StrEnum):
    """What can be done with an order."""

    CONFIRM_PAYMENT = "confirm_payment"
    EXPIRE = "expire"
    RELEASE_EXCHANGE = "release_exchange"
    APPROVE = "approve"
    RETURN_TO_CUSTOMER = "return_to_customer"
    HOLD = "hold"
    RELEASE = "release"
    RESUBMIT = "resubmit"
    AWAIT_DIFFERENCE = "await_difference"
    ROUTE = "route"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    PICK = "pick"
    PACK = "pack"
    PUT_IN_LOCKER = "put_in_locker"
    PUT_AT_DESK = "put_at_desk"
    SEND_OUT = "send_out"
    SHIP_PART = "ship_part"
    SHIP = "ship"
    CANCEL_REST = "cancel_rest"
    COMPLETE = "complete"
    FAIL_HANDOVER = "fail_handover"
    TAKE_OVER = "take_over"
    OFFER_AT_DESK = "offer_at_desk"
    SEND_OUT_AGAIN = "send_out_again"
    SHIP_AGAIN = "ship_again"
    TAKE_BACK = "take_back"
    END_TAKEN_BACK = "end_taken_back"
    COLLECT_LATE = "collect_late"
    CANCEL = "cancel"


S, C = State, Command

ALLOWED: Final[Mapping[tuple[State, Command], State]] = {
    # payment precedes review (AMB-17)
    (S.AWAITING_PAYMENT, C.CONFIRM_PAYMENT): S.UNDER_REVIEW,
    (S.AWAITING_PAYMENT, C.EXPIRE): S.CANCELLED,
    # an exchange order waits for the goods it replaces, then goes the way of every order (machine G, RET-04)
    (S.AWAITING_RETURN, C.RELEASE_EXCHANGE): S.REVIEWED,
    # the order group: normal, abnormal, held (REV-01, REV-03, REV-07)
    (S.UNDER_REVIEW, C.APPROVE): S.REVIEWED,
    (S.UNDER_REVIEW, C.RETURN_TO_CUSTOMER): S.RETURNED_TO_CUSTOMER,
    (S.UNDER_REVIEW, C.HOLD): S.ON_HOLD,
    (S.RETURNED_TO_CUSTOMER, C.RESUBMIT): S.UNDER_REVIEW,
    # a correction that made it dearer: the difference is paid before the second review (AMB-24)
    (S.RETURNED_TO_CUSTOMER, C.AWAIT_DIFFERENCE): S.AWAITING_PAYMENT,
    (S.RETURNED_TO_CUSTOMER, C.RELEASE): S.REVIEWED,
    (S.ON_HOLD, C.RELEASE): S.REVIEWED,
    (S.ON_HOLD, C.RETURN_TO_CUSTOMER): S.RETURNED_TO_CUSTOMER,
    # the responsible store (RTE-01, RTE-03); until it has packed, the order may be given to another one (REV-08)
    **{(state, C.ROUTE): S.ROUTED for state in (S.REVIEWED, S.ROUTED, S.ACCEPTED, S.PICKING)},
    # its store cannot serve it, and nobody else can: it waits for the desk, with no store
    **{(state, C.WITHDRAW): S.REVIEWED for state in (S.ROUTED, S.ACCEPTED, S.PICKING)},
    # virtual goods: nothing to pick, pack or hand over
    (S.REVIEWED, C.COMPLETE): S.COMPLETED,
    (S.ROUTED, C.ACCEPT): S.ACCEPTED,
    (S.ACCEPTED, C.PICK): S.PICKING,
    (S.PICKING, C.PACK): S.PACKED,
    # hand-over: from here the goods have left stock (AMB-21)
    (S.PACKED, C.PUT_IN_LOCKER): S.READY_LOCKER,
    (S.PACKED, C.PUT_AT_DESK): S.READY_DESK,
    (S.PACKED, C.SEND_OUT): S.OUT_FOR_DELIVERY,
    (S.PACKED, C.SHIP): S.SHIPPED,
    # goods from several places: from the first dispatch that leaves to the last (RTE-07)
    **{(state, C.SHIP_PART): S.PARTLY_SHIPPED for state in (S.ROUTED, S.ACCEPTED, S.PICKING, S.PACKED)},
    (S.PARTLY_SHIPPED, C.SHIP): S.SHIPPED,
    (S.PARTLY_SHIPPED, C.CANCEL_REST): S.PARTLY_SHIPPED,
    (S.READY_LOCKER, C.COMPLETE): S.COMPLETED,
    (S.READY_DESK, C.COMPLETE): S.COMPLETED,
    (S.OUT_FOR_DELIVERY, C.COMPLETE): S.COMPLETED,
    (S.SHIPPED, C.COMPLETE): S.COMPLETED,
    # not collected, not received, refused, not signed (FUL-19)
    (S.READY_LOCKER, C.FAIL_HANDOVER): S.HANDOVER_FAILED,
    (S.READY_DESK, C.FAIL_HANDOVER): S.HANDOVER_FAILED,
    (S.OUT_FOR_DELIVERY, C.FAIL_HANDOVER): S.HANDOVER_FAILED,
    (S.SHIPPED, C.FAIL_HANDOVER): S.HANDOVER_FAILED,
    (S.HANDOVER_FAILED, C.TAKE_OVER): S.STORE_HANDLING,
    (S.STORE_HANDLING, C.OFFER_AT_DESK): S.READY_DESK,
    (S.STORE_HANDLING, C.SEND_OUT_AGAIN): S.OUT_FOR_DELIVERY,
    # what a courier could not hand over, a courier can bring again: no store's own people go that far
    (S.STORE_HANDLING, C.SHIP_AGAIN): S.SHIPPED,
    (S.STORE_HANDLING, C.TAKE_BACK): S.TAKEN_BACK,
    # the last of several parts was taken back, and nothing was handed over
    (S.SHIPPED, C.END_TAKEN_BACK): S.TAKEN_BACK,
    # the locker opened for the customer although the time was up: the goods are where they belong (FUL-05)
    (S.HANDOVER_FAILED, C.COLLECT_LATE): S.COMPLETED,
    (S.STORE_HANDLING, C.COLLECT_LATE): S.COMPLETED,
    # as long as the goods are in stock (ORD-14)
    **{
        (state, C.CANCEL): S.CANCELLED
        for state in (
            S.AWAITING_PAYMENT, S.AWAITING_RETURN, S.UNDER_REVIEW, S.RETURNED_TO_CUSTOMER, S.ON_HOLD, S.REVIEWED,
            S.ROUTED, S.ACCEPTED, S.PICKING, S.PACKED,
        )
    },
}  # fmt: skip

#: What takes the place of the way of delivery where couriers bring the goods from several places.
SPLIT: Final = "split"
#: What takes the place of a pickup whose customer has chosen the desk: never the locker (E8, E9).
AT_DESK: Final = "pickup_at_desk"

#: The ways of delivery that an arrow is for; arrows not named here are for every way. "" means that nothing is shipped.
FOR_DELIVERY: Final[Mapping[tuple[State, Command], frozenset[str]]] = {
    (S.REVIEWED, C.ROUTE): frozenset({"pickup", AT_DESK, "own_delivery", "courier", SPLIT}),
    (S.REVIEWED, C.COMPLETE): frozenset({""}),
    (S.PACKED, C.PUT_IN_LOCKER): frozenset({"pickup"}),
    (S.PACKED, C.PUT_AT_DESK): frozenset({"pickup", AT_DESK}),
    (S.PACKED, C.SEND_OUT): frozenset({"own_delivery"}),
    (S.PACKED, C.SHIP): frozenset({"courier"}),
    # of goods from several places each part fails, and is decided on, by itself (`dispatch.ALLOWED`)
    (S.SHIPPED, C.FAIL_HANDOVER): frozenset({"courier"}),
    (S.SHIPPED, C.END_TAKEN_BACK): frozenset({SPLIT}),
    # the customer of a pickup gave no address
    (S.STORE_HANDLING, C.SEND_OUT_AGAIN): frozenset({"own_delivery", "courier", SPLIT}),
    (S.STORE_HANDLING, C.SHIP_AGAIN): frozenset({"courier"}),
    (S.HANDOVER_FAILED, C.COLLECT_LATE): frozenset({"pickup"}),
    (S.STORE_HANDLING, C.COLLECT_LATE): frozenset({"pickup"}),
    **{(state, C.SHIP_PART): frozenset({SPLIT}) for state in (S.ROUTED, S.ACCEPTED, S.PICKING, S.PACKED)},
    (S.PARTLY_SHIPPED, C.SHIP): frozenset({SPLIT}),
    (S.PARTLY_SHIPPED, C.CANCEL_REST): frozenset({SPLIT}),
}

#: The goods are in the store: an own delivery can still be planned otherwise.
PLANNABLE: Final = frozenset({S.ROUTED, S.ACCEPTED, S.PICKING, S.PACKED})

#: The goods are with a locker, a desk, a delivery person or a courier, or have been (AMB-21).
GOODS_LEFT_STOCK: Final = frozenset(
    {
        S.READY_LOCKER, S.READY_DESK, S.OUT_FOR_DELIVERY, S.PARTLY_SHIPPED, S.SHIPPED, S.HANDOVER_FAILED,
        S.STORE_HANDLING, S.TAKEN_BACK, S.COMPLETED,
    }
)  # fmt: skip

#: States that no command leaves.
FINAL: Final = frozenset(set(State) - {state for state, _ in ALLOWED})


class Group(StrEnum):
    """Who has the next move (REV-06)."""

    CUSTOMER = "customer"
    ORDER_DESK = "order_desk"
    CUSTOMER_SERVICE = "customer_service"
    AFTER_SALES = "after_sales"
    MANAGEMENT = "management"
    STORE = "store"
    CARRIER = "carrier"
    NOBODY = "nobody"


#: The group that an order in this state waits for; work moves to it by the state alone (REV-06).
GROUP_OF: Final[Mapping[State, Group]] = {
    S.AWAITING_PAYMENT: Group.CUSTOMER,
    S.AWAITING_RETURN: Group.AFTER_SALES,
    S.UNDER_REVIEW: Group.ORDER_DESK,
    S.RETURNED_TO_CUSTOMER: Group.CUSTOMER,
    S.ON_HOLD: Group.ORDER_DESK,
    S.REVIEWED: Group.ORDER_DESK,
    S.ROUTED: Group.STORE,
    S.ACCEPTED: Group.STORE,
    S.PICKING: Group.STORE,
    S.PACKED: Group.STORE,
    S.READY_LOCKER: Group.CUSTOMER,
    S.READY_DESK: Group.CUSTOMER,
    S.OUT_FOR_DELIVERY: Group.STORE,
    S.PARTLY_SHIPPED: Group.STORE,
    S.SHIPPED: Group.CARRIER,
    S.HANDOVER_FAILED: Group.STORE,
    S.STORE_HANDLING: Group.STORE,
    S.TAKEN_BACK: Group.STORE,
    S.COMPLETED: Group.NOBODY,
    S.CANCELLED: Group.NOBODY,
}


#: States in which a group of staff has work that nobody has taken up yet (ORD-17).
UNHANDLED: Final = frozenset({S.UNDER_REVIEW, S.ON_HOLD, S.REVIEWED, S.ROUTED, S.HANDOVER_FAILED})


#: What follows from something else and nobody is told to do: a routing that finds nobody takes an order from its store,
#: a locker has opened, a parcel has arrived after all, and the last of several parts was taken back.
FOLLOWING: Final = frozenset({C.WITHDRAW, C.COLLECT_LATE, C.END_TAKEN_BACK})


def allowed(state: State, delivery_method: str) -> tuple[Command, ...]:
    """Every command that somebody can give to an order in this state, delivered this way."""
    return tuple(command for command in _taken(state, delivery_method) if command not in FOLLOWING)


def _taken(state: State, delivery_method: str) -> tuple[Command, ...]:
    return tuple(
        command
        for (from_state, command) in ALLOWED
        if from_state is state and delivery_method in FOR_DELIVERY.get((state, command), {delivery_method})
    )


def next_state(state: State, command: Command, delivery_method: str) -> State:
    """Where a command leads.

    Raises:
        NotAllowed: the chart has no such arrow; the error lists the commands that are allowed.
    """
    if command not in _taken(state, delivery_method):
        raise NotAllowed("order", state, command, allowed(state, delivery_method))
    return ALLOWED[state, command]


_CUSTOMERS: Final = {
    Command.CONFIRM_PAYMENT: "pay", Command.CANCEL: "cancel", Command.CANCEL_REST: "cancel",
    Command.RESUBMIT: "correct",
}  # fmt: skip


def open_to_customer(state: State, possible: Iterable[Command]) -> tuple[str, ...]:
    """What of it a customer can do, as the API calls it: `pay`, `cancel`, `correct`, `confirm_receipt`."""
    found = dict.fromkeys(_CUSTOMERS[command] for command in possible if command in _CUSTOMERS)
    return (*found, *(("confirm_receipt",) if state is State.SHIPPED else ()))
