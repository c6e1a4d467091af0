"""InPost lockers by the ShipX API: shipments of the service `inpost_locker_standard` to one machine.

Documented at dokumentacja-inpost.atlassian.net (ShipX) and developers.inpost-group.com (signatures of webhooks):

- `POST /v1/organizations/{id}/shipments` with receiver, parcel template and `target_point` makes a shipment. ShipX has
  no idempotency key; the order's key travels as `reference`, and an allocation that was asked for before is found by
  it in the list of shipments, so that a lost answer makes no second parcel.
- A shipment is made with `only_choice_of_offer`, which stops it before it is paid: until `POST /v1/shipments/{id}/buy`
  it can be cancelled (`DELETE /v1/shipments/{id}`), from then on ShipX refuses with `invalid_action`.
- InPost sends its own code to the receiver's phone: ours is not used.
- A webhook is signed with HMAC-SHA256 over `{x-inpost-timestamp}.{body}`, Base64, header `x-inpost-signature`. Of the
  two forms that InPost offers this one is asked for at set-up, because it proves the time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from chalicelib.core import observe, outbound
from chalicelib.core.clock import read_time, stamp
from chalicelib.core.errors import FieldError, Invalid, Unavailable
from chalicelib.core.secrets import candidates, secret
from chalicelib.core.signatures import Forged

from .base import Box, BoxCall, BoxEvent, BoxNews, NoBoxFree

API: Final = "https://api-shipx-pl.easypack24.net"
SERVICE: Final = "inpost_locker_standard"
#: Seconds that a message's time may differ from ours, either way.
TOLERANCE: Final = 300
#: ShipX statuses that concern a box; all others are about the way there.
EVENTS: Final[Mapping[str, BoxEvent]] = {
    "delivered": BoxEvent.COLLECTED,
    "pickup_time_expired": BoxEvent.EXPIRED,
    "avizo": BoxEvent.EXPIRED,
    "returned_to_sender": BoxEvent.EXPIRED,
}
#: ShipX statuses before a shipment is paid.
CANCELLABLE: Final = frozenset({"created", "offers_prepared", "offer_selected"})
#: Errors of ShipX that mean: this machine cannot take it now.
_FULL: Final = frozenset({"target_point_not_available", "machine_overloaded"})


class InPost:
    """The adapter. Secret `inpost`: `token`, `organization_id`, `webhook_secret` (and `webhook_secret_previous`)."""

    name = "inpost"

    def allocate(self, call: BoxCall) -> Box:
        keys = secret(self.name)
        path = f"{API}/v1/organizations/{quote(keys['organization_id'], safe='')}/shipments"
        known = self._known(call.key)
        if known is not None:
            return Box(str(known["id"]), "", sends_code=True)
        made = self._ask("POST", path, keys["token"], {
            "service": SERVICE,
            "only_choice_of_offer": True,
            "reference": call.key,
            "receiver": {"email": call.email, "phone": call.phone[-9:]},
            "parcels": [{"template": call.size}],
            "custom_attributes": {"sending_method": "parcel_locker", "target_point": call.locker},
        })  # fmt: skip
        return Box(str(made["id"]), "", sends_code=True)

    def confirm(self, locker: str, key: str) -> None:
        """Pay for the shipment, once its offer has been worked out."""
        shipment = self._known(key)
        if shipment is None or shipment.get("status") not in CANCELLABLE:
            return
        offer = shipment.get("selected_offer")
        if shipment["status"] != "offer_selected" or not offer:
            raise Unavailable("InPost has not worked out its offer yet.")
        self._ask(
            "POST", f"{API}/v1/shipments/{shipment['id']}/buy", secret(self.name)["token"], {"offer_id": offer["id"]}
        )

    def release(self, locker: str, key: str) -> None:
        """Cancel a shipment that is not paid yet. What is paid and not collected InPost brings back by itself."""
        shipment = self._known(key)
        if shipment is None:
            return
        if shipment.get("status") in CANCELLABLE:
            self._ask("DELETE", f"{API}/v1/shipments/{shipment['id']}", secret(self.name)["token"])
        elif shipment.get("status") == "confirmed":  # paid, and nothing is in the machine: a person asks for the money
            observe.count("PaidBoxesUnused", vendor=self.name)

    def _known(self, key: str) -> dict[str, Any] | None:
        """The shipment that was made under a key and is not cancelled."""
        keys = secret(self.name)
        path = f"{API}/v1/organizations/{quote(keys['organization_id'], safe='')}/shipments"
        found = self._ask("GET", f"{path}?reference={quote(key, safe='')}", keys["token"])
        ours = (shipment for shipment in found.get("items", ()) if shipment.get("reference") == key)
        return next((shipment for shipment in ours if shipment.get("status") != "canceled"), None)

    def verify(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
        check_signature(headers, raw, candidates(self.name, "webhook_secret"), now)

    def read(self, raw: bytes) -> BoxNews | None:
        return read_news(raw)

    def _ask(self, method: str, url: str, token: str, body: Any = None) -> dict[str, Any]:
        answer = outbound.request(
            method, url, headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            body=json.dumps(body).encode() if body is not None else None, attempts=3 if method == "GET" else 1,
        )  # fmt: skip
        if answer.status == 204:
            return {}
        try:
            said = json.loads(answer.body)
        except ValueError as error:
            raise Unavailable("The locker's vendor does not answer in his format.") from error
        if answer.status >= 400 or not isinstance(said, dict):
            if isinstance(said, dict) and any(word in json.dumps(said) for word in _FULL):
                raise NoBoxFree("The locker is full. The desk takes the goods.")
            raise Unavailable("The locker's vendor does not take the order.")
        return said


def check_signature(headers: Mapping[str, str], raw: bytes, keys: Iterable[str], now: datetime) -> None:
    """Verify `x-inpost-signature` over the time and the raw body.

    Raises:
        Forged: a header is missing, the time is not now, or no key fits.
    """
    said, given = headers.get("x-inpost-timestamp", ""), headers.get("x-inpost-signature", "")
    try:
        moment = read_time(said)
    except ValueError as error:
        raise Forged("The message does not say when it was sent.") from error
    if abs((now - moment).total_seconds()) > TOLERANCE:
        raise Forged("The message is not of this moment.")
    if not any(hmac.compare_digest(given.encode(), _signature(said, raw, key)) for key in keys):
        raise Forged("The signature does not fit.")


def sign(raw: bytes, key: str, now: datetime) -> dict[str, str]:
    """The headers that InPost would send."""
    moment = stamp(now)
    return {"x-inpost-timestamp": moment, "x-inpost-signature": _signature(moment, raw, key).decode()}


def _signature(moment: str, raw: bytes, key: str) -> bytes:
    return base64.b64encode(hmac.digest(key.encode(), moment.encode() + b"." + raw, hashlib.sha256))


def read_news(raw: bytes) -> BoxNews | None:
    """What a `shipment_status_changed` says about a box.

    Raises:
        Invalid: not in the format.
    """
    try:
        message = json.loads(raw)
        if message["event"] != "shipment_status_changed":
            return None
        reference, status = str(message["payload"]["shipment_id"]), message["payload"]["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(FieldError("", "is not a message of ShipX")) from error
    event = EVENTS.get(status)
    return BoxNews(reference, event) if event else None
