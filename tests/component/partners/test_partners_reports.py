"""A store's system moves its orders on, by signature, once, by the store's own rules (RTE-03, RTE-04)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.auth import Post
from chalicelib.core.clock import utc_now
from chalicelib.core.signatures import new_secret
from chalicelib.fulfilment.items import PACKING
from chalicelib.orders.domain import Problem, State
from chalicelib.orders.items import ORDER
from chalicelib.partners import service
from chalicelib.partners.items import LANE
from chalicelib.shipping.service import shipments
from tests.support.faults import Fault, Killed, injected, without_waiting
from tests.support.http import Answer, Client
from tests.support.sample_handovers import STORE, on_hand
from tests.support.sample_orders import a_line, an_order
from tests.support.sample_partners import Port, report, signed
from tests.support.table import metered

WAYBILL = {"status": "shipped", "carrier": "ups", "waybill": "1Z999AA10123456784"}
BOXES = {"status": "packed", "boxes": [{"weight_g": 900}]}


@pytest.fixture
def port(port: Port, clock: Any) -> Port:
    """Connected, at the hour by which messages are judged."""
    clock.now = utc_now()
    port.connect()
    return port


def a_courier_order(port: Port, location: str = STORE) -> Any:
    lines = (a_line(location=location), a_line("2", "TEA-CUP-SET", 1, location=location))
    return port.routed(an_order(State.REVIEWED, lines=lines))


def state_of(port: Port, order: Any) -> State:
    return port.begin().get(ORDER, order.id).state


def test_a_stores_system_brings_an_order_to_the_courier(port: Port) -> None:
    order = a_courier_order(port)
    states = []
    for body in ({"status": "accepted"}, {"status": "picking"}, BOXES, WAYBILL):
        answer = report(port, order.id, body)
        assert answer.status == 200, answer.text
        states.append(answer.json["state"])
    assert states == ["accepted", "picking", "packed", "shipped"]
    assert answer.json == {
        "order_id": order.id,
        "state": "shipped",
        "store": STORE,
        "allowed": ["complete", "fail_handover"],
    }
    (parcel,) = shipments.of_order(port.begin(), order.id)
    assert parcel.waybill == "1Z999AA10123456784"
    assert port.begin().get(PACKING, order.id).packed_by == f"erp:{STORE}/erp"
    assert on_hand(port.begin) == (8, 0)
    actors = {str(one.actor) for one in port.events() if one.type in ("order.accepted", "order.shipped")}
    assert actors == {f"partner:{STORE}/erp"}


def test_a_report_out_of_order_is_answered_with_what_is_allowed_and_changes_nothing(port: Port) -> None:
    order = a_courier_order(port)
    for body in ({"status": "picking"}, BOXES, WAYBILL):
        answer = report(port, order.id, body)
        assert answer.status == 409, answer.text
        assert {"accept", "cancel"} <= set(answer.json["allowed"])
    assert state_of(port, order) is State.ROUTED
    assert report(port, order.id, {"status": "accepted"}).status == 200
    assert report(port, order.id, {"status": "accepted"}).status == 409  # another message


def test_a_report_that_came_too_early_may_come_again_under_its_id(port: Port) -> None:
    order = a_courier_order(port)
    assert report(port, order.id, {"status": "picking"}, message="msg_early").status == 409
    assert report(port, order.id, {"status": "accepted"}).status == 200
    assert report(port, order.id, {"status": "picking"}, message="msg_early").status == 200


def test_the_same_message_gets_the_same_answer_and_is_done_once(port: Port) -> None:
    order = a_courier_order(port)
    first = report(port, order.id, {"status": "accepted"}, message="msg_1")
    assert report(port, order.id, {"status": "picking"}).status == 200
    again = report(port, order.id, {"status": "accepted"}, message="msg_1")
    assert (again.status, again.json) == (first.status, first.json) == (200, again.json)
    assert again.json["state"] == "accepted"
    assert [one.type for one in port.events()].count("order.accepted") == 1


def test_an_id_that_was_used_for_another_message_is_refused(port: Port) -> None:
    order, other = a_courier_order(port), a_courier_order(port)
    assert report(port, order.id, {"status": "accepted"}, message="msg_1").status == 200
    assert report(port, order.id, {"status": "picking"}, message="msg_1").status == 422
    assert report(port, other.id, {"status": "accepted"}, message="msg_1").status == 422
    assert state_of(port, other) is State.ROUTED


@pytest.mark.parametrize("at", range(1, 9))
def test_the_same_message_twice_at_once_is_done_once_and_answered_the_same(port: Port, at: int) -> None:
    order, secret = a_courier_order(port), port.secret()
    inner: list[Answer] = []

    def meanwhile() -> None:
        inner.append(report(port, order.id, {"status": "accepted"}, message="msg_1", secret=secret))

    with injected(None, meanwhile, at), without_waiting():
        outer = report(port, order.id, {"status": "accepted"}, message="msg_1", secret=secret)
    answers = [outer, *inner]
    assert {(one.status, one.text) for one in answers} == {(200, outer.text)}
    assert [one.type for one in port.events()].count("order.accepted") == 1


@pytest.mark.parametrize("at", range(1, 9))
def test_a_clerk_and_the_system_at_once_do_a_step_once(port: Port, as_staff: Any, at: int) -> None:
    order, secret = a_courier_order(port), port.secret()
    clerk = as_staff(Post.STORE, scopes=[STORE])
    inner: list[Answer] = []
    with injected(None, lambda: inner.append(clerk.post(f"/staff/orders/{order.id}/accept", key="accept-1")), at):
        outer = report(port, order.id, {"status": "accepted"}, secret=secret)
    assert sorted(one.status for one in (outer, *inner)) in ([200, 409], [200])
    assert [one.type for one in port.events()].count("order.accepted") == 1


@pytest.mark.parametrize("call", range(1, 9))
@pytest.mark.parametrize("kind", ["crash_before", "crash_after", "lost_answer"])
def test_a_report_that_crashed_anywhere_is_done_once_when_it_comes_again(port: Port, kind: str, call: int) -> None:
    order, secret = a_courier_order(port), port.secret()
    with injected(Fault(kind, call)), without_waiting():
        try:
            report(port, order.id, {"status": "accepted"}, message="msg_1", secret=secret)
        except Killed:
            assert kind.startswith("crash")
    answer = report(port, order.id, {"status": "accepted"}, message="msg_1")
    assert (answer.status, answer.json["state"]) == (200, "accepted")
    assert [one.type for one in port.events()].count("order.accepted") == 1


# Who is believed


def forgeries(port: Port) -> dict[str, dict[str, str]]:
    raw, now, secret = b'{"status":"accepted"}', utc_now(), port.secret()
    good = signed(secret, "msg_1", raw, now)
    return {
        "unsigned": {},
        "no id": {**good, "webhook-id": ""},
        "another id": {**good, "webhook-id": "msg_2"},
        "another time": {**good, "webhook-timestamp": str(int(now.timestamp()) - 1)},
        "no time": {**good, "webhook-timestamp": "soon"},
        "too old": signed(secret, "msg_1", raw, now - timedelta(seconds=301)),
        "from the future": signed(secret, "msg_1", raw, now + timedelta(seconds=305)),
        "another key": signed(new_secret(), "msg_1", raw, now),
        "another body": signed(secret, "msg_1", raw + b" ", now),
        "another scheme": {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")},
    }


def test_a_forged_message_is_refused_and_changes_nothing(port: Port) -> None:
    order = a_courier_order(port)
    for name, headers in forgeries(port).items():
        with metered() as meter:
            answer = Client().request(
                "POST", f"/partners/erp/{STORE}/orders/{order.id}/status", raw=b'{"status":"accepted"}',
                headers={"Content-Type": "application/json", **headers},
            )  # fmt: skip
        assert (answer.status, answer.json["type"].rsplit("/", 1)[-1]) == (401, "forged-message"), name
        assert set(meter.calls) <= {"Query"}, name
    assert state_of(port, order) is State.ROUTED


def test_a_message_without_a_sound_time_costs_no_read_at_all(port: Port) -> None:
    order, forged = a_courier_order(port), forgeries(port)
    for name in ("unsigned", "no time", "too old", "from the future"):
        with metered() as meter:
            Client().request(
                "POST", f"/partners/erp/{STORE}/orders/{order.id}/status", raw=b"{}", headers=forged[name]
            )  # fmt: skip
        assert not meter.calls, name


def test_a_stores_system_finds_nothing_of_another_store(port: Port) -> None:
    port.connect("sha.example.com", store="SHA-S1")
    order = a_courier_order(port)
    foreign = port.secret(store="SHA-S1")
    assert report(port, order.id, {"status": "accepted"}, secret=foreign).status == 401
    answer = report(port, order.id, {"status": "accepted"}, store="SHA-S1", secret=foreign)
    missing = report(port, "C7K2Q0M9VX4TBT", {"status": "accepted"}, store="SHA-S1", secret=foreign)
    assert answer.status == missing.status == 404
    assert answer.json == missing.json
    assert state_of(port, order) is State.ROUTED


def test_a_store_without_a_system_believes_nobody(port: Port) -> None:
    order = a_courier_order(port)
    for store in ("SHA-S1", "NOWHERE", "a#b", "%23"):
        assert report(port, order.id, {"status": "accepted"}, store=store).status == 401


def test_both_secrets_are_believed_during_a_rotation_and_then_the_new_one_only(port: Port) -> None:
    order = a_courier_order(port)
    old = port.secret()
    port.move(lambda uow: service.rotate(uow, STORE, "erp", at_once=False))
    new = port.secret()
    assert report(port, order.id, {"status": "accepted"}, secret=old).status == 200
    assert report(port, order.id, {"status": "picking"}, secret=new).status == 200
    port.clock.forward(hours=25)
    port.move(lambda uow: service.rotate(uow, STORE, "erp", at_once=True))
    assert report(port, order.id, BOXES, secret=old).status == 401
    assert report(port, order.id, BOXES, secret=new).status == 401
    assert report(port, order.id, BOXES).status == 200


def test_an_endpoint_that_staff_have_shut_is_not_believed(port: Port) -> None:
    order = a_courier_order(port)
    port.connect(enabled=False)
    assert report(port, order.id, {"status": "accepted"}).status == 401


# What it says


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{", b"\xff", b'{"status":"accepted","status":"packed"}', b'{"status": NaN}', {"status": "eaten"}, {},
    {"status": "accepted", "extra": 1}, {"status": "accepted", "boxes": [{"weight_g": 1}]}, {"status": "packed"},
    {"status": "packed", "boxes": []}, {"status": "packed", "boxes": [{"weight_g": 0}]},
    {"status": "packed", "boxes": [{"weight_g": "900"}]}, {"status": "shipped"},
    {"status": "shipped", "carrier": "ups"},
    {"status": "shipped", "carrier": "ups", "waybill": "1Z999AA10123456784", "parcels": [
        {"carrier": "ups", "waybill": "1Z999AA10123456784"}]},
    {"status": "refused"}, {"status": "refused", "reason": "bored"}, {"status": "accepted", "reason": "other"},
    {"status": "refused", "reason": "other", "note": "4111 1111 1111 1111"}, {"status": "refused", "note": "x" * 501,
     "reason": "other"},
])  # fmt: skip
def test_what_cannot_be_read_is_refused_and_changes_nothing(port: Port, body: Any) -> None:
    order = a_courier_order(port)
    answer = report(port, order.id, body)
    assert answer.status == 400, answer.text
    assert answer.json["errors"]
    assert state_of(port, order) is State.ROUTED


def test_a_mistyped_waybill_or_number_is_told_as_at_the_stores_desk(port: Port) -> None:
    order = a_courier_order(port)
    for body in ({"status": "accepted"}, {"status": "picking"}, BOXES):
        assert report(port, order.id, body).status == 200
    wrong = report(port, order.id, {**WAYBILL, "waybill": "1Z999AA10123456785"})
    assert wrong.status == 400 and wrong.json["errors"][0]["pointer"] == "/waybill"
    assert state_of(port, order) is State.PACKED
    assert report(port, "C7K2Q0M9VX4TBX", {"status": "accepted"}).status == 400


def test_a_large_report_is_not_read(port: Port) -> None:
    order = a_courier_order(port)
    assert report(port, order.id, b" " * 40_000).status == 413


# Refusals


def test_an_order_that_its_store_refuses_goes_to_another_one_and_the_reason_is_kept(port: Port) -> None:
    order = a_courier_order(port)
    answer = report(port, order.id, {"status": "refused", "reason": "damaged", "note": "Water in the cellar."})
    assert (answer.status, answer.json["state"], answer.json["allowed"]) == (200, "refused", []), answer.text
    after = port.begin().get(ORDER, order.id)
    told = [one.data for one in port.events() if one.type == "order.refused_by_store"]
    assert [(one.store, one.reason, one.note) for one in told] == [(STORE, "damaged", "Water in the cellar.")]
    assert (after.store, after.problem) == (None, Problem.OUT_OF_STOCK)  # nobody else has it: the desk decides
    assert after.state is State.REVIEWED
    port.settle()
    assert port.heard() == ["routed", "rerouted"]
    assert report(port, order.id, {"status": "accepted"}).status == 404


def test_goods_that_lie_elsewhere_are_routed_there_and_the_refusing_store_hears_that_it_is_out(port: Port) -> None:
    order = a_courier_order(port, location="RTM1")  # the store was asked, the goods are in Rotterdam
    port.settle()
    refused = [report(port, order.id, {"status": "refused", "reason": "closed"}, message="msg_no") for _ in range(2)]
    gone = {"order_id": order.id, "state": "refused", "store": STORE, "allowed": []}  # where to is not its business
    assert [(one.status, one.json) for one in refused] == [(200, gone)] * 2
    assert port.begin().get(ORDER, order.id).store == "RTM1"
    port.settle()
    assert port.heard() == ["routed", "rerouted"]
    assert report(port, order.id, {"status": "accepted"}).status == 404  # no longer its own
    assert port.begin().get(LANE, STORE, "erp", order.id).pending == ()


def test_an_order_that_was_accepted_is_not_refused_any_more(port: Port) -> None:
    order = a_courier_order(port)
    assert report(port, order.id, {"status": "accepted"}).status == 200
    answer = report(port, order.id, {"status": "refused", "reason": "closed"})
    assert answer.status == 409 and "pick" in answer.json["allowed"]
