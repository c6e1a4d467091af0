"""17TRACK, API v2: all carriers, one vocabulary.

A push is signed with plain SHA-256 over the body, a slash and the API key (header `sign`); it is not an HMAC. It
carries the whole journey each time. `TRACKING_STOPPED` says that 17TRACK has given the number up; it has no journey.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from chalicelib.core import outbound, secrets
from chalicelib.core.errors import Unavailable
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

REGISTER: Final = "https://api.17track.net/track/v2.2/register"
#: Error numbers of the register call: known already; the account's quota is used up (it comes back with the next day).
_ALREADY: Final = -18019901
_QUOTA: Final = frozenset({-18019907, -18019908})

MOVING: Final[Meaning] = (Status.IN_TRANSIT, None)
#: Main statuses, sub-statuses, and the short words of an event's `stage`.
WORDS: Final[Mapping[str, Meaning]] = {
    "NotFound": NOTHING,
    "NotFound_Other": NOTHING,
    "NotFound_InvalidCode": (None, Mark.PROBLEM),
    "InfoReceived": (Status.INFO_RECEIVED, None),
    "InTransit": MOVING,
    "InTransit_PickedUp": MOVING,
    "InTransit_Other": MOVING,
    "InTransit_Departure": MOVING,
    "InTransit_Arrival": MOVING,
    "InTransit_TransportDeparted": MOVING,
    "InTransit_TransportArrived": MOVING,
    "InTransit_CustomsProcessing": (Status.IN_TRANSIT, Mark.CUSTOMS_STARTED),
    "InTransit_CustomsReleased": (Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED),
    "InTransit_CustomsRequiringInformation": (Status.IN_TRANSIT, Mark.CUSTOMS_HELD),
    "Expired": (None, Mark.NO_NEWS),
    "Expired_Other": (None, Mark.NO_NEWS),
    "AvailableForPickup": (Status.READY_FOR_PICKUP, None),
    "AvailableForPickup_Other": (Status.READY_FOR_PICKUP, None),
    "OutForDelivery": (Status.OUT_FOR_DELIVERY, None),
    "OutForDelivery_Other": (Status.OUT_FOR_DELIVERY, None),
    "DeliveryFailure": (None, Mark.FAILED_ATTEMPT),
    "DeliveryFailure_Other": (None, Mark.FAILED_ATTEMPT),
    "DeliveryFailure_NoBody": (None, Mark.FAILED_ATTEMPT),
    "DeliveryFailure_Security": (None, Mark.FAILED_ATTEMPT),
    "DeliveryFailure_Rejected": (None, Mark.REFUSED),
    "DeliveryFailure_InvalidAddress": (None, Mark.WRONG_ADDRESS),
    "Delivered": (Status.DELIVERED, None),
    "Delivered_Other": (Status.DELIVERED, None),
    "Exception": (None, Mark.PROBLEM),
    "Exception_Other": (None, Mark.PROBLEM),
    "Exception_Returning": (None, Mark.RETURNING),
    "Exception_Returned": (None, Mark.RETURNED),
    "Exception_NoBody": (None, Mark.WRONG_ADDRESS),
    "Exception_Security": (None, Mark.PROBLEM),
    "Exception_Damage": (None, Mark.DAMAGED),
    "Exception_Rejected": (None, Mark.REFUSED),
    "Exception_Delayed": (None, Mark.DELAYED),
    "Exception_Lost": (None, Mark.LOST),
    "Exception_Destroyed": (None, Mark.DAMAGED),
    "Exception_Cancel": (None, Mark.CANCELLED),
    # stages
    "PickedUp": MOVING,
    "Departure": MOVING,
    "Arrival": MOVING,
    "CustomsProcessing": (Status.IN_TRANSIT, Mark.CUSTOMS_STARTED),
    "CustomsReleased": (Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED),
    "CustomsRequiringInformation": (Status.IN_TRANSIT, Mark.CUSTOMS_HELD),
    "Returning": (None, Mark.RETURNING),
    "Returned": (None, Mark.RETURNED),
}

_OURS: Final = {key: carrier.code for carrier in CARRIERS.values() for key in carrier.track17}


class _RawTime(msgspec.Struct):
    date: str | None = None
    time: str | None = None
    timezone: str | None = None


class _Event(msgspec.Struct):
    time_iso: str | None = None
    time_utc: str | None = None
    time_raw: _RawTime | None = None
    description: str | None = None
    location: str | None = None
    stage: str | None = None
    sub_status: str | None = None

    @property
    def stated(self) -> str:
        if self.time_iso or self.time_utc:
            return self.time_iso or self.time_utc or ""
        raw = self.time_raw
        return f"{raw.date}T{raw.time or '00:00:00'}{raw.timezone or ''}" if raw and raw.date else ""

    @property
    def what(self) -> tuple[str, str | None, str | None]:
        return self.stated, self.description, self.location


class _Latest(msgspec.Struct):
    status: str | None = None
    sub_status: str | None = None


class _Source(msgspec.Struct):
    key: int | None = None


class _Journey(msgspec.Struct):
    provider: _Source | None = None
    events: list[_Event] | None = None


class _Tracking(msgspec.Struct):
    providers: list[_Journey] | None = None


class _Info(msgspec.Struct):
    latest_status: _Latest | None = None
    latest_event: _Event | None = None
    tracking: _Tracking | None = None


class _Data(msgspec.Struct):
    number: str
    carrier: int | None = None
    track_info: _Info | None = None


class _Message(msgspec.Struct):
    event: str
    data: _Data


class SeventeenTrack:
    """The shop's first tracking service: it watches every parcel."""

    name = "17track"
    postal_only = False

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        given = headers.get("sign", "").strip().lower().encode()
        keys = secrets.candidates(self.name, "api_key")
        expected = [hashlib.sha256(raw + b"/" + key.encode()).hexdigest().encode() for key in keys]
        if not any(hmac.compare_digest(given, sign) for sign in expected):
            raise Forged

    def read(self, raw: bytes) -> Push | None:
        try:
            message = msgspec.json.decode(raw, type=_Message)
        except msgspec.DecodeError as error:
            raise Unreadable from error
        info = message.data.track_info
        if message.event != "TRACKING_UPDATED" or info is None:
            return None
        journeys = (info.tracking.providers if info.tracking else None) or []
        named = {message.data.carrier, *(journey.provider.key for journey in journeys if journey.provider)}
        reports = [_report(event, info) for journey in journeys for event in journey.events or []]
        latest = _latest(info)
        if latest is not None and latest not in reports:
            reports.append(latest)
        return Push(normal(message.data.number), frozenset(_OURS[key] for key in named if key in _OURS), tuple(reports))

    def register(self, registration: Registration) -> None:
        keys = CARRIERS[registration.carrier].track17
        item: dict[str, Any] = {"number": registration.waybill, "tag": registration.order_id}
        if keys:
            item["carrier"] = keys[0]
        (token, *_) = secrets.candidates(self.name, "api_key")
        answer = outbound.request(
            "POST", REGISTER, headers={"17token": token, "content-type": "application/json"},
            body=json.dumps([item]).encode(),
        )  # fmt: skip
        if answer.status != 200:
            raise Refused(f"HTTP {answer.status}")
        body = json.loads(answer.body)
        if body.get("code") != 0:
            raise Unavailable(f"17TRACK answers {body.get('code')}.")
        for rejected in body.get("data", {}).get("rejected", ()):
            code = rejected.get("error", {}).get("code")
            if code in _QUOTA:
                raise Unavailable("The quota of tracked numbers is used up.")
            if code != _ALREADY:
                raise Refused(f"17TRACK refuses the number: {code}.")


def _report(event: _Event, info: _Info) -> Report:
    """One event; the newest one has its exact word in `latest_status` when it does not carry it itself."""
    code = event.sub_status or event.stage or ""
    if not event.sub_status and info.latest_status and info.latest_event and event.what == info.latest_event.what:
        code = info.latest_status.sub_status or code
    return _told(event, code, event.stage or "")


def _latest(info: _Info) -> Report | None:
    """The parcel's main status: it may say what no event says, such as that nothing has come for long."""
    latest = info.latest_status
    if latest is None or not (latest.sub_status or latest.status):
        return None
    code = latest.sub_status or latest.status or ""
    if meaning(WORDS, code, latest.status or "") == NOTHING:
        return None
    return _told(info.latest_event or _Event(), code, latest.status or "")


def _told(event: _Event, code: str, fallback: str) -> Report:
    status, mark = meaning(WORDS, code, fallback)
    return Report(
        status, mark, event.stated, code, event.location or "", event.description or "",
        identity="" if event.stated else f"{event.description or ''}/{event.location or ''}",
    )  # fmt: skip
