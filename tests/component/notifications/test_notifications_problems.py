"""Letters about corrections, missing goods and parcels in trouble, and to merchants on their way into the alliance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.bookings import domain as bookings
from chalicelib.bookings import service as alliance
from chalicelib.core import aws
from chalicelib.core.events import SYSTEM, Aggregate, Event
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import CASH_ON_DELIVERY
from chalicelib.notifications import service
from chalicelib.notifications.items import MAIL
from chalicelib.notifications.letters import LETTERS, about
from chalicelib.notifications.merchant_letters import MERCHANT_LETTERS, about_merchant
from chalicelib.notifications.rendering import LANGUAGES, TEMPLATES, render
from chalicelib.orders.domain import OrderCorrected, OrderProblemRaised, OrderProblemSolved, Problem, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.scans import Mark
from chalicelib.shipping.domain.shipments import ShipmentException
from tests.support.sample_orders import an_order, eur
from tests.support.sample_returns import do

Begin = Callable[..., UnitOfWork]
SOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(begin: Begin, data: Any, language: str = "en", **order: Any) -> str | None:
    """The text of the letter that an event of an order makes, or None."""
    kept = an_order(order.pop("state", State.UNDER_REVIEW), **order)
    uow = begin()
    uow.put(ORDER, kept)
    news = replace(data, order_id=kept.id)
    letter = LETTERS[type(news)]
    facts = letter.tell(kept, news, uow)
    return None if facts is None else render(letter.template, language, {**about(kept), **facts}).text


# Corrections (AMB-24)


def corrected(before: Money, total: Money) -> OrderCorrected:
    return OrderCorrected(order_id="", total_before=before, total=total)


def test_a_correction_that_made_it_dearer_asks_for_the_difference_in_time_amb24(begin: Begin) -> None:
    dearer = corrected(eur("65.00"), eur("72.50"))
    written = told(begin, dearer, state=State.AWAITING_PAYMENT, deadlines={"pay_by": SOON})
    assert written is not None
    assert "€7.50" in written
    assert "Nov 2026" in written
    paid = told(begin, dearer, state=State.UNDER_REVIEW)
    assert paid is not None
    assert "Please pay" not in paid


def test_a_correction_that_made_it_cheaper_says_what_comes_back(begin: Begin) -> None:
    cheaper = corrected(eur("65.00"), eur("60.00"))
    assert "We give €5.00 back" in str(told(begin, cheaper))
    at_door = str(told(begin, cheaper, payment_method=CASH_ON_DELIVERY))
    assert "back to you" not in at_door
    assert "You pay €60.00 when you get the goods" in at_door
    assert "退还您 €5.00" in str(told(begin, cheaper, language="zh"))


# Missing goods (REV-08) and parcels in trouble (REV-09, REV-10)


def raised(problem: Problem) -> OrderProblemRaised:
    return OrderProblemRaised(order_id="", problem=problem, group="order_desk", answer_by=SOON)


@pytest.mark.parametrize(("language", "said"), [("en", "your money back"), ("zh", "退款")])
def test_missing_goods_are_told_with_the_time_by_which_we_call_rev08(begin: Begin, language: str, said: str) -> None:
    written = told(begin, raised(Problem.OUT_OF_STOCK), language, state=State.REVIEWED, problem=Problem.OUT_OF_STOCK)
    assert written is not None
    assert said in written
    assert "2026" in written


def test_a_problem_that_is_over_or_told_otherwise_makes_no_letter(begin: Begin) -> None:
    assert told(begin, raised(Problem.OUT_OF_STOCK), state=State.ROUTED, problem=None) is None
    assert told(begin, raised(Problem.CUSTOMS), state=State.SHIPPED, problem=Problem.CUSTOMS) is None
    solved = OrderProblemSolved(order_id="", problem=Problem.OUT_OF_STOCK)
    assert told(begin, solved, state=State.ROUTED) is not None
    assert told(begin, solved, state=State.CANCELLED) is None
    assert told(begin, replace(solved, problem=Problem.DELAY), state=State.SHIPPED) is None


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (Mark.CUSTOMS_HELD, "We submit them within 24 hours"),
        (Mark.DELAYED, "contact you within 48 hours"),
        (Mark.LOST, "We file a claim within 48 hours"),
        (Mark.DAMAGED, "Please take photographs"),
        (Mark.REFUSED, "comes back to us"),
        (Mark.FAILED_ATTEMPT, "could not deliver your parcel"),
    ],
)
def test_every_trouble_of_a_parcel_has_its_own_words_and_time_rev09_rev10(begin: Begin, mark: Mark, said: str) -> None:
    news = ShipmentException("", "s1", "ups", "1Z999AA10123456784", SOON, mark.value)
    written = told(begin, news, state=State.SHIPPED)
    assert written is not None
    assert said in written


# Merchants (ALY-01, ALY-02)

NAMES = sorted(letter.template for letter in MERCHANT_LETTERS.values())


@pytest.fixture(autouse=True)
def _signing(database: None) -> None:
    """The key that invitations' secrets are made with."""
    aws.client("secretsmanager").create_secret(Name="caravan/test/signing", SecretString='{"key": "%s"}' % ("k" * 32))


def a_merchant(begin: Begin, language: str = "zh") -> bookings.Merchant:
    def invite(uow: UnitOfWork) -> bookings.Merchant:
        return alliance.invite(
            uow, "lantern-travel", name={"en": "Lantern Travel", "zh": "灯笼旅行"}, market="CN", country="CN",
            time_zone="Asia/Shanghai", email="team@lantern.example", language=language,
            closes_at=uow.now + timedelta(days=7),
        )  # fmt: skip

    return do(begin, invite)


def test_no_merchant_template_is_without_a_letter() -> None:
    for language in LANGUAGES:
        files = {f"merchants/{path.stem}" for path in (TEMPLATES / language / "merchants").glob("*.txt")}
        assert files == set(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_merchant_hears_of_every_step_in_its_language_aly_01_aly_02(begin: Begin, language: str) -> None:
    merchant = a_merchant(begin, language)
    events: list[Any] = [
        bookings.MerchantInvited(merchant_id=merchant.id, closes_at=merchant.closes_at),
        bookings.MerchantRegistered(merchant_id=merchant.id),
        bookings.MerchantQualified(merchant_id=merchant.id),
        bookings.MerchantRejected(merchant_id=merchant.id, reason="too far <b>away</b>"),
        bookings.MerchantActivated(merchant_id=merchant.id),
    ]
    written = []
    for data in events:
        letter = MERCHANT_LETTERS[type(data)]
        facts = letter.tell(merchant, data, begin())
        assert facts is not None
        mail = render(letter.template, language, {**about_merchant(merchant), **facts}, time_zone="Asia/Shanghai")
        assert merchant.name[language] in mail.subject
        assert ("the merchant alliance" if language == "en" else "商盟") in mail.text
        assert "<b>away" not in mail.html
        written.append(mail.text)
    assert alliance.invitation_secret(merchant) in written[0]
    assert "/merchants/lantern-travel/register" in written[0]
    assert ("Business licence" if language == "en" else "营业执照") in written[2]
    assert "too far" in written[3]


def test_an_invitation_goes_to_the_merchant_once_and_not_after_it_has_registered(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []

    class Office:
        def send_email(self, **mail: Any) -> dict[str, str]:
            taken.extend(mail["Destination"]["ToAddresses"])
            return {"MessageId": "m1"}

    real = aws.client
    monkeypatch.setattr(aws, "client", lambda name: Office() if name == "sesv2" else real(name))
    merchant = a_merchant(begin)
    invited = Event(
        id="MERCHANT#lantern-travel/EVENT#000001", type="merchant.invited", schema=1, sequence=1, occurred_at=SOON,
        aggregate=Aggregate("merchant", merchant.id), actor=SYSTEM, cause="", trace="",
        data=bookings.MerchantInvited(merchant_id=merchant.id, closes_at=merchant.closes_at),
    )  # fmt: skip
    for _ in range(3):
        service.deliver(begin(), invited)
    assert taken == ["team@lantern.example"]
    assert len(begin().part(MAIL, merchant.id, prefix="MAIL#")) == 1
    do(begin, lambda uow: alliance.register(uow, merchant.id))
    service.deliver(begin(), replace(invited, id="MERCHANT#lantern-travel/EVENT#000009"))
    assert taken == ["team@lantern.example"]
