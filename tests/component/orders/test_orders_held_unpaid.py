"""How much one caller may hold without paying (ORD-07): counted with the quote, by internet address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cart import service as cart
from chalicelib.cart.domain import Quote
from chalicelib.cart.items import CART
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Order, State
from chalicelib.orders.items import ORDER
from chalicelib.risk import service as risk
from chalicelib.risk.domain import HELD_UNITS, HoldsTooMuch, MoreThanHeld
from tests.support.faults import injected
from tests.support.http import Client
from tests.support.sample_orders import BERLIN
from tests.support.table import metered
from tests.support.values import set_values

HOME, OFFICE = "home", "office"
LIMIT = 6


@pytest.fixture(autouse=True)
def _limit(shop: Any, begin: Callable[[], UnitOfWork]) -> None:
    set_values(begin(), {HELD_UNITS.name: LIMIT})


def opened(shop: Any, ann: Any, units: int, sku: str = "CUP") -> str:
    made = shop.do(lambda uow: cart.create(uow, ann.owner, "EU", "de", [(sku, units)], buy_now=True))
    return str(made.id)


def quoted(shop: Any, ann: Any, cart_id: str, source: str = HOME) -> Quote:
    asked = cart.Asked(ship_to=BERLIN, contact=Contact("a@example.com", "de"), country="DE", payment_method="card")
    found: Quote = shop.do(lambda uow: cart.quote(uow, cart_id, ann, asked, source))
    return found


def placed(shop: Any, ann: Any, units: int, source: str = HOME) -> Order:
    quote = quoted(shop, ann, opened(shop, ann, units), source)
    order: Order = shop.do(lambda uow: orders.place(uow, quote.cart_id, ann, quote.hash, source))
    return order


def is_full(shop: Any, ann: Any, units: int = 1, source: str = HOME) -> bool:
    try:
        quoted(shop, ann, opened(shop, ann, units, "POT"), source)
    except HoldsTooMuch:
        return True
    return False


def test_one_address_holds_so_much_unpaid_and_no_more_ord07(shop: Any, ann: Any) -> None:
    placed(shop, ann, 4)
    with pytest.raises(HoldsTooMuch) as refused:
        placed(shop, ann, 3)
    assert refused.value.members == {"rule": "ORD-07", "units": 3, "limit": LIMIT}
    assert shop.level("CUP") == (6, 4)
    placed(shop, ann, 2)
    assert not is_full(shop, ann, 4, OFFICE)


def test_a_cart_of_more_than_all_that_may_be_held_is_not_quoted_ord07(shop: Any, ann: Any) -> None:
    with pytest.raises(MoreThanHeld) as refused:
        quoted(shop, ann, opened(shop, ann, LIMIT + 1), "")
    assert refused.value.members["limit"] == LIMIT


def test_a_cart_counts_once_with_what_it_was_quoted_for_last_ord07(shop: Any, ann: Any) -> None:
    cart_id = opened(shop, ann, 4)
    for _ in range(3):
        quoted(shop, ann, cart_id)
    assert is_full(shop, ann, 3)
    line = shop.begin().get(CART, cart_id).lines[0].id
    shop.do(lambda uow: cart.change_quantity(uow, cart_id, ann, line, 1))
    quoted(shop, ann, cart_id)
    assert not is_full(shop, ann, 5)
    assert is_full(shop, ann, 1)


def test_what_has_no_stock_is_not_counted_ord07(shop: Any, ann: Any) -> None:
    for _ in range(3):
        quoted(shop, ann, opened(shop, ann, 5, "CARD"))
    assert not is_full(shop, ann, LIMIT)


@pytest.mark.parametrize("end", ["paid", "cancelled", "expired"])
def test_what_is_paid_or_off_is_held_no_longer_and_once_ord07(shop: Any, ann: Any, clock: Any, end: str) -> None:
    order = placed(shop, ann, LIMIT)
    assert is_full(shop, ann)
    if end == "paid":
        shop.pay(order)
        for _ in range(2):  # the news of it may come twice
            shop.do(lambda uow: orders.review(uow, order.id))
    elif end == "cancelled":
        shop.do(lambda uow: orders.cancel(uow, order.id, ann, CancelReason.OTHER))
    else:
        clock.forward(minutes=2)
        for _ in range(2):
            shop.do(lambda uow: orders.expire(uow, uow.get(ORDER, order.id)))
    assert not is_full(shop, ann, LIMIT)
    assert is_full(shop, ann)


def test_what_is_paid_at_the_door_counts_like_what_is_unpaid_ord07(shop: Any, ann: Any) -> None:
    order = shop.pay(placed(shop, ann, LIMIT))
    shop.do(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order.id), payment_method="cash_on_delivery")))
    shop.do(lambda uow: orders.review(uow, order.id))
    assert shop.order(order).state is not State.UNDER_REVIEW
    assert is_full(shop, ann)


def test_what_was_left_lying_is_forgotten_by_and_by_ord07(shop: Any, ann: Any, clock: Any) -> None:
    quoted(shop, ann, opened(shop, ann, LIMIT))
    assert is_full(shop, ann)
    clock.forward(minutes=60)
    assert is_full(shop, ann, 4)
    assert not is_full(shop, ann, 3)
    clock.forward(minutes=60)
    assert not is_full(shop, ann, 3)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_two_quotes_at_once_hold_no_more_than_one_after_the_other_ord07(shop: Any, ann: Any, at: int) -> None:
    first, second = opened(shop, ann, 4), opened(shop, ann, 4)
    told: list[str] = []

    def ask(cart_id: str) -> None:
        try:
            quoted(shop, ann, cart_id)
            told.append("quoted")
        except HoldsTooMuch:
            told.append("refused")

    with injected(None, lambda: ask(second), at=at):
        ask(first)
    assert sorted(told) == ["quoted", "refused"]


def test_two_quotes_at_once_that_fit_are_both_given_ord07(shop: Any, ann: Any) -> None:
    first, second = opened(shop, ann, 3), opened(shop, ann, 3)
    with injected(None, lambda: quoted(shop, ann, second), at=3):
        quoted(shop, ann, first)
    assert is_full(shop, ann)


def test_placing_writes_nothing_for_it_and_asking_again_counts_nothing_ord07(shop: Any, ann: Any) -> None:
    cart_id = opened(shop, ann, 2)
    quoted(shop, ann, cart_id)
    with metered() as again:
        quote = quoted(shop, ann, cart_id)
    assert [name for name, _ in again.requests][-1] == "PutItem"
    with metered() as placing:
        shop.do(lambda uow: orders.place(uow, cart_id, ann, quote.hash, HOME))
    assert not any("SOURCE#" in str(request) for name, request in placing.requests if name == "TransactWriteItems")


def test_addresses_of_the_sixth_version_are_one_by_their_network_rsk03() -> None:
    assert risk.source_of("2001:db8:1:2::1") == risk.source_of("2001:db8:1:2:ffff::9")
    assert risk.source_of("2001:db8:1:2::1") != risk.source_of("2001:db8:1:3::1")
    assert risk.source_of("203.0.113.7") == risk.source_of("::ffff:203.0.113.7") != risk.source_of("203.0.113.8")
    assert risk.source_of("fe80::1%eth0") == risk.source_of("fe80::2") != risk.source_of("no address")
    assert risk.source_of("") == ""


def test_the_refusal_says_what_to_do_ord07(shop: Any, monkeypatch: pytest.MonkeyPatch, clock: Any) -> None:
    monkeypatch.setattr("chalicelib.core.http.routes.utc_now", lambda: clock.now)
    asked = {
        "ship_to": {
            "name": "Lena Schmidt", "lines": ["Karl-Marx-Allee 1"], "city": "Berlin", "postal_code": "10178",
            "country": "DE",
        },
        "contact": {"email": "lena@example.com"}, "payment_method": "card",
    }  # fmt: skip
    answers = []
    for units in (LIMIT, 1):
        made = Client().post("/carts", {"market": "EU", "lines": [{"sku": "CUP", "quantity": units}]}).json
        answers.append(Client(guest_token=made["guest_token"]).post(f"/carts/{made['id']}/quote", asked))
    assert answers[0].status == 200, answers[0].text
    assert (answers[1].status, answers[1].json["type"]) == (429, "/problems/holds-too-much")
    assert "Retry-After" in answers[1].headers
    assert answers[1].json["limit"] == LIMIT
