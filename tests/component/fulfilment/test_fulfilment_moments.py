"""Times that nobody can mean are refused by name, whoever names one: staff, shoppers, stores' systems (FUL-08)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post
from chalicelib.core.clock import stamp, utc_now
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain.delivery import AGREED_AHEAD
from chalicelib.orders.domain import Order
from chalicelib.orders.items import ORDER
from tests.support.http import Client
from tests.support.sample_handovers import STORE, an_own_delivery, packed, put_secrets, step
from tests.support.sample_partners import Port, public_names, report

Begin = Callable[..., UnitOfWork]
ENDS_OF_THE_CALENDAR = ["9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"]


@pytest.fixture
def order(as_staff: Callable[..., Client], begin: Begin, clock: Any) -> Order:
    put_secrets()
    clock.now = utc_now()
    return packed(as_staff(Post.STORE, scopes=[STORE]), begin, an_own_delivery())


@pytest.fixture
def port(begin: Any, clock: Any, order: Order) -> Iterator[Port]:
    with public_names():
        made = Port(begin, clock)
        made.connect()
        yield made


@pytest.mark.parametrize("moment", ENDS_OF_THE_CALENDAR)
@pytest.mark.parametrize("field", ["due_from", "due_until"])
def test_an_appointment_at_the_end_of_the_calendar_is_refused_ful_08(
    as_staff: Callable[..., Client], begin: Begin, order: Order, port: Port, field: str, moment: str
) -> None:
    before = begin().get(ORDER, order.id)
    at_desk = step(as_staff(Post.STORE, scopes=[STORE]), order, "assign", {"person": "rider-1", field: moment})
    by_system = report(port, order.id, {"status": "sent_out", "person": "rider-1", field: moment})
    for answer in (at_desk, by_system):
        assert (answer.status, [each["pointer"] for each in answer.json["errors"]]) == (400, [f"/{field}"])
    assert begin().get(ORDER, order.id) == before


@pytest.mark.parametrize(
    ("field", "days"), [("due_from", -30), ("due_until", AGREED_AHEAD.default + 1), ("due_until", 365)]
)
def test_an_appointment_before_the_order_or_in_another_year_is_a_mistake_ful_08(
    as_staff: Callable[..., Client], begin: Begin, clock: Any, order: Order, field: str, days: int
) -> None:
    before = begin().get(ORDER, order.id)
    said = {"due_until": stamp(clock.now + timedelta(hours=2)), field: stamp(clock.now + timedelta(days=days))}
    store = as_staff(Post.STORE, scopes=[STORE])
    refused = step(store, order, "assign", {"person": "rider-1", **said})
    assert (refused.status, [each["pointer"] for each in refused.json["errors"]]) == (400, [f"/{field}"])
    assert begin().get(ORDER, order.id) == before  # its clocks are as they were
    furthest = {"due_until": stamp(clock.now + timedelta(days=AGREED_AHEAD.default))}
    assert step(store, order, "assign", {"person": "rider-1", **furthest}, key="furthest").status == 200


def test_so_is_a_new_delivery_in_another_year_e18(as_staff: Callable[..., Client], clock: Any, order: Order) -> None:
    store = as_staff(Post.STORE, scopes=[STORE])
    for name, body in (
        ("assign", {"person": "rider-1"}), ("send-out", None), ("handover-failed", {"cause": "not_received"}),
        ("take-over", None),
    ):  # fmt: skip
        assert step(store, order, name, body).status == 200, name
    again = {"decision": "deliver_again", "person": "rider-2"}
    late = step(store, order, "resolve", {**again, "deliver_by": stamp(clock.now + timedelta(days=365))}, key="late")
    assert (late.status, [each["pointer"] for each in late.json["errors"]]) == (400, ["/deliver_by"])
    soon = {**again, "deliver_by": stamp(clock.now + timedelta(days=1))}
    assert step(store, order, "resolve", soon, key="soon").json["state"] == "out_for_delivery"


@pytest.mark.parametrize("moment", ENDS_OF_THE_CALENDAR)
def test_so_is_a_slot_at_the_quote_and_in_a_correction_ful_07(
    as_shopper: Callable[..., Client], begin: Begin, moment: str
) -> None:
    ann = as_shopper("ann")
    cart = ann.post("/carts", {"market": "EU"}, key="cart-12345").json["id"]
    asked = {"delivery_method": "own_delivery", "own_delivery": {"slot": moment}, "payment_method": "card"}
    quote = ann.post(f"/carts/{cart}/quote", asked)
    correction = ann.patch("/orders/D0000000000000", {"own_delivery": {"slot": moment}})
    for answer in (quote, correction):
        assert answer.status == 400, answer.text
        assert "/own_delivery/slot" in [each["pointer"] for each in answer.json["errors"]]
