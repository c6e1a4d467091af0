"""The test of the test: with one bug planted in the shop, the machine must not stay green.

Each bug is a mistake that shops really make. An invariant that no planted bug breaks would be decoration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pynamodb.expressions.operand import Path

from chalicelib.core import unit_of_work, writes
from chalicelib.core.commit import Transaction
from chalicelib.core.ids import new_id
from chalicelib.inventory import service as inventory
from chalicelib.inventory.domain import Move
from chalicelib.orders import service as orders
from chalicelib.orders.domain import CancelReason, Command, State, order
from chalicelib.payments import providers
from chalicelib.payments import service as payments
from chalicelib.payments.domain import Payment, RefundState
from chalicelib.payments.providers.base import RefundCall
from chalicelib.payments.service import balance, keeping, refunds
from chalicelib.returns import service as returns
from chalicelib.returns.domain.tally import ReturnTally
from chalicelib.returns.service import handling
from tests.property.life import Broken
from tests.property.machine import STARTS, live

Plant = Callable[[pytest.MonkeyPatch], None]


def oversell(patch: pytest.MonkeyPatch) -> None:
    """Stock is taken without a condition; the look before was enough for the one who wrote it."""
    real = inventory.floors
    patch.setattr(inventory, "floors", lambda move, units: {} if move is Move.RESERVE else real(move, units))


def keep_stock(patch: pytest.MonkeyPatch) -> None:
    """A cancelled order does not give its stock back."""
    patch.setattr(inventory, "release", lambda *_given: None)


def dup_webhook(patch: pytest.MonkeyPatch) -> None:
    """The same capture, reported twice, counts twice."""
    real = Payment._with_capture

    def added(self: Payment, fact: Any) -> Payment:
        known = next((one for one in self.captures if one.reference == fact.reference), None)
        return real(self, replace(fact, amount=fact.amount + known.amount) if known else fact)

    patch.setattr(Payment, "_with_capture", added)


def wrong_payment(patch: pytest.MonkeyPatch) -> None:
    """A message that names the order pays it, whichever payment it is about."""
    real = payments.read
    patch.setattr(
        payments, "read", lambda body: [replace(fact, payment_id=f"{fact.order_id}-1") for fact in real(body)]
    )


def wrong_currency(patch: pytest.MonkeyPatch) -> None:
    """So many yen are so many cents."""
    patch.setattr(Payment, "_is_due_currency", lambda *_given: True)
    patch.setattr(
        Payment, "captured",
        property(lambda self: type(self.due)(sum(one.amount.minor for one in self.captures), self.due.currency)),
    )  # fmt: skip


def timer(patch: pytest.MonkeyPatch) -> None:
    """The time to pay ends an order that has been paid."""
    patch.setitem(order._STILL_DUE, State.UNDER_REVIEW, frozenset({"pay_by"}))
    patch.setattr(orders, "expire", lambda uow, late: orders.call_off(uow, late, CancelReason.NOT_PAID, Command.CANCEL))


def late_money(patch: pytest.MonkeyPatch) -> None:
    """Money for an order that was called off is kept."""
    real = payments.fold
    patch.setattr(payments, "fold", lambda *given, **_named: real(*given, wanted=True))


def over_refund(patch: pytest.MonkeyPatch) -> None:
    """More may be refunded than is left."""
    patch.setattr(Payment, "_check_left", lambda *_given: None)
    patch.setattr(Payment, "room", lambda _self, capture: capture.amount.minor)


def refund_key(patch: pytest.MonkeyPatch) -> None:
    """Every attempt has a key of its own."""
    real = refunds._refund_call
    patch.setattr(refunds, "_refund_call", lambda payment, wanted: replace(real(payment, wanted), key=new_id()))


def old_key(patch: pytest.MonkeyPatch) -> None:
    """A key is relied on when the provider has forgotten it."""
    patch.setattr(
        refunds, "_carry_out",
        lambda _uow, payment, wanted: providers.provider(wanted.provider).refund(
            RefundCall(f"{payment.id}-{wanted.id}", payment.order_id, payment.id, wanted)
        ),
    )  # fmt: skip


def no_entry(patch: pytest.MonkeyPatch) -> None:
    """A refund that is done is not booked."""
    real = keeping.entries
    patch.setattr(
        keeping, "entries",
        lambda *given: [entry for entry in real(*given) if entry.kind != f"refund-{RefundState.DONE}"],
    )  # fmt: skip


def lost_update(patch: pytest.MonkeyPatch) -> None:
    """The last writer wins."""
    anything = Path("pk").exists() | Path("pk").does_not_exist()
    patch.setattr(writes, "unchanged", lambda _row: anything)


def lost_event(patch: pytest.MonkeyPatch) -> None:
    """State first, events afterwards."""
    real = Transaction.send

    def send(self: Transaction) -> None:
        told = [one for one in self.operations if one.key.sk.startswith("EVENT#")]
        state = [one for one in self.operations if one not in told]
        for part in (state, told):
            if part:
                real(Transaction(self.commit_id if part is state else new_id(), part))

    patch.setattr(Transaction, "send", send)


def forgotten_request(patch: pytest.MonkeyPatch) -> None:
    """No request is remembered: whoever asks again after a lost answer is refused."""
    patch.setattr(unit_of_work.UnitOfWork, "remember", lambda *_given: None)


def twice_returned(patch: pytest.MonkeyPatch) -> None:
    """Nobody counts what has been sent back already."""
    patch.setattr(ReturnTally, "left", lambda _self, line: line.delivered)


def restock_twice(patch: pytest.MonkeyPatch) -> None:
    """Goods are put on the shelf when the parcel arrives, and again when it is inspected."""
    real = handling.receive

    def receive(uow: unit_of_work.UnitOfWork, *given: Any) -> Any:
        thing = real(uow, *given)
        inventory.restock(uow, {(line.sku, thing.return_to): line.quantity for line in thing.lines})
        return thing

    patch.setattr(returns, "receive", receive)


def only_latest(patch: pytest.MonkeyPatch) -> None:
    """Of an order paid in parts only the latest payment goes back."""
    real = Payment._latest_first
    patch.setattr(Payment, "_latest_first", lambda self: real(self)[:1])


def kept_part(patch: pytest.MonkeyPatch) -> None:
    """A refund of what was paid from the balance account is confirmed, and the account does not get it."""
    patch.setattr(refunds, "credit_back", lambda *_given: None)


def same_part(patch: pytest.MonkeyPatch) -> None:
    """Every part from the balance account has the same reference: the second is taken and pays nothing."""
    real = balance.PaymentFact
    patch.setattr(
        balance, "PaymentFact",
        lambda provider, kind, order_id, payment_id, _reference, *rest: real(
            provider, kind, order_id, payment_id, f"{payment_id}-balance", *rest
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bug", "starts"),
    [
        (oversell, STARTS), (keep_stock, STARTS), (dup_webhook, STARTS), (wrong_currency, STARTS), (timer, ("paid",)),
        (late_money, STARTS), (over_refund, STARTS), (old_key, STARTS), (no_entry, STARTS), (lost_event, STARTS),
        (forgotten_request, STARTS), (twice_returned, ("completed",)), (restock_twice, ("completed",)),
        # These take long to be met.
        *(pytest.param(bug, STARTS, marks=pytest.mark.fuzz) for bug in (wrong_payment, refund_key, lost_update)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_planted_bug_is_found(bug: Plant, starts: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bug(monkeypatch)
    with pytest.raises(Broken):
        live(examples=150, number=1, starts=starts)


@pytest.mark.parametrize(
    ("bug", "starts"), [(only_latest, ("paid",)), (kept_part, ("paid",)), (same_part, ("part paid",))],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_planted_bug_of_part_payments_is_found_ord_12(
    bug: Plant, starts: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    with pytest.raises(Broken):
        live(examples=150, number=4, starts=starts, in_parts=True)


def test_nothing_is_found_where_nothing_is_planted() -> None:
    """The same run that finds the bugs is green without one."""
    live(examples=10, number=1)
