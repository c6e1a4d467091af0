"""Double entry: what a posting, an entry, the chart of accounts and a trial balance are.

A debit is positive, a credit negative; the postings of an entry sum to zero in every currency, so the books always do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting

CLOSE_AFTER: Final = Setting(
    "ledger.close_after_minutes", 60, unit="minutes after midnight UTC", rule="PAY-11", own=True,
    doc="How long after its end a day's books stay open for commands that began before midnight.",
)  # fmt: skip
#: A day's entries are spread over so many index partitions, each good for 1,000 entries a second.
SHARDS: Final = 8


class Account(StrEnum):
    """The chart of accounts. Some accounts have one sub-account per provider, customer or merchant."""

    RECEIVABLE = "receivable"
    """Asset: money a payment provider has taken for us and not yet paid out."""
    DISPUTED_FUNDS = "disputed_funds"
    """Asset: what a provider holds back while a dispute is open."""
    CUSTOMER_FUNDS = "customer_funds"
    """Liability: paid by customers for orders that are not completed."""
    UNMATCHED_FUNDS = "unmatched_funds"
    """Liability: received without an order it belongs to (PAY-09)."""
    REFUNDS_PAYABLE = "refunds_payable"
    """Liability: refunds decided and not yet confirmed by the provider."""
    BALANCE = "balance"
    """Liability: a customer's balance account (BAL-01)."""
    MERCHANT_PAYABLE = "merchant_payable"
    """Liability: prepayments of consumed bookings, owed to the merchant of the alliance (ALY-06)."""
    DEPOSITS_HELD = "deposits_held"
    """Liability: guarantee deposits (BAL-05)."""
    DEPOSITS_FORFEITED = "deposits_forfeited"
    """Income: deposits kept because the customer let the hand-over fail, where the shop does so (AMB-05)."""
    DUTY_PAYABLE = "duty_payable"
    TAX_PAYABLE = "tax_payable"
    SALES = "sales"
    SHIPPING_INCOME = "shipping_income"
    """Income: what is paid beside the goods, shipping and gift wrap (ORD-10)."""
    SALES_RETURNS = "sales_returns"
    """Contra revenue: refunds of goods that came back."""
    GOODWILL = "goodwill"
    """Expense: money given back although nothing is owed."""
    CHARGEBACKS = "chargebacks"
    """Expense: disputes lost."""
    REFUNDS_TO_CLARIFY = "refunds_to_clarify"
    """Suspense: refunds made at the provider that nobody asked for here."""
    FX_ROUNDING = "fx_rounding"
    """What conversion between currencies gains or loses by rounding."""


#: Accounts that exist once per provider, customer or merchant, written `account:owner`.
SUB_ACCOUNTS: Final = frozenset({Account.RECEIVABLE, Account.BALANCE, Account.MERCHANT_PAYABLE})


class InsufficientBalance(Conflict):
    """The customer's balance is smaller than what is to be taken from it."""

    code, title = "insufficient-balance", "The balance is too small"


class UnbalancedError(ValueError):
    """Postings that are not an entry: a defect in our code, never a caller's fault."""


def receivable(provider: str) -> str:
    """The account of what a payment provider owes us."""
    return f"{Account.RECEIVABLE}:{provider}"


def balance_of(customer: str) -> str:
    """The account of what we owe a customer on the balance account (BAL-01)."""
    return f"{Account.BALANCE}:{customer}"


def merchant_payable(merchant: str) -> str:
    """The account of what we owe a merchant of the alliance."""
    return f"{Account.MERCHANT_PAYABLE}:{merchant}"


def customer_in(account: str) -> str | None:
    """The customer whose balance account this is, or None."""
    head, _, owner = account.partition(":")
    return owner if head == Account.BALANCE else None


def _check_account(account: str) -> None:
    head, colon, owner = account.partition(":")
    try:
        known = Account(head)
    except ValueError:
        raise UnbalancedError(f"{account!r} is not in the chart of accounts") from None
    if bool(owner) != (known in SUB_ACCOUNTS) or bool(colon) != bool(owner):
        raise UnbalancedError(f"{account!r} needs an owner" if known in SUB_ACCOUNTS else f"{account!r} has no owners")


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: a debit when the amount is positive, a credit when it is negative."""

    account: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to money, told from both sides.

    Args:
        id: the business key; the books hold an entry with this id at most once.
        reference: the order it belongs to (or the unmatched payment); its partition.
        kind: what happened, for reading: "capture", "refund-done", "revenue".
    """

    id: str
    reference: str
    kind: str
    at: datetime
    postings: tuple[Posting, ...]

    @classmethod
    def of(cls, id: str, reference: str, kind: str, at: datetime, amounts: Mapping[str, Money]) -> Entry:
        """An entry from account and amount; zero amounts are left out.

        Raises:
            UnbalancedError: the amounts do not sum to zero in every currency, or an account is not in the chart.
        """
        postings = tuple(Posting(str(account), amount) for account, amount in amounts.items() if not amount.is_zero)
        sums: defaultdict[str, int] = defaultdict(int)
        for posting in postings:
            _check_account(posting.account)
            sums[posting.amount.currency] += posting.amount.minor
        if not postings or any(sums.values()):
            raise UnbalancedError(f"entry {id} sums to {dict(sums)}")
        return cls(id, reference, kind, at, postings)

    @property
    def customer(self) -> str | None:
        """The customer whose balance account this entry moves."""
        return next((owner for p in self.postings if (owner := customer_in(p.account))), None)

    @property
    def day(self) -> str:
        return self.at.date().isoformat()

    @property
    def shard(self) -> int:
        """Which of the day's index partitions lists it; the same for the same id in every process."""
        return sum(self.id.encode()) % SHARDS


@dataclass(frozen=True, slots=True)
class Revenue:
    """What an order's completion turns from the customer's money into ours and the state's.

    All amounts in the order's currency and not negative; together they are what the customer paid.
    """

    order_id: str
    goods: Money
    shipping: Money
    duty: Money
    tax: Money
    deposit: Money

    def entry(self, at: datetime) -> Entry:
        """Customer's funds become sales, shipping income, duty and tax owed, and deposits held."""
        earned: dict[str, Money] = {
            Account.SALES: -self.goods, Account.SHIPPING_INCOME: -self.shipping, Account.DUTY_PAYABLE: -self.duty,
            Account.TAX_PAYABLE: -self.tax, Account.DEPOSITS_HELD: -self.deposit,
        }  # fmt: skip
        total = -Money.sum(earned.values(), self.goods.currency)
        amounts = {Account.CUSTOMER_FUNDS: total, **earned}
        return Entry.of(revenue_id(self.order_id), self.order_id, "revenue", at, amounts)


def revenue_id(order_id: str) -> str:
    """Business key of the entry that recognises an order's revenue."""
    return f"revenue-{order_id}"


@dataclass(frozen=True, slots=True)
class Line:
    """One account in one currency: everything debited, everything credited (both not negative), minor units."""

    account: str
    currency: str
    debit: int = 0
    credit: int = 0

    @property
    def balance(self) -> Money:
        """Debits less credits."""
        return Money(self.debit - self.credit, self.currency)

    def __add__(self, other: Line) -> Line:
        return Line(self.account, self.currency, self.debit + other.debit, self.credit + other.credit)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account with its sums; `entries` counts what went in."""

    lines: tuple[Line, ...] = ()
    entries: int = 0

    @classmethod
    def of(cls, postings: Iterable[Iterable[Posting]], by_customer: bool = True) -> TrialBalance:
        """The sums over entries; without `by_customer` all balance accounts are one line."""
        sums: dict[tuple[str, str], Line] = {}
        count = 0
        for entry in postings:
            count += 1
            for posting in entry:
                account = posting.account
                if not by_customer and customer_in(account) is not None:
                    account = Account.BALANCE.value
                minor, currency = posting.amount.minor, posting.amount.currency
                line = Line(account, currency, max(minor, 0), max(-minor, 0))
                key = (account, currency)
                sums[key] = sums[key] + line if key in sums else line
        return cls(tuple(sums[key] for key in sorted(sums)), count)

    def __add__(self, other: TrialBalance) -> TrialBalance:
        sums = {(line.account, line.currency): line for line in self.lines}
        for line in other.lines:
            key = (line.account, line.currency)
            sums[key] = sums[key] + line if key in sums else line
        return TrialBalance(tuple(sums[key] for key in sorted(sums)), self.entries + other.entries)

    @property
    def difference(self) -> dict[str, Money]:
        """What debits and credits differ by, per currency; empty when the books are right (always)."""
        sums: defaultdict[str, int] = defaultdict(int)
        for line in self.lines:
            sums[line.currency] += line.debit - line.credit
        return {currency: Money(minor, currency) for currency, minor in sums.items() if minor}

    def balance(self, account: str, currency: str) -> Money:
        """The balance of one account, zero when nothing was ever posted to it."""
        found = (line.balance for line in self.lines if (line.account, line.currency) == (account, currency))
        return next(found, Money.zero(currency))


@dataclass(frozen=True, slots=True)
class Close:
    """The books at the end of a day (UTC): that day's sums and all sums since the beginning."""

    day: str
    of_day: TrialBalance
    to_date: TrialBalance
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's balance account: the balance in each currency (BAL-01)."""

    customer: str
    balances: tuple[Money, ...] = field(default=())


def days_to_close(last: str | None, first: str, now: datetime, close_after: int) -> list[str]:
    """The days (ISO dates) whose books can be closed: from after `last`, or from `first`, to the latest that is over.

    `close_after` is in minutes: a command that began before midnight may still be committing just after it.
    """
    start = datetime.fromisoformat(last).date() + timedelta(days=1) if last else datetime.fromisoformat(first).date()
    end = (now - timedelta(minutes=close_after)).date()
    return [(start + timedelta(days=n)).isoformat() for n in range(max((end - start).days, 0))]
