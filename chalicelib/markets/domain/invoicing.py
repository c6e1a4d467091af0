"""What a buyer asks an invoice for (ORD-09): whose name stands on it, under which tax number, and where it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any, Final

from chalicelib.core.errors import FieldError, Invalid

from .address import check_email
from .market import EU_MEMBERS
from .text import fault_of, one_line

_LONGEST_TITLE: Final = 120
#: Which number of python-stdnum a company has in a country; in the Union it is the VAT number.
_OF_COMPANIES: Final[Mapping[str, str]] = {"GB": "vat", "US": "ein", "CN": "uscc", "JP": "cn", "BR": "cnpj"}
#: The same of a person; elsewhere a person has none to put on an invoice.
_OF_PERSONS: Final[Mapping[str, str]] = {"BR": "cpf"}
#: Where an invoice to a company is none without its number.
_NEEDED: Final = frozenset({"CN", "BR"})


class InvoiceKind(StrEnum):
    """To whom an invoice is made out."""

    PERSONAL = "personal"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class InvoiceRequest:
    """What the buyer has asked for at the quote.

    Args:
        title: the name that stands on the invoice.
        tax_number: in its country's normal form, or "".
        email: where the invoice is sent.
    """

    kind: InvoiceKind
    title: str
    tax_number: str = ""
    email: str = ""


def check_invoice_request(
    asked: InvoiceRequest, country: str, *, otherwise_to: str, pointer: str = "/invoice"
) -> InvoiceRequest:
    """What was asked for, in normal form. Numbers are checked by their country's own digits, offline.

    Args:
        country: where the buyer is (ISO 3166-1 alpha-2).
        otherwise_to: the e-mail address when none is given.

    Raises:
        Invalid: names every wrong field at once.
    """
    errors = []
    title = one_line(asked.title)
    if wrong := fault_of(title, _LONGEST_TITLE) if title else "is required":
        errors.append(FieldError(f"{pointer}/title", wrong))
    number, wrong = _check_number(asked, country)
    if wrong:
        errors.append(FieldError(f"{pointer}/tax_number", wrong))
    email, wrong = check_email(asked.email) if asked.email else (otherwise_to, "")
    if wrong:
        errors.append(FieldError(f"{pointer}/email", wrong))
    if errors:
        raise Invalid(*errors)
    return InvoiceRequest(asked.kind, title, number, email)


def _check_number(asked: InvoiceRequest, country: str) -> tuple[str, str]:
    """The tax number in normal form, and what is wrong with it."""
    text = "".join(asked.tax_number.split())
    company = asked.kind is InvoiceKind.COMPANY
    if not text:
        return "", "is required for a company in this country" if company and country in _NEEDED else ""
    if company and country in EU_MEMBERS:
        return _check_vat(text, country)
    name = (_OF_COMPANIES if company else _OF_PERSONS).get(country)
    if name is None:
        return "", "is not used on an invoice of this kind in this country"
    return _check_national(text, country, name)


def _check_vat(text: str, country: str) -> tuple[str, str]:
    """A VAT number of any member state; without a prefix, of the buyer's."""
    from stdnum.eu import vat
    from stdnum.exceptions import ValidationError

    prefix = "EL" if country == "GR" else country
    for number in (text, prefix + text):
        try:
            return str(vat.validate(number)), ""
        except ValidationError:
            continue
    return "", "is not a VAT number of the European Union"


def _check_national(text: str, country: str, name: str) -> tuple[str, str]:
    from stdnum.exceptions import ValidationError

    module: Any = import_module(f"stdnum.{country.lower()}.{name}")
    # Japan's qualified issuers write a T before their corporate number.
    bare = text[1:] if country == "JP" and text[:1] in {"T", "t"} else text
    try:
        return str(module.validate(bare)), ""
    except ValidationError:
        return "", "is not a tax number of this country"
