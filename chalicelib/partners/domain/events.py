"""What this room tells: its own work to itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.events import event


@event("webhook.requested")
@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequested:
    """A message to a store's system is to be sent now. An older `turn` than the message's own is no longer wanted."""

    store: str
    endpoint: str
    delivery_id: str
    turn: int


@event("webhook.replay_requested")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequested:
    """Failed messages of an endpoint are to be sent again, from the position that the replay has reached."""

    store: str
    endpoint: str
    replay_id: str
    step: int


@event("endpoint.disabled")
@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDisabled:
    """Nothing is sent to a store's endpoint any more: `gone`, or `failing` since the time named."""

    store: str
    endpoint: str
    reason: str
    since: datetime
