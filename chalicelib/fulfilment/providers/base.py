"""The port to a vendor of lockers (FUL-06): what a store asks of one, in the shop's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from chalicelib.core.errors import Conflict, Unavailable


class NoBoxFree(Conflict):
    """The locker has no free box that is large enough."""

    code: ClassVar[str] = "no-box-free"
    title: ClassVar[str] = "No box is free"


class UnknownBox(Unavailable):
    """No order has this box; its allocation may only not be visible yet."""

    code: ClassVar[str] = "unknown-box"
    title: ClassVar[str] = "No order has this box"


class BoxEvent(StrEnum):
    """What a locker can report about a box."""

    COLLECTED = "collected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class BoxNews:
    """One report; `reference` is the vendor's name of the allocation."""

    reference: str
    event: BoxEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCall:
    """A box to be allocated. The same `key` is the same allocation, however often it is asked for.

    Args:
        size: "small", "medium" or "large".
        code: what opens it, where the vendor takes a code of ours.
    """

    key: str
    locker: str
    size: str
    order_id: str
    code: str
    expires_at: datetime
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Box:
    """An allocated box.

    Args:
        box: its number, or "" while the machine has not chosen one.
        sends_code: the vendor makes the code and sends it to the customer himself; ours is not used.
    """

    reference: str
    box: str
    sends_code: bool


class Vendor(Protocol):
    """A vendor of lockers. `name` is in settings, addresses and kept pickups."""

    name: str

    def allocate(self, call: BoxCall) -> Box:
        """Reserve a box for an order's goods.

        Raises:
            NoBoxFree: none that is large enough.
            Unavailable: no answer; asking again with the same key is safe.
        """

    def confirm(self, locker: str, key: str) -> None:
        """The goods are in the box that was allocated under a key: it is wanted for good, and paid.

        Raises:
            Unavailable: no answer, or too early; asking again is safe.
        """

    def release(self, locker: str, key: str) -> None:
        """Free what was allocated under a key, whether or not anybody ever heard that it was.

        Raises:
            Unavailable: no answer; asking again is safe, and frees nothing else.
        """

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        """Believe a webhook or not, by its raw bytes; header names are in lower case.

        Raises:
            Forged: the signature is not right, or not of this moment.
            MissingSecret: there is nothing to verify with; never let through.
        """

    def read(self, raw: bytes) -> BoxNews | None:
        """What a verified webhook reports; None for news that changes nothing here.

        Raises:
            Invalid: not in the vendor's format.
        """
