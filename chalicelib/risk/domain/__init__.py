"""The rules of risk: recognising a customer, the reliability ledger, the score, and the numbers they use."""

from .holding import HoldsTooMuch, MoreThanHeld, Quoted, network_of
from .matching import Buyer, identities
from .reliability import Limits, Mark, Standing, Terms, quarter_of
from .score import NO_RISK, Assessment, Code, Evidence, Scale, Signal, assess, window_rate
from .settings import (
    ADDRESS_ORDERS,
    ADDRESS_WINDOW,
    CLEAN_ORDERS,
    DEPOSIT,
    DEPOSIT_OF_MARKET,
    FAILURES,
    FORFEIT,
    HELD_UNITS,
    HOLD_FROM,
    KEEP_DAYS,
    MATCH_ALL,
    WEIGHTS,
)

__all__ = [
    "ADDRESS_ORDERS", "ADDRESS_WINDOW", "CLEAN_ORDERS", "DEPOSIT", "DEPOSIT_OF_MARKET", "FAILURES", "FORFEIT",
    "HELD_UNITS", "HOLD_FROM", "KEEP_DAYS", "MATCH_ALL", "NO_RISK", "WEIGHTS", "Assessment", "Buyer", "Code",
    "Evidence", "HoldsTooMuch", "Limits", "Mark", "MoreThanHeld", "Quoted", "Scale", "Signal", "Standing", "Terms",
    "assess", "identities", "network_of", "quarter_of", "window_rate",
]  # fmt: skip
