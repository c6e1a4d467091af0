"""Documents of orders: what stands on them, for whom, and when they may be printed (ORD-18, ORD-22)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog import service as catalog
from chalicelib.core.auth import Post
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from chalicelib.fulfilment.domain import Packing
from chalicelib.fulfilment.domain.documents import PRINTED_IN, DocumentKind, Pick, pick_lines
from chalicelib.fulfilment.items import PACKING
from chalicelib.fulfilment.papers.words import WORDS
from chalicelib.markets.domain import Address
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.gift import GiftWrap
from chalicelib.shipping.domain.shipments import Box
from tests.conftest import ROOT
from tests.support.http import Answer, Client
from tests.support.pdf import pages_of, text_of
from tests.support.sample_handovers import a_pickup as a_desk_pickup
from tests.support.sample_handovers import code_of, keep, packed, put_secrets, step
from tests.support.sample_orders import CUSTOMER, a_line, an_order
from tests.support.sample_products import product, variant

Begin = Callable[..., UnitOfWork]
WAYBILL = "RR473124829CN"
SHENZHEN = Address(
    name="王芳", phone="+8613800138000", lines=("南山区科技园 8 号",), city="深圳市", region="广东省",
    postal_code="518000", country="CN", district="南山区",
)  # fmt: skip
ACCEPTED = {"accept": "application/pdf"}


@pytest.fixture
def owner(as_shopper: Callable[..., Client]) -> Client:
    return as_shopper(CUSTOMER.customer)


def kept(begin: Begin, state: State = State.ROUTED, **changes: Any) -> Order:
    return keep(begin, an_order(state, **{"store": "RTM1", **changes}))


def printed(client: Client, kind: str, *orders: Order, language: str = "en") -> bytes:
    headers = {"accept-language": language, **ACCEPTED}
    if len(orders) == 1:
        answer = client.get(f"/staff/orders/{orders[0].id}/documents/{kind}", headers=headers)
    else:
        query = {"order": [order.id for order in orders]}
        answer = client.get(f"/staff/documents/{kind}", query=query, headers=headers)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pdf"
    return answer.raw


def shipped(begin: Begin, client: Client, **changes: Any) -> Order:
    order = packed(client, begin, an_order(State.ROUTED, **{"store": "RTM1", **changes}))
    answer = step(client, order, "ship", {"carrier": "china-post", "waybill": WAYBILL})
    assert answer.status == 200, answer.text
    return order


def test_a_confirmation_says_what_was_agreed_in_the_customers_language_ord_22(begin: Begin, owner: Client) -> None:
    order = kept(begin, language="zh-CN", ship_to=SHENZHEN)
    answer = owner.get(f"/orders/{order.id}/confirmation", headers=ACCEPTED)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    text = text_of(answer.raw)
    for said in (order.id, "订单确认", "王芳", "518000", order.contact.email, "合计", order.totals.total.text):
        assert said in text, said
    for line in order.lines:
        assert line.title in text.replace("\n", " ")
        assert line.sku in text


def test_every_amount_of_the_order_stands_on_its_confirmation(begin: Begin, store: Client) -> None:
    order = kept(begin)
    wrapped = replace(
        order, totals=replace(order.totals, deposit=Money.of("2.60", "EUR"), duty_at_door=Money.of("7.77", "EUR")),
        gift=GiftWrap("生日快乐 Happy birthday", Money.of("4.90", "EUR")),
    )  # fmt: skip
    run(lambda uow: uow.put(ORDER, replace(uow.get(ORDER, order.id), totals=wrapped.totals, gift=wrapped.gift)), begin)
    text = text_of(printed(store, "confirmation", order))
    for said in ("EUR 2.60", "EUR 7.77", "Gift wrap", "生日快乐", "Happy birthday", order.totals.subtotal.text):
        assert said in text, said


def test_an_order_that_was_cancelled_says_so(begin: Begin, store: Client) -> None:
    assert "cancelled" in text_of(printed(store, "confirmation", kept(begin, State.CANCELLED)))


def test_a_delivery_note_has_units_and_parcels_and_no_prices(begin: Begin, store: Client) -> None:
    text = text_of(printed(store, "delivery-note", shipped(begin, store)))
    for said in ("Erika Mustermann", "TEA-POT-BLUE", WAYBILL, "China Post", "0.900 kg"):
        assert said in text, said
    assert "EUR" not in text


def test_a_pick_list_for_many_orders_visits_every_category_once_ord_18(begin: Begin, store: Client) -> None:
    run(lambda uow: catalog.save(uow, product("tea-set", variant("TEA-CUP-SET"))), begin)
    one, two = kept(begin), kept(begin, State.PICKING)
    text = text_of(printed(store, "pick-list", one, two))
    assert text.count("Category: kitchen (2)") == 1
    assert text.count("Category: Other (4)") == 1
    assert text.index("kitchen") < text.index("Other")
    flat = text.replace("\n", " ")
    for order in (one, two):
        assert f"{order.id} × 2" in flat
    assert "6" in text


def test_a_pick_list_says_which_order_is_to_be_wrapped_and_what_the_card_says_ord_10(
    begin: Begin, store: Client
) -> None:
    price = Money.of("4.90", "EUR")
    plain, wrapped, quiet = (
        kept(begin, gift=gift) for gift in (None, GiftWrap("生日快乐 Happy birthday", price), GiftWrap("", price))
    )
    flat = text_of(printed(store, "pick-list", plain, wrapped, quiet)).replace("\n", " ")
    for said in (f"Gift wrapped: {wrapped.id}", f"Gift wrapped: {quiet.id}", "生日快乐", "Happy birthday"):
        assert said in flat, said
    assert f"Gift wrapped: {plain.id}" not in flat
    assert flat.count("Message for the card") == 1


def test_units_are_added_up_by_sku_and_bundles_are_picked_as_what_they_hold() -> None:
    held = (a_line("1.1", "CUP", 4), a_line("1.2", "POT", 2))
    first = an_order(lines=(a_line("1", "SET", 2, components=held), a_line("2", "CUP", 1)))
    second = an_order(lines=(a_line("1", "CUP", 3), a_line("2", "E-BOOK", 1, kind="virtual")))
    lines = pick_lines([first, second], {"CUP": "cups"})
    assert [(line.sku, line.category, line.units) for line in lines] == [("CUP", "cups", 8), ("POT", "", 2)]
    assert lines[0].picks == (Pick(first.id, 5), Pick(second.id, 3))


def test_a_label_has_address_waybill_and_order_number_as_bars(begin: Begin, store: Client) -> None:
    order = shipped(begin, store)
    pdf = printed(store, "label", order)
    (page,) = pages_of(pdf)
    for said in ("Erika Mustermann", "Invalidenstraße 117", WAYBILL, order.id, "China Post"):
        assert any(said in text for text in page), said
    assert b"/MediaBox [ 0 0 288 432 ]" in pdf
    assert not any("TEA" in text for text in page)


def test_boxes_have_a_label_each_before_a_courier_has_them(begin: Begin, store: Client) -> None:
    order = kept(begin)
    boxes = {"boxes": [{"weight_g": 1200}, {"weight_g": 800}]}
    for name, body in (("accept", None), ("pick", None), ("pack", boxes)):
        step(store, order, name, body)
    pages = pages_of(printed(store, "label", order))
    assert [next(text for text in page if "kg" in text) for page in pages] == [
        "Box 1 of 2 Weight: 1.200 kg", "Box 2 of 2 Weight: 0.800 kg",
    ]  # fmt: skip


def test_a_label_says_what_is_chilled_and_what_breaks(begin: Begin, store: Client) -> None:
    run(lambda uow: catalog.save(uow, product("tea-set", variant("TEA-CUP-SET"), fragile=True)), begin)
    order = shipped(begin, store, lines=(a_line("1", "MILK", 1, fresh=True),))
    assert "CHILLED" in text_of(printed(store, "label", order))
    assert "FRAGILE" not in text_of(printed(store, "label", order))
    other = kept(begin, State.PACKED)
    run(lambda uow: uow.put(PACKING, Packing(other.id, "RTM1", (Box(900),), "s", uow.now)), begin)
    assert "FRAGILE" in text_of(printed(store, "label", other))
    assert "易碎品" in text_of(printed(store, "label", other, language="zh-CN"))


def test_a_pickup_code_is_on_no_document(begin: Begin, as_staff: Callable[..., Client]) -> None:
    put_secrets()
    clerk = as_staff(Post.STORE, scopes=["BER-S1"])
    order = packed(clerk, begin, a_desk_pickup())
    assert step(clerk, order, "ready", {}).status == 200
    code = code_of(begin, order)
    for kind in ("label", "delivery-note", "confirmation"):
        pdf = printed(clerk, kind, order)
        assert code not in text_of(pdf), kind
        assert code not in text_of(pdf).replace("\n", "")


def test_many_orders_are_one_file_in_the_order_asked_for(begin: Begin, store: Client) -> None:
    orders = [kept(begin, State.PICKING) for _ in range(4)]
    pages = pages_of(printed(store, "delivery-note", *orders))
    assert [next(order.id for order in orders if order.id in " ".join(page)) for page in pages] == [
        order.id for order in orders
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [kind.value for kind in DocumentKind])
def test_the_same_order_is_the_same_bytes(begin: Begin, store: Client, kind: str) -> None:
    order = kept(begin)
    if kind in ("label", "delivery-note"):
        for name, body in (("accept", None), ("pick", None), ("pack", {"boxes": [{"weight_g": 900}]})):
            step(store, order, name, body)
    assert printed(store, kind, order, language="zh") == printed(store, kind, order, language="zh")


@pytest.mark.parametrize("state", [state for state in State if state is not State.PARTLY_SHIPPED])  # of several places
@pytest.mark.parametrize("kind", list(DocumentKind))
def test_a_document_is_refused_where_it_would_not_be_true(
    begin: Begin, store: Client, kind: DocumentKind, state: State
) -> None:
    order = kept(begin, state)
    answer = store.get(f"/staff/orders/{order.id}/documents/{kind}", headers=ACCEPTED)
    assert answer.status == (200 if state in PRINTED_IN[kind] else 409), answer.text


def test_what_is_not_yours_is_not_there_rte_03(
    begin: Begin, store: Client, as_staff: Callable[..., Client], as_shopper: Callable[..., Client], guest: Client
) -> None:
    order, own = kept(begin, State.PICKING), kept(begin, State.PICKING, store="SHA-S1")
    stranger = as_staff(Post.STORE, scopes=["SHA-S1"])
    missing = stranger.get("/staff/orders/C7K2Q0M9VX4TBT/documents/delivery-note", headers=ACCEPTED)
    answers = [
        stranger.get(f"/staff/orders/{order.id}/documents/delivery-note", headers=ACCEPTED),
        stranger.get("/staff/documents/pick-list", query={"order": [own.id, order.id]}, headers=ACCEPTED),
        as_shopper("bob").get(f"/orders/{order.id}/confirmation", headers=ACCEPTED),
    ]
    assert [(answer.status, answer.json) for answer in answers] == [(404, missing.json)] * 3
    assert guest.get(f"/orders/{order.id}/confirmation", headers=ACCEPTED).status == 401


def test_bytes_are_for_those_who_ask_for_them(begin: Begin, owner: Client) -> None:
    order = kept(begin)

    def asked(accept: str) -> Answer:
        return owner.get(f"/orders/{order.id}/confirmation", headers={"accept": accept})

    assert asked("application/pdf;q=0.9, */*").status == 200
    for accept in ("", "*/*", "text/html,application/pdf", "application/json"):
        answer = asked(accept)
        assert (answer.status, answer.json["type"]) == (406, "/problems/not-acceptable")


@pytest.mark.parametrize("path", ["/staff/orders/{}/documents/nothing", "/staff/orders/{}/documents/LABEL"])
def test_a_document_that_nobody_knows_is_not_found(begin: Begin, store: Client, path: str) -> None:
    assert store.get(path.format(kept(begin).id), headers=ACCEPTED).status == 404


def test_too_many_orders_at_once_are_refused(begin: Begin, store: Client) -> None:
    orders = [an_order().id for _ in range(51)]
    assert store.get("/staff/documents/label", query={"order": orders}, headers=ACCEPTED).status == 400
    assert store.get("/staff/documents/label", headers=ACCEPTED).status == 400


def test_both_languages_have_every_word() -> None:
    assert set(WORDS["en"]) == set(WORDS["zh"])


def test_the_library_is_loaded_by_those_who_print_and_by_nobody_else() -> None:
    script = "import app, sys; sys.exit(any(name.split('.')[0] in ('reportlab', 'PIL') for name in sys.modules))"
    environment = {"AWS_DEFAULT_REGION": "eu-central-1", "PATH": ""}
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=False).returncode == 0
