"""A locker of our own for every stage but production, which speaks as InPost's do, down to signed webhooks.

What it keeps is the vendor's side, apart from the shop's (`SANDBOX#LOCKER#<name>`): its boxes and what is in them. The
shop learns of it as of any vendor's: by webhook. Its customers type the code that the shop has chosen.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from chalicelib.core import config, observe, outbound
from chalicelib.core.clock import stamp, utc_now
from chalicelib.core.errors import NotFound, RuleRefused, Unavailable
from chalicelib.core.events import Actor
from chalicelib.core.ids import digest, is_id
from chalicelib.core.secrets import candidates
from chalicelib.core.table import Key, Kind
from chalicelib.core.unit_of_work import UnitOfWork, run

from .base import Box, BoxCall, BoxNews, NoBoxFree
from .inpost import check_signature, read_news, sign

R = TypeVar("R")

_ACTOR: Final = Actor("provider", "locker")
#: How many boxes of each size a simulated locker has, the smallest first.
BOXES: Final = (("small", 6), ("medium", 4), ("large", 2))


@dataclass(frozen=True, slots=True)
class Held:
    """What is in a box; the code is kept as a digest here as well."""

    key: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Machine:
    """A locker with its boxes, by number; an empty one is not listed."""

    name: str
    held: dict[str, Held]

    def without_expired(self, now: datetime) -> Machine:
        """The locker when its courier has emptied what nobody can open any more."""
        return replace(self, held={box: held for box, held in self.held.items() if now < held.expires_at})

    def free(self, size: str) -> str | None:
        """The smallest free box that is at least of a size."""
        sizes = [name for name, _ in BOXES]
        for name, count in BOXES[sizes.index(size) :]:
            for number in range(1, count + 1):
                if (box := f"{name[0].upper()}{number}") not in self.held:
                    return box
        return None

    def box_of(self, key: str) -> str | None:
        """The box that was allocated under a key."""
        return next((box for box, held in self.held.items() if held.key == key), None)


MACHINE: Final[Kind[Machine]] = Kind(
    "sandbox_locker", Machine,
    key=lambda name: Key(f"SANDBOX#LOCKER#{name}", "MACHINE"),
    of=lambda machine: Key(f"SANDBOX#LOCKER#{machine.name}", "MACHINE"),
)  # fmt: skip


class Simulator:
    """The adapter, and the locker behind it. It signs with the secret `sandbox`, field `webhook_secret`."""

    name = "sandbox"

    # The shop's side

    def allocate(self, call: BoxCall) -> Box:
        def command(uow: UnitOfWork) -> str:
            machine = (uow.find(MACHINE, call.locker) or Machine(call.locker, {})).without_expired(uow.now)
            box = machine.box_of(call.key) or machine.free(call.size)
            if box is None:
                raise NoBoxFree("The locker is full. The desk takes the goods.")
            held = Held(call.key, _digest(call.locker, call.code), call.expires_at)
            uow.put(MACHINE, replace(machine, held={**machine.held, box: held}))
            return box

        return Box(call.key, _run(command), sends_code=False)

    def confirm(self, locker: str, key: str) -> None:
        """Nothing is paid for: an allocation is wanted for good from the beginning."""

    def release(self, locker: str, key: str) -> None:
        def command(uow: UnitOfWork) -> None:
            machine = uow.find(MACHINE, locker)
            box = machine.box_of(key) if machine else None
            if machine and box:
                uow.put(MACHINE, replace(machine, held={n: h for n, h in machine.held.items() if n != box}))

        _run(command)

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        check_signature(headers, raw, candidates(self.name, "webhook_secret"), now)

    def read(self, raw: bytes) -> BoxNews | None:
        return read_news(raw)

    # The locker's side

    def open(self, locker: str, code: str) -> str:
        """A customer types a code: the box opens, and the shop is told. The number of the box.

        Raises:
            NotFound: there is no such locker; in production there never is.
            RuleRefused: no box opens with this code (any more).
        """
        if config.is_production() or not is_id(locker):
            raise NotFound("locker", locker)

        def command(uow: UnitOfWork) -> tuple[str, str]:
            machine, wanted = uow.get(MACHINE, locker), _digest(locker, code)
            for box, held in machine.held.items():
                if hmac.compare_digest(held.code, wanted) and uow.now < held.expires_at:
                    uow.put(MACHINE, replace(machine, held={n: h for n, h in machine.held.items() if n != box}))
                    return box, held.key
            raise RuleRefused("No box opens with this code.", rule="FUL-01")

        box, key = _run(command)
        self.tell(key, "delivered")
        return box

    def tell(self, reference: str, status: str) -> None:
        """Send the shop a signed webhook; one that is lost is made up for by the order's own deadline."""
        message = {
            "event_ts": stamp(utc_now()), "event": "shipment_status_changed", "organization_id": 1,
            "payload": {"shipment_id": reference, "status": status, "tracking_number": reference},
        }  # fmt: skip
        raw = json.dumps(message).encode()
        key = candidates(self.name, "webhook_secret")[0]
        headers = {"Content-Type": "application/json", **sign(raw, key, utc_now())}
        try:
            answer = outbound.request(
                "POST", f"{config.public_url()}/webhooks/lockers/{self.name}", headers=headers, body=raw, attempts=2
            )
            delivered = answer.status < 300
        except Unavailable:
            delivered = False
        if not delivered:
            observe.count("SandboxWebhooksLost")


def _digest(locker: str, code: str) -> str:
    return digest(f"{locker}/{code}")


def _run(command: Callable[[UnitOfWork], R]) -> R:
    """The vendor's own transaction: it is no part of the shop's."""
    return run(command, lambda: UnitOfWork(utc_now(), _ACTOR))
