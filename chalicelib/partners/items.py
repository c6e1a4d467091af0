"""How endpoints are kept, a store's together, and their messages, each endpoint's in a partition of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.core.clock import stamp
from chalicelib.core.table import Index, Key, Kind

from .domain import Connected, Delivery, DeliveryState, Endpoint, Failed, Health, Lane, Replay


@dataclass(frozen=True, slots=True)
class DeliveryCard:
    """A message in a list."""

    id: str
    order_id: str
    type: str
    state: DeliveryState
    created_at: datetime
    tries: int
    status: int
    failed_for: Failed | None

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryCard:
        last = delivery.attempts[-1].status if delivery.attempts else 0
        return cls(
            delivery.id, delivery.order_id, delivery.type, delivery.state, delivery.created_at, delivery.tries, last,
            delivery.failed_for,
        )  # fmt: skip


def deliveries_of(store: str, endpoint: str, state: DeliveryState | None = None) -> str:
    """The messages of an endpoint by time: all (gsi1), or those in one state (gsi2)."""
    return f"DELIVERIES#{store}#{endpoint}" + (f"#{state}" if state else "")


def place_of(delivery: Delivery) -> str:
    """Where a message stands in the lists."""
    return f"{stamp(delivery.created_at)}#{delivery.id}"


def _index(delivery: Delivery) -> Index:
    place = place_of(delivery)
    return Index(
        gsi1=(deliveries_of(delivery.store, delivery.endpoint), place),
        gsi2=(deliveries_of(delivery.store, delivery.endpoint, delivery.state), place),
        due=delivery.deadlines,
        expires=None if delivery.is_waiting else delivery.keep_until,
    )


ENDPOINT: Final[Kind[Endpoint]] = Kind(
    "endpoint",
    Endpoint,
    key=lambda store, name: Key(f"PARTNER#{store}", f"ENDPOINT#{name}"),
    of=lambda endpoint: Key(f"PARTNER#{endpoint.store}", f"ENDPOINT#{endpoint.name}"),
)
CONNECTED: Final[Kind[Connected]] = Kind(
    "connected_stores",
    Connected,
    key=lambda: Key("PARTNERS", "CONNECTED"),
    of=lambda _: Key("PARTNERS", "CONNECTED"),
)
HEALTH: Final[Kind[Health]] = Kind(
    "endpoint_health",
    Health,
    key=lambda store, name: Key(f"PARTNER#{store}", f"HEALTH#{name}"),
    of=lambda health: Key(f"PARTNER#{health.store}", f"HEALTH#{health.endpoint}"),
)
DELIVERY: Final[Kind[Delivery]] = Kind(
    "webhook",
    Delivery,
    key=lambda store, endpoint, delivery_id: Key(f"PARTNER#{store}#{endpoint}", f"WEBHOOK#{delivery_id}"),
    of=lambda one: Key(f"PARTNER#{one.store}#{one.endpoint}", f"WEBHOOK#{one.id}"),
    index=_index,
    card=DeliveryCard.of,
    card_type=DeliveryCard,
)
LANE: Final[Kind[Lane]] = Kind(
    "webhook_lane",
    Lane,
    key=lambda store, endpoint, order_id: Key(f"PARTNER#{store}#{endpoint}", f"LANE#{order_id}"),
    of=lambda lane: Key(f"PARTNER#{lane.store}#{lane.endpoint}", f"LANE#{lane.order_id}"),
)
REPLAY: Final[Kind[Replay]] = Kind(
    "webhook_replay",
    Replay,
    key=lambda store, endpoint, replay_id: Key(f"PARTNER#{store}#{endpoint}", f"REPLAY#{replay_id}"),
    of=lambda replay: Key(f"PARTNER#{replay.store}#{replay.endpoint}", f"REPLAY#{replay.id}"),
)
