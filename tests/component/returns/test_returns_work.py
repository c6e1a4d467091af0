"""Desks' lists of returns: colours, claims, and how much waits where (ORD-17, RTE-06)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib.core.auth import Post, Principal
from chalicelib.core.events import REGISTRY
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.core.work import AlreadyClaimed
from chalicelib.orders.domain import Order
from chalicelib.orders.domain.texts import RETURNS, RETURNS_OF_STAFF
from chalicelib.returns import service
from chalicelib.returns.domain import RejectReason, Return
from chalicelib.returns.items import RETURN
from tests.support.http import Client
from tests.support.sample_returns import AFTER_SALES, OWNER, STORE, ask, completed_order, do, read
from tests.support.turns import orders_of, together

Begin = Callable[..., UnitOfWork]
KEY = "work-key-1"


def clerk(name: str, *posts: Post, store: str = "") -> Client:
    return Client(Principal("staff", name, posts=frozenset(posts), scopes=frozenset({store} - {""})))


@pytest.fixture
def order(begin: Begin) -> Order:
    return completed_order(begin)


@pytest.fixture
def asked(begin: Begin, order: Order) -> Return:
    return ask(begin, order, {"1": 2, "2": 1})


def rows(who: Client, desk: str, **query: str) -> dict[str, tuple[str, str]]:
    items = who.get("/staff/returns", query={"desk": desk, **query}).json["items"]
    return {item["id"]: (item["mark"], item["claimed_by"]) for item in items}


def counts(who: Client, **query: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    items = who.get("/staff/work", query=query).json["items"]
    return {(row["list"], row["state"]): (row["unhandled"], row["handled"], row["overdue"]) for row in items}


def test_of_two_clerks_one_gets_the_return_and_the_other_hears_who_ord_17(asked: Return) -> None:
    pat, kim = clerk("pat", Post.AFTER_SALES), clerk("kim", Post.AFTER_SALES)
    assert rows(pat, "after_sales") == {asked.id: ("unhandled", "")}
    assert counts(pat)["returns:after_sales", "REQUESTED"] == (1, 0, 0)
    won = pat.post(f"/staff/returns/{asked.id}/claim", key=KEY)
    lost = kim.post(f"/staff/returns/{asked.id}/claim", key=KEY)
    assert (won.status, won.json["claimed_by"], won.json["mark"]) == (200, "pat", "handled")
    assert (lost.status, lost.json["claimed_by"], lost.json["type"].rpartition("/")[2]) == (
        409, "pat", "already-claimed",
    )  # fmt: skip
    assert rows(kim, "after_sales", mark="handled") == {asked.id: ("handled", "pat")}
    assert rows(kim, "after_sales", mark="unhandled") == {}
    assert counts(kim)["returns:after_sales", "REQUESTED"] == (0, 1, 0)
    assert kim.post(f"/staff/returns/{asked.id}/unclaim", key=KEY + "b").status == 409
    assert clerk("boss", Post.ADMIN).post(f"/staff/returns/{asked.id}/unclaim", key=KEY + "b").json["claimed_by"] == ""
    assert kim.post(f"/staff/returns/{asked.id}/claim", key=KEY + "c").json["claimed_by"] == "kim"


def test_two_clerks_at_the_same_moment_cannot_both_win_ord_17(begin: Begin, asked: Return) -> None:
    pat, kim = (Principal("staff", name, posts=frozenset({Post.AFTER_SALES})) for name in ("pat", "kim"))
    calls = ("Query", "GetItem", "TransactWriteItems")
    for turns in orders_of(calls, calls):
        answers = together(*(
            partial(do, begin, lambda uow, who=who: service.claim(uow, asked.id, who)) for who in (pat, kim)
        ), turns)  # fmt: skip
        (refused,) = [one for one in answers if isinstance(one, AlreadyClaimed)]
        (won,) = [one for one in answers if isinstance(one, Return)]
        assert refused.members["claimed_by"] == won.claimed_by == read(begin, asked).claimed_by
        do(begin, lambda uow, who=won.claimed_by: service.unclaim(uow, asked.id, pat if who == "pat" else kim))


def test_a_claim_ends_where_another_desk_goes_on_and_the_counts_follow_rte_06(begin: Begin, asked: Return) -> None:
    pat = clerk("pat", Post.AFTER_SALES)
    pat.post(f"/staff/returns/{asked.id}/claim", key=KEY)
    do(begin, lambda uow: service.approve(uow, asked.id, AFTER_SALES))
    sam = clerk("sam", Post.STORE, store="RTM1")
    assert rows(sam, "receiving") == {asked.id: ("handled", "")}  # the parcel is the customer's to send
    do(begin, lambda uow: service.receive(uow, asked.id, STORE))
    assert counts(sam) == {("returns:inspection:RTM1", "RECEIVED"): (1, 0, 0)}
    assert counts(clerk("sue", Post.STORE, store="BER-S1")) == {}
    assert clerk("fin", Post.FINANCE).post(f"/staff/returns/{asked.id}/claim", key=KEY).status == 403
    assert clerk("sue", Post.STORE, store="BER-S1").post(f"/staff/returns/{asked.id}/claim", key=KEY).status == 404
    assert sam.post(f"/staff/returns/{asked.id}/claim", key=KEY).json["claimed_by"] == "sam"
    assert counts(sam) == {("returns:inspection:RTM1", "RECEIVED"): (0, 1, 0)}


def test_a_desk_that_lets_its_time_pass_is_overdue_until_it_acts_ord_17(
    begin: Begin, asked: Return, clock: Any
) -> None:
    do(begin, lambda uow: service.approve(uow, asked.id, AFTER_SALES))
    do(begin, lambda uow: service.receive(uow, asked.id, STORE))
    clock.forward(days=30)
    do(begin, lambda uow: service.overdue(uow, uow.get(RETURN, asked.order_id, asked.id)))
    sam = clerk("sam", Post.STORE, store="RTM1")
    assert rows(sam, "inspection", mark="overdue") == {asked.id: ("overdue", "")}
    lines = [
        {"line": line, "accepted": units, "condition": "unopened", "disposition": "restock"}
        for line, units in asked.units.items()
    ]
    assert sam.post(f"/staff/returns/{asked.id}/inspect", {"lines": lines}, key=KEY).status == 200
    assert read(begin, asked).late is False


def test_headquarters_see_how_much_waits_at_every_store_ord_17(begin: Begin, asked: Return) -> None:
    do(begin, lambda uow: service.approve(uow, asked.id, AFTER_SALES))
    do(begin, lambda uow: service.receive(uow, asked.id, STORE))
    inspection = {("returns:inspection:RTM1", "RECEIVED"): (1, 0, 0)}
    assert counts(clerk("pat", Post.AFTER_SALES)) == inspection
    assert counts(clerk("boss", Post.ADMIN), store="RTM1") == inspection
    assert counts(clerk("boss", Post.ADMIN), store="BER-S1") == counts(clerk("fin", Post.FINANCE)) == {}


def test_nobody_takes_up_a_return_that_waits_for_nobody_rte_06(begin: Begin, asked: Return) -> None:
    do(begin, lambda uow: service.reject(uow, asked.id, AFTER_SALES, RejectReason.OTHER))
    assert clerk("pat", Post.AFTER_SALES).post(f"/staff/returns/{asked.id}/claim", key=KEY).status == 409


def test_customer_and_staff_read_the_life_of_one_return_ord_26(begin: Begin, order: Order) -> None:
    asked, _other = ask(begin, order, {"1": 1}), ask(begin, order, {"2": 1})
    do(begin, lambda uow: service.receive(uow, asked.id, STORE))
    mine = Client(OWNER).get(f"/returns/{asked.id}/timeline", headers={"accept-language": "zh-CN"}).json["items"]
    assert [(row["type"], row["text"]) for row in mine] == [
        ("return.requested", "您已申请退换商品"), ("return.approved", "您的申请已通过"),
        ("return.received", "退货包裹已收到"),
    ]  # fmt: skip
    theirs = clerk("pat", Post.AFTER_SALES).get(f"/staff/returns/{asked.id}/timeline").json["items"]
    assert [row["type"] for row in theirs] == [row["type"] for row in mine]
    assert all(row["data"]["return_id"] == asked.id and row["actor"] for row in theirs)
    shown = Client(OWNER).get(f"/returns/{asked.id}").json["stages"]
    assert [stage["state"] for stage in shown] == ["REQUESTED", "APPROVED", "RECEIVED"]
    assert [stage["left_at"] for stage in shown] == [*(stage["entered_at"] for stage in shown[1:]), None]


def test_every_event_of_a_return_has_its_words_ord_26() -> None:
    told = {name for name in REGISTRY if name.startswith("return.")}
    assert told == set(RETURNS) | set(RETURNS_OF_STAFF)
