"""What every use case of returns needs: the terms in force, the return, the tally, the order's lines in its eyes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import is_id
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.core.table import page
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.ledger.domain import Account
from chalicelib.markets import service as markets
from chalicelib.orders.domain import Order, OrderLine
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import DISPATCH, ORDER
from chalicelib.returns.domain import PaidLine, Reason, Return, ReturnTally, State, Terms, policy
from chalicelib.returns.items import RETURN, RETURN_TALLY, number_key


def terms_of(uow: UnitOfWork, market: str) -> Terms:
    """The settings in force in a market, and what its profile promises."""
    profile = markets.market(market)

    def hours(setting: Setting[int]) -> timedelta:
        return timedelta(hours=uow.setting(setting, market))

    send = timedelta(days=uow.setting(policy.SEND_DAYS, market))
    return Terms(
        within={
            State.REQUESTED: hours(policy.DECIDE_HOURS),
            State.APPROVED: send,
            State.AWAITING_PARCEL: send,
            State.RECEIVED: hours(policy.INSPECT_HOURS),
            State.INSPECTED: hours(policy.RELEASE_HOURS),
            State.REFUNDING: hours(policy.RESULT_HOURS),
            State.REFUND_BLOCKED: hours(policy.RESOLVE_HOURS),
            State.GOODS_OWED: hours(policy.OWED_HOURS),
        },
        window=timedelta(days=profile.return_days),
        fresh_window=hours(policy.FRESH_HOURS),
        silence_approves=uow.setting(policy.SILENCE_APPROVES, market),
        auto_approve=uow.setting(policy.AUTO_APPROVE, market),
        auto_refund=uow.setting(policy.AUTO_REFUND, market),
        refund_shipping=uow.setting(policy.REFUND_SHIPPING, market),
        keep_goods_percent=uow.setting(policy.KEEP_GOODS_PERCENT, market),
        free_label=profile.free_return_label,
        exchange_when=policy.ReleasedWhen.of(uow.setting(policy.EXCHANGE_WHEN, market)),
    )


def locate(uow: UnitOfWork, return_id: str) -> Return:
    """A return by its number. The index only finds it; what is returned is read from the table.

    Raises:
        NotFound: no such return.
    """
    found = located(uow, return_id)
    if found is None:
        raise NotFound("return", return_id)
    return found


def located(uow: UnitOfWork, return_id: str) -> Return | None:
    """As `locate`, for texts that may be the number of a return."""
    if not is_id(return_id):
        return None
    found = page(RETURN, "gsi1", number_key(return_id), limit=1).items
    return uow.get(RETURN, found[0].order_id, return_id) if found else None


def for_staff(uow: UnitOfWork, return_id: str, principal: Principal) -> Return:
    """A return that this member of staff may handle: a store's staff see what is theirs or comes to them (ROL-03).

    Raises:
        NotFound: no such return, or another store's.
    """
    thing = locate(uow, return_id)
    if not (principal.works_for(thing.store) or principal.works_for(thing.return_to)):
        raise NotFound("return", return_id)
    return thing


def tally_of(uow: UnitOfWork, order_id: str) -> ReturnTally:
    """The order's tally; every change of it goes back with `uow.put`, which insists that nobody else changed it."""
    return uow.find(RETURN_TALLY, order_id) or ReturnTally(order_id)


def lines_for(uow: UnitOfWork, thing: Return) -> tuple[OrderLine, ...]:
    """The lines that a return is of: the order's, or those that a part of it had when it was taken back (RTE-07)."""
    if thing.part:
        return uow.get(DISPATCH, thing.order_id, thing.part).goods
    return order_of(uow, thing).lines


def paid_for(uow: UnitOfWork, thing: Return) -> dict[str, PaidLine]:
    """As `paid_lines`, of what a return is of."""
    return paid_lines(order_of(uow, thing), lines_for(uow, thing))


def paid_lines(order: Order, lines: Sequence[OrderLine] | None = None) -> dict[str, PaidLine]:
    """The order's lines as a return sees them: the whole order was delivered, and `total` less its fees paid for it.

    What was to be paid at the door and never got there was not paid for: nothing goes back for it (AMB-04).

    Args:
        lines: those of a part that was taken back; by default the order's own.
    """
    lines = order.lines if lines is None else lines
    if order.pays_at_door and not any(stage.state is OrderState.COMPLETED for stage in order.stages):
        nothing = Money.zero(order.currency)
        return {line.id: PaidLine(line.id, line.quantity, nothing, nothing, nothing) for line in lines}
    return {line.id: PaidLine(line.id, line.quantity, line.total - line.fees, line.fees, line.tax) for line in lines}


def never_handed_over(thing: Return) -> bool:
    """Whether its goods came back without having reached the customer (FUL-19)."""
    return Reason.NOT_HANDED_OVER in thing.reasons


def borne_by(thing: Return, amount: Money) -> dict[str, Money]:
    """Which accounts bear a refund: the tax is not owed any more, the fee is not earned, the rest is returned sales.

    Duty counts as returned sales: it has been paid to customs and does not come back with the goods. What never reached
    the customer was never a sale: the money is still the customer's.
    """
    if never_handed_over(thing):
        return {Account.CUSTOMER_FUNDS: amount}
    zero = Money.zero(amount.currency)
    tax, shipping, refund = thing.tax_in_refund or zero, thing.shipping_refund or zero, thing.refund or zero
    accounts = (Account.SALES_RETURNS, Account.TAX_PAYABLE, Account.SHIPPING_INCOME)
    parts = amount.share([(refund - tax - shipping).minor, tax.minor, shipping.minor])
    return {account: part for account, part in zip(accounts, parts, strict=True) if not part.is_zero}


def order_of(uow: UnitOfWork, thing: Return) -> Order:
    return uow.get(ORDER, thing.order_id)
