"""How much stock one caller may hold without having paid (ORD-07)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address

from chalicelib.core.errors import LimitExceeded, TooMany


class HoldsTooMuch(TooMany):
    """The unpaid orders and quotes of one internet address hold so much that this one would be too much beside them."""

    code, title = "holds-too-much", "Too many goods are held unpaid"

    @classmethod
    def of(cls, units: int, limit: int) -> HoldsTooMuch:
        return cls(
            "More goods are held unpaid from your internet address than the shop sets aside. "
            "Pay or cancel an order, or try again later.",
            rule="ORD-07", units=units, limit=limit,
        )  # fmt: skip


class MoreThanHeld(LimitExceeded):
    """A single order of more units than the shop holds without having been paid."""

    @classmethod
    def of(cls, units: int, limit: int) -> MoreThanHeld:
        return cls(f"One order takes at most {limit} units, and these are {units}.", units=units, limit=limit)


def network_of(address: str) -> str:
    """Whose an internet address is: of the sixth version the network of 64 bits, which one customer has all of; what
    is no address at all stands for itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a cart's quote has been counted with, so that asking again does not count it again.

    Args:
        source: digest of the internet address that asked.
        window: number of the fixed time window it was counted in.
    """

    source: str
    window: int
    units: int
