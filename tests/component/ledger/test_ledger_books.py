"""The books in the table: once per business key, closed day by day, and balances that never go below zero."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from unittest import mock

import pytest

from chalicelib.core import aws, secrets, table
from chalicelib.core.auth import Post
from chalicelib.core.errors import VersionConflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.ledger import service
from chalicelib.ledger.domain import Entry, InsufficientBalance, Revenue
from chalicelib.ledger.items import CLOSE, ENTRY
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def entry(uow: UnitOfWork, name: str = "e1", order: str = "N1", minor: int = 500, currency: str = "EUR") -> Entry:
    amount = Money(minor, currency)
    return Entry.of(name, order, "test", uow.now, {"receivable:stripe": amount, "customer_funds": -amount})


def test_an_entry_is_in_the_books_once_e1_m4(begin: Begin) -> None:
    for _ in range(3):
        run(lambda uow: service.post(uow, entry(uow)), begin)
    assert len(service.entries_of(begin(), "N1")) == 1
    with pytest.raises(service.EntryDiffers):
        service.post(begin(), entry(begin(), minor=501))


def test_two_at_once_book_once_e1(begin: Begin) -> None:
    slow = begin()
    service.post(slow, entry(slow), fresh=True)
    run(lambda uow: service.post(uow, entry(uow), fresh=True), begin)
    with pytest.raises(VersionConflict):
        slow.commit(None)
    assert service.trial_balance_of(begin(), "N1").balance("receivable:stripe", "EUR") == eur(500)


def test_a_known_new_entry_costs_one_write_and_no_read(begin: Begin) -> None:
    uow = begin()
    service.post(uow, entry(uow), fresh=True)
    with metered() as meter:
        uow.commit(None)
    assert meter.calls == {"PutItem": 1}


def test_revenue_is_recognised_once_per_order(begin: Begin) -> None:
    revenue = Revenue("N1", eur(8_000), eur(500), eur(400), eur(1_100), eur(0))
    for _ in range(2):
        run(lambda uow: service.recognise(uow, revenue), begin)
    balance = service.trial_balance_of(begin(), "N1")
    assert (balance.entries, balance.balance("sales", "EUR")) == (1, eur(-8_000))
    assert balance.balance("customer_funds", "EUR") == eur(10_000)


def test_a_balance_is_credited_once_per_reference_bal_02(begin: Begin) -> None:
    for _ in range(3):
        run(lambda uow: service.credit_balance(uow, "ann", eur(700), "N1"), begin)
    run(lambda uow: service.credit_balance(uow, "ann", eur(50), "N2"), begin)
    run(lambda uow: service.credit_balance(uow, "ann", Money(900, "JPY"), "N3"), begin)
    assert service.balance(begin(), "ann", "EUR") == eur(750)
    assert service.statement(begin(), "ann").balances == (eur(750), Money(900, "JPY"))
    assert service.statement(begin(), "bob").balances == ()


def test_two_credits_at_once_count_both_and_the_same_one_once_bal_02(begin: Begin) -> None:
    slow, same = begin(), begin()
    service.credit_balance(slow, "ann", eur(700), "N1")
    service.credit_balance(same, "ann", eur(700), "N1")
    run(lambda uow: service.credit_balance(uow, "ann", eur(50), "N2"), begin)
    slow.commit(None)
    with pytest.raises(VersionConflict):
        same.commit(None)
    assert service.balance(begin(), "ann", "EUR") == eur(750)


def test_a_balance_never_goes_below_zero_m9_d11(begin: Begin) -> None:
    run(lambda uow: service.credit_balance(uow, "ann", eur(700), "N1"), begin)
    first, second = begin(), begin()
    service.debit_balance(first, "ann", eur(500), "N2")
    service.debit_balance(second, "ann", eur(500), "N3")
    first.commit(None)
    with pytest.raises(InsufficientBalance):
        second.commit(None)
    assert service.balance(begin(), "ann", "EUR") == eur(200)
    with pytest.raises(InsufficientBalance):
        run(lambda uow: service.debit_balance(uow, "bob", eur(1), "N4"), begin)
    assert service.entries_of(begin(), "N3") == []


@pytest.fixture
def signing(database: None) -> Iterator[None]:
    """The key that signs cursors."""
    fields = json.dumps({"key": "k" * 32})
    aws.client("secretsmanager").create_secret(Name="caravan/test/signing", SecretString=fields)
    secrets.forget()
    yield
    secrets.forget()


def test_the_balance_is_the_sum_of_its_entries_m9(begin: Begin, as_shopper, clock, signing) -> None:
    run(lambda uow: service.credit_balance(uow, "ann", eur(700), "N1"), begin)
    clock.forward(minutes=1)
    run(lambda uow: service.debit_balance(uow, "ann", eur(200), "N2"), begin)
    run(lambda uow: service.credit_balance(uow, "bob", eur(5), "N3"), begin)
    seen = as_shopper("ann").get("/me/balance").json
    assert seen["balances"] == [{"amount": "5.00", "currency": "EUR"}]
    assert [(m["amount"]["amount"], m["reference"]) for m in seen["movements"]] == [("-2.00", "N2"), ("7.00", "N1")]
    page = as_shopper("ann").get("/me/balance", query={"limit": 1}).json
    rest = as_shopper("ann").get("/me/balance", query={"limit": 1, "cursor": page["next"]}).json
    assert [page["movements"][0]["reference"], rest["movements"][0]["reference"]] == ["N2", "N1"]
    assert as_shopper("bob").get("/me/balance", query={"cursor": page["next"]}).status == 400


def test_only_a_signed_in_shopper_has_a_balance(guest, as_staff) -> None:
    assert guest.get("/me/balance").status == 401
    assert as_staff(Post.FINANCE).get("/me/balance").status == 403


def test_days_are_closed_and_the_trial_balance_goes_on_from_there_pay_11(begin: Begin, clock) -> None:
    for number in range(12):
        run(lambda uow, n=number: service.post(uow, entry(uow, f"a{n}", f"N{n}", 100 + n)), begin)
    clock.forward(days=1)
    run(lambda uow: service.post(uow, entry(uow, "b1", "N50", 7, "JPY")), begin)
    clock.forward(days=1)
    run(lambda uow: service.post(uow, entry(uow, "c1", "N51", 1_000)), begin)
    before = service.trial_balance(begin())
    [first, second] = [c for c in run(service.close_days, begin) if c.of_day.entries]
    assert (first.day, first.of_day.entries, second.day) == ("2026-11-21", 12, "2026-11-22")
    assert second.to_date.balance("customer_funds", "JPY") == Money(-7, "JPY")
    assert run(service.close_days, begin) == []
    after = service.trial_balance(begin())
    assert before == after
    assert (after.entries, after.difference) == (14, {})
    assert after.balance("receivable:stripe", "EUR") == eur(sum(range(100, 112)) + 1_000)


def test_a_day_stays_open_for_an_hour_after_its_end(begin: Begin, clock) -> None:
    run(lambda uow: service.post(uow, entry(uow)), begin)
    clock.now = clock.now.replace(day=22, hour=0, minute=59)
    assert "2026-11-21" not in [c.day for c in run(service.close_days, begin)]
    clock.now = clock.now.replace(hour=1, minute=1)
    assert [c.day for c in run(service.close_days, begin)] == ["2026-11-21"]
    assert begin().get(CLOSE, "2026-11-21").to_date.entries == 1


def test_a_long_day_is_read_to_its_end(begin: Begin) -> None:
    uow = begin()
    same_shard = [f"x{n:03d}" for n in range(400)]
    wanted = [name for name in same_shard if sum(name.encode()) % 8 == sum(b"x000") % 8]
    for chunk in (wanted[:40], wanted[40:]):
        uow = begin()
        for name in chunk:
            service.post(uow, entry(uow, name, f"N{name}", 1), fresh=True)
        uow.commit(None)
    run(lambda u: service.post(u, entry(u, "y", "N9", 1)), begin)
    with mock.patch.object(table, "PAGE_LIMIT", 7):
        assert service.trial_balance(begin()).entries == len(wanted) + 1


def test_finance_sees_the_books_bal_01(begin: Begin, as_staff) -> None:
    run(lambda uow: service.post(uow, entry(uow)), begin)
    finance = as_staff(Post.FINANCE)
    order = finance.get("/staff/orders/N1/ledger").json
    assert order["trial_balance"]["difference"] == []
    assert [p["account"] for p in order["entries"][0]["postings"]] == ["receivable:stripe", "customer_funds"]
    shop = finance.get("/staff/ledger/trial-balance").json
    assert (shop["difference"], shop["entries"]) == ([], 1)
    assert {line["account"]: line["balance"]["amount"] for line in shop["lines"]} == {
        "customer_funds": "-5.00", "receivable:stripe": "5.00",
    }  # fmt: skip


def test_what_is_in_the_books_says_where_it_belongs(begin: Begin) -> None:
    made = run(lambda uow: service.post(uow, entry(uow)), begin)
    assert begin().get(ENTRY, "N1", "e1") == made
