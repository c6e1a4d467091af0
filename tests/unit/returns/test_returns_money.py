"""The tally: no unit twice, and money that adds up over any split of returns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.returns.domain import PaidLine, ReturnTally, TooManyReturned

Order = dict[str, PaidLine]


@st.composite
def orders(draw: st.DrawFn) -> Order:
    currency = draw(st.sampled_from(["EUR", "JPY", "KWD"]))
    amounts = st.integers(0, 10**7).map(lambda minor: Money(minor, currency))
    return {
        str(number): paid(str(number), draw(st.integers(1, 9)), draw(amounts), draw(amounts), draw(st.integers(0, 100)))
        for number in range(1, draw(st.integers(1, 4)) + 1)
    }


def paid(line: str, delivered: int, goods: Money, shipping: Money, tax_percent: int) -> PaidLine:
    return PaidLine(line, delivered, goods, shipping, Money(goods.minor * tax_percent // 100, goods.currency))


@st.composite
def splits(draw: st.DrawFn) -> tuple[Order, list[dict[str, int]]]:
    """An order and its units dealt into returns in some order, possibly not all of them."""
    order = draw(orders())
    units = draw(st.permutations([line.id for line in order.values() for _ in range(line.delivered)]))
    left = list(units[: draw(st.integers(0, len(units)))] if draw(st.booleans()) else units)
    returns = []
    while left:
        size = draw(st.integers(1, len(left)))
        batch, left = left[:size], left[size:]
        returns.append({line: batch.count(line) for line in sorted(set(batch))})
    return order, returns


@given(splits())
def test_any_split_of_returns_refunds_what_was_paid_and_never_more_m7(case: tuple[Order, list[dict[str, int]]]) -> None:
    order, returns = case
    currency = next(iter(order.values())).goods.currency
    tally, per_line, shipping = ReturnTally("C1"), dict.fromkeys(order, Money.zero(currency)), Money.zero(currency)
    tax = Money.zero(currency)
    for units in returns:
        tally = tally.claim(units, order)
        estimate = tally.worth(units, order)
        tally, settled = tally.settle_returned(units, order, refund_shipping=True)
        assert settled.total - settled.shipping == estimate
        for line, amount in settled.lines.items():
            per_line[line] += amount
        shipping += settled.shipping
        tax += settled.tax
        assert settled.tax <= settled.total
    for line, paid in order.items():
        assert Money.zero(currency) <= per_line[line] <= paid.goods
        if tally.of(line).settled == paid.delivered:
            assert per_line[line] == paid.goods
    whole = all(tally.of(line).came_back == paid.delivered for line, paid in order.items())
    fees = Money.sum((paid.shipping for paid in order.values()), currency)
    assert shipping == (fees if whole else Money.zero(currency))
    taxes = Money.sum((paid.tax for paid in order.values()), currency)
    assert tax == taxes if whole else tax <= taxes


@given(splits(), st.integers(0, 100))
def test_goods_that_are_kept_never_cost_more_than_what_was_paid_ret08(
    case: tuple[Order, list[dict[str, int]]], percent: int
) -> None:
    order, returns = case
    tally = ReturnTally("C1")
    currency = next(iter(order.values())).goods.currency
    total = Money.zero(currency)
    for units in returns:
        tally, settled = tally.claim(units, order).settle_kept(units, order, percent)
        assert settled.shipping.is_zero
        total += settled.total
    assert total <= Money.sum((line.goods for line in order.values()), currency)


EUR_LINE = PaidLine("1", 3, Money(1_000, "EUR"), Money(500, "EUR"), Money(160, "EUR"))


def test_units_have_a_fixed_worth_so_that_the_odd_cent_is_paid_once() -> None:
    assert [EUR_LINE.worth(first, 1).minor for first in range(3)] == [334, 333, 333]


def test_no_unit_is_claimed_twice_m10() -> None:
    tally = ReturnTally("C1").claim({"1": 2}, {"1": EUR_LINE})
    with pytest.raises(TooManyReturned) as refused:
        tally.claim({"1": 2}, {"1": EUR_LINE})
    assert refused.value.members["left"] == 1


def test_units_of_a_rejected_or_expired_return_can_be_claimed_again() -> None:
    tally = ReturnTally("C1").claim({"1": 3}, {"1": EUR_LINE}).free({"1": 2})
    assert tally.left(EUR_LINE) == 2


def test_the_shipping_fee_is_refunded_once_and_only_by_setting() -> None:
    order = {"1": EUR_LINE}
    claimed = ReturnTally("C1").claim({"1": 3}, order)
    _, without = claimed.settle_returned({"1": 3}, order, refund_shipping=False)
    assert without.shipping.is_zero
    tally, settled = claimed.settle_returned({"1": 3}, order, refund_shipping=True)
    assert settled.shipping == Money(500, "EUR")
    _, again = tally.settle_returned({}, order, refund_shipping=True)
    assert again.shipping.is_zero


def test_kept_units_do_not_count_as_the_whole_order_coming_back() -> None:
    order = {"1": EUR_LINE}
    tally, _ = ReturnTally("C1").claim({"1": 3}, order).settle_kept({"1": 1}, order, 50)
    _, settled = tally.settle_returned({"1": 2}, order, refund_shipping=True)
    assert settled.shipping.is_zero
    assert settled.total == Money(666, "EUR")
