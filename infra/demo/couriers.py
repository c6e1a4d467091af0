"""What the tracking services push: their sample messages about a parcel of this run, signed as they sign."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3

from infra.build.paths import ROOT, region

from .shop import Caller

_SAMPLES: Final = ROOT / "events/webhooks"


def push_17track(guest: Caller, sample: str, number: str) -> None:
    """One of 17TRACK's samples, about this parcel and this moment."""
    push = _sample("17track", sample)
    push["data"]["number"] = number
    now = datetime.now(UTC).replace(microsecond=0)
    times = {"time_utc": now.isoformat().replace("+00:00", "Z"), "time_iso": now.isoformat()}
    body = _written(_at(push, times))
    sign = hashlib.sha256(body + b"/" + _key("17track", "api_key")).hexdigest()
    guest.call("POST", "/webhooks/couriers/17track", raw=body, headers={"sign": sign})


def push_aftership(guest: Caller, sample: str, number: str, begun: datetime) -> None:
    """One of AfterShip's samples, about this parcel; its journey began then and has a checkpoint every minute."""
    push = _sample("aftership", sample)
    push |= {"event_id": secrets.token_hex(16), "ts": int(datetime.now(UTC).timestamp())}
    push["msg"] |= {"tracking_number": number, "title": number}
    for minutes, checkpoint in enumerate(push["msg"]["checkpoints"]):
        checkpoint["checkpoint_time"] = (begun + timedelta(minutes=minutes)).isoformat(timespec="seconds")
    body = _written(push)
    sign = base64.b64encode(hmac.digest(_key("aftership", "webhook_secret"), body, "sha256")).decode()
    guest.call("POST", "/webhooks/couriers/aftership", raw=body, headers={"aftership-hmac-sha256": sign})


def _sample(service: str, name: str) -> Any:
    return json.loads((_SAMPLES / service / f"{name}.json").read_text())


def _written(push: Any) -> bytes:
    return json.dumps(push, ensure_ascii=False).encode()


def _key(service: str, name: str) -> bytes:
    """The shared key; it is put into the local secrets if the shop has none yet."""
    client = boto3.client("secretsmanager", region_name=region())
    secret = f"caravan/local/{service}"
    try:
        kept = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
    except (client.exceptions.ResourceNotFoundException, ValueError):  # none yet, or nothing in it
        kept = {}
    if name not in kept:
        kept[name] = secrets.token_hex(16)
        client.put_secret_value(SecretId=secret, SecretString=json.dumps(kept))
    key: str = kept[name]
    return key.encode()


def _at(value: Any, times: dict[str, str]) -> Any:
    """The same journey with the times in it set to these."""
    if isinstance(value, dict):
        return {name: times[name] if name in times and inner else _at(inner, times) for name, inner in value.items()}
    return [_at(inner, times) for inner in value] if isinstance(value, list) else value
