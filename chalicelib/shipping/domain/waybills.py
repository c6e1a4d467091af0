"""Waybill numbers: which carrier prints which, and the check digits that catch a typing error (FUL-13, LOG-14).

A number is checked before it is kept, because a wrong one is found out only weeks later, by a customer. Where the
carrier publishes a check digit it is computed; where it does not, the number is held against its printed pattern only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.core.errors import FieldError, Invalid

#: UPU standard S10, section 8: the weights of the eight digits of the serial number.
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_FEDEX_WEIGHTS: Final = (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)

#: Computes the check digit that a number should have, and the one it has.
CheckDigit = Callable[[str], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form a carrier's numbers take: how it looks, in words for a typist too, and its check digit if it has one."""

    form: re.Pattern[str]
    looks: str
    check: CheckDigit | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier whose parcels can be tracked.

    Args:
        code: our own name, as staff type it.
        postal: a postal operator: label and proof of weight are kept as claim evidence (LOG-20), and the parcel may be
            reported by the post of the destination under the same number.
        track17: 17TRACK's carrier keys. aftership: AfterShip's slugs. The first of each is used to register a number.
    """

    code: str
    name: str
    patterns: tuple[Pattern, ...]
    postal: bool = False
    track17: tuple[int, ...] = ()
    aftership: tuple[str, ...] = ()


def _s10(number: str) -> tuple[int, int]:
    rest = 11 - sum(int(d) * w for d, w in zip(number[2:10], _S10_WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest), int(number[10])


def _ups(number: str) -> tuple[int, int]:
    values = [int(c) if c.isdigit() else (ord(c) - ord("A") + 2) % 10 for c in number[2:17]]
    return -(sum(values[0::2]) + 2 * sum(values[1::2])) % 10, int(number[17])


def _fedex_express(number: str) -> tuple[int, int]:
    return sum(int(d) * w for d, w in zip(number[:11], _FEDEX_WEIGHTS, strict=True)) % 11 % 10, int(number[11])


def _gs1(number: str) -> tuple[int, int]:
    digits = [int(d) for d in reversed(number[:-1])]
    return -(3 * sum(digits[0::2]) + sum(digits[1::2])) % 10, int(number[-1])


def _dhl_express(number: str) -> tuple[int, int]:
    return int(number[:9]) % 7, int(number[9])


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_S10_FORM: Final = _form(r"[A-Z]{2}\d{9}[A-Z]{2}")
S10: Final = Pattern(_S10_FORM, "two letters, nine digits, two letters (RR123456785CN)", _s10)


def _carrier(
    code: str,
    name: str,
    *patterns: Pattern,
    postal: bool = False,
    track17: tuple[int, ...] = (),
    aftership: tuple[str, ...] = (),
) -> Carrier:
    return Carrier(code, name, patterns, postal, track17, aftership)


def _plain(form: str, looks: str) -> Pattern:
    return Pattern(_form(form), looks)


_USPS: Final = Pattern(_form(r"(?:7\d|9[1-5])\d{18}(?:\d\d)?"), "20 or 22 digits", _gs1)
_DHL_PAKET: Final = Pattern(_form(r"00340\d{15}"), "20 digits beginning with 00340", _gs1)
_DHL: Final = Pattern(_form(r"\d{10}"), "10 digits", _dhl_express)
_UPS: Final = Pattern(_form(r"1Z[0-9A-Z]{15}\d"), "1Z, 15 letters or digits, 1 digit", _ups)
_FEDEX: Final = Pattern(_form(r"\d{12}"), "12 digits", _fedex_express)
_FEDEX_GROUND: Final = Pattern(_form(r"\d{15}"), "15 digits", _gs1)

_KNOWN: Final = (
    _carrier("china-post", "China Post", S10, postal=True, track17=(3011,), aftership=("china-post",)),
    _carrier(
        "china-ems",
        "China EMS",
        S10,
        _plain(r"1\d{12}", "13 digits beginning with 1"),
        postal=True,
        track17=(3013,),
        aftership=("china-ems",),
    ),
    _carrier("usps", "USPS", S10, _USPS, postal=True, track17=(21051,), aftership=("usps",)),
    _carrier("royal-mail", "Royal Mail", S10, postal=True, track17=(11031,), aftership=("royal-mail",)),
    _carrier(
        "deutsche-post",
        "Deutsche Post DHL",
        S10,
        _DHL_PAKET,
        postal=True,
        track17=(7041, 7044),
        aftership=("dhl-germany", "deutsch-post"),
    ),
    _carrier("correios", "Correios", S10, postal=True, track17=(2151,), aftership=("brazil-correios",)),
    _carrier(
        "japan-post",
        "Japan Post",
        S10,
        _plain(r"\d{12}", "12 digits"),
        postal=True,
        track17=(10021,),
        aftership=("japan-post",),
    ),
    _carrier("dhl", "DHL Express", _DHL, track17=(100001,), aftership=("dhl",)),
    _carrier("ups", "UPS", _UPS, track17=(100002,), aftership=("ups",)),
    _carrier("fedex", "FedEx", _FEDEX, _FEDEX_GROUND, track17=(100003,), aftership=("fedex",)),
    _carrier(
        "sf-express",
        "SF Express",
        _plain(r"SF\d{12,15}|\d{12}", "SF and 12 to 15 digits, or 12 digits"),
        track17=(100012,),
        aftership=("sf-express",),
    ),
    _carrier(
        "yunexpress",
        "YunExpress",
        _plain(r"YT\d{16}", "YT and 16 digits"),
        track17=(190008,),
        aftership=("yunexpress",),
    ),
    _carrier(
        "4px",
        "4PX",
        _plain(r"4PX\d{10,16}[A-Z]{0,2}", "4PX, 10 to 16 digits, perhaps 2 letters"),
        track17=(190094,),
        aftership=("4px",),
    ),
    _carrier(
        "yanwen",
        "Yanwen",
        S10,
        _plain(r"[A-Z]{2}\d{9}YP|\d{10,12}", "UG123456789YP or 10 to 12 digits"),
        track17=(190012,),
        aftership=("yanwen",),
    ),
    _carrier(
        "cainiao",
        "Cainiao",
        _plain(r"(?:LP|CNG?)\d{13,17}", "LP or CN and 13 to 17 digits"),
        track17=(190271,),
        aftership=("cainiao",),
    ),
    _carrier(
        "other",
        "Another carrier",
        _plain(r"[A-Z0-9]{6,35}", "6 to 35 letters and digits, at least one of them a digit"),
    ),
)
CARRIERS: Final[Mapping[str, Carrier]] = {carrier.code: carrier for carrier in _KNOWN}


def carrier(code: str, pointer: str = "/carrier") -> Carrier:
    """The carrier of this code.

    Raises:
        Invalid: this shop knows no such carrier; the known ones are named.
    """
    known = CARRIERS.get(code)
    if known is None:
        raise Invalid(FieldError(pointer, f"no such carrier; known are {', '.join(sorted(CARRIERS))}"))
    return known


def normal(number: str) -> str:
    """A number as it is kept and compared: capital letters and digits, without the blanks and hyphens of print."""
    return re.sub(r"[\s\-]", "", number).upper()


def checked(carrier_code: str, number: str, pointer: str = "") -> str:
    """The normal form of a carrier's waybill number (FUL-13).

    Args:
        pointer: where the waybill stands in the request, for the error ("/parcels/0").

    Raises:
        Invalid: unknown carrier, a number that the carrier does not print, or a check digit that shows a typing error.
    """
    known = carrier(carrier_code, f"{pointer}/carrier")
    text = normal(number)
    forms = [pattern for pattern in known.patterns if pattern.form.fullmatch(text)]
    if not forms or not any(c.isdigit() for c in text):
        looks = "; or ".join(pattern.looks for pattern in known.patterns)
        raise Invalid(FieldError(f"{pointer}/waybill", f"{known.name} waybills are {looks}"))
    wrong = [pattern.check(text) for pattern in forms if pattern.check and not _agrees(pattern.check(text))]
    if len(wrong) == len(forms):
        right, given = wrong[0]
        raise Invalid(FieldError(
            f"{pointer}/waybill",
            f"the check digit is {given}, but the other characters give {right}: one of them is mistyped",
        ))  # fmt: skip
    return text


def _agrees(digits: tuple[int, int]) -> bool:
    return digits[0] == digits[1]


def carries(code: str, number: str, reported: frozenset[str]) -> bool:
    """Whether a report about this number may be about a parcel of this carrier (the same number may exist elsewhere).

    Args:
        code: the shipment's carrier.
        reported: our codes of the carriers the report names; empty when it names none that we know.

    A postal number of the S10 form is unique in the world and changes hands at the border, so any postal operator may
    report it.
    """
    if not reported or code == "other" or code in reported:
        return True
    return _S10_FORM.fullmatch(number) is not None and any(CARRIERS[other].postal for other in reported)
