"""The one calculation: parts that add up to the whole, tax rounded once, reductions that never go below nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.money import Money
from chalicelib.pricing.domain import (
    Adjustment,
    Charge,
    Levy,
    PriceLine,
    Target,
    TaxTreatment,
    Totals,
    share,
    total,
)

DE, DE_BOOKS = Decimal("0.19"), Decimal("0.07")


def euro(text: str) -> Money:
    return Money.of(text, "EUR")


def line(line_id: str, price: str, quantity: int = 1, rate: Decimal = DE) -> PriceLine:
    return PriceLine(line_id, quantity, euro(price), rate)


def price(lines: list[PriceLine], include: bool = True, **more: object) -> Totals:
    return total(share(lines, "EUR", prices_include_tax=include, **more), "EUR")  # type: ignore[arg-type]


def test_prices_with_tax_contain_it_as_gross_minus_net_tax_17() -> None:
    totals = price([line("a", "119.00")])
    assert (totals.subtotal, totals.tax, totals.tax_included, totals.total) == (
        euro("119.00"),
        euro("19.00"),
        euro("19.00"),
        euro("119.00"),
    )


def test_prices_without_tax_get_it_on_top() -> None:
    totals = price([line("a", "100.00", rate=Decimal("0.0725"))], include=False)
    assert (totals.tax, totals.tax_included, totals.total) == (euro("7.25"), euro("0.00"), euro("107.25"))


def test_tax_is_rounded_once_per_rate_and_not_once_per_line() -> None:
    # Three lines of 0.99 each: 2.97 - 2.97/1.19 (2.4958 -> 2.50) = 0.47; line by line it would be 3 x 0.16 = 0.48.
    totals = price([line("a", "0.99"), line("b", "0.99"), line("c", "0.99")])
    assert totals.tax == euro("0.47")
    assert [each.tax.minor for each in totals.lines] == [16, 16, 15]


def test_lines_of_different_rates_are_taxed_apart() -> None:
    totals = price([line("a", "119.00"), line("b", "10.70", rate=DE_BOOKS)])
    assert [each.tax for each in totals.lines] == [euro("19.00"), euro("0.70")]


def test_shipping_is_shared_by_price_and_taxed_like_the_goods_it_carries() -> None:
    lines = [line("a", "30.00"), line("b", "10.00", rate=DE_BOOKS)]
    totals = price(lines, charges=[Charge(euro("4.00"), ("a", "b"))])
    first, second = totals.lines
    assert (first.shipping, second.shipping) == (euro("3.00"), euro("1.00"))
    assert first.tax == euro("33.00") - euro("27.73")
    assert second.tax == euro("11.00") - euro("10.28")
    assert totals.total == euro("44.00")


def test_each_parcel_s_freight_stays_with_its_own_lines() -> None:
    charges = [Charge(euro("5.00"), ("a",)), Charge(euro("9.00"), ("b",))]
    totals = price([line("a", "30.00"), line("b", "10.00")], charges=charges)
    assert [each.shipping for each in totals.lines] == [euro("5.00"), euro("9.00")]


def test_free_goods_share_freight_equally() -> None:
    totals = price([line("a", "0.00"), line("b", "0.00")], charges=[Charge(euro("4.01"), ("a", "b"))])
    assert [each.shipping.minor for each in totals.lines] == [201, 200]


def test_without_adjustments_nothing_is_reduced_prc_07() -> None:
    lines = [line("a", "19.99", 3), line("b", "5.00")]
    assert price(lines) == price(lines, adjustments=())
    assert price(lines).discount.is_zero


def test_a_fixed_reduction_is_shared_by_largest_remainder_prc_07() -> None:
    lines = [line("a", "10.00"), line("b", "10.00"), line("c", "10.00")]
    totals = price(lines, adjustments=[Adjustment("TEN", amount=euro("10.00"))])
    assert [each.discount.minor for each in totals.lines] == [334, 333, 333]
    assert totals.discount == euro("10.00")
    assert totals.total == euro("20.00")


def test_a_reduction_of_some_lines_leaves_the_others_alone() -> None:
    lines = [line("a", "10.00"), line("b", "10.00")]
    totals = price(lines, adjustments=[Adjustment("HALF-B", rate=Decimal("0.5"), lines=("b",))])
    assert [each.discount for each in totals.lines] == [euro("0.00"), euro("5.00")]


def test_a_reduction_of_lines_that_are_not_there_does_nothing() -> None:
    assert price([line("a", "1.00")], adjustments=[Adjustment("X", amount=euro("1.00"), lines=("z",))]).discount.is_zero


def test_adjustments_apply_in_order_each_to_what_the_earlier_have_left() -> None:
    fixed, part = Adjustment("TEN", amount=euro("10.00")), Adjustment("TENTH", rate=Decimal("0.1"))
    assert price([line("a", "100.00")], adjustments=[fixed, part]).discount == euro("19.00")
    assert price([line("a", "100.00")], adjustments=[part, fixed]).discount == euro("20.00")


def test_a_reduction_never_takes_more_than_there_is_m1() -> None:
    totals = price([line("a", "5.00")], adjustments=[Adjustment("BIG", amount=euro("50.00"))])
    assert totals.total == euro("0.00")


def test_a_negative_reduction_adds_nothing_m1() -> None:
    assert price([line("a", "5.00")], adjustments=[Adjustment("BAD", amount=euro("-1.00"))]).total == euro("5.00")


def test_free_shipping_is_a_reduction_of_the_freight() -> None:
    free = Adjustment("FREE-SHIPPING", rate=Decimal(1), target=Target.SHIPPING)
    charges = [Charge(euro("5.00"), ("a",)), Charge(euro("3.33"), ("b",))]
    totals = price([line("a", "30.00"), line("b", "10.00")], charges=charges, adjustments=[free])
    assert totals.shipping.is_zero and totals.discount.is_zero and totals.total == euro("40.00")


def test_an_adjustment_has_either_an_amount_or_a_rate() -> None:
    with pytest.raises(ValueError, match="either an amount or a rate"):
        Adjustment("X")
    with pytest.raises(ValueError, match="either an amount or a rate"):
        Adjustment("X", amount=euro("1"), rate=Decimal(1))


def test_duty_is_added_and_taxed_where_the_destination_taxes_it_tax_01() -> None:
    shares = share([line("a", "119.00")], "EUR", prices_include_tax=True)
    assert shares[0].net_goods == euro("100.00")
    totals = total(shares, "EUR", levies={"a": Levy(euro("12.00"), duty_is_taxed=True)})
    assert (totals.duty, totals.tax, totals.tax_included) == (euro("12.00"), euro("21.28"), euro("19.00"))
    assert totals.total == euro("133.28")  # 119.00 + 12.00 + 19 % of 12.00


def test_duty_is_not_taxed_where_the_destination_does_not() -> None:
    shares = share([line("a", "100.00", rate=Decimal("0.0725"))], "EUR", prices_include_tax=False)
    totals = total(shares, "EUR", levies={"a": Levy(euro("12.00"), duty_is_taxed=False)})
    assert (totals.tax, totals.total) == (euro("7.25"), euro("119.25"))


def test_reverse_charge_takes_the_contained_tax_off_tax_15() -> None:
    shares = share([line("a", "119.00")], "EUR", prices_include_tax=True)
    levy = Levy(euro("0.00"), duty_is_taxed=False, treatment=TaxTreatment.REVERSE_CHARGE)
    totals = total(shares, "EUR", levies={"a": levy})
    assert (totals.tax, totals.total) == (euro("0.00"), euro("100.00"))


def test_an_exempt_parcel_keeps_its_shown_price_and_contains_no_tax() -> None:
    shares = share([line("a", "119.00")], "EUR", prices_include_tax=True)
    totals = total(shares, "EUR", levies={"a": Levy(euro("0.00"), False, TaxTreatment.EXEMPT)})
    assert (totals.tax, totals.tax_included, totals.total) == (euro("0.00"), euro("0.00"), euro("119.00"))


def test_a_deposit_is_held_on_top_and_belongs_to_no_line() -> None:
    shares = share([line("a", "10.00")], "EUR", prices_include_tax=True)
    totals = total(shares, "EUR", deposit=euro("20.00"))
    assert totals.total == euro("30.00")
    assert totals.lines[0].total == euro("10.00")


def test_more_than_one_amount_can_hold_is_refused_f3() -> None:
    with pytest.raises(LimitExceeded):
        price([line("a", "9999999999.99", 999)])


amounts = st.integers(0, 10**7)
rates = st.sampled_from(["0", "0.055", "0.07", "0.0725", "0.19", "0.255", "0.27"]).map(Decimal)


@st.composite
def carts(draw: st.DrawFn) -> tuple[list[PriceLine], list[Charge], list[Adjustment], bool, dict[str, Levy]]:
    lines = [
        PriceLine(str(number), draw(st.integers(1, 999)), Money(draw(amounts), "EUR"), draw(rates))
        for number in range(draw(st.integers(1, 8)))
    ]
    ids = [each.id for each in lines]
    cut = draw(st.integers(0, len(ids)))
    charges = [Charge(Money(draw(amounts), "EUR"), tuple(part)) for part in (ids[:cut], ids[cut:]) if part]
    adjustments = [
        Adjustment(
            "X",
            amount=Money(draw(amounts), "EUR"),
            lines=tuple(draw(st.sets(st.sampled_from(ids)))),
            target=draw(st.sampled_from(Target)),
        )
        if draw(st.booleans())
        else Adjustment("Y", rate=draw(rates), target=draw(st.sampled_from(Target)))
        for _ in range(draw(st.integers(0, 3)))
    ]
    levies = {
        line_id: Levy(Money(draw(amounts), "EUR"), draw(st.booleans()), draw(st.sampled_from(TaxTreatment)))
        for line_id in draw(st.sets(st.sampled_from(ids)))
    }
    return lines, charges, adjustments, draw(st.booleans()), levies


@given(carts(), st.data())
def test_lines_add_up_to_every_published_total_and_to_the_formula_m1_m7(
    cart: tuple[list[PriceLine], list[Charge], list[Adjustment], bool, dict[str, Levy]], data: st.DataObject
) -> None:
    lines, charges, adjustments, include, levies = cart
    ids = data.draw(st.lists(st.sampled_from([line.id for line in lines]), unique=True))
    wrap = Charge(Money(data.draw(amounts), "EUR"), tuple(ids)) if ids else None
    shares = share(lines, "EUR", prices_include_tax=include, charges=charges, adjustments=adjustments, wrap=wrap)
    totals = total(shares, "EUR", levies=levies)
    for name in ("subtotal", "discount", "shipping", "wrapping", "duty", "tax", "tax_included", "total"):
        assert getattr(totals, name) == Money.sum((getattr(each, name) for each in totals.lines), "EUR")
    for each in (*totals.lines, totals):
        shown = each.subtotal - each.discount + each.shipping + each.wrapping
        assert each.total == shown + each.duty + each.tax - each.tax_included
        for name in ("subtotal", "discount", "shipping", "wrapping", "duty", "tax", "tax_included", "total"):
            assert getattr(each, name).minor >= 0
    assert totals.wrapping == (wrap.amount if wrap else Money.zero("EUR"))
    assert all(each.wrapping.is_zero for each in totals.lines if not wrap or each.id not in wrap.lines)
    assert totals.subtotal == Money.sum((each.unit_price * each.quantity for each in lines), "EUR")
    for each_share in shares:
        assert each_share.net_goods.minor >= 0 and each_share.net_shipping.minor >= 0


@given(carts())
def test_shipping_is_what_was_charged_less_what_was_reduced(
    cart: tuple[list[PriceLine], list[Charge], list[Adjustment], bool, dict[str, Levy]],
) -> None:
    lines, charges, _, include, _ = cart
    totals = price(lines, include, charges=charges)
    assert totals.shipping == Money.sum((charge.amount for charge in charges), "EUR")


@given(carts(), st.permutations(range(8)))
def test_the_total_does_not_depend_on_the_order_of_lines(
    cart: tuple[list[PriceLine], list[Charge], list[Adjustment], bool, dict[str, Levy]],
    order: list[int],
) -> None:
    lines, _, _, include, _ = cart
    shuffled = [lines[number] for number in order if number < len(lines)]
    assert price(shuffled, include).total == price(lines, include).total
