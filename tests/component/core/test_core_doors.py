"""The packaged front door enters a room when its first request comes, and answers as the whole house would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import house
from chalicelib.core.http.application import Application
from chalicelib.core.http.routes import ROUTES
from tests.support.http import Client, front_door


@pytest.fixture
def door(database: None) -> Iterator[Application]:
    whole = front_door()
    yield Application(app_name="packaged", configure_logs=False, later=house.find_doors(), enter=house.routes_of)
    for blueprint in house.routes():
        blueprint._current_app = whole


def ask(door: Application, method: str, route: str, path: str = "") -> Any:
    context = {"httpMethod": method, "resourcePath": route, "identity": {"sourceIp": "127.0.0.1"}}
    return door(
        {
            "requestContext": context, "headers": {}, "multiValueQueryStringParameters": None, "body": None,
            "pathParameters": {"market": "EU"} if "{market}" in route else None, "stageVariables": None,
            "isBase64Encoded": False, "path": path or route,
        },
        None,
    )  # fmt: skip


def test_a_room_is_entered_with_its_first_request_and_no_other(door: Application) -> None:
    assert not door.routes
    for _ in range(2):
        answer = ask(door, "GET", "/markets")
        assert (answer["statusCode"], json.loads(answer["body"])["items"][0]["code"]) == (200, "EU")
    assert set(door.routes) == {route.path for route in ROUTES if route.tag == "markets"}


def test_every_path_leads_to_all_rooms_that_have_a_route_on_it(guest: Client, door: Application) -> None:
    front_door()
    known = house.find_doors()
    assert {"/markets", "/orders", "/carts/{cart_id}/quote"} <= set(known)
    for route in ROUTES:
        if route.tag in house.ROOMS:
            assert route.tag in known[route.path]
    assert set(known["/openapi.json"]) == {room for rooms in known.values() for room in rooms}


def test_rooms_that_share_a_path_are_all_behind_it(door: Application) -> None:
    shared = [path for path, rooms in house.find_doors().items() if len(rooms) > 1 and path != "/openapi.json"]
    for path in shared:
        ask(door, "OPTIONS", path)
        methods = {route.method for route in ROUTES if route.path == path}
        assert methods <= set(door.routes[path])


def test_outside_of_a_package_every_room_is_entered_at_once() -> None:
    assert house.doors() is None
    assert {route.path for route in ROUTES} <= set(front_door().routes)


def test_paths_are_written_down_in_one_order_so_that_the_same_sources_package_to_the_same_bytes() -> None:
    known = list(house.find_doors())
    assert known == sorted(known)
