"""The sandbox is a whole provider: page, buttons, signed webhooks over HTTP, refunds by key; never in production."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chalicelib.core import config
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import NotFound, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.secrets import MissingSecret
from chalicelib.core.signatures import Forged
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.payments import providers, service
from chalicelib.payments.domain import PaymentState, RefundReason, RefundState
from chalicelib.payments.items import PAYMENT
from chalicelib.payments.providers import SANDBOX
from chalicelib.payments.providers.base import RefundCall

from .conftest import ORDER, PAYMENT_ID, Shop, put_secret


class Inbox:
    """The shop's address on loopback: keeps every message that comes in over HTTP."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200


@pytest.fixture
def inbox(sandbox: None) -> Iterator[Inbox]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            box.messages.append((self.path, {k.lower(): v for k, v in self.headers.items()}, raw))
            self.send_response(box.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    os.environ["PUBLIC_URL"] = f"http://127.0.0.1:{server.server_port}"
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch, clock) -> None:
    """The sandbox's own clock is the test's, which starts at the present: the pages' routes look at the real one."""
    from chalicelib.payments.providers import sandbox

    clock.now = utc_now()
    monkeypatch.setattr(sandbox, "utc_now", lambda: clock.now)


def token_of(checkout) -> str:
    return checkout.redirect_url.rpartition("/")[2]


def arrive(shop: Shop, inbox: Inbox) -> None:
    """All webhooks that were sent are taken and worked on."""
    messages, inbox.messages = inbox.messages, []
    for path, headers, raw in messages:
        assert path == "/webhooks/payments/sandbox"
        shop.hear(raw, headers, "sandbox")
    shop.work()


def test_paying_on_the_page_pays_the_order_through_a_signed_webhook(shop, inbox) -> None:
    checkout = shop.open(provider="sandbox")
    assert checkout.redirect_url.startswith(f"{config.public_url()}/sandbox/payments/")
    SANDBOX.press(token_of(checkout), "pay")
    assert len(inbox.messages) == 1
    arrive(shop, inbox)
    assert (shop.payment.state, shop.payment.captured) == (PaymentState.PAID, Money(10_000, "EUR"))


def test_declining_fails_the_payment_and_a_second_try_pays(shop, inbox) -> None:
    token = token_of(shop.open(provider="sandbox"))
    SANDBOX.press(token, "decline")
    arrive(shop, inbox)
    assert shop.payment.state is PaymentState.FAILED
    SANDBOX.press(token, "pay")
    arrive(shop, inbox)
    assert shop.payment.state is PaymentState.PAID


def test_a_wrong_amount_does_not_pay_and_the_rest_can_be_paid(shop, inbox) -> None:
    SANDBOX.press(token_of(shop.open(provider="sandbox")), "pay_wrong_amount")
    arrive(shop, inbox)
    assert (shop.payment.state, shop.payment.is_paid) == (PaymentState.PARTLY_PAID, False)
    rest = shop.open(provider="sandbox")
    assert rest.amount == Money(5_000, "EUR")
    SANDBOX.press(token_of(rest), "pay")
    arrive(shop, inbox)
    assert (shop.payment.is_paid, shop.payment.refunds) == (True, ())


def test_a_page_is_paid_once(shop, inbox) -> None:
    token = token_of(shop.open(provider="sandbox"))
    for _ in range(3):
        SANDBOX.press(token, "pay")
    assert len(inbox.messages) == 1


def test_an_expired_page_takes_nothing(shop, inbox, clock) -> None:
    token = token_of(shop.open(provider="sandbox"))
    clock.forward(minutes=31)
    SANDBOX.press(token, "pay")
    assert inbox.messages == []


def test_a_webhook_that_is_lost_is_healed_by_asking_pay_08(shop, inbox) -> None:
    token = token_of(shop.open(provider="sandbox"))
    inbox.status = 404
    SANDBOX.press(token, "pay")
    inbox.messages.clear()
    shop.do(lambda uow: service.ask_provider(uow, ORDER, PAYMENT_ID))
    shop.work()
    assert shop.payment.is_paid


def test_a_refund_is_under_way_until_its_webhook_says_it_is_done(shop, inbox) -> None:
    SANDBOX.press(token_of(shop.open(provider="sandbox")), "pay")
    arrive(shop, inbox)
    for _ in range(2):
        shop.do(
            lambda uow: service.refund(
                uow, uow.get(PAYMENT, ORDER, PAYMENT_ID), Money(400, "EUR"), RefundReason.RETURN, "k1"
            )
        )
        shop.carry_out()
    assert shop.payment.refunds[0].state is RefundState.SENT
    arrive(shop, inbox)
    assert shop.payment.refunds[0].state is RefundState.DONE
    assert shop.payment.refunded == Money(400, "EUR")


def test_the_same_key_refunds_once_and_no_key_refunds_too_much_e3(shop, inbox) -> None:
    SANDBOX.press(token_of(shop.open(provider="sandbox")), "pay")
    arrive(shop, inbox)
    shop.do(
        lambda uow: service.refund(
            uow, uow.get(PAYMENT, ORDER, PAYMENT_ID), Money(6_000, "EUR"), RefundReason.RETURN, "k1"
        )
    )
    [refund] = shop.payment.refunds
    first = SANDBOX.refund(RefundCall("key-1", ORDER, PAYMENT_ID, refund))
    assert SANDBOX.refund(RefundCall("key-1", ORDER, PAYMENT_ID, refund)) == first
    assert SANDBOX.refund(RefundCall("key-2", ORDER, PAYMENT_ID, refund)).code == "charge_already_refunded"
    assert SANDBOX.find_refund(RefundCall("key-1", ORDER, PAYMENT_ID, refund)).kind == "refunded"
    assert SANDBOX.find_refund(RefundCall("key-3", ORDER, PAYMENT_ID, refund)) is None


class Reader(HTMLParser):
    """What a screen reader meets: languages, headings, buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_plain_bilingual_and_runs_nothing(shop, inbox, guest) -> None:
    token = token_of(shop.open(provider="sandbox"))
    answer = guest.get(f"/sandbox/payments/{token}")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for text in ("Pay", "付款", "Decline", "拒绝付款", "Pay a wrong amount", "支付错误金额", "100.00 EUR", "Order N1"):
        assert text in answer.text
    reader = Reader()
    reader.feed(answer.text)
    names = [tag for tag, _ in reader.tags]
    assert ("html", {"lang": "en"}) in reader.tags
    assert "zh-Hans" in [attributes.get("lang") for tag, attributes in reader.tags if tag == "span"]
    assert (names.count("h1"), names.count("main"), names.count("button"), names.count("script")) == (1, 1, 3, 0)


def test_pressing_a_button_leads_back_to_the_page_that_says_what_became_of_it(shop, inbox, guest) -> None:
    address = f"/sandbox/payments/{token_of(shop.open(provider='sandbox'))}"
    form = {"content-type": "application/x-www-form-urlencoded"}
    pressed = guest.post(address, raw=b"button=decline", headers=form)
    assert (pressed.status, pressed.headers["Location"]) == (303, f"{config.public_url()}{address}")
    assert "被拒绝" in guest.get(address).text
    guest.post(address, raw=b"button=pay", headers=form)
    page = guest.get(address).text
    assert "已付款" in page
    assert "<button" not in page
    assert 'href="https://shop.test/thanks"' in page


def test_texts_on_the_page_are_only_texts(shop, inbox, guest) -> None:
    from chalicelib.payments.domain import Opening

    nasty = Opening(
        ORDER, PAYMENT_ID, Money(100, "EUR"), "card", 'https://shop.test/"><script>1</script>', "sandbox",
        description="<script>alert(1)</script>",
    )  # fmt: skip
    checkout = shop.do(lambda uow: service.open(uow, nasty))
    assert "<script" not in guest.get(f"/sandbox/payments/{token_of(checkout)}").text


@pytest.mark.parametrize("raw", [b"", b"button=steal", b"\xff\xfe", b"button=" + b"a" * 900])
def test_a_button_that_is_not_there_does_nothing(shop, inbox, guest, raw) -> None:
    token = token_of(shop.open(provider="sandbox"))
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert guest.post(f"/sandbox/payments/{token}", raw=raw, headers=form).status == 400
    assert inbox.messages == []


def test_a_page_that_nobody_opened_is_not_there(sandbox, guest) -> None:
    assert guest.get("/sandbox/payments/0123456789abcdef").status == 404
    assert guest.get("/sandbox/payments/..%2F..").status == 404


@pytest.mark.parametrize("stage", ["production", "prod", "live", None])
def test_in_production_there_is_no_sandbox(shop, inbox, guest, stage) -> None:
    checkout = shop.open(provider="sandbox")
    if stage is None:
        del os.environ["STAGE"]
    else:
        os.environ["STAGE"] = stage
    address = f"/sandbox/payments/{token_of(checkout)}"
    assert guest.get(address).status == 404
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert guest.post(address, raw=b"button=pay", headers=form).status == 404
    assert guest.post("/webhooks/payments/sandbox", raw=b"{}").status == 404
    with pytest.raises(NotFound):
        providers.provider("sandbox")
    with pytest.raises(RuleRefused):
        shop.open(provider="sandbox")
    assert inbox.messages == []


def test_messages_of_the_sandbox_are_believed_only_when_signed_with_its_key(shop, inbox, clock) -> None:
    SANDBOX.press(token_of(shop.open(provider="sandbox")), "pay")
    [(_, headers, raw)] = inbox.messages
    with pytest.raises(Forged):
        shop.hear(raw.replace(b"10000", b"99999"), headers, "sandbox")
    put_secret("sandbox", webhook_secret="new", webhook_secret_previous="sandbox-secret-of-the-test-stage")
    shop.hear(raw, headers, "sandbox")
    put_secret("sandbox", webhook_secret="new")
    with pytest.raises(Forged):
        shop.hear(raw, headers, "sandbox")
    put_secret("sandbox", note="no key")
    with pytest.raises(MissingSecret):
        shop.hear(raw, headers, "sandbox")
    assert len(shop.queue.take()) == 1


def test_a_market_asks_its_own_providers_pay_30(shop, stripe, sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    original, own = UnitOfWork.setting, {("payments.providers", "CN"): "sandbox"}

    def setting(self: UnitOfWork, asked, market: str = ""):
        return own.get((asked.name, market)) or original(self, asked, market)

    monkeypatch.setattr(UnitOfWork, "setting", setting)
    assert shop.open(provider="", market="EU").provider == "stripe"
    assert shop.open(provider="", market="CN").provider == "sandbox"
