"""News of lockers, and the keypad of the simulated one."""

from __future__ import annotations

from chalicelib.core.auth import PUBLIC, SIGNED
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import RuleRefused
from chalicelib.core.http import Id, Model, Request, Response
from chalicelib.core.secrets import MissingSecret
from chalicelib.core.signatures import Forged
from chalicelib.fulfilment import service
from chalicelib.fulfilment.providers import SIMULATOR

from .door import routes
from .pickup import Code

#: A locker's message is one object. Bytes.
LARGEST = 16 * 1024


class TypedCode(Model):
    """What a customer types at the locker."""

    code: Code


class OpenedBox(Model):
    """The box that opened."""

    box: str


@routes.post(
    "/webhooks/lockers/{vendor}", access=SIGNED, raw=True, commit=False, largest=LARGEST, errors=[Forged, MissingSecret]
)
def take_locker_message(request: Request, vendor: str) -> Response:
    """Take a locker's news: verify it, queue it, answer (FUL-06)."""
    service.receive(vendor, request.headers, request.raw_body, utc_now(), request.trace)
    return Response("ok", headers={"Content-Type": "text/plain"})


@routes.post("/sandbox/lockers/{locker}/open", access=PUBLIC, commit=False, errors=[RuleRefused])
def open_sandbox_box(request: Request, locker: Id, body: TypedCode) -> OpenedBox:
    """Type a code at the simulated locker. In production there is none."""
    return OpenedBox(box=SIMULATOR.open(locker, body.code))
