"""What every use case of returns needs: the terms in force, the return, the tally, the order's lines in its eyes."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core.auth import Principal
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import require_id
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.core.table import page
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets
from chalicelib.orders.domain import Order
from chalicelib.orders.domain import State as OrderState
from chalicelib.orders.items import ORDER
from chalicelib.returns.domain import PaidLine, Return, ReturnTally, State, Terms, policy
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
        },
        window=timedelta(days=profile.return_days),
        fresh_window=hours(policy.FRESH_HOURS),
        silence_approves=uow.setting(policy.SILENCE_APPROVES, market),
        auto_approve=uow.setting(policy.AUTO_APPROVE, market),
        auto_refund=uow.setting(policy.AUTO_REFUND, market),
        refund_shipping=uow.setting(policy.REFUND_SHIPPING, market),
        keep_goods_percent=uow.setting(policy.KEEP_GOODS_PERCENT, market),
        free_label=profile.free_return_label,
    )


def locate(uow: UnitOfWork, return_id: str) -> Return:
    """A return by its number. The index only finds it; what is returned is read from the table.

    Raises:
        NotFound: no such return.
    """
    found = page(RETURN, "gsi1", number_key(require_id(return_id, "return")), limit=1).items
    if not found:
        raise NotFound("return", return_id)
    return uow.get(RETURN, found[0].order_id, return_id)


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


def paid_lines(order: Order) -> dict[str, PaidLine]:
    """The order's lines as a return sees them: the whole order was delivered, and `total` less its fees paid for it.

    What was to be paid at the door and never got there was not paid for: nothing goes back for it (AMB-04).
    """
    if order.pays_at_door and not any(stage.state is OrderState.COMPLETED for stage in order.stages):
        nothing = Money.zero(order.currency)
        return {line.id: PaidLine(line.id, line.quantity, nothing, nothing, nothing) for line in order.lines}
    return {
        line.id: PaidLine(line.id, line.quantity, line.total - line.fees, line.fees, line.tax) for line in order.lines
    }


def order_of(uow: UnitOfWork, thing: Return) -> Order:
    return uow.get(ORDER, thing.order_id)
