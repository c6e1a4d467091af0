"""AfterShip Tracking: fills the gaps in the journey of postal parcels (LOG-17).

A push is signed with HMAC-SHA256 over the body, base64 (header `aftership-hmac-sha256`). Checkpoint times are the local
time of the checkpoint, often without an offset: see `scans.scan` for how those are read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Final

import msgspec

from chalicelib.core import outbound, secrets
from chalicelib.core.signatures import Forged
from chalicelib.shipping.domain.scans import Mark, Status
from chalicelib.shipping.domain.waybills import CARRIERS, normal
from chalicelib.tracking.domain import (
    NOTHING,
    Meaning,
    Push,
    Refused,
    Registration,
    Report,
    Unreadable,
    meaning,
)

REGISTER: Final = "https://api.aftership.com/tracking/2026-07/trackings"
#: Error number of the create call: the tracking exists already.
_ALREADY: Final = 4003

MOVING: Final[Meaning] = (Status.IN_TRANSIT, None)
OUT: Final[Meaning] = (Status.OUT_FOR_DELIVERY, None)
ARRIVED: Final[Meaning] = (Status.DELIVERED, None)
FAILED: Final[Meaning] = (None, Mark.FAILED_ATTEMPT)
LATE: Final[Meaning] = (None, Mark.DELAYED)
#: Tags and sub-tags (`Exception_013`).
WORDS: Final[Mapping[str, Meaning]] = {
    "Pending": NOTHING,
    "InfoReceived": (Status.INFO_RECEIVED, None),
    "InfoReceived_001": (Status.INFO_RECEIVED, None),
    "InTransit": MOVING,
    "InTransit_001": MOVING,
    "InTransit_002": MOVING,  # accepted by the carrier
    "InTransit_003": MOVING,  # arrival scan
    "InTransit_004": MOVING,  # arrived in the destination country
    "InTransit_005": (Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED),
    "InTransit_006": (Status.IN_TRANSIT, Mark.CUSTOMS_STARTED),
    "InTransit_007": MOVING,  # departure scan
    "InTransit_008": MOVING,  # problem resolved
    "InTransit_009": MOVING,  # forwarded to another address
    "OutForDelivery": OUT,
    "OutForDelivery_001": OUT,
    "OutForDelivery_003": OUT,  # the customer has been contacted
    "OutForDelivery_004": OUT,  # an appointment is made
    "AttemptFail": FAILED,
    "AttemptFail_001": FAILED,
    "AttemptFail_002": FAILED,  # nobody there
    "AttemptFail_003": FAILED,  # business closed
    "AvailableForPickup": (Status.READY_FOR_PICKUP, None),
    "AvailableForPickup_001": (Status.READY_FOR_PICKUP, None),
    "Delivered": ARRIVED,
    "Delivered_001": ARRIVED,
    "Delivered_002": ARRIVED,  # collected by the customer
    "Delivered_003": ARRIVED,  # signed for
    "Delivered_004": ARRIVED,  # cash on delivery received
    "Delivered_005": ARRIVED,  # with a neighbour
    "Expired": (None, Mark.NO_NEWS),
    "Expired_001": (None, Mark.NO_NEWS),
    "Exception": (None, Mark.PROBLEM),
    "Exception_001": (None, Mark.PROBLEM),
    "Exception_002": (None, Mark.WRONG_ADDRESS),  # the customer has moved
    "Exception_003": (None, Mark.REFUSED),
    "Exception_004": (None, Mark.CUSTOMS_HELD),
    "Exception_005": LATE,
    "Exception_006": (None, Mark.HELD_FOR_PAYMENT),
    "Exception_007": (None, Mark.WRONG_ADDRESS),
    "Exception_008": (None, Mark.NOT_COLLECTED),
    "Exception_009": (None, Mark.PROBLEM),  # the carrier does not take it
    "Exception_010": (None, Mark.RETURNING),
    "Exception_011": (None, Mark.RETURNED),
    "Exception_012": (None, Mark.DAMAGED),
    "Exception_013": (None, Mark.LOST),
    "Exception_016": LATE,  # in the carrier's network
    "Exception_017": LATE,  # weather
    "Exception_018": (None, Mark.CUSTOMS_HELD),  # documents wrong or missing
    "Exception_019": LATE,  # flight
    "Exception_020": (None, Mark.CANCELLED),
    "Exception_021": (None, Mark.DAMAGED),  # disposed of
}

_OURS: Final = {slug: carrier.code for carrier in CARRIERS.values() for slug in carrier.aftership}


class _Checkpoint(msgspec.Struct):
    checkpoint_time: str | None = None
    message: str | None = None
    location: str | None = None
    city: str | None = None
    country_name: str | None = None
    country_region_name: str | None = None
    slug: str | None = None
    tag: str | None = None
    subtag: str | None = None

    @property
    def place(self) -> str:
        country = self.country_region_name or self.country_name
        return self.location or ", ".join(part for part in (self.city, country) if part)


class _Tracking(msgspec.Struct):
    tracking_number: str
    slug: str | None = None
    tag: str | None = None
    subtag: str | None = None
    checkpoints: list[_Checkpoint] | None = None


class _Message(msgspec.Struct):
    event: str
    msg: _Tracking


class _Envelope(msgspec.Struct):
    event: str


class AfterShip:
    """The second tracking service, for postal parcels."""

    name = "aftership"
    postal_only = True

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        given = headers.get("aftership-hmac-sha256", "").strip().encode()
        keys = secrets.candidates(self.name, "webhook_secret")
        expected = [base64.b64encode(hmac.digest(key.encode(), raw, hashlib.sha256)) for key in keys]
        if not any(hmac.compare_digest(given, signature) for signature in expected):
            raise Forged

    def read(self, raw: bytes) -> Push | None:
        try:
            if msgspec.json.decode(raw, type=_Envelope).event != "tracking_update":
                return None
            tracking = msgspec.json.decode(raw, type=_Message).msg
        except msgspec.DecodeError as error:
            raise Unreadable from error
        checkpoints = tracking.checkpoints or []
        slugs = {tracking.slug, *(checkpoint.slug for checkpoint in checkpoints)}
        reports = [_report(checkpoint) for checkpoint in checkpoints]
        code = tracking.subtag or tracking.tag or ""
        status, mark = meaning(WORDS, code, tracking.tag or "")
        if (status, mark) != NOTHING and all((r.status, r.mark) != (status, mark) for r in reports):
            newest = checkpoints[-1] if checkpoints else _Checkpoint()
            reports.append(_report(newest, code, tracking.tag or ""))
        return Push(
            normal(tracking.tracking_number), frozenset(_OURS[slug] for slug in slugs if slug in _OURS), tuple(reports)
        )

    def register(self, registration: Registration) -> None:
        body = {"tracking_number": registration.waybill, "order_number": registration.order_id,
                "destination_country_region": registration.destination}  # fmt: skip
        slugs = CARRIERS[registration.carrier].aftership
        if slugs:
            body["slug"] = slugs[0]
        (key, *_) = secrets.candidates(self.name, "api_key")
        answer = outbound.request(
            "POST", REGISTER, headers={"as-api-key": key, "content-type": "application/json"},
            body=json.dumps({name: value for name, value in body.items() if value}).encode(),
        )  # fmt: skip
        if answer.status in (200, 201):
            return
        code = json.loads(answer.body or b"{}").get("meta", {}).get("code")
        if code != _ALREADY:
            raise Refused(f"AfterShip refuses the number: {code or answer.status}.")


def _report(checkpoint: _Checkpoint, code: str = "", tag: str = "") -> Report:
    code = code or checkpoint.subtag or checkpoint.tag or ""
    status, mark = meaning(WORDS, code, tag or checkpoint.tag or "")
    stated, text = checkpoint.checkpoint_time or "", checkpoint.message or ""
    return Report(
        status, mark, stated, code, checkpoint.place, text, identity="" if stated else f"{text}/{checkpoint.place}"
    )
