"""Every waybill that leaves is registered with the tracking services that are for it (FUL-13, LOG-17)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core import config, outbound, secrets
from chalicelib.core.errors import Unavailable
from chalicelib.core.outbound import Answer
from chalicelib.tracking import service
from chalicelib.tracking.domain import Refused, Registration
from chalicelib.tracking.providers import PROVIDERS

PARCEL = Registration("RR473124829CN", "china-post", "C7K2Q0M9VX4TBT", "DE")
ACCEPTED = {"code": 0, "data": {"accepted": [{"number": "RR473124829CN", "carrier": 3011}], "rejected": []}}


def rejected(code: int) -> dict[str, Any]:
    return {"code": 0, "data": {"accepted": [], "rejected": [{"number": "RR473124829CN", "error": {"code": code}}]}}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str], Any]]:
    sent: list[tuple[str, dict[str, str], Any]] = []

    def request(method: str, url: str, *, headers: dict[str, str], body: bytes, **_: Any) -> Answer:
        sent.append((url, headers, json.loads(body)))
        return Answer(200, {}, json.dumps(ACCEPTED).encode())

    monkeypatch.setattr(outbound, "request", request)
    monkeypatch.setattr(secrets, "candidates", lambda name, field: (f"{name}-{field}",))
    monkeypatch.setattr(config, "is_production", lambda: True)
    return sent


def answer(monkeypatch: pytest.MonkeyPatch, status: int, body: Any) -> None:
    monkeypatch.setattr(outbound, "request", lambda *_, **__: Answer(status, {}, json.dumps(body).encode()))


def test_a_postal_parcel_is_watched_by_both_services_log_17(said: list[Any]) -> None:
    service.register(PARCEL, postal=True)
    (first, second) = said
    assert first[0] == "https://api.17track.net/track/v2.2/register"
    assert first[1]["17token"] == "17track-api_key"
    assert first[2] == [{"number": "RR473124829CN", "tag": "C7K2Q0M9VX4TBT", "carrier": 3011}]
    assert second[1]["as-api-key"] == "aftership-api_key"
    assert second[2] == {
        "tracking_number": "RR473124829CN", "order_number": "C7K2Q0M9VX4TBT", "destination_country_region": "DE",
        "slug": "china-post",
    }  # fmt: skip


def test_any_other_parcel_is_watched_by_the_first_service(said: list[Any]) -> None:
    service.register(Registration("1Z999AA10123456784", "ups", "C7K2Q0M9VX4TBT", "US"), postal=False)
    assert [url for url, _, _ in said] == ["https://api.17track.net/track/v2.2/register"]


def test_parcels_of_a_test_stage_are_not_registered(said: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "is_production", lambda: False)
    service.register(PARCEL, postal=True)
    assert said == []


def test_a_number_known_already_is_as_good_as_registered(said: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, 200, rejected(-18019901))
    PROVIDERS["17track"].register(PARCEL)
    answer(monkeypatch, 400, {"meta": {"code": 4003}})
    PROVIDERS["aftership"].register(PARCEL)


@pytest.mark.parametrize(
    ("body", "error"), [(rejected(-18019908), Unavailable), (rejected(-18010012), Refused), ({"code": -1}, Unavailable)]
)
def test_a_refusal_is_never_passed_over(
    said: list[Any], monkeypatch: pytest.MonkeyPatch, body: Any, error: type[Exception]
) -> None:
    answer(monkeypatch, 200, body)
    with pytest.raises(error):
        PROVIDERS["17track"].register(PARCEL)
