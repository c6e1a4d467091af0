"""Letters to groups of staff about time that runs out (REV-10, AMB-20)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core import aws, settings_values
from chalicelib.core.events import SYSTEM, Aggregate, Event
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.notifications import service
from chalicelib.notifications.rendering import LANGUAGES, render
from chalicelib.notifications.staff_letters import ADDRESS_OF, STAFF_LETTERS, TEMPLATE, about_late
from chalicelib.orders import domain as orders
from chalicelib.orders.domain import GROUP_OF, PLANS, Group, Problem, State
from chalicelib.orders.items import ORDER
from tests.support.sample_orders import an_order
from tests.support.sample_returns import do

Begin = Callable[..., UnitOfWork]
SOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def post_office(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that mail went to."""
    taken: list[str] = []

    class Office:
        def send_email(self, **mail: Any) -> dict[str, str]:
            taken.extend(mail["Destination"]["ToAddresses"])
            return {"MessageId": "m1"}

    real = aws.client
    monkeypatch.setattr(aws, "client", lambda name: Office() if name == "sesv2" else real(name))
    return taken


def addresses(begin: Begin, **groups: str) -> None:
    values: dict[str, int | str | bool] = {ADDRESS_OF[Group(name)].name: mail for name, mail in groups.items()}
    do(begin, lambda uow: uow.put(SETTINGS, SettingValues("EU", values)))
    settings_values.forget()


def tell(begin: Begin, order: orders.Order, data: Any, name: str) -> None:
    event = Event(
        id=f"ORDER#{order.id}/EVENT#{name}", type=name, schema=1, aggregate=Aggregate("order", order.id), sequence=1,
        occurred_at=SOON, actor=SYSTEM, cause="", trace="", data=data,
    )  # fmt: skip
    service.deliver(begin(), event)


def kept(begin: Begin, state: State = State.REVIEWED, **more: Any) -> orders.Order:
    order = an_order(state, **more)
    return do(begin, lambda uow: uow.put(ORDER, order))


def test_the_group_hears_that_its_time_runs_out_once_and_management_that_it_is_theirs_rev_10(
    begin: Begin, post_office: list[str]
) -> None:
    addresses(begin, order_desk="desk@caravan.example", management="boss@caravan.example")
    order = kept(begin, problem=Problem.OUT_OF_STOCK, deadlines={"contact_by": SOON})
    near = orders.OrderProblemWarned(order_id=order.id, problem="out_of_stock", group="order_desk", answer_by=SOON)
    for _ in range(3):
        tell(begin, order, near, "order.problem_warned")
    assert post_office == ["desk@caravan.example"]
    late = kept(begin, problem=Problem.OUT_OF_STOCK, missed=("contact_by", "escalate_by"))
    gone = orders.OrderProblemEscalated(order_id=late.id, problem="out_of_stock", from_group="order_desk")
    tell(begin, late, gone, "order.problem_escalated")
    assert post_office == ["desk@caravan.example", "boss@caravan.example"]


def test_without_an_address_and_about_what_is_over_nobody_is_written_to_rev_10(
    begin: Begin, post_office: list[str]
) -> None:
    order = kept(begin, State.ROUTED, missed=("accept_by",), store="RTM1")
    late = orders.OrderDeadlineMissed(order_id=order.id, deadline="accept_by", group="store")
    tell(begin, order, late, "order.deadline_missed")
    addresses(begin, store="stores@caravan.example")
    moved_on = kept(begin, State.ACCEPTED, store="RTM1")
    tell(
        begin, moved_on, orders.OrderDeadlineMissed(order_id=moved_on.id, deadline="accept_by", group="store"),
        "order.deadline_missed",
    )  # fmt: skip
    assert post_office == []
    tell(begin, order, late, "order.deadline_missed")
    assert post_office == ["stores@caravan.example"]


def test_every_group_that_work_waits_for_can_have_an_address_rev_06() -> None:
    waits = {*GROUP_OF.values(), *(plan.group for plan in PLANS.values()), Group.MANAGEMENT}
    assert set(ADDRESS_OF) == waits - {Group.CUSTOMER, Group.CARRIER, Group.NOBODY}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("problem", [*Problem, ""])
@pytest.mark.parametrize("deadline", ["contact_by", "accept_by", "decide_by", "dispatch_by", "deliver_by"])
def test_a_letter_says_what_waits_and_nothing_of_the_customer(language: str, problem: str, deadline: str) -> None:
    order = an_order(State.ROUTED, store="RTM1")
    facts = {"what": "overdue", "problem": str(problem), "deadline": deadline}
    mail = render(TEMPLATE, language, {**about_late(order), **facts})
    assert order.id in mail.subject and "RTM1" in mail.text
    assert order.ship_to is not None
    assert order.ship_to.name not in mail.text and order.contact.email not in mail.text
    near = {"what": "warned", "problem": str(problem), "until": SOON}
    assert "2026" in render(TEMPLATE, language, {**about_late(order), **near}).text


def test_every_event_of_late_work_makes_a_letter_rev_10() -> None:
    assert {each.__name__ for each in STAFF_LETTERS} == {
        "OrderProblemWarned", "OrderDeadlineMissed", "OrderProblemEscalated", "OrderEscalated",
    }  # fmt: skip
