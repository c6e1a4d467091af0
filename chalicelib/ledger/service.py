"""Keeping the books: post, credit and debit balance accounts, recognise revenue, close days, report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from chalicelib.core import table
from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork

from .domain import (
    CLOSE_AFTER,
    SHARDS,
    Account,
    Close,
    Entry,
    InsufficientBalance,
    Revenue,
    Statement,
    TrialBalance,
    balance_of,
    days_to_close,
    revenue_id,
)
from .items import BALANCE, CLOSE, ENTRY, CloseCard, EntryCard, day_partition

#: How far back the first close looks for entries, in days. Every later close continues from the one before.
_FIRST_LOOK_BACK: Final = 35


class EntryDiffers(Conflict):
    """An entry with this id is in the books with other postings; what is in the books is never changed."""

    code, title = "entry-differs", "The books hold another entry under this id"


def post(uow: UnitOfWork, entry: Entry, *, fresh: bool = False) -> Entry:
    """Put an entry into the books; posting the same entry again changes nothing.

    Args:
        fresh: the caller's own state proves that the entry cannot be there yet, which saves the look-up. The write
            still insists that the id is new.

    Raises:
        EntryDiffers: the id is taken by an entry with other postings.
    """
    if not fresh:
        known = uow.find(ENTRY, entry.reference, entry.id)
        if known is not None:
            if known.postings != entry.postings:
                raise EntryDiffers(f"The entry {entry.id} is in the books already, with other amounts.")
            return known
    return uow.put(ENTRY, entry)


def recognise(uow: UnitOfWork, revenue: Revenue) -> Entry:
    """Book an order's revenue when it is completed; once per order, however often it is asked for."""
    known = uow.find(ENTRY, revenue.order_id, revenue_id(revenue.order_id))
    return known if known is not None else uow.put(ENTRY, revenue.entry(uow.now))


def credit_balance(
    uow: UnitOfWork,
    customer: str,
    amount: Money,
    reference: str,
    *,
    source: str | Mapping[str, Money] = Account.CUSTOMER_FUNDS,
    kind: str = "balance-credit",
) -> Entry:
    """Add to a customer's balance account (ORD-15, BAL-02), once per reference and kind.

    Args:
        amount: greater than zero, minor units and currency.
        reference: the order the money comes from.
        source: the account that pays for it, or what each of several pays.
    """
    others = {source: amount} if isinstance(source, str) else source
    return _move_balance(uow, customer, amount, reference, others=others, kind=kind)


def debit_balance(
    uow: UnitOfWork,
    customer: str,
    amount: Money,
    reference: str,
    *,
    target: str = Account.CUSTOMER_FUNDS,
    kind: str = "balance-debit",
) -> Entry:
    """Take from a customer's balance account, once per reference and kind.

    Raises:
        InsufficientBalance: from the commit, when the balance is smaller at that moment.
    """
    return _move_balance(uow, customer, -amount, reference, others={target: -amount}, kind=kind)


def _move_balance(
    uow: UnitOfWork, customer: str, amount: Money, reference: str, *, others: Mapping[str, Money], kind: str
) -> Entry:
    entry = Entry.of(f"{kind}-{reference}", reference, kind, uow.now, {**others, balance_of(customer): -amount})
    if uow.find(ENTRY, reference, entry.id) is None:
        floor = max(-amount.minor, 0)
        uow.count(
            BALANCE.ref(customer, amount.currency), {"available": amount.minor},
            at_least={"available": floor} if floor else None,
            otherwise=InsufficientBalance("The balance is smaller than the amount.") if floor else None,
        )  # fmt: skip
    return post(uow, entry)


def balance(uow: UnitOfWork, customer: str, currency: str) -> Money:
    """What a customer has on the balance account in one currency (BAL-01)."""
    counts = uow.counter(BALANCE.ref(customer, currency)) or {}
    return Money(counts.get("available", 0), currency)


def statement(uow: UnitOfWork, customer: str) -> Statement:
    """What a customer has on the balance account, in every currency it has ever held: one query."""
    counters = uow.counters(BALANCE, customer, prefix="BALANCE#")
    return Statement(
        customer,
        tuple(
            Money(counts.get("available", 0), key.sk.removeprefix("BALANCE#"))
            for key, counts in sorted(counters.items())
        ),
    )


def entries_of(uow: UnitOfWork, reference: str) -> list[Entry]:
    """All entries of an order, oldest first: one query."""
    return sorted(uow.part(ENTRY, reference, prefix="ENTRY#"), key=lambda entry: (entry.at, entry.id))


def trial_balance_of(uow: UnitOfWork, reference: str) -> TrialBalance:
    """The trial balance of one order: one query."""
    return TrialBalance.of(entry.postings for entry in entries_of(uow, reference))


def trial_balance(uow: UnitOfWork) -> TrialBalance:
    """The shop's trial balance as of now: the last close and the days that are still open."""
    last = _last_close(uow)
    total = last.to_date if last else TrialBalance()
    for day in [*_open_days(uow, last, close_after=0), uow.now.date().isoformat()]:
        total += _sums_of(day)
    return total


def references_of(day: date, most: int) -> list[str]:
    """What a day's newest entries were booked for, each once, the newest first: a query per shard.

    Args:
        most: entries that are looked at per shard, at most 100.
    """
    cards: list[EntryCard] = []
    for shard in range(SHARDS):
        cards += table.page(ENTRY, "gsi1", day_partition(day.isoformat(), shard), limit=most, newest_first=True).items
    return list(dict.fromkeys(card.reference for card in sorted(cards, key=lambda card: card.at, reverse=True)))


def close_days(uow: UnitOfWork) -> list[Close]:
    """Close the books of every day that is over and not closed; a closed day is never opened again (PAY-11)."""
    last, closed = _last_close(uow), []
    for day in _open_days(uow, last, uow.setting(CLOSE_AFTER)):
        of_day = _sums_of(day)
        last = Close(day, of_day, of_day + last.to_date if last else of_day, uow.now)
        closed.append(uow.put(CLOSE, last))
    return closed


def _last_close(uow: UnitOfWork) -> Close | None:
    newest: table.Page[CloseCard] = table.page(CLOSE, "table", "LEDGER", limit=1, newest_first=True, prefix="CLOSE#")
    return uow.get(CLOSE, newest.items[0].day) if newest.items else None


def _open_days(uow: UnitOfWork, last: Close | None, close_after: int) -> list[str]:
    first = (uow.now - timedelta(days=_FIRST_LOOK_BACK)).date().isoformat()
    return days_to_close(last.day if last else None, first, uow.now, close_after)


def _sums_of(day: str) -> TrialBalance:
    total = TrialBalance()
    for shard in range(SHARDS):
        start = None
        while True:
            page: table.Page[EntryCard] = table.page(
                ENTRY, "gsi1", day_partition(day, shard), limit=table.PAGE_LIMIT, start=start
            )
            total += TrialBalance.of((card.postings for card in page.items), by_customer=False)
            start = page.next
            if start is None:
                break
    return total
