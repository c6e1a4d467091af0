"""What an invoice may be asked for (ORD-09): names that can be printed, tax numbers that their country would issue."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.markets.domain import InvoiceKind, InvoiceRequest, check_invoice_request

COMPANY, PERSONAL = InvoiceKind.COMPANY, InvoiceKind.PERSONAL


def check(
    kind: InvoiceKind, country: str, number: str = "", title: str = "Teehaus GmbH", email: str = ""
) -> InvoiceRequest:
    return check_invoice_request(InvoiceRequest(kind, title, number, email), country, otherwise_to="ada@example.com")


@pytest.mark.parametrize(
    ("kind", "country", "number", "normal"),
    [
        (COMPANY, "DE", "de 136 695 976", "DE136695976"),
        (COMPANY, "DE", "136695976", "DE136695976"),
        (COMPANY, "GR", "094259216", "EL094259216"),
        (COMPANY, "DE", "NL4495445B01", "NL004495445B01"),
        (COMPANY, "GB", "GB 980 7806 84", "980780684"),
        (COMPANY, "US", "04-2103594", "042103594"),
        (COMPANY, "CN", "91110000600037341L", "91110000600037341L"),
        (COMPANY, "JP", "T5835678256246", "5835678256246"),
        (COMPANY, "BR", "16.727.230/0001-97", "16727230000197"),
        (PERSONAL, "BR", "390.533.447-05", "39053344705"),
        (COMPANY, "DE", "", ""),
        (PERSONAL, "CN", "", ""),
    ],
)
def test_tax_numbers_are_kept_in_their_countrys_form_ord_09(
    kind: InvoiceKind, country: str, number: str, normal: str
) -> None:
    assert check(kind, country, number).tax_number == normal


@pytest.mark.parametrize(
    ("kind", "country", "number"),
    [
        (COMPANY, "DE", "DE136695977"), (COMPANY, "CN", "91110000600037341N"), (COMPANY, "CN", ""),
        (COMPANY, "BR", ""), (COMPANY, "BR", "16.727.230/0001-98"), (COMPANY, "JP", "T5835678256247"),
        (COMPANY, "US", "07-2103594"), (COMPANY, "GB", "802311781"), (PERSONAL, "DE", "DE136695976"),
        (PERSONAL, "BR", "390.533.447-06"), (COMPANY, "ZZ", "1"),
    ],
)  # fmt: skip
def test_numbers_that_no_country_would_issue_are_refused_ord_09(kind: InvoiceKind, country: str, number: str) -> None:
    with pytest.raises(Invalid) as refused:
        check(kind, country, number)
    assert [error["pointer"] for error in refused.value.members["errors"]] == ["/invoice/tax_number"]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        check(COMPANY, "CN", "1", title="a\u202eb", email="nobody")
    assert {error["pointer"] for error in refused.value.members["errors"]} == {
        "/invoice/title", "/invoice/tax_number", "/invoice/email",
    }  # fmt: skip


@pytest.mark.parametrize("title", ["", "   ", "x" * 121])
def test_the_name_on_the_invoice_is_needed_and_fits_on_it(title: str) -> None:
    with pytest.raises(Invalid):
        check(PERSONAL, "DE", title=title)


def test_without_an_address_of_its_own_it_goes_to_the_contact() -> None:
    assert check(PERSONAL, "DE", title=" Ada\n Lovelace ").email == "ada@example.com"
    asked = check(PERSONAL, "DE", title=" Ada\n Lovelace ", email="Books@Example.com")
    assert (asked.title, asked.email) == ("Ada Lovelace", "Books@example.com")
