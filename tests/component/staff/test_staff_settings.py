"""Staff change the numbers of the shop: by kind, by market, with an event that tells who did."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from chalicelib.core import settings_values
from chalicelib.core.auth import Post
from chalicelib.core.settings import REGISTRY, of_the_house
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.domain.settings import PAY_BY
from chalicelib.staff.domain import check
from tests.support.http import Client, front_door

NAME = PAY_BY.name
ROOT = Path(__file__).parents[3]


@pytest.fixture
def admin(as_staff: Callable[..., Client]) -> Client:
    return as_staff(Post.ADMIN)


def test_every_setting_names_its_rule_and_says_what_it_is(admin: Client) -> None:
    items = admin.get("/staff/settings").json["items"]
    assert NAME in [item["name"] for item in items]
    assert all(item["rule"] and item["doc"].endswith(".") and item["unit"] for item in items)


def test_a_process_that_has_entered_no_room_knows_the_settings_of_all() -> None:
    """The packaged front door enters rooms one by one; what can be set does not depend on who came before."""
    front_door()
    names = "import chalicelib.staff.api; from chalicelib.core.settings import of_the_house; print(*of_the_house())"
    done = subprocess.run(
        [sys.executable, "-c", names], capture_output=True, text=True, check=True, timeout=60,
        cwd=ROOT,
    )  # fmt: skip
    assert set(done.stdout.split()) == set(REGISTRY)


def test_a_changed_value_is_in_force(admin: Client, begin: Callable[..., UnitOfWork]) -> None:
    assert admin.request("PUT", f"/staff/settings/{NAME}", {"value": 45}).json["value"] == 45
    assert begin().setting(PAY_BY) == 45
    assert begin().setting(PAY_BY, market="EU") == 45


def test_a_markets_own_value_goes_before_the_shops(admin: Client, begin: Callable[..., UnitOfWork]) -> None:
    admin.request("PUT", f"/staff/settings/{NAME}", {"value": 45})
    admin.request("PUT", f"/staff/settings/{NAME}", {"value": 20, "market": "JP"})
    assert [begin().setting(PAY_BY, market=code) for code in ("JP", "EU")] == [20, 45]


def test_null_goes_back_to_the_default(admin: Client, begin: Callable[..., UnitOfWork]) -> None:
    admin.request("PUT", f"/staff/settings/{NAME}", {"value": 45})
    answer = admin.request("PUT", f"/staff/settings/{NAME}", {"value": None})
    assert (answer.json["value"], answer.json["is_set"]) == (PAY_BY.default, False)
    assert begin().setting(PAY_BY) == PAY_BY.default


@pytest.mark.parametrize("value", ["45", True, -1, 10**10, 1.5, [1]])
def test_a_value_of_another_kind_changes_nothing(
    admin: Client, begin: Callable[..., UnitOfWork], value: object
) -> None:
    assert admin.request("PUT", f"/staff/settings/{NAME}", {"value": value}).status == 400
    assert begin().setting(PAY_BY) == PAY_BY.default


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("core.idempotency_hours", 0), ("notifications.lease_seconds", 0), ("cart.keep_days", 0),
        ("cart.keep_days", 10**9), ("orders.pay_by_minutes", 10**9), ("bookings.no_show_refund_working_days", 10**6),
    ],
)  # fmt: skip
def test_nobody_switches_a_guarantee_off_or_the_calendar_over_by_a_number(admin: Client, name: str, value: int) -> None:
    """No key that is free at once, no mail that two may send, no day after the last one."""
    refused = admin.request("PUT", f"/staff/settings/{name}", {"value": value})
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/value")


def test_every_default_is_a_value_that_may_be_set(admin: Client) -> None:
    for setting in of_the_house().values():
        check(setting, setting.default)


def test_an_unknown_setting_or_market_is_not_found(admin: Client) -> None:
    assert admin.request("PUT", "/staff/settings/no.such", {"value": 1}).status == 404
    assert admin.request("PUT", f"/staff/settings/{NAME}", {"value": 1, "market": "XX"}).status == 404


def test_only_the_administrator_changes_and_the_event_says_who(
    admin: Client, as_staff: Callable[..., Client], begin: Callable[..., UnitOfWork]
) -> None:
    clerk = as_staff(Post.PLANNING)
    assert clerk.request("PUT", f"/staff/settings/{NAME}", {"value": 1}).status == 403
    admin.request("PUT", f"/staff/settings/{NAME}", {"value": 45})
    (row,) = begin().load_partition("SETTINGS", "EVENT#")
    told = msgspec.json.decode(row.envelopes[0])
    assert told["data"] == {"setting": NAME, "market": "", "before": None, "value": 45}
    assert told["actor"]["kind"] == "staff"


def test_a_change_on_old_knowledge_is_refused(admin: Client) -> None:
    tag = admin.get("/staff/settings").headers["ETag"]
    admin.request("PUT", f"/staff/settings/{NAME}", {"value": 45})
    settings_values.forget()
    assert admin.request("PUT", f"/staff/settings/{NAME}", {"value": 50}, headers={"if-match": tag}).status == 412


def test_every_text_has_a_form_that_its_default_has_or_is_the_code_of_a_market() -> None:
    for setting in of_the_house().values():
        if isinstance(setting.default, str):
            assert setting.form or setting.unit == "market code", setting.name
            assert setting.takes(setting.default), setting.name


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("cart.splitting", "Forbidden", "forbidden"),
        ("returns.exchange_released_when", "never", "received"),
        ("shipping.lockers", "BER-S1", "BER-S1=sandbox:BER-S1-L1"),
        ("shipping.lockers", "BER-S1=sandbox:L1,", ""),
        ("inventory.sharded_skus", "MUG", "MUG:4,CUP:2"),
        ("partners.retry_after_minutes", "1,5", "1 5"),
        ("notifications.order_desk_address", "desk", "desk@example.com"),
        ("bookings.required_documents", "Licence; ID", "licence"),
    ],
)
def test_a_text_of_another_form_is_refused_and_not_quietly_without_effect(
    admin: Client, name: str, bad: str, good: str
) -> None:
    before = next(one for one in admin.get("/staff/settings").json["items"] if one["name"] == name)
    refused = admin.request("PUT", f"/staff/settings/{name}", {"value": bad})
    assert (refused.status, refused.json["errors"]) == (
        400, [{"pointer": "/value", "detail": f"must be: {before['unit']}"}],
    )  # fmt: skip
    assert before in admin.get("/staff/settings").json["items"]
    assert admin.request("PUT", f"/staff/settings/{name}", {"value": good}).status == 200


def test_the_default_market_is_one_that_there_is(admin: Client) -> None:
    assert admin.request("PUT", "/staff/settings/catalog.default_market", {"value": "XX"}).status == 404
    assert admin.request("PUT", "/staff/settings/catalog.default_market", {"value": "JP"}).status == 200
