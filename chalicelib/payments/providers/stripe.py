"""Stripe (PAY-01, PAY-02): hosted checkout, payment intents, refunds, look-ups and signed webhooks, without its SDK.

The SDK accepts messages of any future time and loads in half a second; the few calls needed here are plain HTTPS forms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from chalicelib.core import outbound
from chalicelib.core.errors import FieldError, Invalid, Unavailable
from chalicelib.core.secrets import MissingSecret, candidates, secret
from chalicelib.payments.domain import FactKind, PaymentFact, RefundReason, Session

from .base import Declined, OpenCall, Opened, RefundCall
from .signatures import check_stripe
from .stripe_amounts import from_stripe, to_stripe

Json = Mapping[str, Any]

#: The version of Stripe's API whose formats this module reads.
API_VERSION: Final = "2024-06-20"
#: Our payment methods as Stripe names them.
METHODS: Final[Mapping[str, str]] = {
    "card": "card", "apple_pay": "card", "unionpay": "card", "paypal": "paypal", "ideal": "ideal",
    "bancontact": "bancontact", "sepa_debit": "sepa_debit", "alipay": "alipay", "wechat_pay": "wechat_pay",
    "konbini": "konbini", "paypay": "paypay", "pix": "pix", "boleto": "boleto", "grabpay": "grabpay",
}  # fmt: skip
_INTENT_EVENTS: Final[Mapping[str, FactKind]] = {
    "payment_intent.succeeded": FactKind.CAPTURED,
    "payment_intent.payment_failed": FactKind.FAILED,
    "payment_intent.canceled": FactKind.CANCELLED,
    "payment_intent.processing": FactKind.PROCESSING,
    "payment_intent.amount_capturable_updated": FactKind.AUTHORISED,
}
_INTENT_STATES: Final[Mapping[str, FactKind]] = {
    "succeeded": FactKind.CAPTURED,
    "canceled": FactKind.CANCELLED,
    "processing": FactKind.PROCESSING,
    "requires_capture": FactKind.AUTHORISED,
}
_SESSION_EVENTS: Final[Mapping[str, FactKind]] = {
    "checkout.session.completed": FactKind.CAPTURED,
    "checkout.session.async_payment_succeeded": FactKind.CAPTURED,
    "checkout.session.async_payment_failed": FactKind.FAILED,
    "checkout.session.expired": FactKind.CANCELLED,
}
_REFUND_STATES: Final[Mapping[str, FactKind]] = {
    "succeeded": FactKind.REFUNDED,
    "pending": FactKind.REFUND_PENDING,
    "requires_action": FactKind.REFUND_PENDING,
    "failed": FactKind.REFUND_FAILED,
    "canceled": FactKind.REFUND_FAILED,
}
_REFUND_EVENTS: Final = {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
_DISPUTE_VERDICTS: Final[Mapping[str, FactKind]] = {"won": FactKind.DISPUTE_WON, "lost": FactKind.DISPUTE_LOST}
#: Languages of Stripe's page that this shop has, too.
_LOCALES: Final = frozenset({"en", "zh", "de", "fr", "es", "it", "nl", "ja", "pt"})
#: Refusals of a refund that no repetition heals.
_FINAL: Final = {"invalid_request_error", "card_error"}


class Stripe:
    """The adapter. Secret `stripe`: `api_key`, `webhook_secret`, during a rotation `webhook_secret_previous`."""

    name = "stripe"
    methods = frozenset(METHODS)
    key_life = timedelta(hours=24)

    def is_configured(self) -> bool:
        try:
            return "api_key" in secret(self.name)
        except MissingSecret:
            return False

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        check_stripe(headers.get("stripe-signature", ""), raw, candidates(self.name, "webhook_secret"), now)

    def facts(self, raw: bytes) -> list[PaymentFact]:
        try:
            event = json.loads(raw)
            kind, thing, event_id = event["type"], event["data"]["object"], str(event["id"])
            at = _time(event["created"])
            return list(_facts_of(kind, thing, event_id, at))
        except (KeyError, TypeError, ValueError) as error:
            raise Invalid(FieldError("", "is not an event of Stripe's format")) from error

    def open(self, call: OpenCall) -> Opened:
        amount, currency = to_stripe(call.amount)
        metadata = {"order_id": call.order_id, "payment_id": call.payment_id}
        method = METHODS[call.method]
        options = {"wechat_pay": {"client": "web"}} if method == "wechat_pay" else {}
        if call.embedded:
            intent = self._post("/v1/payment_intents", call.key, {
                "amount": amount, "currency": currency, "payment_method_types": [method], "metadata": metadata,
                "payment_method_options": options, "description": call.description, "receipt_email": call.email,
            })  # fmt: skip
            return Opened(str(intent["id"]), client_secret=str(intent["client_secret"]))
        session = self._post("/v1/checkout/sessions", call.key, {
            "mode": "payment", "success_url": call.return_url, "cancel_url": call.return_url,
            "client_reference_id": call.order_id, "customer_email": call.email, "locale": _locale(call.language),
            "payment_method_types": [method], "payment_method_options": options, "metadata": metadata,
            "payment_intent_data": {"metadata": metadata, "description": call.description},
            "line_items": [{
                "quantity": 1,
                "price_data": {
                    "currency": currency, "unit_amount": amount,
                    "product_data": {"name": call.description or call.order_id},
                },
            }],
        })  # fmt: skip
        return Opened(str(session["id"]), redirect_url=str(session["url"]))

    def refund(self, call: RefundCall) -> PaymentFact:
        refund = call.refund
        duplicate = refund.reason in (RefundReason.OVERPAID, RefundReason.LATE)
        try:
            amount, _ = to_stripe(refund.amount)
            return _of_refund(self._post("/v1/refunds", call.key, {
                "payment_intent": refund.capture, "amount": amount,
                "reason": "duplicate" if duplicate else "requested_by_customer",
                "metadata": {"order_id": call.order_id, "payment_id": call.payment_id, "refund_id": refund.id},
            }), call.key)  # fmt: skip
        except Declined as refusal:
            return PaymentFact(
                self.name, FactKind.REFUND_FAILED, call.order_id, call.payment_id, f"refused-{call.key}",
                refund.amount, refund.requested_at, call.key, refund.capture, refund.id,
                code=str(refusal.members.get("reason", "refused")),
            )  # fmt: skip

    def find_refund(self, call: RefundCall) -> PaymentFact | None:
        mine = {"payment_id": call.payment_id, "refund_id": call.refund.id}
        for refund in self._list("/v1/refunds", call.refund.capture):
            if mine.items() <= (refund.get("metadata") or {}).items():
                return _of_refund(refund, call.key)
        return None

    def lookup(self, session: Session) -> list[PaymentFact]:
        intent = self._intent_of(session.reference)
        if intent is None:
            return []
        event_id = f"lookup-{session.reference}"
        kind = _INTENT_STATES.get(str(intent["status"]))
        if kind is None:
            kind = FactKind.FAILED if intent.get("last_payment_error") else None
        found = [_of_intent(kind, intent, event_id, _time(intent["created"]))] if kind else []
        reference = str(intent["id"])
        found += [_of_refund(refund, event_id) for refund in self._list("/v1/refunds", reference)]
        for dispute in self._list("/v1/disputes", reference):
            found += _of_dispute(dispute, event_id)
        return [self._bound(fact, intent) for fact in found]

    def complete(self, fact: PaymentFact) -> list[PaymentFact]:
        intent = self._get(f"/v1/payment_intents/{_path(fact.money_reference)}")
        if fact.reference:
            return [self._bound(fact, intent)]
        refunds = [_of_refund(refund, fact.event_id) for refund in self._list("/v1/refunds", fact.capture)]
        return [self._bound(refund, intent) for refund in refunds]

    def _intent_of(self, reference: str) -> Json | None:
        if not reference.startswith("cs_"):
            return self._get(f"/v1/payment_intents/{_path(reference)}")
        session = self._get(f"/v1/checkout/sessions/{_path(reference)}?expand[]=payment_intent")
        intent = session.get("payment_intent")
        return intent if isinstance(intent, dict) else None

    @staticmethod
    def _bound(fact: PaymentFact, intent: Json) -> PaymentFact:
        if fact.is_bound:
            return fact
        order_id, payment_id = _owner(intent)
        return replace(fact, order_id=order_id, payment_id=payment_id)

    def _get(self, path: str) -> Json:
        return self._call("GET", path, {}, None)

    def _post(self, path: str, key: str, form: Json) -> Json:
        headers = {"Idempotency-Key": key, "Content-Type": "application/x-www-form-urlencoded"}
        return self._call("POST", path, headers, urlencode(list(_flat(form))).encode())

    def _list(self, path: str, intent: str) -> Iterator[Json]:
        after = ""
        while True:
            query = {"payment_intent": intent, "limit": "100", **({"starting_after": after} if after else {})}
            page = self._get(f"{path}?{urlencode(query)}")
            yield from page["data"]
            if not page.get("has_more"):
                return
            after = str(page["data"][-1]["id"])

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Json:
        fields = secret(self.name)
        if "api_key" not in fields:
            raise MissingSecret("This payment provider is not configured.")
        base = fields.get("api_base", "https://api.stripe.com").rstrip("/")
        known = {"Authorization": f"Bearer {fields['api_key']}", "Stripe-Version": API_VERSION}
        answer = outbound.request(method, base + path, headers={**known, **headers}, body=body)
        try:
            content: dict[str, Any] = json.loads(answer.body)
        except ValueError as error:
            raise Unavailable("The payment provider's answer is not readable.") from error
        if answer.status < 300:
            return content
        problem = content.get("error") or {}
        if answer.status in (401, 403, 409) or problem.get("type") not in _FINAL:
            raise Unavailable("The payment provider did not take the request.")
        raise Declined(
            "The payment provider does not do this.", rule="PAY-07",
            reason=str(problem.get("decline_code") or problem.get("code") or "refused"),
        )  # fmt: skip


def _facts_of(kind: str, thing: Json, event_id: str, at: datetime) -> Iterator[PaymentFact]:
    if kind in _INTENT_EVENTS:
        yield _of_intent(_INTENT_EVENTS[kind], thing, event_id, at)
    elif kind in _SESSION_EVENTS:
        yield _of_session(_SESSION_EVENTS[kind], thing, event_id, at)
    elif kind in _REFUND_EVENTS:
        yield _of_refund(thing, event_id)
    elif kind == "charge.refunded" and thing.get("payment_intent"):
        # The charge no longer lists its refunds: which one it was is asked for when the message is worked on.
        amount = from_stripe(thing["amount_refunded"], thing["currency"])
        order_id, payment_id = _owner(thing)
        intent = str(thing["payment_intent"])
        yield PaymentFact("stripe", FactKind.REFUNDED, order_id, payment_id, "", amount, at, event_id, intent)
    elif kind in ("charge.dispute.created", "charge.dispute.closed"):
        yield from _of_dispute(thing, event_id)


def _of_intent(kind: FactKind, intent: Json, event_id: str, at: datetime) -> PaymentFact:
    is_capture = kind is FactKind.CAPTURED
    error = intent.get("last_payment_error") or {}
    failure = error.get("decline_code") or error.get("code") if kind is FactKind.FAILED else ""
    return PaymentFact(
        "stripe", kind, *_owner(intent), str(intent["id"]),
        from_stripe(intent["amount_received" if is_capture else "amount"], intent["currency"]),
        _time(intent["created"]) if is_capture else at, event_id,
        code=str(failure or intent.get("cancellation_reason") or ""),
    )  # fmt: skip


def _of_session(kind: FactKind, session: Json, event_id: str, at: datetime) -> PaymentFact:
    if kind is FactKind.CAPTURED and session.get("payment_status") != "paid":
        kind = FactKind.PROCESSING
    is_capture = kind is FactKind.CAPTURED
    return PaymentFact(
        "stripe", kind, *_owner(session), str(session.get("payment_intent") or session["id"]),
        from_stripe(session["amount_total"], session["currency"]),
        _time(session["created"]) if is_capture else at, event_id,
    )  # fmt: skip


def _of_refund(refund: Json, event_id: str) -> PaymentFact:
    metadata = refund.get("metadata") or {}
    return PaymentFact(
        "stripe", _REFUND_STATES[str(refund["status"])], *_owner(refund), str(refund["id"]),
        from_stripe(refund["amount"], refund["currency"]), _time(refund["created"]), event_id,
        capture=str(refund.get("payment_intent") or ""), refund_id=str(metadata.get("refund_id") or ""),
        code=str(refund.get("failure_reason") or ""),
    )  # fmt: skip


def _of_dispute(dispute: Json, event_id: str) -> list[PaymentFact]:
    """The verdict when there is one, else the opening; an inquiry (`warning_...`) takes no money and is not one."""
    status = str(dispute["status"])
    if status.startswith("warning_"):
        return []
    kind = _DISPUTE_VERDICTS.get(status, FactKind.DISPUTE_OPENED)
    amount = from_stripe(dispute["amount"], dispute["currency"])
    return [PaymentFact(
        "stripe", kind, *_owner(dispute), str(dispute["id"]), amount, _time(dispute["created"]), event_id,
        capture=str(dispute.get("payment_intent") or ""), code=str(dispute.get("reason") or ""),
    )]  # fmt: skip


def _owner(thing: Json) -> tuple[str, str]:
    metadata = thing.get("metadata") or {}
    return str(metadata.get("order_id") or ""), str(metadata.get("payment_id") or "")


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _locale(language: str) -> str:
    return language[:2] if language[:2] in _LOCALES else "auto"


def _path(reference: str) -> str:
    return quote(reference, safe="")


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as Stripe's form fields: `metadata[order_id]`, `line_items[0][quantity]`; no empty ones."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{number}]")
    elif value != "":
        yield name, str(value)
