"""Every sample of a provider's message is read as what its name says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.payments.domain import FactKind, from_message, to_message
from chalicelib.payments.providers import provider

SAMPLES = Path(__file__).parents[3] / "events" / "webhooks"
MEANT = {
    "stripe/payment_intent.succeeded": FactKind.CAPTURED,
    "stripe/payment_intent.payment_failed": FactKind.FAILED,
    "stripe/payment_intent.processing": FactKind.PROCESSING,
    "stripe/payment_intent.canceled": FactKind.CANCELLED,
    "stripe/checkout.session.completed": FactKind.CAPTURED,
    "stripe/charge.refunded": FactKind.REFUNDED,
    "stripe/refund.updated": FactKind.REFUNDED,
    "stripe/refund.failed": FactKind.REFUND_FAILED,
    "stripe/charge.dispute.created": FactKind.DISPUTE_OPENED,
    "stripe/charge.dispute.closed": FactKind.DISPUTE_WON,
    "sandbox/payment.captured": FactKind.CAPTURED,
    "sandbox/payment.failed": FactKind.FAILED,
    "sandbox/payment.refunded": FactKind.REFUNDED,
}


def test_every_sample_is_looked_at() -> None:
    here = {f"{file.parent.name}/{file.stem}" for name in ("stripe", "sandbox") for file in (SAMPLES / name).glob("*")}
    assert here == set(MEANT)


@pytest.mark.parametrize(("name", "kind"), MEANT.items(), ids=MEANT.keys())
def test_a_sample_is_one_fact_that_survives_the_queue(name, kind, monkeypatch) -> None:
    monkeypatch.setenv("STAGE", "test")
    facts = provider(name.partition("/")[0]).facts((SAMPLES / f"{name}.json").read_bytes())
    assert [fact.kind for fact in facts] == [kind]
    assert from_message(json.loads(json.dumps(to_message("any", facts)))) == facts
