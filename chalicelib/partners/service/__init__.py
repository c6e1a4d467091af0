"""The use cases of the port to stores' systems."""

from .endpoints import Known, Revealed, list_of, reveal, rotate, save
from .endpoints import find as find_endpoint
from .queueing import Begin, queue
from .replaying import EndpointIsDisabled, find, go_on, replay, replay_failed
from .reporting import Report, sender_of, take
from .sending import deliver, send_late

__all__ = [
    "Begin", "EndpointIsDisabled", "Known", "Report", "Revealed", "deliver", "find", "find_endpoint", "go_on",
    "list_of", "queue", "replay", "replay_failed", "reveal", "rotate", "save", "send_late", "sender_of", "take",
]  # fmt: skip
