"""Paying in to the balance account over HTTP, and who is written to about it (BAL-01, BAL-03)."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from chalicelib.core.auth import Post, Principal
from chalicelib.core.events import SYSTEM, Aggregate, Event, type_of
from chalicelib.core.money import Money
from chalicelib.notifications import service as notifications
from chalicelib.notifications.balance_letters import BALANCE_LETTERS
from chalicelib.notifications.rendering import LANGUAGES, TEMPLATES, render
from chalicelib.payments.domain import (
    PaymentFailed,
    RefundReason,
    RefundSucceeded,
    TopUp,
    TopUpCredited,
    TopUpWithheld,
)
from tests.support.http import Client
from tests.support.sample_top_ups import ANN, FIFTY, Account

WANTED = {"amount": {"amount": "50.00", "currency": "CNY"}, "market": "CN"}
PATH = "/me/balance/payments"


@pytest.fixture
def account(begin: Callable[..., Any], clock: Any) -> Any:
    with time_machine.travel(clock.now, tick=False):
        yield Account(begin, clock)


def test_paying_in_and_seeing_it_on_the_balance_bal_01(account: Account, sandbox: None) -> None:
    ann = Client(ANN)
    begun = ann.post(PATH, WANTED, key="key-0001")
    assert (begun.status, begun.json["state"], begun.json["can"]) == (201, "awaiting_payment", ["pay"])
    number = begun.json["id"]
    assert ann.post(PATH, WANTED, key="key-0001").json["id"] == number
    assert [row["id"] for row in ann.get(PATH).json["items"]] == [number]
    pages = [ann.post(f"{PATH}/{number}/payment", {"provider": "sandbox"}).json for _ in range(2)]
    assert pages[0] == pages[1]
    assert (pages[0]["method"], pages[0]["amount"]) == ("alipay", WANTED["amount"])
    account.hear(account.fact(account.now(TopUpId(number))))
    seen = ann.get(f"{PATH}/{number.lower()}").json
    assert (seen["state"], seen["credited"], seen["can"]) == ("credited", WANTED["amount"], [])
    balance = ann.get("/me/balance").json
    assert balance["balances"] == [WANTED["amount"]]
    assert [(row["kind"], row["reference"]) for row in balance["movements"]] == [("top-up", number)]
    again = ann.post(f"{PATH}/{number}/payment", {})
    assert (again.status, again.json["allowed"]) == (409, ["return"])


def TopUpId(number: str) -> Any:  # noqa: N802 - stands for a top-up of which only the number is known
    return type("Known", (), {"id": number})()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"amount": {"amount": "0.00", "currency": "CNY"}}, 422),
        ({"amount": {"amount": "-50.00", "currency": "CNY"}}, 422),
        ({"amount": {"amount": "9999.00", "currency": "CNY"}}, 422),
        ({"amount": {"amount": "50.00", "currency": "EUR"}}, 400),
        ({"market": "XX"}, 400),
        ({"email": "nobody"}, 400),
        ({"payment_method": "cash_on_delivery"}, 400),
        ({"state": "credited"}, 400),
    ],
)
def test_a_wrong_request_begins_nothing_bal_03(account: Account, changes: dict[str, Any], status: int) -> None:
    ann = Client(ANN)
    answer = ann.post(PATH, {**WANTED, **changes}, key="key-0001")
    assert answer.status == status, answer.text
    assert ann.get(PATH).json["items"] == []
    if answer.status == 422:
        assert answer.json["least"] == {"amount": "10.00", "currency": "CNY"}


def test_nobody_sees_or_pays_anothers(account: Account) -> None:
    made, bob = account.top_up(), Client(Principal("shopper", "bob", "bob@example.com"))
    assert bob.get(f"{PATH}/{made.id}").status == bob.post(f"{PATH}/{made.id}/payment", {}).status == 404
    assert bob.get(PATH).json["items"] == []
    assert bob.get(f"{PATH}/T0000000000000").status == 400


def test_finance_gives_it_back_by_its_own_command_only(account: Account, as_staff: Callable[..., Client]) -> None:
    made, finance = account.paid(), as_staff(Post.FINANCE)
    by_hand = {"amount": WANTED["amount"], "reason": "goodwill", "note": "sorry"}
    refused = finance.post(f"/staff/orders/{made.id}/refunds", by_hand, key="key-0001")
    assert (refused.status, refused.json["rule"]) == (422, "BAL-01")
    asked = {"amount": WANTED["amount"], "note": "asked for"}
    for _ in range(2):
        back = finance.post(f"/staff/top-ups/{made.id}/refund", asked, key="key-0002")
        assert (back.status, back.json["refunds"][0]["reason"]) == (201, "top_up")
    assert account.balance == 0
    assert finance.post(f"/staff/top-ups/{made.id}/refund", asked, key="key-0003").status == 422


# Letters


def tell(account: Account, data: Any) -> None:
    event = Event(
        "event-1", type_of(data).name, 1, Aggregate("top_up", "x"), 1, account.clock.now, SYSTEM, "c", "t", data
    )
    notifications.deliver(account.begin(), event)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    sent: list[tuple[str, Any]] = []

    def send(raw: bytes, to: str) -> str:
        sent.append((to, email.message_from_bytes(raw, policy=email.policy.default)))
        return f"mail-{len(sent)}"

    monkeypatch.setattr(notifications, "_send", send)
    return sent


def of_payment(made: TopUp, **more: Any) -> RefundSucceeded:
    return RefundSucceeded(made.id, made.payment_id, "r1", FIFTY, RefundReason.LATE, "sandbox", "re-1", **more)


def test_the_customer_is_told_once_what_became_of_the_money_ntf_01(account: Account, post: list[Any]) -> None:
    made = account.paid()
    for _ in range(2):
        tell(account, TopUpCredited(made.id, made.customer, FIFTY))
    ((to, mail),) = post
    assert (to, made.id in mail["Subject"]) == (ANN.email, True)
    assert "50.00" in mail.get_body(("plain",)).get_content()


def test_money_that_went_back_is_told_and_a_failed_try_is_not(account: Account, post: list[Any]) -> None:
    made = account.top_up()
    tell(account, of_payment(made))
    tell(account, PaymentFailed(made.id, made.payment_id, "sandbox", "a-1", "declined"))
    assert len(post) == 1


def test_what_is_put_back_on_the_account_is_told_by_the_account(account: Account, post: list[Any]) -> None:
    made = account.paid()
    tell(account, TopUpWithheld(made.id, made.customer, Money(0, "CNY")))
    assert post == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(letter.template for letter in BALANCE_LETTERS.values()))
def test_every_letter_about_the_balance_exists_in_every_language_ntf_01(name: str, language: str) -> None:
    facts = {"name": "", "top_up": {"id": "TK2Q0M9VX4TBTA", "amount": FIFTY}, "amount": FIFTY}
    written = render(name, language, facts)
    assert "TK2Q0M9VX4TBTA" in written.subject
    assert "{%" not in written.text + written.html


def test_no_template_about_the_balance_is_without_a_letter() -> None:
    for language in LANGUAGES:
        files = {f"top_ups/{path.stem}" for path in (TEMPLATES / language / "top_ups").glob("*.txt")}
        assert files == {letter.template for letter in BALANCE_LETTERS.values()}
