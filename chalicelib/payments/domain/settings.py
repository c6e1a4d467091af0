"""The numbers of payments that the business may change."""

from __future__ import annotations

from typing import Final

from chalicelib.core.settings import Setting

PROVIDERS: Final = Setting(
    "payments.providers", "stripe,sandbox", unit="provider names, best first", rule="PAY-30", own=True,
    form=r"[a-z]+(, ?[a-z]+)*",
    doc="Which providers are tried, in this order, for a method that several offer.",
)  # fmt: skip
SESSION_MINUTES: Final = Setting(
    "payments.session_minutes", 30, unit="minutes", rule="PAY-07", own=True,
    doc="How long a payment page stays open when the order does not say until when it waits.",
)  # fmt: skip
ASK_AFTER: Final = Setting(
    "payments.ask_after_minutes", 15, unit="minutes", rule="PAY-08", own=True,
    doc="After how long without news the provider is asked how a payment stands; doubles at each further time.",
)  # fmt: skip
PART_MINIMUM: Final = Setting(
    "payments.part_minimum", 1000, unit="minor units of the order's currency", rule="ORD-12", own=True,
    doc="The smallest part of an order that is paid by itself, and the smallest rest that a part may leave.",
)  # fmt: skip
TOP_UP_LEAST: Final = Setting(
    "payments.top_up_least", 1000, unit="minor units of the market's currency", rule="BAL-03", own=True,
    doc="The smallest amount that a customer pays in to the balance account at once.",
)  # fmt: skip
TOP_UP_MOST: Final = Setting(
    "payments.top_up_most", 500_000, unit="minor units of the market's currency", rule="BAL-03", own=True,
    doc="The largest amount that a customer pays in to the balance account at once.",
)  # fmt: skip
TOP_UP_PAY_BY: Final = Setting(
    "payments.top_up_pay_by_minutes", 30, unit="minutes", rule="BAL-03", own=True,
    doc="How long a top-up of the balance account waits for its payment.",
)  # fmt: skip
MATCH_ATTEMPTS: Final = Setting(
    "payments.match_attempts", 3, unit="deliveries", rule="PAY-09", own=True,
    doc="How often a message about an order that cannot be seen is delivered before its money counts as unmatched.",
)  # fmt: skip
GIVE_BACK_AFTER: Final = Setting(
    "payments.give_back_unmatched_after_hours", 24, unit="hours", rule="PAY-09", own=True,
    doc="After how long money that belongs to no order goes back by itself.",
)  # fmt: skip
