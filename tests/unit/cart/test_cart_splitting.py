"""Where articles come from under each policy about splitting (RTE-07)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.cart.domain import Splitting, source

PLACES = ("X", "Y", "Z")
STOCK = st.dictionaries(st.tuples(st.sampled_from("ABC"), st.sampled_from(PLACES)), st.integers(0, 3))
DEMAND = st.dictionaries(st.sampled_from("ABC"), st.integers(1, 3), min_size=1)


@given(DEMAND, STOCK, st.sampled_from(list(Splitting)))
def test_no_article_comes_from_where_it_is_not_and_none_is_forgotten(
    demand: dict[str, int], stock: dict[tuple[str, str], int], splitting: Splitting
) -> None:
    sourcing = source(demand, stock, PLACES, splitting)
    if sourcing.places:
        assert sourcing.places.keys() == demand.keys()
        assert all(stock[sku, place] >= demand[sku] for sku, place in sourcing.places.items())
        assert not sourcing.short and not sourcing.apart
    else:
        assert bool(sourcing.short) != bool(sourcing.apart)


@given(DEMAND, STOCK)
def test_forbidden_refuses_exactly_what_would_be_split(
    demand: dict[str, int], stock: dict[tuple[str, str], int]
) -> None:
    fewest = source(demand, stock, PLACES)
    forbidden = source(demand, stock, PLACES, Splitting.FORBIDDEN)
    assert forbidden.short == fewest.short
    assert bool(forbidden.apart) == (len(set(fewest.places.values())) > 1)
    if not forbidden.apart:
        assert forbidden.places == fewest.places


def test_what_the_best_place_lacks_is_named() -> None:
    stock = {("A", "X"): 1, ("B", "Y"): 1, ("C", "Y"): 1}
    assert source({"A": 1, "B": 1, "C": 1}, stock, PLACES, Splitting.FORBIDDEN).apart == ("A",)


@pytest.mark.parametrize(("text", "policy"), [("priority", Splitting.PRIORITY), ("", Splitting.FEWEST_SPLITS)])
def test_any_other_text_counts_as_not_set(text: str, policy: Splitting) -> None:
    assert Splitting.named(text) is policy
