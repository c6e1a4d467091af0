"""The numbers of this room that the business may change."""

from __future__ import annotations

from typing import Final

from chalicelib.core.settings import Setting

_NO: Final = False

ENDPOINTS: Final = Setting(
    "partners.endpoints_per_store", 5, unit="endpoints", rule="RTE-04", own=True,
    doc="How many endpoints a store may have.",
)  # fmt: skip
RETRY_AFTER: Final = Setting(
    "partners.retry_after_minutes", "1 5 15 30 60 120 240 480 480", unit="minutes, one after the other", rule="RTE-04",
    form=r"[0-9]{1,5}( [0-9]{1,5})*",
    own=True, doc="How long to wait after each try of a message that was not taken; after the last one it has failed.",
)  # fmt: skip
ANSWER_WITHIN: Final = Setting(
    "partners.answer_within_seconds", 5, unit="seconds", rule="RTE-04", own=True,
    doc="A receiver that has not answered by then counts as one that does not answer.",
)  # fmt: skip
BREAK_AFTER: Final = Setting(
    "partners.failures_before_pause", 5, unit="failures in a row", rule="RTE-04", own=True,
    doc="From then on one message at a time is tried at an endpoint; all others wait without costing anybody time.",
)  # fmt: skip
PROBE_AFTER: Final = Setting(
    "partners.probe_after_seconds", 30, unit="seconds", rule="RTE-04", own=True,
    doc="How long after such a failure the next message is tried; doubled with each further failure, an hour at most.",
)  # fmt: skip
TELL_AFTER: Final = Setting(
    "partners.tell_after_minutes", 30, unit="minutes", rule="RTE-04", own=True,
    doc="An endpoint that has failed for so long raises an alarm.",
)  # fmt: skip
DISABLE_AFTER: Final = Setting(
    "partners.disable_after_hours", 24, unit="hours", rule="RTE-04", own=True,
    doc="An endpoint that has failed for so long is disabled; what it missed can be replayed.",
)  # fmt: skip
SECRETS_OVERLAP: Final = Setting(
    "partners.secrets_overlap_hours", 24, unit="hours", rule="RTE-04", own=True,
    doc="How long the former secret of an endpoint counts beside the new one.",
)  # fmt: skip
KEEP: Final = Setting(
    "partners.keep_deliveries_days", 30, unit="days", rule="RTE-04", own=True,
    doc="How long a message and its attempts can be looked at and replayed.",
)  # fmt: skip
ASK_AGAIN: Final = Setting(
    "partners.request_again_minutes", 15, unit="minutes", rule="RTE-04", own=True,
    doc="A message that nobody has sent by then, because its request was lost, is requested again.",
)  # fmt: skip
LOOPBACK: Final = Setting(
    "partners.loopback_receivers", _NO, unit="yes or no", rule="RTE-04", own=True,
    doc="Whether endpoints may be on this machine itself; has an effect on the local stage only.",
)  # fmt: skip
