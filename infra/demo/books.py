"""The end of every run: the books are shown, and they balance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .scene import Scene, fact, money, wait_for
from .shop import Caller, DemoFailed


def close(scene: Scene, numbers: Sequence[str]) -> None:
    """Show the entries of orders or bookings, and hold the whole shop's books against each other.

    Raises:
        DemoFailed: debits and credits differ somewhere.
    """
    scene.step("The books balance")
    finance = scene.staff("finance")
    for number in numbers:
        books = finance.get(f"/staff/orders/{number}/ledger")
        if not books["entries"]:
            fact(f"{number}: no money has moved")
        for entry in books["entries"]:
            sides = ", ".join(f"{side['account']} {money(side['amount'])}" for side in entry["postings"])
            fact(f"{number} {entry['kind']}: {sides}")
        _check(number, books["trial_balance"])
    trial = finance.get("/staff/ledger/trial-balance")
    _check("the shop", trial)
    fact(f"trial balance over {trial['entries']} entries of the shop: in balance")


def _check(whose: str, trial: dict[str, Any]) -> None:
    if trial["difference"]:
        raise DemoFailed(f"\nThe books of {whose} do not balance: {trial['difference']}")


def credited(customer: Caller, number: str) -> None:
    """Wait until something of an order or booking is on the customer's balance account, and show the account."""

    def look() -> dict[str, Any] | None:
        statement: dict[str, Any] = customer.get("/me/balance")
        return statement if any(row["reference"] == number for row in statement["movements"]) else None

    statement = wait_for(f"The credit for {number}", look)
    movement = next(row for row in statement["movements"] if row["reference"] == number)
    held = ", ".join(money(balance) for balance in statement["balances"])
    fact(f"balance account: {movement['kind']} {money(movement['amount'])}, now {held}")
