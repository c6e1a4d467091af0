"""The decision table of channels as staff keep it, and where it decides: quotes, reviews, dry runs (RTE-07)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from chalicelib.cart import service as cart
from chalicelib.core.auth import Post
from chalicelib.core.errors import RuleRefused
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import Contact
from chalicelib.orders import service as orders
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.rates import LOW_VALUE
from chalicelib.shipping.service import decisions
from tests.support.http import Client
from tests.support.sample_orders import BERLIN
from tests.support.table import metered

TABLE = "/staff/routing/tables/channels"
ANYTHING = {"id": "rest", "priority": 90, "channel": "LOCAL"}
FRAGILE_BY_EXPRESS = {
    "id": "porcelain", "priority": 10, "channel": "EXPRESS", "excluded": ["LOCAL"], "goods": ["fragile"],
    "note": "Too much of it broke.",
}  # fmt: skip


@pytest.fixture
def planner(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.PLANNING)


def save(client: Client, *rows: Any, **more: Any) -> Any:
    answer = client.request("PUT", TABLE, {"rows": list(rows), **more})
    assert answer.status == 200, answer.text
    return answer.json


def quoted(shop: Any, ann: Any, channel: str = "") -> Any:
    made = shop.do(lambda uow: cart.create(uow, ann.owner, "EU", "de", (("POT", 1),), buy_now=True))
    asked = cart.Asked(ship_to=BERLIN, contact=Contact("ann@example.com", "de"), channel=channel)
    return shop.do(lambda uow: cart.quote(uow, made.id, ann, asked))


# Keeping it


def test_the_packaged_table_is_in_force_until_staff_save_one_rte_07(planner: Client) -> None:
    answer = planner.get(TABLE)
    assert (answer.json["version"], answer.headers["ETag"]) == (0, '"0"')
    assert [row["id"] for row in answer.json["rows"]] == ["high-value", "low-value", "everything-else"]
    assert answer.json["rows"][0]["least_value"] == {"amount": "300.00", "currency": "EUR"}


def test_what_is_saved_is_shown_with_what_there_is_to_know_about_it_rte_07(planner: Client) -> None:
    later = {"id": "late", "priority": 95, "channel": "POST", "countries": ["DE"]}
    saved = save(planner, later, ANYTHING, FRAGILE_BY_EXPRESS, note="Breakage")
    assert (saved["version"], saved["saved_by"], saved["note"]) == (1, "staff-planning", "Breakage")
    assert [row["id"] for row in saved["rows"]] == ["porcelain", "rest", "late"]
    assert saved["findings"] == [
        {"kind": "overlaps", "row": "rest", "others": ["porcelain"]},
        {"kind": "unreachable", "row": "late", "others": ["porcelain", "rest"]},
    ]
    assert planner.get(TABLE).json == saved


def test_every_version_is_kept_rte_07(planner: Client) -> None:
    save(planner, ANYTHING)
    save(planner, FRAGILE_BY_EXPRESS, ANYTHING, note="Breakage")
    versions = planner.get(f"{TABLE}/versions").json["items"]
    assert [(each["version"], each["rows"], each["note"]) for each in versions] == [(2, 2, "Breakage"), (1, 1, "")]
    assert [row["id"] for row in planner.get(f"{TABLE}/versions/1").json["rows"]] == ["rest"]
    assert len(planner.get(f"{TABLE}/versions/0").json["rows"]) == 3
    assert planner.get(f"{TABLE}/versions/3").status == 404
    assert planner.get(f"{TABLE}/versions/x").status == 404


def test_a_change_on_old_knowledge_is_refused_and_changes_nothing(planner: Client) -> None:
    tag = {"if-match": planner.get(TABLE).headers["ETag"]}
    assert planner.request("PUT", TABLE, {"rows": [ANYTHING]}, headers=tag).status == 200
    assert planner.request("PUT", TABLE, {"rows": []}, headers=tag).status == 412
    assert planner.get(TABLE).json["version"] == 1
    fresh = {"if-match": planner.get(TABLE).headers["ETag"]}
    assert planner.request("PUT", TABLE, {"rows": []}, headers=fresh).json["version"] == 2


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"channel": "PIGEON"}, "/rows/0/channel"),
        ({"excluded": ["PIGEON"]}, "/rows/0/excluded/0"),
        ({"excluded": ["LOCAL"]}, "/rows/0/excluded"),
        ({"goods": ["heavy"]}, "/rows/0/goods/0"),
        ({"countries": ["ZZ"]}, "/rows/0/countries"),
        ({"markets": ["XX"]}, "/rows/0/markets"),
        ({"least_weight_g": -1}, "/rows/0/least_weight_g"),
        ({"least_value": {"amount": "1.00", "currency": "USD"}}, "/rows/0/least_value"),
        ({"valid_from": "tomorrow"}, "/rows/0/valid_from"),
        ({"unheard_of": 1}, "/rows/0/unheard_of"),
    ],
)
def test_an_impossible_row_names_its_field_and_changes_nothing_rte_07(planner: Client, row: Any, pointer: str) -> None:
    answer = planner.request("PUT", TABLE, {"rows": [ANYTHING | row]})
    assert answer.status == 400
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert planner.get(TABLE).json["version"] == 0


def test_only_planning_changes_it_and_the_event_says_who(as_staff: Callable[..., Client], planner: Client) -> None:
    desk = as_staff(Post.ORDER_DESK)
    assert desk.get(TABLE).status == 200
    assert desk.request("PUT", TABLE, {"rows": []}).status == 403
    assert as_staff(Post.STORE, scopes=["RTM1"]).get(TABLE).status == 403
    save(planner, ANYTHING)
    (row,) = UnitOfWork(None).load_partition("ROUTING#channels", "EVENT#")  # type: ignore[arg-type]
    told = json.loads(row.envelopes[0])
    assert told["type"] == "routing_table.saved" and told["actor"] == {"kind": "staff", "id": "staff-planning"}


# Where it decides


def test_a_quote_takes_the_channel_of_the_row_and_offers_no_excluded_one_rte_07(
    shop: Any, ann: Any, planner: Client
) -> None:
    before = quoted(shop, ann)
    assert (before.channel, {each.channel for each in before.options}) == ("LOCAL", {"LOCAL", "EXPRESS"})
    save(planner, FRAGILE_BY_EXPRESS, ANYTHING)
    after = quoted(shop, ann)
    assert (after.channel, [each.channel for each in after.options]) == ("EXPRESS", ["EXPRESS"])


def test_the_buyers_own_choice_counts_unless_it_is_excluded_rte_07(shop: Any, ann: Any, planner: Client) -> None:
    save(planner, {"id": "fast", "priority": 1, "channel": "FASTEST"})
    assert quoted(shop, ann).channel == "EXPRESS"
    assert quoted(shop, ann, "LOCAL").channel == "LOCAL"
    save(planner, FRAGILE_BY_EXPRESS, ANYTHING)
    with pytest.raises(RuleRefused) as refused:
        quoted(shop, ann, "LOCAL")
    assert refused.value.members == {"rule": "LOG-10", "offered": ["EXPRESS"]}


def test_goods_that_no_channel_may_carry_are_refused_rte_07(shop: Any, ann: Any, planner: Client) -> None:
    save(planner, ANYTHING | {"channel": "LINE", "excluded": ["LOCAL", "EXPRESS"]})
    with pytest.raises(RuleRefused) as refused:
        quoted(shop, ann)
    assert refused.value.members == {"rule": "RTE-07", "excluded": ["LOCAL", "EXPRESS"]}


def test_a_markets_own_limit_of_value_moves_the_packaged_table_log_06(
    shop: Any, planner: Client, as_staff: Callable[..., Client], begin: Callable[..., UnitOfWork]
) -> None:
    as_staff(Post.ADMIN).request("PUT", f"/staff/settings/{LOW_VALUE.name}", {"value": 99, "market": "EU"})
    assert [decisions.current(begin(), market).rows[1].most_value.minor for market in ("EU", "US")] == [99, 2_500]


def test_reading_the_table_costs_a_quote_no_round_trip_of_its_own(shop: Any, ann: Any, planner: Client) -> None:
    save(planner, ANYTHING)
    quoted(shop, ann)  # settings are warm now

    def of_a_quote() -> int:
        made = shop.do(lambda uow: cart.create(uow, ann.owner, "EU", "de", (("POT", 1),), buy_now=True))
        asked = cart.Asked(ship_to=BERLIN, contact=Contact("ann@example.com", "de"))
        with metered() as meter:
            shop.do(lambda uow: cart.quote(uow, made.id, ann, asked))
        return meter.round_trips

    warm = of_a_quote()
    decisions.forget()
    assert of_a_quote() == warm == 3


def test_another_process_goes_by_the_old_table_until_its_reading_is_a_minute_old(
    shop: Any, ann: Any, planner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoted(shop, ann)
    elsewhere = list(decisions._read)
    save(planner, FRAGILE_BY_EXPRESS, ANYTHING)
    decisions._read[:] = elsewhere
    assert quoted(shop, ann).channel == "LOCAL"
    later = time.monotonic() + 61
    monkeypatch.setattr(decisions.time, "monotonic", lambda: later)
    assert quoted(shop, ann).channel == "EXPRESS"


@pytest.mark.parametrize(("excluded", "state"), [([], State.REVIEWED), (["LOCAL"], State.RETURNED_TO_CUSTOMER)])
def test_review_returns_an_order_whose_channel_has_been_excluded_since_rev_04(
    shop: Any, planner: Client, excluded: list[str], state: State
) -> None:
    order = shop.pay(shop.placed())
    assert order.channel == "LOCAL"
    save(planner, FRAGILE_BY_EXPRESS | {"excluded": excluded, "categories": ["tea"]}, ANYTHING)
    with metered() as meter:
        order = shop.do(lambda uow: orders.review(uow, order.id))
    assert order.state is state
    assert meter.round_trips <= 4
    if excluded:
        assert [(reason.code, reason.note) for reason in order.reasons] == [("delivery_method_not_allowed", "LOCAL")]


# Trying it


def facts(**more: Any) -> Any:
    value = {"amount": "120.00", "currency": "EUR"}
    return {"market": "EU", "country": "DE", "weight_g": 900, "value": value, "duty_policy": "DAP", **more}


def test_a_dry_run_says_which_row_decides_and_why_the_ones_before_do_not_rte_07(planner: Client) -> None:
    answer = planner.post(f"{TABLE}/dry-run", {"facts": facts()})
    assert answer.status == 200, answer.text
    assert answer.json["table_version"] == 0
    assert (answer.json["outcome"]["row"], answer.json["outcome"]["choice"]) == ("everything-else", "LINE")
    assert answer.json["passed"] == [
        {"row": "high-value", "misses": [{"condition": "value", "wanted": "from 300.00 EUR", "found": "120.00 EUR"}]},
        {"row": "low-value", "misses": [{"condition": "value", "wanted": "to 25.00 EUR", "found": "120.00 EUR"}]},
    ]


def test_a_draft_is_tried_without_being_saved_on_any_day_rte_07(planner: Client) -> None:
    christmas = {"id": "christmas", "priority": 1, "channel": "FASTEST", "valid_from": "2026-12-01"}
    draft = {"rows": [christmas, ANYTHING]}
    for day, row in (("2026-11-30", "rest"), ("2026-12-01", "christmas")):
        tried = planner.post(f"{TABLE}/dry-run", {"facts": facts(), "draft": draft, "on": day}).json
        assert (tried["table_version"], tried["outcome"]["row"]) == (None, row)
    assert planner.get(TABLE).json["version"] == 0
    impossible = {"rows": [ANYTHING, ANYTHING]}
    assert planner.post(f"{TABLE}/dry-run", {"facts": facts(), "draft": impossible}).status == 400
    assert planner.post(f"{TABLE}/dry-run", {}).status == 400


def test_a_dry_run_of_an_order_tells_the_channels_that_would_take_it_rte_07(shop: Any, planner: Client) -> None:
    order = shop.placed()
    tried = planner.post(f"{TABLE}/dry-run", {"order_id": order.id}).json
    assert (tried["facts"]["weight_g"], tried["facts"]["goods"], tried["facts"]["categories"]) == (
        2550, ["fragile"], ["tea"],
    )  # fmt: skip
    assert (tried["facts"]["duty_policy"], tried["outcome"]["channel"]) == ("NONE", order.channel)
    draft = {"rows": [FRAGILE_BY_EXPRESS]}
    tried = planner.post(f"{TABLE}/dry-run", {"order_id": order.id, "draft": draft}).json
    assert tried["outcome"] == {
        "row": "porcelain", "choice": "EXPRESS", "excluded": ["LOCAL"], "offered": ["EXPRESS"], "channel": "EXPRESS",
    }  # fmt: skip
    assert planner.post(f"{TABLE}/dry-run", {"order_id": "C7K2Q0M9VX4TBT"}).status == 404


def test_the_facts_of_an_order_are_those_its_quote_was_decided_by_rte_07(
    shop: Any, ann: Any, monkeypatch: pytest.MonkeyPatch, planner: Client
) -> None:
    from chalicelib.shipping.domain.decisions import DecisionTable, Facts

    asked: list[Facts] = []
    real = DecisionTable.decide

    def listening(self: DecisionTable, about: Facts, exchange: Any) -> Any:
        asked.append(about)
        return real(self, about, exchange)

    monkeypatch.setattr(DecisionTable, "decide", listening)
    order = shop.placed()
    planner.post(f"{TABLE}/dry-run", {"order_id": order.id, "on": asked[0].on.isoformat()})
    assert asked[0] == asked[-1] and len(asked) >= 3


def test_an_order_that_no_courier_brings_has_no_channel_to_try(shop: Any, planner: Client) -> None:
    order = shop.pay(shop.placed(lines=(("CARD", 1),)))
    assert planner.post(f"{TABLE}/dry-run", {"order_id": order.id}).status == 422


def test_a_draft_is_held_against_the_latest_orders_rte_07(
    shop: Any, planner: Client, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    paid: list[Order] = [shop.pay(shop.placed(lines=((sku, 1),))) for sku in ("POT", "CUP", "POT")]
    shop.placed()  # not paid: the books know nothing of it
    draft = {"rows": [FRAGILE_BY_EXPRESS | {"least_value": {"amount": "20.00", "currency": "EUR"}}]}
    with time_machine.travel(clock.now, tick=False):
        answer = planner.post(f"{TABLE}/comparison", {"draft": draft})
        assert answer.status == 200, answer.text
        (change,) = answer.json["changed"]
        assert (answer.json["compared"], change["order_id"], change["placed_with"]) == (3, paid[1].id, "LOCAL")
        assert (change["before"]["channel"], change["after"]["channel"]) == ("LOCAL", "EXPRESS")
        assert answer.json["findings"] == [{"kind": "gap", "row": "", "others": []}]
        assert planner.post(f"{TABLE}/comparison", {"draft": draft, "orders": 1}).json["compared"] == 1
    assert all(shop.begin().get(ORDER, order.id) == order for order in paid)
