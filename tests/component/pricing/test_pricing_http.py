"""Duty look-ups and list prices for staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.auth import Post
from tests.support.http import Client

Staff = Callable[..., Client]
ASK = {
    "market": "EU", "cost": {"amount": "9.00", "currency": "EUR"}, "freight": {"amount": "1.00", "currency": "EUR"},
    "duty_rate": "0.12", "tax_rate": "0.19", "margin": "0.3",
}  # fmt: skip


def test_staff_look_up_duty_and_tax_tax_02(as_staff: Staff) -> None:
    rates = as_staff(Post.PURCHASING).get(
        "/staff/duty-rates", query={"hs_code": "6109.10", "origin": "CN", "destination": "DE"}
    )
    assert rates.json == {"duty_rate": "0.12", "agreement": "", "tax_rate": "0.19", "forbidden": False}


def test_a_destination_without_a_tariff_is_refused(as_staff: Staff) -> None:
    query = {"hs_code": "6109.10", "origin": "CN", "destination": "AQ"}
    assert as_staff(Post.PURCHASING).get("/staff/duty-rates", query=query).status == 422


@pytest.mark.parametrize("hs_code", ["", "61", "61x9", "6109.10.000000000", "#"])
def test_what_is_no_hs_code_is_refused(as_staff: Staff, hs_code: str) -> None:
    query = {"hs_code": hs_code, "origin": "CN", "destination": "DE"}
    assert as_staff(Post.PURCHASING).get("/staff/duty-rates", query=query).status == 400


def test_staff_get_a_list_price_proposed_prc_13(as_staff: Staff) -> None:
    proposal = as_staff(Post.PLANNING).post("/staff/list-prices", ASK)
    assert (proposal.status, proposal.json["price"]) == (200, {"amount": "19.04", "currency": "EUR"})
    assert proposal.json["landed_cost"] == {"amount": "11.20", "currency": "EUR"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"cost": {"amount": "9.00", "currency": "USD"}}, "/cost"),
        ({"freight": {"amount": "-1.00", "currency": "EUR"}}, "/freight"),
        ({"margin": "1"}, "/margin"),
        ({"duty_rate": "12%"}, "/duty_rate"),
        ({"duty_rate": 0.12}, "/duty_rate"),
    ],
)
def test_a_basis_that_makes_no_sense_is_refused(as_staff: Staff, changes: dict[str, Any], pointer: str) -> None:
    refused = as_staff(Post.PLANNING).post("/staff/list-prices", {**ASK, **changes})
    assert refused.status == 400
    assert refused.json["errors"][0]["pointer"].startswith(pointer)


def test_costs_are_not_for_shoppers_or_other_posts(guest: Client, as_shopper: Staff, as_staff: Staff) -> None:
    assert guest.post("/staff/list-prices", ASK).status == 401
    assert as_shopper("ann").post("/staff/list-prices", ASK).status == 403
    assert as_staff(Post.STORE).post("/staff/list-prices", ASK).status == 403
    assert guest.get("/staff/duty-rates").status == 401
