"""What groups of staff are told by mail: a time limit that is near, over, or has gone to management (REV-10, AMB-20).

No address, no letter: each group has one as a setting, per market. Nothing about the customer is in it but the number
of the order; the work list has the rest. A letter that has become pointless by the time it would be sent is not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.core.settings import Setting
from chalicelib.orders import domain as orders
from chalicelib.orders.domain import Group, Order
from chalicelib.orders.domain.exceptions import ANSWER_WITHIN, ESCALATE_BY

Facts = Mapping[str, Any]


def _address(group: Group, whom: str) -> Setting[str]:
    return Setting(
        f"notifications.{group}_address", "", unit="mail address", rule="REV-10", own=True,
        form=r"([^@\s]+@[^@\s]+)?",
        doc=f"Where {whom} hears that an order's time is running out, over, or has come to it; empty: nowhere.",
    )  # fmt: skip


ADDRESS_OF: Final[Mapping[Group, Setting[str]]] = {
    Group.ORDER_DESK: _address(Group.ORDER_DESK, "the order desk"),
    Group.CUSTOMER_SERVICE: _address(Group.CUSTOMER_SERVICE, "customer service"),
    Group.AFTER_SALES: _address(Group.AFTER_SALES, "after-sales"),
    Group.STORE: _address(Group.STORE, "whoever looks after the stores"),
    Group.MANAGEMENT: _address(Group.MANAGEMENT, "management"),
}
LANGUAGE: Final = Setting(
    "notifications.staff_language", "en", unit="en or zh", rule="REV-10", own=True, form="en|zh",
    doc="The language of the mails to groups of staff: en or zh.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StaffLetter:
    """Who hears of an event, and what fills the template.

    Args:
        to: the group. tell: None when it is no longer so.
    """

    to: Callable[[Any], Group]
    tell: Callable[[Order, Any], Facts | None]


TEMPLATE: Final = "staff/order_waits"


def about_late(order: Order) -> Facts:
    """What every letter to staff may name."""
    return {
        "name": "", "order": {"id": order.id}, "store": order.store or "", "problem": "", "deadline": "", "until": None,
    }  # fmt: skip


def _warned(order: Order, data: orders.OrderProblemWarned) -> Facts | None:
    if order.problem != data.problem or ANSWER_WITHIN not in order.deadlines:
        return None
    return {"what": "warned", "problem": data.problem, "until": data.answer_by}


def _overdue(order: Order, data: orders.OrderDeadlineMissed) -> Facts | None:
    """Of a part of an order the place's own list knows whether it still waits."""
    if not data.store and data.deadline not in order.missed:
        return None
    problem = order.problem.value if order.problem and data.deadline == ANSWER_WITHIN else ""
    return {"what": "overdue", "problem": problem, "deadline": data.deadline, "store": data.store or order.store or ""}


def _problem_escalated(order: Order, data: orders.OrderProblemEscalated) -> Facts | None:
    if ESCALATE_BY not in order.missed:
        return None
    return {"what": "escalated", "problem": data.problem, "deadline": ANSWER_WITHIN}


def _escalated(order: Order, data: orders.OrderEscalated) -> Facts | None:
    if not data.store and ESCALATE_BY not in order.missed:
        return None
    return {"what": "escalated", "deadline": data.deadline, "store": data.store or order.store or ""}


STAFF_LETTERS: Final[Mapping[type, StaffLetter]] = {
    orders.OrderProblemWarned: StaffLetter(lambda data: Group(data.group), _warned),
    orders.OrderDeadlineMissed: StaffLetter(lambda data: Group(data.group), _overdue),
    orders.OrderProblemEscalated: StaffLetter(lambda _data: Group.MANAGEMENT, _problem_escalated),
    orders.OrderEscalated: StaffLetter(lambda _data: Group.MANAGEMENT, _escalated),
}
