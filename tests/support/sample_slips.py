"""Files of couriers' slips, and the packed orders that they are about."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from chalicelib.core.events import Actor
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment import service
from chalicelib.fulfilment.domain.slip_files import SlipFile
from chalicelib.fulfilment.items.slip_files import SLIP_FILE
from chalicelib.orders.domain import Order, State
from chalicelib.orders.items import ORDER
from chalicelib.shipping.service import shipments
from tests.support.http import Client
from tests.support.sample_handovers import keep, step
from tests.support.sample_orders import an_order

BOXES = {"boxes": [{"weight_g": 1200}]}
WAYBILLS = ("RR473124829CN", "RA123456785CN", "LZ000000014CN")
UPS = "1Z999AA10123456784"
Begin = Callable[..., UnitOfWork]


def packed(begin: Begin, clerk: Client, store: str = "RTM1") -> Order:
    order = keep(begin, an_order(State.ROUTED, store=store))
    for name, body in (("accept", None), ("pick", None), ("pack", BOXES)):
        answer = step(clerk, order, name, body)
        assert answer.status == 200, answer.text
    return order


def table_of(*rows: tuple[object, ...], header: str = "order_number,carrier,waybill,shipped_on,weight_g") -> str:
    return header + "\n" + "".join(",".join(str(cell) for cell in row) + "\n" for row in rows)


_keys = iter(range(1_000_000))


def bring(client: Client, text: str, kind: str = "waybills", encoding: str = "utf-8") -> str:
    body = {"name": "slips.csv", "kind": kind, "content": b64encode(text.encode(encoding)).decode()}
    answer = client.post("/staff/slip-files", body, key=f"bring-{next(_keys):08d}")
    assert answer.status == 201, answer.text
    return str(answer.json["id"])


def work(begin: Begin, file_id: str, enough: Callable[[], bool] = lambda: False) -> SlipFile:
    file = begin().get(SLIP_FILE, file_id)
    return service.work_through(lambda: begin(Actor("staff", file.by)), file_id, enough)


def imported(client: Client, begin: Begin, text: str, kind: str = "waybills", encoding: str = "utf-8") -> list[Any]:
    """What the report says, row by row."""
    file_id = bring(client, text, kind, encoding)
    done = work(begin, file_id)
    assert done.finished_at is not None
    assert done.accepted + done.unchanged + done.rejected == done.rows == done.next_row
    return report(client, file_id)


def report(client: Client, file_id: str, **query: Any) -> list[Any]:
    answer = client.get(f"/staff/slip-files/{file_id}/rows", query={"limit": 100, **query})
    assert answer.status == 200, answer.text
    items: list[Any] = answer.json["items"]
    return items


def state_of(begin: Begin, order: Order) -> State:
    return begin().get(ORDER, order.id).state


def waybills_of(begin: Begin, order: Order) -> list[str]:
    return [parcel.waybill for parcel in shipments.of_order(begin(), order.id)]
