"""Recognising a customer over guest orders and second accounts: by phone, and by name with address (BAL-06, AMB-08)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from chalicelib.markets.domain import Address
from chalicelib.markets.domain.address import normal_phone


@dataclass(frozen=True, slots=True)
class Buyer:
    """What an order tells about who placed it; anything may be missing.

    Args:
        phone: of the buyer, as written; the address may carry another.
        country: where numbers without a country code belong.
        customer: id of the account, "" for guests.
        at_store: the goods are picked up, so that the address is the store's and tells only who comes.
    """

    customer: str = ""
    phone: str = ""
    address: Address | None = None
    country: str = ""
    at_store: bool = False


def identities(buyer: Buyer, *, match_all: bool) -> tuple[str, ...]:
    """The texts by which a buyer is recognised, in normal form. They are personal data: only digests of them are kept.

    Args:
        match_all: phone, name and address must all be the same; else the same phone is enough, and so is the same name
            at the same address (AMB-08). Of who picks up in a store there are phone and name only, and both must be
            the same. The same account is always the same customer.
    """
    phones = _phones(buyer)
    place = _place(buyer.address) if buyer.address and not buyer.at_store else ""
    found = [f"account:{buyer.customer}"] if buyer.customer else []
    if match_all:
        name = _name(buyer.address) if buyer.address else ""
        found += [f"person:{phone}|{place or name}" for phone in phones if place or name]
    else:
        found += [f"phone:{phone}" for phone in phones]
        found += [f"place:{place}"] if place else []
    return tuple(found)


def _phones(buyer: Buyer) -> list[str]:
    """The numbers in E.164, each once."""
    address = buyer.address
    given = [(buyer.phone, buyer.country), (address.phone, address.country.strip().upper()) if address else ("", "")]
    return list(dict.fromkeys(number for number in (normal_phone(*each) for each in given) if number))


def _place(address: Address) -> str:
    """Name, street, postal code and country; how they are spaced, capitalised or punctuated makes no difference.

    City and region are left out: the postal code says as much, and one city has many spellings.
    """
    name = _name(address)
    street, code, country = _plain("".join(address.lines)), _plain(address.postal_code), _plain(address.country)
    return f"{name}|{street}|{code}|{country}" if name and street else ""


def _name(address: Address) -> str:
    return "".join(sorted(_plain(word) for word in address.name.split()))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
