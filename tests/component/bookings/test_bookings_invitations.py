"""Merchants register themselves with the secret of their invitation (ALY-01), and see what they need (ALY-03)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from chalicelib.bookings import service as bookings
from chalicelib.bookings.domain import Merchant, Standing
from chalicelib.bookings.items import MERCHANT
from chalicelib.core import aws, secrets
from chalicelib.core.auth import Post
from chalicelib.core.table import rows_of
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.http import Client

PATH = "/merchants/silk-road-spa/register"
KEY = "key-0001"


def put_key(**fields: str) -> None:
    client = aws.client("secretsmanager")
    text = "{" + ", ".join(f'"{name}": "{value}"' for name, value in fields.items()) + "}"
    try:
        client.create_secret(Name="caravan/test/signing", SecretString=text)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId="caravan/test/signing", SecretString=text)
    secrets.forget()


@pytest.fixture
def invited(begin: Callable[..., UnitOfWork], clock: Any) -> Iterator[Merchant]:
    put_key(key="k" * 32)
    with time_machine.travel(clock.now, tick=False):
        yield run(lambda uow: bookings.invite(
            uow, "silk-road-spa", name={"en": "Silk Road Spa"}, market="CN", country="CN", time_zone="Asia/Shanghai",
            email="desk@spa.example", language="en", closes_at=uow.now + timedelta(days=7),
        ), begin)  # fmt: skip
    secrets.forget()


def standing(begin: Callable[..., UnitOfWork]) -> Standing:
    return begin().get(MERCHANT, "silk-road-spa").standing


def test_an_invited_merchant_registers_itself_once_aly_01(
    begin: Callable[..., UnitOfWork], invited: Merchant, guest: Client
) -> None:
    secret = bookings.invitation_secret(invited)
    for _ in range(2):
        answer = guest.post(PATH, {"secret": secret})
        assert (answer.status, answer.json["standing"]) == (200, "registered")
    assert [s for s, _ in begin().get(MERCHANT, "silk-road-spa").steps] == [Standing.INVITED, Standing.REGISTERED]


def test_its_secret_is_kept_nowhere(invited: Merchant) -> None:
    secret = bookings.invitation_secret(invited)
    assert len(secret) == 43
    rows = rows_of("MERCHANT#silk-road-spa", "")
    assert rows
    assert not any(secret in str(row) for row in rows)


def test_a_wrong_secret_looks_like_no_such_invitation(
    begin: Callable[..., UnitOfWork], invited: Merchant, guest: Client
) -> None:
    wrong = guest.post(PATH, {"secret": "x" * 43})
    nobody = guest.post("/merchants/nobody/register", {"secret": "x" * 43})
    assert (wrong.status, wrong.json["type"], wrong.json.get("detail")) == (
        404, nobody.json["type"], nobody.json.get("detail"),
    )  # fmt: skip
    assert guest.post("/merchants/a%23b/register", {"secret": "x"}).status == 404
    assert guest.post(PATH, {}).status == 400
    assert standing(begin) is Standing.INVITED


def test_after_ten_wrong_secrets_nobody_registers_for_an_hour(
    begin: Callable[..., UnitOfWork], clock: Any, invited: Merchant, guest: Client
) -> None:
    right = {"secret": bookings.invitation_secret(invited)}
    for number in range(10):
        assert guest.post(PATH, {"secret": f"wrong-{number}"}).status == 404
    assert guest.post(PATH, right).status == guest.post(PATH, {"secret": "wrong"}).status == 429
    assert begin().get(MERCHANT, "silk-road-spa").tries == 10
    with time_machine.travel(clock.now + timedelta(hours=1), tick=False):
        assert guest.post(PATH, {"secret": "wrong"}).status == 404
        assert guest.post(PATH, right).status == 200


def test_nobody_registers_after_the_closing_date_or_twice_aly_01(
    begin: Callable[..., UnitOfWork], invited: Merchant, guest: Client
) -> None:
    right = {"secret": bookings.invitation_secret(invited)}
    with time_machine.travel(invited.closes_at, tick=False):
        late = guest.post(PATH, right)
    assert (late.status, late.json["rule"]) == (422, "ALY-01")
    assert guest.post(PATH, right).status == 200
    run(lambda uow: bookings.close_registration(uow, uow.get(MERCHANT, "silk-road-spa")), begin)
    assert guest.post(PATH, right).status == 409


def test_a_new_invitation_takes_the_place_of_a_lost_one(
    invited: Merchant, guest: Client, as_staff: Callable[..., Client], begin: Callable[..., UnitOfWork]
) -> None:
    old = {"secret": bookings.invitation_secret(invited)}
    path = "/staff/merchants/silk-road-spa/invitation"
    assert as_staff(Post.PLANNING).post(path, key=KEY).status == 200
    assert guest.post(PATH, old).status == 404
    new = {"secret": bookings.invitation_secret(begin().get(MERCHANT, "silk-road-spa"))}
    assert guest.post(PATH, new).status == 200
    assert as_staff(Post.PLANNING).post(path, key=f"{KEY}b").status == 409


def test_an_invitation_outlives_a_rotation_of_the_key(invited: Merchant, guest: Client) -> None:
    right = {"secret": bookings.invitation_secret(invited)}
    put_key(key="n" * 32, key_previous="k" * 32)
    assert guest.post(PATH, right).status == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/staff/exceptions", {}),
        ("/staff/duty-rates", {"destination": "DE", "hs_code": "691110", "origin": "CN"}),
        ("/staff/orders", {}),
        ("/staff/settings", {}),
    ],
)
def test_a_merchants_people_read_nothing_of_the_shops_aly_03(
    as_staff: Callable[..., Client], path: str, query: dict[str, str]
) -> None:
    host = as_staff(Post.MERCHANT, scopes=["tea-house"])
    assert host.get(path, query=query).status == 403
    assert host.get("/staff/me").status == 200
