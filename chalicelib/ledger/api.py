"""The books for staff, and the balance account for the customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from chalicelib.core.auth import SIGNED_IN, Post, staff
from chalicelib.core.http import Model, MoneyField, Query, Request, Routes
from chalicelib.core.money import Money

from . import service
from .domain import Entry, Line, Posting, TrialBalance, balance_of
from .items import ENTRY, EntryCard, statement_partition

routes = Routes(__name__)


class PostingView(Model):
    """One side of an entry."""

    account: str
    amount: MoneyField = Field(description="A debit is positive, a credit negative.")

    @classmethod
    def of(cls, posting: Posting) -> PostingView:
        return cls(account=posting.account, amount=posting.amount)


class EntryView(Model):
    """Something that happened to money, told from both sides."""

    id: str
    kind: str
    reference: str = Field(description="The order, or the unmatched payment.")
    at: datetime
    postings: list[PostingView]

    @classmethod
    def of(cls, entry: Entry | EntryCard) -> EntryView:
        postings = [PostingView.of(posting) for posting in entry.postings]
        return cls(id=entry.id, kind=entry.kind, reference=entry.reference, at=entry.at, postings=postings)


class LineView(Model):
    """One account in one currency."""

    account: str
    debit: MoneyField
    credit: MoneyField
    balance: MoneyField

    @classmethod
    def of(cls, line: Line) -> LineView:
        debit, credit = Money(line.debit, line.currency), Money(line.credit, line.currency)
        return cls(account=line.account, debit=debit, credit=credit, balance=line.balance)


class TrialBalanceView(Model):
    """Every account with its sums. The books are right when `difference` is empty."""

    lines: list[LineView]
    entries: int
    difference: list[MoneyField]

    @classmethod
    def of(cls, balance: TrialBalance) -> TrialBalanceView:
        lines = [LineView.of(line) for line in balance.lines]
        return cls(lines=lines, entries=balance.entries, difference=list(balance.difference.values()))


class OrderBooks(Model):
    """The books of one order."""

    entries: list[EntryView]
    trial_balance: TrialBalanceView


class MovementView(Model):
    """A movement of a customer's balance account."""

    at: datetime
    kind: str
    reference: str = Field(description="The order it comes from.")
    amount: MoneyField = Field(description="What was added (positive) or taken (negative).")


class BalanceView(Model):
    """A customer's balance account: what is there in each currency, and the latest movements."""

    balances: list[MoneyField]
    movements: list[MovementView]
    next: str | None = Field(default=None, description="Cursor of the next page of movements; absent on the last.")


@routes.get("/staff/ledger/trial-balance", access=staff(Post.FINANCE))
def show_trial_balance(request: Request) -> TrialBalanceView:
    """See the shop's trial balance as of now (PAY-11)."""
    return TrialBalanceView.of(service.trial_balance(request.uow))


@routes.get("/staff/orders/{order_id}/ledger", access=staff(Post.FINANCE, Post.CASHIER))
def show_order_books(request: Request, order_id: str) -> OrderBooks:
    """See every entry of an order and its trial balance (BAL-01)."""
    entries = service.entries_of(request.uow, order_id)
    balance = TrialBalance.of(entry.postings for entry in entries)
    return OrderBooks(entries=[EntryView.of(entry) for entry in entries], trial_balance=TrialBalanceView.of(balance))


@routes.get("/me/balance", access=SIGNED_IN)
def show_balance(request: Request, query: Query) -> BalanceView:
    """See one's balance account and its movements, newest first (BAL-01)."""
    customer = request.principal.id
    statement = service.statement(request.uow, customer)
    partition = statement_partition(customer)
    page = request.page(ENTRY, "gsi2", partition, limit=query.limit, cursor=query.cursor, newest_first=True)
    cards: Sequence[EntryCard] = page.items
    return BalanceView(
        balances=list(statement.balances), movements=[_movement(card, customer) for card in cards], next=page.next
    )


def _movement(card: EntryCard, customer: str) -> MovementView:
    """An entry as the customer sees it: what the shop owes more is a credit in its books."""
    mine = [p.amount for p in card.postings if p.account == balance_of(customer)]
    amount = -Money.sum(mine, mine[0].currency)
    return MovementView(at=card.at, kind=card.kind, reference=card.reference, amount=amount)
