"""Boxes at the packing station: proposed, used, measured; fragile goods wait for their tests (FUL-17, FUL-18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.catalog import service as catalog
from chalicelib.core.auth import Post
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment import service
from chalicelib.fulfilment.items import PACKING
from chalicelib.fulfilment.items.boxes import PACKAGING, SPACE
from chalicelib.orders.domain import Order, State
from tests.support.faults import injected, without_waiting
from tests.support.http import Client
from tests.support.sample_handovers import keep, state_of, step
from tests.support.sample_orders import a_line, an_order
from tests.support.sample_products import product, variant

Begin = Callable[..., UnitOfWork]
BOX = {"name": "CUBE", "length_mm": 210, "width_mm": 160, "height_mm": 110, "most_g": 3000, "tare_g": 100}


@pytest.fixture
def tester(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.PRODUCT_MANAGEMENT)


def goods(begin: Begin, *, fragile: bool = False, sku: str = "VASE-1", **measures: int) -> None:
    draft = product(sku.lower(), variant(sku, **measures), fragile=fragile)
    run(lambda uow: catalog.save(uow, draft), begin)


def picking(begin: Begin, *lines: Any) -> Order:
    return keep(begin, an_order(State.PICKING, store="RTM1", lines=lines or (a_line("1", "VASE-1", 2),)))


def packed(client: Client, order: Order, *boxes: dict[str, Any], key: str = "") -> Any:
    return step(client, order, "pack", {"boxes": list(boxes)}, key)


_numbers = iter(range(1_000_000))


def record(client: Client, packaging: str = "M", sku: str = "VASE-1", **changes: Any) -> Any:
    body = {
        "sku": sku, "packaging": packaging, "passed": True, "report": f"P-{next(_numbers)}",
        "tested_at": "2026-01-05T10:00:00Z", **changes,
    }  # fmt: skip
    return client.post("/staff/compression-tests", body, key=f"record-test-{next(_numbers)}")


def test_the_smallest_box_that_holds_an_order_is_proposed_ful_17(store: Client, begin: Begin) -> None:
    goods(begin)
    order = picking(begin)
    answer = store.get(f"/staff/orders/{order.id}/boxes")
    assert answer.status == 200, answer.text
    (box,) = answer.json["boxes"]
    assert (box["size"], len(box["goods"])) == ("S", 2)
    assert (answer.json["too_large"], answer.json["unmeasured"]) == ([], [])
    named = store.request("PUT", "/staff/stores/RTM1/boxes", {"sizes": [BOX]})
    assert named.status == 200, named.text
    (box,) = store.get(f"/staff/orders/{order.id}/boxes").json["boxes"]
    assert (box["size"], box["filled_percent"]) == ("CUBE", 81)
    assert store.get("/staff/stores/RTM1/boxes").json["sizes"] == [BOX]


def test_what_the_catalogue_has_not_measured_is_named_and_large_orders_are_packed_by_eye(
    store: Client, begin: Begin
) -> None:
    goods(begin)
    order = picking(begin, a_line("1", "VASE-1", 1), a_line("2", "UNKNOWN", 1))
    assert store.get(f"/staff/orders/{order.id}/boxes").json["unmeasured"] == ["UNKNOWN"]
    many = picking(begin, a_line("1", "VASE-1", 61))
    assert store.get(f"/staff/orders/{many.id}/boxes").status == 422


def test_what_was_used_is_kept_with_its_sides_and_counted_ful_17(store: Client, begin: Begin) -> None:
    goods(begin)
    store.request("PUT", "/staff/stores/RTM1/boxes", {"sizes": [BOX]})
    order = picking(begin)
    for _ in range(2):
        assert packed(store, order, {"weight_g": 900, "size": "CUBE"}).status == 200
    (box,) = begin().get(PACKING, order.id).boxes
    assert (box.size, box.length_mm, box.width_mm, box.height_mm) == ("CUBE", 210, 160, 110)
    (month,) = store.get("/staff/stores/RTM1/space-use").json["months"]
    assert (month["orders"], month["use_percent"], month["gain_percent"]) == (1, "81.2", "80.4")
    assert month["target_reached"] is True


def test_a_box_nobody_measured_is_not_counted(store: Client, begin: Begin) -> None:
    goods(begin)
    assert packed(store, picking(begin), {"weight_g": 900}).status == 200
    assert store.get("/staff/stores/RTM1/space-use").json["months"] == []


def test_a_box_that_the_location_does_not_have_is_refused(store: Client, begin: Begin) -> None:
    goods(begin)
    order = picking(begin)
    answer = packed(store, order, {"weight_g": 900, "size": "M"}, {"weight_g": 900, "size": "HUGE"})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/boxes/1/size")
    assert state_of(begin, order) is State.PICKING
    assert begin().find(PACKING, order.id) is None


def test_fragile_goods_wait_for_three_passed_tests_of_sku_and_packaging_ful_18(
    store: Client, tester: Client, begin: Begin
) -> None:
    goods(begin, fragile=True)
    order = picking(begin)
    for passed in range(3):
        answer = packed(store, order, {"weight_g": 900, "size": "M"}, key=str(passed))
        assert (answer.status, answer.json["type"]) == (409, "/problems/fragile-not-released")
        assert answer.json["missing"] == [{"sku": "VASE-1", "packaging": "M", "passed": passed, "needed": 3}]
        assert state_of(begin, order) is State.PICKING
        assert record(tester).status == 201
        assert record(tester, packaging="L").status == 201
    other = packed(store, order, {"weight_g": 900}, key="own")
    assert other.json["missing"][0]["packaging"] == "other"
    assert packed(store, order, {"weight_g": 900, "size": "M"}, key="released").status == 200
    (released,) = [
        one for one in store.get("/staff/compression-tests/VASE-1").json["packagings"] if one["packaging"] == "M"
    ]
    assert (released["released"], released["passed_in_a_row"], len(released["tests"])) == (True, 3, 3)


def test_a_failed_test_closes_a_packaging_again(store: Client, tester: Client, begin: Begin) -> None:
    goods(begin, fragile=True)
    for _ in range(3):
        record(tester)
    record(tester, passed=False, tested_at="2026-02-01T10:00:00Z")
    answer = packed(store, picking(begin), {"weight_g": 900, "size": "M"})
    assert (answer.status, answer.json["missing"][0]["passed"]) == (409, 0)


def test_a_test_that_fails_while_an_order_is_packed_is_counted(store: Client, tester: Client, begin: Begin) -> None:
    """Wherever it falls: the order is packed before it, or refused after it, and never packed after it."""
    for at in range(1, 8):
        sku = f"VASE-{at}"
        goods(begin, fragile=True, sku=sku)
        for _ in range(3):
            record(tester, sku=sku)
        order = picking(begin, a_line("1", sku, 1))
        failed: list[int] = []

        def fail(sku: str = sku, order: Order = order, failed: list[int] = failed) -> None:
            assert state_of(begin, order) is State.PICKING
            failed.append(record(tester, sku=sku, passed=False, tested_at="2026-02-01T10:00:00Z").status)

        with injected(None, fail, at=at), without_waiting():
            answer = packed(store, order, {"weight_g": 900, "size": "M"})
        if failed and answer.status == 200:
            pytest.fail(f"packed although a test had failed before, at call {at}")
        assert (answer.status == 200) is (state_of(begin, order) is State.PACKED)


def test_a_consignment_is_packed_under_the_same_rules_ord_27(store: Client, tester: Client, begin: Begin) -> None:
    goods(begin, fragile=True)
    one, other = picking(begin), picking(begin)
    clerk = store.principal
    assert clerk is not None
    made = run(lambda uow: service.together.merge(uow, [one.id, other.id], clerk), begin)

    def pack() -> Any:
        boxes = {"boxes": [{"weight_g": 2000, "size": "L"}]}
        return store.post(f"/staff/consignments/{made.id}/pack", boxes, key=f"pack-{next(_numbers):08d}")

    refused = pack()
    assert (refused.status, refused.json["missing"][0]["packaging"]) == (409, "L")
    for _ in range(3):
        record(tester, packaging="L")
    for _ in range(2):
        assert pack().status == 200
    assert state_of(begin, one) is state_of(begin, other) is State.PACKED
    (month,) = store.get("/staff/stores/RTM1/space-use").json["months"]
    assert (month["orders"], month["use_percent"]) == (2, "10.0")


def test_sturdy_goods_need_no_tests_and_a_protocol_counts_once(store: Client, tester: Client, begin: Begin) -> None:
    goods(begin)
    assert packed(store, picking(begin), {"weight_g": 900, "size": "M"}).status == 200
    for _ in range(2):
        assert record(tester, report="SAME").status == 201
    assert len(begin().get(PACKAGING, "VASE-1", "M").tests) == 1
    assert record(tester, report="SAME", passed=False).status == 409
    assert record(tester, sku="NOBODY-KNOWS").status == 404
    assert record(tester, tested_at="2099-01-01T00:00:00Z").status == 400


def test_a_stores_boxes_are_its_own_rte_03(store: Client, as_staff: Callable[..., Client], begin: Begin) -> None:
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    order = picking(begin)
    for method, path, body in (
        ("GET", "/staff/stores/RTM1/boxes", None), ("PUT", "/staff/stores/RTM1/boxes", {"sizes": [BOX]}),
        ("GET", "/staff/stores/RTM1/space-use", None), ("GET", f"/staff/orders/{order.id}/boxes", None),
    ):  # fmt: skip
        assert stranger.request(method, path, body).status == 404
    assert begin().counter(SPACE.ref("RTM1", "2026-11")) is None
