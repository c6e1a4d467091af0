"""The cart: one line per article, limits, and nothing changes once it is ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cart.domain import Article, Cart, CartState, Limits, source
from chalicelib.core.auth import Owner
from chalicelib.core.errors import Invalid, LimitExceeded, NotAllowed, NotFound
from chalicelib.core.money import Money

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LIMITS = Limits(lines=50, quantity=999)


def article(sku: str, price: int = 10_00) -> Article:
    return Article(sku, "cup", f"Cup {sku}", "cup.jpg", "physical", Money(price, "EUR"))


def cart(*skus: str, quantity: int = 1) -> Cart:
    made = Cart("c1", Owner(guest="g" * 64), "EU", "EUR", "en", NOW)
    for number, sku in enumerate(skus):
        made = made.add(f"l{number}", article(sku), quantity, LIMITS, NOW)
    return made


def test_the_same_article_added_again_raises_the_quantity_of_its_line_d2() -> None:
    filled = cart("A", "B", "A")
    assert [(line.sku, line.quantity) for line in filled.lines] == [("A", 2), ("B", 1)]
    assert (filled.units, filled.subtotal) == (3, Money(30_00, "EUR"))


def test_an_article_added_again_shows_its_present_price() -> None:
    filled = cart("A").add("l9", article("A", 12_00), 1, LIMITS, NOW)
    assert filled.subtotal == Money(24_00, "EUR")


@pytest.mark.parametrize("quantity", [0, -1])
def test_less_than_one_is_not_a_quantity_f1(quantity: int) -> None:
    with pytest.raises(Invalid):
        cart().add("l", article("A"), quantity, LIMITS, NOW)
    with pytest.raises(Invalid):
        cart("A").change_quantity("l0", quantity, LIMITS)


def test_the_limit_of_one_article_counts_all_of_it_f1() -> None:
    assert cart("A", quantity=998).add("l", article("A"), 1, LIMITS, NOW).units == 999
    for change in (
        lambda: cart("A", quantity=999).add("l", article("A"), 1, LIMITS, NOW),
        lambda: cart().add("l", article("A"), 1000, LIMITS, NOW),
        lambda: cart("A").change_quantity("l0", 1000, LIMITS),
    ):
        with pytest.raises(LimitExceeded):
            change()


def test_a_cart_takes_a_limited_number_of_articles() -> None:
    full = cart("A", "B")
    with pytest.raises(LimitExceeded):
        full.add("l", article("C"), 1, Limits(2, 999), NOW)
    assert full.add("l", article("B"), 1, Limits(2, 999), NOW).units == 3


def test_quantities_can_be_updated_and_the_cart_can_be_emptied_crt_06() -> None:
    filled = cart("A", "B")
    assert filled.change_quantity("l1", 7, LIMITS).line("l1").quantity == 7
    assert [line.sku for line in filled.drop("l0").lines] == ["B"]
    assert filled.emptied().lines == ()


def test_a_line_that_is_not_there_is_not_found() -> None:
    for change in (lambda: cart("A").drop("x"), lambda: cart("A").change_quantity("x", 1, LIMITS)):
        with pytest.raises(NotFound):
            change()


CHANGES: list[Callable[[Cart], Any]] = [
    lambda c: c.add("l", article("B"), 1, LIMITS, NOW),
    lambda c: c.change_quantity("l0", 2, LIMITS),
    lambda c: c.drop("l0"),
    lambda c: c.emptied(),
    lambda c: c.moved("US", "USD", "en", {"A": article("A")}),
    lambda c: c.absorb(cart("B").lines, LIMITS),
    lambda c: c.adopted_by("customer", "01a"),
    lambda c: c.merged("other"),
    lambda c: c.ordered("C-2"),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("close", [lambda c: c.ordered("C-1"), lambda c: c.merged("c2")])
def test_nothing_changes_once_it_is_ordered_or_merged_d7(
    close: Callable[[Cart], Cart], change: Callable[[Cart], Any]
) -> None:
    with pytest.raises(NotAllowed):
        change(close(cart("A")))


def test_an_ordered_cart_knows_its_order() -> None:
    ordered = cart("A").ordered("C-1")
    assert (ordered.state, ordered.order_id) == (CartState.ORDERED, "C-1")


def test_merging_adds_up_and_fills_a_line_at_most_to_its_limit_crt_03() -> None:
    own = cart("A", quantity=600)
    whole = own.absorb(cart("A", "B", quantity=600).lines, LIMITS)
    assert [(line.sku, line.quantity) for line in whole.lines] == [("A", 999), ("B", 600)]
    assert whole.absorb(cart("A").lines, LIMITS) == whole


skus = st.sampled_from("ABCDE")


@given(st.lists(st.tuples(st.sampled_from(["add", "drop", "set"]), skus, st.integers(1, 300))))
def test_no_two_lines_ever_hold_the_same_article_and_units_add_up(steps: list[tuple[str, str, int]]) -> None:
    now, model = cart(), Counter[str]()
    for number, (step, sku, quantity) in enumerate(steps):
        line = next((each for each in now.lines if each.sku == sku), None)
        try:
            if step == "add":
                now = now.add(f"n{number}", article(sku), quantity, LIMITS, NOW)
                model[sku] += quantity
            elif line is not None and step == "drop":
                now = now.drop(line.id)
                del model[sku]
            elif line is not None:
                now = now.change_quantity(line.id, quantity, LIMITS)
                model[sku] = quantity
        except LimitExceeded:
            assert model[sku] + quantity > LIMITS.quantity
        assert {each.sku: each.quantity for each in now.lines} == dict(model)
        assert len({each.id for each in now.lines}) == len(now.lines)


def test_one_place_that_has_everything_is_chosen_before_a_preferred_one_that_has_not() -> None:
    stock = {("A", "X"): 5, ("A", "Y"): 5, ("B", "Y"): 5}
    assert source({"A": 1, "B": 1}, stock, ["X", "Y"]).places == {"A": "Y", "B": "Y"}


def test_the_preferred_place_is_chosen_when_several_have_everything() -> None:
    stock = {("A", "X"): 5, ("A", "Y"): 5}
    assert source({"A": 1}, stock, ["Y", "X"]).places == {"A": "Y"}


def test_otherwise_as_few_places_as_possible() -> None:
    stock = {("A", "X"): 1, ("B", "Y"): 1, ("C", "Z"): 1, ("C", "Y"): 1, ("A", "Z"): 1}
    assert source({"A": 1, "B": 1, "C": 1}, stock, ["X", "Y", "Z"]).places == {"A": "X", "B": "Y", "C": "Y"}


def test_an_article_always_comes_from_one_place_as_a_whole() -> None:
    sourcing = source({"A": 5, "B": 1}, {("A", "X"): 3, ("A", "Y"): 4, ("B", "X"): 1}, ["X", "Y"])
    assert (dict(sourcing.places), dict(sourcing.short)) == ({}, {"A": 4})


def test_everything_that_is_short_is_named() -> None:
    assert set(source({"A": 1, "B": 1, "C": 1}, {("B", "X"): 1}, ["X"]).short) == {"A", "C"}


def test_places_outside_the_market_do_not_count() -> None:
    assert source({"A": 1}, {("A", "ELSEWHERE"): 9}, ["X"]).short == {"A": 0}


@given(
    st.dictionaries(skus, st.integers(1, 5), min_size=1),
    st.dictionaries(st.tuples(skus, st.sampled_from("XYZ")), st.integers(-2, 8)),
)
def test_what_is_sourced_is_there_and_no_smaller_set_of_places_would_do(
    demand: dict[str, int], stock: dict[tuple[str, str], int]
) -> None:
    sourcing = source(demand, stock, "XYZ")
    if sourcing.short:
        assert all(all(stock.get((sku, place), 0) < demand[sku] for place in "XYZ") for sku in sourcing.short)
        return
    assert all(stock[sku, place] >= demand[sku] for sku, place in sourcing.places.items())
    if len(set(sourcing.places.values())) > 1:
        assert not any(all(stock.get((sku, place), 0) >= demand[sku] for sku in demand) for place in "XYZ")
