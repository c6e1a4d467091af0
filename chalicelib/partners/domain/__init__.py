"""The rules of the port to stores' systems: endpoints, messages and their order, retries, reports."""

from .delivery import (
    SEND,
    Attempt,
    Delivery,
    DeliveryState,
    Failed,
    Lane,
    Replay,
    StillWaiting,
    waits,
    wish_of,
)
from .endpoint import Connected, Disabled, Endpoint, Health, RotationUnderWay
from .events import EndpointDisabled, ReplayRequested, WebhookRequested
from .messages import WITH_ORDER, Message, MessageType, Told, messages_to, payload, snapshot, stores_in
from .reports import Reported, Step

__all__ = [
    "SEND", "WITH_ORDER", "Attempt", "Connected", "Delivery", "DeliveryState", "Disabled", "Endpoint",
    "EndpointDisabled", "Failed", "Health", "Lane", "Message", "MessageType", "Replay", "ReplayRequested", "Reported",
    "RotationUnderWay", "Step", "StillWaiting", "Told", "WebhookRequested", "messages_to", "payload", "snapshot",
    "stores_in", "waits", "wish_of",
]  # fmt: skip
