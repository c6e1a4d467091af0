"""The life of a booking as a table: (state, command) → state. Every other pair is refused (chart 003, machine F).

A booking that is blocked (F1) never begins: it is refused, and nothing is kept of it. Waiting for the prepayment and
excusing a no-show are our own, and so is what ends a booking that no merchant answers (AMB-20).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import NotAllowed


class State(StrEnum):
    """Where a booking stands."""

    AWAITING_PAYMENT = "awaiting_payment"
    BOOKED = "booked"
    MERCHANT_CONFIRMED = "merchant_confirmed"
    CONSUMED = "consumed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    REFUND_DUE = "refund_due"
    CLOSED = "closed"


class Command(StrEnum):
    """What can be done with a booking."""

    CONFIRM_PAYMENT = "confirm_payment"
    EXPIRE = "expire"
    LAPSE = "lapse"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    CONSUME = "consume"
    REMARK = "remark"
    REPORT_NO_SHOW = "report_no_show"
    OWE_REFUND = "owe_refund"
    CLOSE = "close"
    EXCUSE = "excuse"


S, C = State, Command

ALLOWED: Final[Mapping[tuple[State, Command], State]] = {
    # the prepayment, where the service wants one (F2)
    (S.AWAITING_PAYMENT, C.CONFIRM_PAYMENT): S.BOOKED,
    (S.AWAITING_PAYMENT, C.EXPIRE): S.CANCELLED,
    (S.AWAITING_PAYMENT, C.CANCEL): S.CANCELLED,
    # the merchant confirms and replies (F3, ALY-05)
    (S.BOOKED, C.CONFIRM): S.MERCHANT_CONFIRMED,
    # ... or lets its time pass: the customer is free and has the prepayment back (ALY-09, AMB-20)
    (S.BOOKED, C.LAPSE): S.CANCELLED,
    # the customer cancels: no no-show (F4, ALY-11)
    (S.BOOKED, C.CANCEL): S.CANCELLED,
    (S.MERCHANT_CONFIRMED, C.CANCEL): S.CANCELLED,
    # visited: actual amount, then remarks (F5, F6, ALY-06, ALY-08)
    (S.MERCHANT_CONFIRMED, C.CONSUME): S.CONSUMED,
    (S.CONSUMED, C.REMARK): S.COMPLETED,
    # did not come; a prepayment goes back within three working days (F7…F9, ALY-09, ALY-10)
    (S.MERCHANT_CONFIRMED, C.REPORT_NO_SHOW): S.NO_SHOW,
    (S.NO_SHOW, C.OWE_REFUND): S.REFUND_DUE,
    (S.NO_SHOW, C.CLOSE): S.CLOSED,
    (S.REFUND_DUE, C.CLOSE): S.CLOSED,
    # the cause did not lie with the customer after all (BAL-04): the run changes, the booking stays where it is
    (S.REFUND_DUE, C.EXCUSE): S.REFUND_DUE,
    (S.CLOSED, C.EXCUSE): S.CLOSED,
}

#: States that no command leaves for another.
FINAL: Final = frozenset(set(State) - {state for (state, _), to in ALLOWED.items() if to is not state})
#: The merchant has the next move (ORD-17).
WITH_MERCHANT: Final = frozenset({S.BOOKED, S.MERCHANT_CONFIRMED, S.CONSUMED})
#: Somebody has work with it that nobody has taken up yet: the merchant, or finance (ORD-17).
UNHANDLED: Final = frozenset({S.BOOKED, S.CONSUMED, S.REFUND_DUE})


class Group(StrEnum):
    """Who has the next move with a booking (ORD-16, ORD-17)."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    FINANCE = "finance"
    NOBODY = "nobody"


#: Whom a booking in this state waits for.
GROUP_OF: Final[Mapping[State, Group]] = {
    S.AWAITING_PAYMENT: Group.CUSTOMER,
    S.BOOKED: Group.MERCHANT,
    S.MERCHANT_CONFIRMED: Group.MERCHANT,
    S.CONSUMED: Group.MERCHANT,
    S.NO_SHOW: Group.FINANCE,
    S.REFUND_DUE: Group.FINANCE,
    S.COMPLETED: Group.NOBODY,
    S.CANCELLED: Group.NOBODY,
    S.CLOSED: Group.NOBODY,
}


def allowed(state: State) -> tuple[Command, ...]:
    """Every command that a booking in this state takes."""
    return tuple(command for from_state, command in ALLOWED if from_state is state)


def next_state(state: State, command: Command) -> State:
    """Where a command leads.

    Raises:
        NotAllowed: the chart has no such arrow; the error lists the commands that are allowed.
    """
    try:
        return ALLOWED[state, command]
    except KeyError:
        raise NotAllowed("booking", state, command, allowed(state)) from None
