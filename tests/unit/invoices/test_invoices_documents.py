"""What stands on invoices and credit notes: amounts that add up whatever comes back, numbers by company and year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.invoices.domain import (
    ISSUERS,
    DocumentKind,
    Remark,
    Series,
    by_rate,
    credited_parts,
    remarks_of,
    series_id,
    taxed_parts,
)
from chalicelib.markets.profiles import MARKETS
from tests.support.sample_orders import a_line, an_order, eur

BOOK = a_line("2", "BOOK", 1, tax_rate="0.07", tax=eur("1.47"), tax_included=eur("1.47"))


def test_every_market_has_somebody_who_issues() -> None:
    assert ISSUERS.keys() == MARKETS.keys()
    assert len({issuer.code for issuer in ISSUERS.values()}) == len(ISSUERS)


@pytest.mark.parametrize(
    ("kind", "at", "series"),
    [
        (DocumentKind.INVOICE, datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "CEU-2026"),
        (DocumentKind.INVOICE, datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "CEU-2027"),
        (DocumentKind.CREDIT_NOTE, datetime(2026, 6, 1, tzinfo=UTC), "CEUC-2026"),
    ],
)
def test_the_year_of_a_number_is_the_issuers_own(kind: DocumentKind, at: datetime, series: str) -> None:
    assert series_id(ISSUERS["EU"], kind, at, "Europe/Berlin") == series


def test_numbers_follow_each_other() -> None:
    one, first = Series("CEU-2026").take()
    assert (first, one.take()[1]) == ("CEU-2026-000001", "CEU-2026-000002")


def test_rates_are_told_apart_and_add_up_to_the_order() -> None:
    order = an_order(lines=(a_line(), BOOK))
    rows = by_rate(taxed_parts(order), "EUR")
    assert [(row.rate, row.tax) for row in rows] == [("0.19", eur("6.79")), ("0.07", eur("1.47"))]
    assert Money.sum((row.net + row.tax for row in rows), "EUR") == order.totals.total


def test_what_the_buyer_owes_himself_is_taxed_at_no_rate_and_said() -> None:
    lines = (a_line(tax=eur("0.00"), total=eur("35.71")),)
    order = an_order(lines=lines, vat_number="ATU13585627")
    assert [row.rate for row in by_rate(taxed_parts(order), "EUR")] == ["0"]
    assert remarks_of(order) == (Remark.REVERSE_CHARGE,)


@given(
    st.integers(0, 4250), st.integers(0, 2250), st.integers(0, 500),
    st.integers(0, 100), st.sampled_from([("1",), ("2",), ("1", "2"), ()]),
)  # fmt: skip
def test_a_credit_adds_up_whatever_comes_back_m7(
    of_tea: int, of_books: int, fees: int, percent: int, lines: tuple[str, ...]
) -> None:
    order = an_order(lines=(a_line(), BOOK))
    back = {line: eur("0.01") * {"1": of_tea, "2": of_books}[line] for line in lines}
    total = Money.sum(back.values(), "EUR") + eur("0.01") * fees
    tax = Money(total.minor * percent // 100, "EUR")
    rows = by_rate(credited_parts(order, back, total, tax), "EUR")
    assert Money.sum((row.net for row in rows), "EUR") == total - tax
    assert Money.sum((row.tax for row in rows), "EUR") == tax
    assert all(row.net.minor >= 0 and row.tax.minor >= 0 for row in rows)
    if len(lines) == 1:
        assert {row.rate for row in rows} == {"0.19" if lines == ("1",) else "0.07"}
