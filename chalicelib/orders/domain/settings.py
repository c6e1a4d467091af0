"""The numbers of ordering that the business may change."""

from __future__ import annotations

from typing import Final

from chalicelib.core.settings import Setting

PAY_BY: Final = Setting(
    "orders.pay_by_minutes",
    30,
    unit="minutes",
    rule="PAY-08",
    own=True,
    doc="How long an unpaid order keeps its stock; then it is cancelled.",
)
PAYING_TAKES: Final = Setting(
    "orders.paying_takes_minutes",
    10,
    unit="minutes",
    rule="PAY-08",
    own=True,
    doc="Whoever opens the payment page late gets at least this long; the time to pay grows by this much at most.",
)
PAY_DIFFERENCE: Final = Setting(
    "orders.pay_difference_hours",
    48,
    unit="hours",
    rule="REV-03",
    own=True,
    doc="How long a corrected order that became dearer waits for the difference; then it is cancelled (AMB-24).",
)
ANSWER_BY: Final = Setting(
    "orders.answer_by_hours",
    72,
    unit="hours",
    rule="REV-03",
    own=True,
    doc="How long a customer has to correct an order that was returned, before the order desk is told.",
)
DECIDE_BY: Final = Setting(
    "orders.decide_by_hours",
    24,
    unit="hours",
    rule="REV-10",
    own=True,
    doc="How long the order desk has to decide on a held order, before it is marked overdue.",
)
ACCEPT_BY: Final = Setting(
    "orders.accept_by_hours",
    24,
    unit="hours",
    rule="RTE-03",
    own=True,
    doc="How long a store has to accept an order, before it is marked overdue.",
)
ACCEPT_HANDOVER: Final = Setting(
    "orders.accept_handover_minutes",
    60,
    unit="minutes",
    rule="RTE-03",
    own=True,
    doc="How long a store, while it is open, has to accept an order for pickup or for an appointment.",
)
ACCEPT_WINDOW: Final = Setting(
    "orders.accept_window_minutes",
    10,
    unit="minutes",
    rule="FUL-07",
    own=True,
    doc="How long a store, while it is open, has to accept an order for delivery within 1, 2 or 3 hours.",
)
DECIDE_HANDOVER: Final = Setting(
    "orders.decide_handover_hours",
    24,
    unit="hours",
    rule="FUL-19",
    own=True,
    doc="How long a store has to decide what becomes of goods that could not be handed over, before it is overdue.",
)
DECIDE_FRESH: Final = Setting(
    "orders.decide_fresh_handover_hours",
    2,
    unit="hours",
    rule="FUL-19",
    own=True,
    doc="The same when fresh goods are among them.",
)
CONTACT_BY: Final = Setting(
    "orders.out_of_stock_contact_minutes",
    120,
    unit="minutes",
    rule="REV-08",
    doc="How soon the customer is contacted when goods of a placed order turn out to be missing.",
)
NEW_CUSTOMER_AMOUNT: Final = Setting(
    "orders.new_customer_review_usd",
    5000,
    unit="USD",
    rule="RSK-05",
    doc="A single order of a newly registered customer above this goes to manual review.",
)
NEW_CUSTOMER_DAYS: Final = Setting(
    "orders.new_customer_days",
    30,
    unit="days",
    rule="RSK-05",
    own=True,
    doc="How long after registration a customer counts as newly registered; guests always do.",
)
LARGE_ORDER_AMOUNT: Final = Setting(
    "orders.large_order_usd",
    10_000,
    unit="USD",
    rule="REV-07",
    own=True,
    doc="An order above this is checked by a person, whoever placed it.",
)
VAGUE_ADDRESS: Final = Setting(
    "orders.address_least_width",
    6,
    unit="Latin letters",
    rule="REV-12",
    own=True,
    doc="Address lines that say less than this together are too vague; an ideograph counts as two letters.",
)
