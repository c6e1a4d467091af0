"""A payment provider that speaks Stripe's format over real HTTP on loopback: idempotency keys, objects, errors, events.

It keeps what it has done, so that a test can compare the shop's books with the provider's (M2, M5), and it can be told
to fail: before doing anything, or after having done it (a lost answer).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

API_KEY = "sk_test_loopback"
WEBHOOK_SECRET = "whsec_test_secret"
CREATED = 1_795_290_000

Json = dict[str, Any]


@dataclass
class StripeServer:
    """The provider's side. `url` is where it listens."""

    url: str = ""
    intents: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    disputes: dict[str, Json] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    fail_before: int = 0
    fail_after: int = 0
    refund_status: str = "succeeded"
    _keys: dict[str, tuple[str, int, Json]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # What a shopper, a bank or an operator does there

    def pay(self, session_id: str, amount: int | None = None) -> Json:
        """The shopper pays on the hosted page; the payment intent that comes of it."""
        session = self.sessions[session_id]
        intent = self._new_intent(session["amount_total"] if amount is None else amount, session["currency"], session)
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        session |= {"payment_intent": intent["id"], "payment_status": "paid", "status": "complete"}
        return intent

    def decline(self, session_id: str) -> Json:
        """The shopper's card is declined."""
        session = self.sessions[session_id]
        intent = self._new_intent(session["amount_total"], session["currency"], session)
        intent |= {
            "status": "requires_payment_method",
            "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"},
        }
        session["payment_intent"] = intent["id"]
        return intent

    def dispute(self, intent_id: str, status: str = "needs_response") -> Json:
        """The customer's bank contests a payment, or decides on it."""
        intent = self.intents[intent_id]
        dispute = next((d for d in self.disputes.values() if d["payment_intent"] == intent_id), None) or {
            "id": f"dp_{len(self.disputes) + 1}", "object": "dispute", "amount": intent["amount_received"],
            "currency": intent["currency"], "payment_intent": intent_id, "charge": intent["latest_charge"],
            "created": CREATED + 60, "reason": "fraudulent", "metadata": {},
        }  # fmt: skip
        dispute["status"] = status
        self.disputes[dispute["id"]] = dispute
        return dispute

    def refund_by_hand(self, intent_id: str, amount: int) -> Json:
        """Somebody refunds in the provider's dashboard."""
        return self._new_refund(self.intents[intent_id], amount, {})

    def given_back(self) -> int:
        """All refunds that have not failed, minor units."""
        return sum(r["amount"] for r in self.refunds.values() if r["status"] not in ("failed", "canceled"))

    # Events

    def event(self, kind: str, thing: Json, event_id: str = "", created: int = CREATED) -> bytes:
        """The body of a webhook, in the shape of Stripe's Event object."""
        event = {
            "id": event_id or "evt_" + hashlib.sha256(f"{kind}{thing['id']}".encode()).hexdigest()[:16],
            "object": "event", "api_version": "2024-06-20", "created": created, "type": kind, "livemode": False,
            "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "data": {"object": thing},
        }  # fmt: skip
        return json.dumps(event).encode()

    @staticmethod
    def signed(raw: bytes, moment: int, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
        """The headers Stripe would send with a body."""
        signature = hmac.new(secret.encode(), f"{moment}.".encode() + raw, hashlib.sha256).hexdigest()
        return {
            "stripe-signature": f"t={moment},v1={signature},v0=6ffbb59b2300aae63f272406069a9788",
            "content-type": "application/json; charset=utf-8",
        }

    # The API

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, Json]:
        parts = urlsplit(target)
        form = dict(parse_qsl(body if method == "POST" else parts.query))
        self.requests.append((method, parts.path, headers, form))
        if headers.get("authorization") != f"Bearer {API_KEY}":
            return 401, _error("invalid_request_error", "", "Invalid API Key provided")
        key = headers.get("idempotency-key", "")
        fingerprint = f"{method} {parts.path} {sorted(form.items())}"
        if key and key in self._keys:
            known, status, answer = self._keys[key]
            if known != fingerprint:
                return 400, _error("idempotency_error", "", "Keys can only be used with the same parameters")
            return status, answer
        status, answer = self._route(method, parts.path, form)
        if key and status < 500:
            self._keys[key] = (fingerprint, status, json.loads(json.dumps(answer)))
        return status, answer

    def forget_keys(self) -> None:
        """A day has passed: idempotency keys are forgotten."""
        self._keys.clear()

    def _route(self, method: str, path: str, form: dict[str, str]) -> tuple[int, Json]:
        routes: list[tuple[str, str, Callable[..., tuple[int, Json]]]] = [
            ("POST", r"/v1/payment_intents", self._create_intent),
            ("GET", r"/v1/payment_intents/([^/]+)", self._get_intent),
            ("POST", r"/v1/checkout/sessions", self._create_session),
            ("GET", r"/v1/checkout/sessions/([^/]+)", self._get_session),
            ("POST", r"/v1/refunds", self._create_refund),
            ("GET", r"/v1/refunds", self._list_refunds),
            ("GET", r"/v1/disputes", self._list_disputes),
        ]
        for verb, pattern, handler in routes:
            match = re.fullmatch(pattern, path)
            if verb == method and match:
                return handler(form, *match.groups())
        return 404, _error("invalid_request_error", "", f"Unrecognized request URL ({method}: {path})")

    def _create_intent(self, form: dict[str, str]) -> tuple[int, Json]:
        if not form.get("amount", "").isdecimal() or not form.get("currency", "").islower():
            return 400, _error("invalid_request_error", "parameter_invalid_integer", "Invalid integer")
        return 200, self._new_intent(int(form["amount"]), form["currency"], {"metadata": _sub(form, "metadata")})

    def _get_intent(self, form: dict[str, str], intent_id: str) -> tuple[int, Json]:
        return self._found(self.intents, intent_id, "payment_intent")

    def _create_session(self, form: dict[str, str]) -> tuple[int, Json]:
        item = "line_items[0][price_data]"
        needed = (f"{item}[currency]", f"{item}[unit_amount]", f"{item}[product_data][name]", "success_url", "mode")
        missing = [name for name in needed if not form.get(name)]
        if missing:
            return 400, _error("invalid_request_error", "parameter_missing", f"Missing required param: {missing[0]}.")
        session_id = f"cs_test_{len(self.sessions) + 1}"
        self.sessions[session_id] = {
            "id": session_id, "object": "checkout.session", "url": f"https://checkout.stripe.com/c/pay/{session_id}",
            "amount_total": int(form[f"{item}[unit_amount]"]) * int(form["line_items[0][quantity]"]),
            "currency": form[f"{item}[currency]"], "payment_intent": None, "payment_status": "unpaid",
            "status": "open", "created": CREATED, "client_reference_id": form.get("client_reference_id"),
            "metadata": _sub(form, "metadata"), "intent_metadata": _sub(form, "payment_intent_data[metadata]"),
        }  # fmt: skip
        return 200, self.sessions[session_id]

    def _get_session(self, form: dict[str, str], session_id: str) -> tuple[int, Json]:
        status, session = self._found(self.sessions, session_id, "checkout.session")
        if status == 200 and form.get("expand[]") == "payment_intent" and session["payment_intent"]:
            session = {**session, "payment_intent": self.intents[session["payment_intent"]]}
        return status, session

    def _create_refund(self, form: dict[str, str]) -> tuple[int, Json]:
        status, intent = self._found(self.intents, form.get("payment_intent", ""), "payment_intent")
        if status != 200:
            return status, intent
        if any(d["payment_intent"] == intent["id"] and d["status"] == "needs_response" for d in self.disputes.values()):
            return 400, _error("invalid_request_error", "charge_disputed", "Charge has been charged back")
        amount = int(form["amount"])
        given = sum(
            r["amount"]
            for r in self.refunds.values()
            if r["payment_intent"] == intent["id"] and r["status"] != "failed"
        )
        if given + amount > intent["amount_received"]:
            return 400, _error("invalid_request_error", "charge_already_refunded", "Charge has already been refunded.")
        return 200, self._new_refund(intent, amount, _sub(form, "metadata"))

    def _list_refunds(self, form: dict[str, str]) -> tuple[int, Json]:
        return 200, self._list(self.refunds, form, "/v1/refunds")

    def _list_disputes(self, form: dict[str, str]) -> tuple[int, Json]:
        return 200, self._list(self.disputes, form, "/v1/disputes")

    @staticmethod
    def _list(things: dict[str, Json], form: dict[str, str], url: str) -> Json:
        """Two at a time, so that nobody gets by without reading on."""
        mine = [t for t in things.values() if t["payment_intent"] == form["payment_intent"]]
        names = [t["id"] for t in mine]
        start = names.index(form["starting_after"]) + 1 if "starting_after" in form else 0
        page = mine[start : start + 2]
        return {"object": "list", "url": url, "has_more": start + 2 < len(mine), "data": page}

    @staticmethod
    def _found(things: dict[str, Json], thing_id: str, what: str) -> tuple[int, Json]:
        if thing_id not in things:
            return 404, _error("invalid_request_error", "resource_missing", f"No such {what}: '{thing_id}'")
        return 200, things[thing_id]

    def _new_intent(self, amount: int, currency: str, of: Json) -> Json:
        number = len(self.intents) + 1
        intent = {
            "id": f"pi_{number}", "object": "payment_intent", "amount": amount, "amount_received": 0,
            "currency": currency, "status": "requires_payment_method", "client_secret": f"pi_{number}_secret_x",
            "created": CREATED + number, "latest_charge": f"ch_{number}", "last_payment_error": None,
            "cancellation_reason": None, "metadata": of.get("intent_metadata") or of.get("metadata") or {},
        }  # fmt: skip
        self.intents[intent["id"]] = intent
        return intent

    def _new_refund(self, intent: Json, amount: int, metadata: dict[str, str]) -> Json:
        refund = {
            "id": f"re_{len(self.refunds) + 1}", "object": "refund", "amount": amount, "currency": intent["currency"],
            "payment_intent": intent["id"], "charge": intent["latest_charge"], "created": CREATED + 100,
            "status": self.refund_status, "metadata": metadata, "failure_reason": None,
        }  # fmt: skip
        self.refunds[refund["id"]] = refund
        return refund


def _error(kind: str, code: str, message: str) -> Json:
    return {"error": {"type": kind, "code": code, "message": message}}


def _sub(form: dict[str, str], name: str) -> dict[str, str]:
    prefix = f"{name}["
    return {key[len(prefix) : -1]: value for key, value in form.items() if key.startswith(prefix)}


@contextmanager
def running() -> Iterator[StripeServer]:
    """A server on a free port of loopback."""
    provider = StripeServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            with provider._lock:
                if provider.fail_before:
                    provider.fail_before -= 1
                    self._reply(503, _error("api_error", "", "Try again"))
                    return
                status, answer = provider.answer(method, self.path, headers, body)
                if provider.fail_after:
                    provider.fail_after -= 1
                    self.close_connection = True  # done, and never told
                    return
            self._reply(status, answer)

        def _reply(self, status: int, answer: Json) -> None:
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
