"""Machine C as far as orders go: visitors and members browse, buy and send back; registering makes a visitor a member.

The chart shows purchases behind the question whether somebody registers; guests buy as well (ORD-03), so both do.

Arrows of rooms that do not exist yet are in no table: other promotions for a member by interest and browsing (CMS-10),
coupons claimed and activities joined (LOY-08), and inquiries and complaints to the customer-service group (CS-09).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.core.auth import Principal
from tests.support.http import Client
from tests.support.world import SHOPPER, World, a_world, waybill

VISITOR = None
WHO = [pytest.param(VISITOR, id="visitor"), pytest.param(SHOPPER, id="member")]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world() as world:
        yield world


@pytest.mark.parametrize("who", WHO)
def test_whoever_comes_may_look_around_cat_14(world: World, who: Principal | None) -> None:
    for path in ("/markets", "/categories", "/products", "/products/mug"):
        query = {"market": "EU"} if path.startswith("/products") else {}
        assert world.request(path, who, "GET", path, query=query).status == 200


@pytest.mark.parametrize("who", WHO)
def test_whoever_comes_may_buy_ord_03_ord_19(world: World, who: Principal | None) -> None:
    order, token = world.place(who, {"mug-1": 1})
    world.press_pay(world.open_payment(who, order["id"], token))
    world.settle()
    kept = world.request("order page", who, "GET", f"/orders/{order['id']}", token=token).json
    assert kept["state"] == "routed"
    assert (token != "") is (who is VISITOR)
    stranger = Client(Principal("shopper", "somebody-else"))
    assert stranger.request("GET", f"/orders/{order['id']}").status == 404


@pytest.mark.parametrize("who", WHO)
def test_whoever_bought_may_send_back_to_the_after_sales_group_ret_02_cs_09(
    world: World, who: Principal | None
) -> None:
    order, token = world.place(who, {"mug-1": 1, "bowl-1": 1})
    world.press_pay(world.open_payment(who, order["id"], token))
    world.settle()
    for step, body in (("accept", None), ("pick", None), ("pack", {"boxes": [{"weight_g": 1200}]})):
        world.step(order["id"], step, body)
    world.step(order["id"], "ship", {"carrier": "china-post", "waybill": waybill()})
    world.request("receipt", who, "POST", f"/orders/{order['id']}/receipt", token=token)
    asked = {"lines": [{"line": "1", "quantity": 1, "reason": "changed_mind"}]}
    made = world.request("return", who, "POST", f"/orders/{order['id']}/returns", asked, token=token).json
    assert made["id"].startswith("R")


def test_a_visitor_becomes_a_member_by_signing_in_mem_01(world: World) -> None:
    new = Principal("shopper", "first-time", email="new@example.com")
    assert Client().request("GET", "/me").status == 401
    first, again = (world.request("profile", new, "GET", "/me").json for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("method", "path", "rule"),
    [
        pytest.param(method, path, rule, id=f"{rule}-{method} {path}")
        for method, path, rule in (
            ("GET", "/orders", "ORD-03"), ("GET", "/bookings", "ALY-04"), ("POST", "/bookings", "BAL-03"),
            ("GET", "/me/balance", "BAL-01"), ("POST", "/me/balance/payments", "BAL-01"), ("GET", "/me", "MEM-01"),
            ("GET", "/me/addresses", "MEM-01"),
        )
    ],
)  # fmt: skip
def test_what_belongs_to_an_account_is_a_members_alone(world: World, method: str, path: str, rule: str) -> None:
    """A guest who has bought is a visitor still: the token opens the order, and no list."""
    _, token = world.place(VISITOR, {"mug-1": 1})
    for visitor, status in ((Client(), 401), (Client(guest_token=token), 403)):
        refused = visitor.request(method, path, {} if method == "POST" else None, key="a-visitor-01")
        assert refused.status == status, refused.text
    if method == "GET":
        assert world.request(path, SHOPPER, "GET", path).status == 200
