"""Letters: complete in every language, and harmless whatever people are called."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from chalicelib.core.money import Money
from chalicelib.notifications.letters import LETTERS
from chalicelib.notifications.message import NoAddress, compose, recipient
from chalicelib.notifications.rendering import LANGUAGES, TEMPLATES, clean, language_of, render

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EUR = Money(4_250, "EUR")
ITEM = {"title": "Tea pot", "quantity": 2, "accepted": 1, "total": EUR}
#: Everything that any letter names; a template that names more fails.
FACTS: dict[str, Any] = {
    "name": "Erika Mustermann",
    "order": {"id": "C7K2Q0M9VX4TBE", "placed_at": NOW, "total": EUR, "lines": [ITEM],
              "gift": {"price": EUR, "message": "For you"}},
    "pay_by": NOW, "amount": EUR, "answer_by": NOW, "place": "desk", "carrier": "DHL", "waybill": "LX123456789CN",
    "return_days": 30, "reason": "other", "paid_back": EUR, "return_id": "R7K2Q0M9VX4TBE", "items": [ITEM], "due": NOW,
    "label": "prepaid", "address": ["Rotterdam warehouse", "Magallanesstraat 1"], "send_by": NOW, "note": "Worn.",
    "store": "Berlin store", "box": "M2", "code": "7K2Q0M9VX4", "collect_by": NOW, "deliver_by": NOW, "to_pay": EUR,
    "cause": "not_received", "exchange_of": "C7K2Q0M9VX4TBE", "waits": True, "exchange_order": "X7K2Q0M9VX4T3M",
    "total": EUR, "total_before": EUR, "at_door": False, "problem": "customs", "within": 24,
    "together": ["C7K2Q0M9VX4TBE", "C9999999999999"], "here": True, "sold_out": True, "missing": [ITEM],
    "number": "CEU-2026-000042", "corrects": "", "where": "http://shop.test/orders/C7/invoice", "left": EUR,
    "to": "original", "reasons": [{"code": "address_incomplete", "note": "postal_code"}, {"code": "other", "note": ""}],
}  # fmt: skip
NAMES = sorted(letter.template for letter in LETTERS.values())
HOSTILE = [
    "<script>alert(1)</script>", "Eve\r\nBcc: all@example.com", "Eve\n\nBcc: all@example.com", "{{ 7 * 7 }}",
    "{% include '/etc/passwd' %}", "\u202eevil\u202c", "a\x00b\u2028c", "a\ud800b", "' onmouseover=alert(1) x='",
    "👩‍👩‍👧 Ωmega", "محمد بن سعيد", "-- \nSubject: x",
]  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(sorted(name for name, _ in attrs))))

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_letter_exists_in_every_language_as_text_and_html_ntf01(name: str, language: str) -> None:
    written = render(name, language, FACTS, time_zone="Europe/Berlin")
    assert written.language == language
    assert written.subject
    assert "\n" not in written.subject
    assert "C7K2Q0M9VX4TBE" in written.text
    assert "Erika Mustermann" in written.text
    assert "{{" not in written.text + written.html
    assert "{%" not in written.text + written.html
    said = Tags(written.html).said
    for line in filter(None, written.text.split("\n--\n")[0].splitlines()):
        assert line.strip() in said


def test_no_template_is_without_a_letter() -> None:
    for language in LANGUAGES:
        files = {path.stem for path in (TEMPLATES / language).glob("*.txt")}
        assert files == {*NAMES, "_frame"}


def test_a_template_that_names_what_is_not_told_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("order_paid", "en", {name: fact for name, fact in FACTS.items() if name != "amount"})


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_change_nothing_but_their_own_words_h1_f10(name: str, hostile: str) -> None:
    plain = render(name, "en", FACTS)
    facts = {
        **FACTS, "name": hostile, "carrier": hostile, "waybill": hostile, "note": hostile,
        "order": {**FACTS["order"], "id": hostile, "lines": [{**ITEM, "title": hostile}],
                  "gift": {"price": EUR, "message": hostile}},
        "items": [{**ITEM, "title": hostile}], "return_id": hostile,
        "reasons": [{"code": "address_incomplete", "note": hostile}, {"code": "other", "note": ""}],
    }  # fmt: skip
    written = render(name, "en", facts)
    assert Tags(written.html).tags == Tags(plain.html).tags
    assert len(written.text.splitlines()) == len(plain.text.splitlines())
    raw = compose(written, sender="shop@example.com", to="e@example.com", mail_id="m1", language="en")
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert sorted(parsed.keys()) == sorted(set(parsed.keys()))
    assert "Bcc" not in parsed
    assert parsed["To"] == "e@example.com"
    assert "49" not in written.subject


@given(st.text(max_size=60))
def test_any_text_becomes_one_visible_line(text: str) -> None:
    line = clean(text)
    assert not any(ord(c) < 32 or 0x202A <= ord(c) <= 0x202E or 0xD800 <= ord(c) <= 0xDFFF for c in line)
    assert line.count("\u2068") == line.count("\u2069") <= 1


def test_right_to_left_names_stay_among_themselves() -> None:
    assert clean("محمد") == "\u2068محمد\u2069"
    assert clean("Erika") == "Erika"


def test_amounts_and_times_are_written_as_the_language_of_the_letter_does() -> None:
    assert "€42.50" in render("order_paid", "en-IE", FACTS).text
    assert "€42.50" in render("order_paid", "de-DE", FACTS).text
    chinese = render("order_paid", "zh-CN", {**FACTS, "amount": Money(1_200, "JPY")})
    assert "1,200" in chinese.text
    assert "10:30" in render("payment_failed", "en", FACTS, time_zone="Europe/Berlin").text


@pytest.mark.parametrize(("tag", "expected"), [("zh-CN", "zh"), ("ZH", "zh"), ("en-US", "en"), ("", "en"), ("x", "en")])
def test_languages_without_letters_get_english(tag: str, expected: str) -> None:
    assert language_of(tag) == expected
    assert render("order_paid", tag, FACTS).language == expected


@pytest.mark.parametrize(
    "wrong",
    ["", "a", "a@b@c.com", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com", "<a@example.com>",
     "Ann <a@example.com>", "ä@example.com", "a b@example.com"],
)  # fmt: skip
def test_only_one_plain_address_is_a_recipient_f10(wrong: str) -> None:
    with pytest.raises(NoAddress):
        recipient(wrong)


def test_an_international_domain_is_encoded() -> None:
    assert recipient("ann@müller.example.com") == "ann@xn--mller-kva.example.com"


def test_a_message_has_a_text_and_an_html_part_and_says_it_is_automatic() -> None:
    raw = compose(
        render("order_paid", "zh-CN", FACTS), sender="Caravan <shop@example.com>", to="e@example.com", mail_id="m1",
        language="zh-CN",
    )  # fmt: skip
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert "42.50" in parsed.get_body(("plain",)).get_content()
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Caravan-Mail"] == "m1"
    assert "C7K2Q0M9VX4TBE" in parsed["Subject"]
    assert max(len(line) for line in raw.splitlines()) <= 998
