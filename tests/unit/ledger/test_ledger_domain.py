"""Double entry (M4): entries that do not balance cannot exist, and the books always sum to zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.ledger.domain import (
    SHARDS,
    SUB_ACCOUNTS,
    Account,
    Entry,
    Posting,
    Revenue,
    TrialBalance,
    UnbalancedError,
    balance_of,
    days_to_close,
    merchant_payable,
    receivable,
)

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.mark.parametrize(
    "amounts",
    [
        {"sales": eur(1), "goodwill": eur(-2)},
        {"sales": eur(5), "goodwill": Money(-5, "USD")},
        {"sales": eur(0)},
        {},
        {"petty_cash": eur(1), "sales": eur(-1)},
        {"receivable": eur(1), "sales": eur(-1)},
        {"balance:": eur(1), "sales": eur(-1)},
        {"sales:ann": eur(1), "goodwill": eur(-1)},
    ],
)
def test_an_entry_must_balance_and_use_the_chart_of_accounts_m4(amounts) -> None:
    with pytest.raises(UnbalancedError):
        Entry.of("e1", "N1", "test", NOW, amounts)


def test_an_entry_in_two_currencies_balances_in_each_m8() -> None:
    amounts = {"customer_funds": eur(5), "fx_rounding": eur(-5), "sales": Money(-7, "USD"), "goodwill": Money(7, "USD")}
    assert len(Entry.of("e1", "N1", "test", NOW, amounts).postings) == 4


def test_completion_turns_the_customers_money_into_ours_and_the_states() -> None:
    entry = Revenue("N1", eur(80_00), eur(5_00), eur(4_00), eur(17_00), eur(0)).entry(NOW)
    assert {p.account: p.amount.minor for p in entry.postings} == {
        "customer_funds": 10_600, "sales": -8_000, "shipping_income": -500, "duty_payable": -400, "tax_payable": -1_700,
    }  # fmt: skip


ACCOUNTS = [
    *(a for a in Account if a not in SUB_ACCOUNTS),
    receivable("stripe"),
    balance_of("c1"),
    merchant_payable("m1"),
]


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    parts = draw(st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.integers(1, 10**6)), min_size=1, max_size=4))
    currency = draw(st.sampled_from(["EUR", "JPY"]))
    amounts = {str(account): Money(minor, currency) for account, minor in parts if account != Account.SALES}
    total = sum(amount.minor for amount in amounts.values())
    if not total:
        amounts, total = {"goodwill": Money(1, currency)}, 1
    return Entry.of(f"e{total}", "N1", "test", NOW, {**amounts, "sales": Money(-total, currency)})


@given(st.lists(entries(), max_size=12), st.integers(0, 12))
def test_the_trial_balance_of_parts_is_that_of_the_whole_and_sums_to_zero_m4(all_entries, cut) -> None:
    postings = [entry.postings for entry in all_entries]
    whole = TrialBalance.of(postings)
    assert whole.difference == {}
    assert TrialBalance.of(postings[:cut]) + TrialBalance.of(postings[cut:]) == whole
    assert whole.entries == len(all_entries)


def test_the_shops_trial_balance_shows_balance_accounts_as_one_line() -> None:
    postings = [
        (Posting(balance_of("ann"), eur(-5)), Posting("customer_funds", eur(5))),
        (Posting(balance_of("bob"), eur(-7)), Posting("customer_funds", eur(7))),
    ]
    shop = TrialBalance.of(postings, by_customer=False)
    assert shop.balance("balance", "EUR") == eur(-12)
    assert [line.account for line in shop.lines] == ["balance", "customer_funds"]


def test_a_difference_would_be_seen() -> None:
    assert TrialBalance.of([(Posting("sales", eur(3)),)]).difference == {"EUR": eur(3)}


def test_days_are_closed_in_order_and_only_when_they_are_over() -> None:
    midnight = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    assert days_to_close("2026-11-18", "2026-10-01", midnight, 60) == ["2026-11-19"]
    assert days_to_close("2026-11-18", "2026-10-01", midnight + timedelta(hours=1), 60) == ["2026-11-19", "2026-11-20"]
    assert days_to_close(None, "2026-11-20", NOW, 60) == ["2026-11-20"]
    assert days_to_close("2026-11-20", "2026-10-01", NOW, 60) == []


@given(st.text(min_size=1, max_size=40))
def test_an_entry_is_listed_in_one_of_the_days_partitions(name) -> None:
    entry = Entry(name, "N1", "test", NOW, ())
    assert (entry.day, entry.shard in range(SHARDS)) == ("2026-11-21", True)
