"""The numbers of risk that the business may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.core.settings import Setting

from .score import Code

FAILURES: Final = Setting(
    "risk.failed_handovers", 5, unit="hand-overs in a calendar quarter", rule="BAL-05",
    doc="From so many hand-overs that failed because of the customer on, later orders carry a deposit.",
)  # fmt: skip
CLEAN_ORDERS: Final = Setting(
    "risk.clean_orders", 10, unit="orders in a row", rule="BAL-07",
    doc="After so many orders with a deposit and without a failed hand-over, normal terms apply again.",
)  # fmt: skip
DEPOSIT: Final = Setting(
    "risk.deposit_fen", 2000, unit="CNY minor units", rule="BAL-05",
    doc="The deposit on an order of a customer on deposit terms; other currencies by the reference rate.",
)  # fmt: skip
DEPOSIT_OF_MARKET: Final = Setting(
    "risk.deposit_of_market", 0, unit="minor units of the market's currency", rule="BAL-05", own=True,
    doc="A market's own round sum instead of the converted deposit; 0 converts.",
)  # fmt: skip
FORFEIT: Final = Setting(
    "risk.forfeit_deposit", default=False, unit="yes or no", rule="BAL-07", own=True,
    doc="Whether the deposit of an order whose hand-over failed because of the customer is kept (AMB-05).",
)  # fmt: skip
MATCH_ALL: Final = Setting(
    "risk.match_all", default=False, unit="yes or no", rule="BAL-06", own=True,
    doc="Whether phone, name and address must all match, of who picks up phone and name; else the phone, or name with "
        "address, is enough (AMB-08).",
)  # fmt: skip
KEEP_DAYS: Final = Setting(
    "risk.correctable_days", 180, unit="days", rule="BAL-05", own=True,
    doc="How long the cause of a failed hand-over can be corrected; older orders are only remembered in sum.",
)  # fmt: skip
ADDRESS_ORDERS: Final = Setting(
    "risk.orders_of_one_source", 10, unit="orders", rule="RSK-03", own=True,
    doc="From so many orders of one internet address in the time window on, each counts as suspicious.",
)  # fmt: skip
ADDRESS_WINDOW: Final = Setting(
    "risk.source_window_minutes", 60, unit="minutes", rule="RSK-03", own=True,
    doc="The time window in which the orders of one internet address are counted.",
)  # fmt: skip
HELD_UNITS: Final = Setting(
    "risk.held_units_of_one_source", 3000, unit="units", rule="ORD-07", own=True,
    doc="How many units the carts that one internet address had quoted within the time window may hold without being "
        "paid. A cart with more is not quoted at all.", least=1,
)  # fmt: skip
HOLD_FROM: Final = Setting(
    "risk.hold_from_points", 60, unit="points", rule="RSK-01", own=True,
    doc="From this score on a person looks at an order before it goes on.",
)  # fmt: skip


def _weight(code: Code, points: int, rule: str, doc: str) -> Setting[int]:
    return Setting(f"risk.points_{code}", points, unit="points", rule=rule, own=True, doc=doc)


WEIGHTS: Final[Mapping[Code, Setting[int]]] = {
    Code.BLACKLISTED: _weight(Code.BLACKLISTED, 100, "RSK-02", "What a blacklisted buyer adds to the score."),
    Code.MANY_ORDERS: _weight(
        Code.MANY_ORDERS, 40, "RSK-03", "What many orders of one internet address add to the score."
    ),
    Code.VAGUE_ADDRESS: _weight(Code.VAGUE_ADDRESS, 30, "RSK-03", "What a vague delivery address adds to the score."),
    Code.NEW_CUSTOMER: _weight(
        Code.NEW_CUSTOMER, 60, "RSK-05", "What a big order of a newly registered customer adds to the score."
    ),
    Code.LARGE_ORDER: _weight(Code.LARGE_ORDER, 60, "REV-07", "What a large order adds to the score."),
}
