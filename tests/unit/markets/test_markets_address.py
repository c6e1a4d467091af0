"""Addresses and contacts are checked by the rules of their country, with every fault named at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.markets.domain import Address, Contact, check_address, check_contact

BERLIN = Address("Ada Lovelace", "+49 30 901820", ("Friedrichstraße 1",), "Berlin", "", "10117", "DE")


def faults(refused: Invalid) -> set[str]:
    return {error["pointer"] for error in refused.members["errors"]}


@pytest.mark.parametrize(
    ("address", "region", "postal_code"),
    [
        (BERLIN, "", "10117"),
        (replace(BERLIN, region="Berlin"), "", "10117"),
        (Address("A", "", ("1 Main St",), "Los Angeles", "California", "90001", "US"), "CA", "90001"),
        (Address("A", "", ("深南大道1号",), "深圳市", "广东省", "518000", "CN", "福田区"), "广东省", "518000"),
        (Address("A", "", ("千代田1-1",), "千代田区", "Tokyo", "100-0001", "JP"), "東京都", "100-0001"),
        (Address("A", "", ("Av. Paulista 1",), "São Paulo", "SP", "01310-100", "BR", "Bela Vista"), "SP", "01310-100"),
        (Address("A", "", ("10 Downing Street",), "London", "", "sw1a 2aa", "gb"), "", "SW1A 2AA"),
    ],
)
def test_an_address_of_each_market_is_brought_into_its_country_s_form(
    address: Address, region: str, postal_code: str
) -> None:
    checked = check_address(address)
    assert (checked.region, checked.postal_code) == (region, postal_code)
    assert checked.city == address.city
    assert checked.country == address.country.upper()
    assert check_address(checked) == checked


def test_a_city_that_is_its_own_province_may_be_written_twice() -> None:
    checked = check_address(Address("A", "", ("南京东路1号",), "上海市", "上海市", "200001", "CN", "黄浦区"))
    assert (checked.region, checked.city, checked.district) == ("上海市", "黄浦区", "")
    assert checked.label()[1] == "上海市黄浦区"


def test_all_missing_fields_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        check_address(Address("", "", (), "", "", "", "US"))
    assert faults(refused.value) == {
        "/ship_to/name",
        "/ship_to/lines",
        "/ship_to/city",
        "/ship_to/region",
        "/ship_to/postal_code",
    }


def test_wrong_and_missing_fields_are_named_together() -> None:
    with pytest.raises(Invalid) as refused:
        check_address(Address("", "no", ("x" * 121,), "Berlin", "", "1", "DE"))
    assert faults(refused.value) == {
        "/ship_to/name",
        "/ship_to/phone",
        "/ship_to/lines/0",
        "/ship_to/postal_code",
    }


@pytest.mark.parametrize("country", ["", "ALL", "XX", "D#", "../de", "DE\n"])
def test_a_country_that_does_not_exist_is_refused(country: str) -> None:
    address = replace(BERLIN, country=country)
    if country.strip() == "DE":
        assert check_address(address).country == "DE"
        return
    with pytest.raises(Invalid) as refused:
        check_address(address)
    assert "/ship_to/country" in faults(refused.value)


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "a\u200bb", "\ud800", "a\ue000"])
def test_characters_that_break_labels_and_logs_are_refused_f6(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_address(replace(BERLIN, name=text))
    assert faults(refused.value) == {"/ship_to/name"}


def test_look_alike_spellings_are_normalised_f6() -> None:
    decomposed = replace(BERLIN, name="Jose\u0301  A\u0301lvarez ")
    assert check_address(decomposed).name == "José Álvarez"


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=12))
def test_any_text_is_either_accepted_and_printable_or_refused_as_invalid_f6(name: str, city: str, code: str) -> None:
    try:
        checked = check_address(replace(BERLIN, name=name, city=city, postal_code=code))
    except Invalid:
        return
    assert "\n".join(checked.label()).encode()


def test_a_phone_number_is_kept_as_e164_of_the_address_s_country() -> None:
    assert check_address(replace(BERLIN, phone="030 901820")).phone == "+4930901820"


def test_a_label_is_written_in_the_order_of_the_destination() -> None:
    assert check_address(BERLIN).label() == ("Ada Lovelace", "Friedrichstraße 1", "10117 BERLIN", "GERMANY")
    tokyo = check_address(Address("A", "", ("千代田1-1",), "千代田区", "東京都", "100-0001", "JP"))
    assert "千代田区" in tokyo.label()


def test_a_contact_s_mail_and_phone_are_normalised() -> None:
    contact = check_contact(Contact("Ada@Example.COM ", "en", "030 901820"), "DE")
    assert contact == Contact("Ada@example.com", "en", "+4930901820")


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "a@b@c.de", "a@localhost", "a\n@example.com", "ada@example.com\ud800"]
)
def test_what_is_no_mail_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_contact(Contact(email, "en", "nonsense"))
    assert faults(refused.value) == {"/contact/email", "/contact/phone"}
