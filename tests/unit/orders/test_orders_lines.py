"""What of an order comes from which place: whole lines, and pieces of bundles, with exact amounts (CAT-04, RTE-07)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.orders.domain import OrderLine, coming_from, left_without
from tests.support.sample_orders import a_line, an_order, eur

PLACES = ("RTM1", "SZX1", "SHA-S1")


def a_bundle(line_id: str, places: tuple[str, ...], price: str = "45.00") -> OrderLine:
    """A bundle of one piece from each of these places, at less than the pieces cost alone."""
    paid, tax = eur(price).share([1] * len(places)), eur("7.18").share([1] * len(places))
    pieces = tuple(
        a_line(
            f"{line_id}.{number}", f"PIECE-{number}", 1, location=place, subtotal=paid[number - 1],
            shipping=eur("0.00"), tax=tax[number - 1], tax_included=tax[number - 1], total=paid[number - 1],
        )
        for number, place in enumerate(places, 1)
    )  # fmt: skip
    whole = a_line(line_id, "SET", 1, location="", unit_price=eur(price), subtotal=eur(price), shipping=eur("0.00"))
    return replace(whole, tax=eur("7.18"), tax_included=eur("7.18"), total=eur(price), components=pieces)


def test_a_bundle_from_two_places_is_divided_into_its_pieces_and_no_cent_is_lost_cat_04() -> None:
    bundle = a_bundle("1", ("RTM1", "SZX1"), "35.01")
    (back,), (left,) = coming_from([bundle], {"SZX1"}), left_without([bundle], {"SZX1"})
    assert (back.id, left.id) == ("1.2", "1.1")
    assert back.total + left.total == bundle.total
    assert (left.subtotal, left.discount) == (eur("20.00"), eur("20.00") - left.total)  # what the bundle has saved


def test_a_bundle_from_one_place_stays_whole_cat_04() -> None:
    bundle = a_bundle("1", ("SZX1", "SZX1"))
    assert coming_from([bundle], {"SZX1"}) == (bundle,)
    assert left_without([bundle], {"SZX1"}) == ()
    assert coming_from([bundle], {"RTM1"}) == ()
    assert left_without([bundle], {"RTM1"}) == (bundle,)


def test_what_is_not_shipped_comes_from_nowhere_and_stays() -> None:
    card = a_line("1", "CARD", 1, location="", kind="virtual")
    assert (coming_from([card], set(PLACES)), left_without([card], set(PLACES))) == ((), (card,))


_places = st.sampled_from(PLACES)
_bundles = st.lists(_places, min_size=2, max_size=3).map(tuple)
_lines = st.lists(st.one_of(_places, _bundles), min_size=1, max_size=5)


@given(_lines, st.sets(_places))
def test_what_comes_from_places_and_what_is_left_are_all_of_it_once(
    sources: list[str | tuple[str, ...]], back: set[str]
) -> None:
    lines = tuple(
        a_line(str(number), location=source) if isinstance(source, str) else a_bundle(str(number), source, "35.03")
        for number, source in enumerate(sources, 1)
    )
    taken, left = coming_from(lines, back), left_without(lines, back)
    before = sorted((part.id, part.quantity) for line in lines for part in line.parts)
    assert sorted((part.id, part.quantity) for line in (*taken, *left) for part in line.parts) == before
    for name in ("total", "tax", "shipping"):
        whole = Money.sum((getattr(line, name) for line in lines), "EUR")
        assert Money.sum((getattr(line, name) for line in (*taken, *left)), "EUR") == whole
    for line in (*taken, *left):
        assert line.subtotal - line.discount + line.fees + line.duty + line.tax - line.tax_included == line.total


@pytest.mark.parametrize("gone", [{"SZX1"}, {"RTM1", "SZX1"}])
def test_an_order_without_what_was_taken_back_costs_what_is_left_of_it(gone: set[str]) -> None:
    order = an_order(lines=(a_line(), a_bundle("2", ("SZX1", "SHA-S1"))), delivery_method="courier")
    rest = order.keeping(left_without(order.lines, gone))
    back = coming_from(order.lines, gone)
    assert rest.totals.total + Money.sum((line.total for line in back), "EUR") == order.totals.total
