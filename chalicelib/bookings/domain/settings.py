"""The numbers of the merchant alliance that the business may change."""

from __future__ import annotations

from typing import Final

from chalicelib.core.settings import Setting

INVITATION_TRIES: Final = Setting(
    "bookings.invitation_tries", 10, unit="wrong secrets per merchant", rule="ALY-01", own=True,
    doc="How many wrong secrets of an invitation are taken within the time below.",
)  # fmt: skip
INVITATION_WINDOW: Final = Setting(
    "bookings.invitation_tries_within_minutes", 60, unit="minutes", rule="ALY-01", own=True,
    doc="For how long wrong secrets of an invitation are counted together, and nobody registers after too many.",
)  # fmt: skip
PAY_BY: Final = Setting(
    "bookings.pay_by_minutes", 30, unit="minutes", rule="ALY-04", own=True,
    doc="How long a place is kept for a prepayment; then the booking is cancelled.",
)  # fmt: skip
ANSWER_BY: Final = Setting(
    "bookings.answer_by_hours", 24, unit="hours", rule="ALY-05", own=True,
    doc="How long a merchant has to confirm a booking, the appointment at the latest, before staff are told (AMB-20).",
)  # fmt: skip
CONFIRM_BY: Final = Setting(
    "bookings.confirm_by_minutes", 0, unit="minutes before the appointment", rule="AMB-20", own=True,
    doc="Until when a merchant can confirm a booking. One that is not confirmed by then ends by itself and its "
    "prepayment is back on the balance; one that comes in later can be confirmed until the appointment begins.",
)  # fmt: skip
REPORT_BY: Final = Setting(
    "bookings.report_by_hours", 24, unit="hours after the appointment", rule="ALY-06", own=True,
    doc="How long a merchant has to say whether the customer came, before staff are told (AMB-20).",
)  # fmt: skip
REMARK_BY: Final = Setting(
    "bookings.remark_by_hours", 48, unit="hours after the report", rule="ALY-08", own=True,
    doc="How long a merchant has to fill in the remarks, before staff are told (AMB-20).",
)  # fmt: skip
CONSUME_EARLY: Final = Setting(
    "bookings.consume_early_minutes", 30, unit="minutes before the appointment", rule="ALY-06", own=True,
    doc="How early a merchant may report that the customer came and consumed.",
)  # fmt: skip
NO_SHOW_AFTER: Final = Setting(
    "bookings.no_show_after_minutes", 15, unit="minutes after the appointment began", rule="ALY-10", own=True,
    doc="From when on a customer who is not there may be reported as not having come.",
)  # fmt: skip
REFUND_DAYS: Final = Setting(
    "bookings.no_show_refund_working_days", 3, unit="working days of the merchant's country", rule="ALY-09",
    doc="Within how many working days after a missed appointment its prepayment is on the customer's balance; counted "
    "from the appointment, whether the merchant reports or not.",
)  # fmt: skip
NO_SHOW_LIMIT: Final = Setting(
    "bookings.no_show_limit", 2, unit="consecutive no-shows over all merchants", rule="BAL-03",
    doc="From how many on a booking needs the guarantee balance.",
)  # fmt: skip
GUARANTEE: Final = Setting(
    "bookings.guarantee_balance_cny", 50, unit="CNY", rule="BAL-03",
    doc="The balance that a customer with too many consecutive no-shows must hold to book: a level, nothing is frozen.",
)  # fmt: skip
SHORTFALL_TO_BALANCE: Final = Setting(
    "bookings.shortfall_to_balance", default=True, unit="yes or no", rule="ALY-07", own=True,
    doc="Whether what was prepaid and not consumed goes to the balance (AMB-07); else the merchant keeps it.",
)  # fmt: skip
REQUIRED_DOCUMENTS: Final = Setting(
    "bookings.required_documents", "business_licence,tax_registration", unit="kinds of documents", rule="ALY-02",
    form=r"([a-z][a-z0-9_]*(,[a-z][a-z0-9_]*)*)?", own=True,
    doc="What a qualified merchant must hand in, besides attending the meeting.",
)  # fmt: skip
