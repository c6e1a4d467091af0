"""Who may do what to whose things: every closed route, tried by everybody who may not (Z1, Z2, Z4, Z5).

The routes come from the house itself; a closed route without an entry in `CASES` fails here. For each the same is held:
the answer is the designed refusal, nothing of the owner is in it, what is not yours looks exactly like what is not
there, and nothing is written or sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from chalicelib import house
from chalicelib.core import aws
from chalicelib.core.auth import PUBLIC, SHOPPER, SIGNED, SIGNED_IN, Post, Principal
from chalicelib.core.http import description
from chalicelib.core.http.routes import ROUTES, Route
from tests.support.http import Answer
from tests.support.route_cases import CASES
from tests.support.somebodys_shop import BOB, Shop, a_shop
from tests.support.table import metered
from tests.support.world import SHOPPER as OWNER

list(house.routes())
assert description.routes

WRONG_TOKEN = "not-the-token-of-any-cart-or-order-0123456789"
CLOSED = {f"{route.method} {route.path}": route for route in ROUTES if route.access not in (PUBLIC, SIGNED)}
KNOWN = {name: route for name, route in CLOSED.items() if name in CASES}
FOR_SHOPPERS = {name: route for name, route in KNOWN.items() if route.access in (SHOPPER, SIGNED_IN)}
FOR_STAFF = {name: route for name, route in KNOWN.items() if name not in FOR_SHOPPERS}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with a_shop() as made:
        yield made


@contextmanager
def nothing_written() -> Iterator[None]:
    """Not one write to the table and not one message is even tried inside the block."""
    sent: list[str] = []

    def note(model: Any, **_: Any) -> None:
        sent.append(model.name)

    queues = aws.client("sqs").meta.events
    queues.register("provide-client-params.sqs.*", note, unique_id="nothing")
    try:
        with metered() as meter:
            yield
    finally:
        queues.unregister("provide-client-params.sqs.*", unique_id="nothing")
    assert set(meter.calls) <= {"GetItem", "BatchGetItem", "Query"}
    assert sent == []


def same(one: Answer, other: Answer) -> bool:
    """Whether nobody could tell two answers apart."""
    return (one.status, one.text, one.headers) == (other.status, other.text, other.headers)


def test_every_closed_route_has_a_case_here() -> None:
    assert set(CLOSED) - set(CASES) == set(), "add a sound request of these routes to CASES"
    assert set(CASES) - set(CLOSED) == set(), "these are no routes (any more)"


@pytest.mark.parametrize("name", KNOWN)
def test_nobody_in_particular_gets_nothing_z5(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, None)
        assert answer.status == 401, answer.text
        assert same(answer, shop.ask(name, None, shop.missing(name)))
        assert not shop.leaks(answer)


@pytest.mark.parametrize("name", KNOWN)
def test_a_guest_with_a_token_of_nothing_gets_nothing_z1(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, None, token=WRONG_TOKEN)
        designed = {SHOPPER: 404, SIGNED_IN: 403}.get(CLOSED[name].access, 401)
        assert answer.status == designed, answer.text
        assert same(answer, shop.ask(name, None, shop.missing(name), WRONG_TOKEN))
        assert not shop.leaks(answer)


@pytest.mark.parametrize("name", FOR_SHOPPERS)
def test_another_shopper_finds_nothing_of_mine_z1_z2(shop: Shop, name: str) -> None:
    if not CASES[name].named:
        answer = shop.ask(name, BOB)
        assert answer.status < 300, answer.text
        assert not shop.leaks(answer), answer.text
        return
    with nothing_written():
        answer = shop.ask(name, BOB)
        assert answer.status == 404, answer.text
        assert not shop.leaks(answer), answer.text
        assert same(answer, shop.ask(name, BOB, shop.missing(name)))


@pytest.mark.parametrize("name", FOR_STAFF)
def test_a_shoppers_sign_in_opens_no_door_of_staff_z4(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, OWNER)
        assert answer.status == 403, answer.text
        assert same(answer, shop.ask(name, OWNER, shop.missing(name)))
        assert not shop.leaks(answer)


@pytest.mark.parametrize("name", FOR_SHOPPERS)
def test_staff_do_not_act_as_shoppers_z4(shop: Shop, name: str) -> None:
    with nothing_written():
        answer = shop.ask(name, Principal("staff", OWNER.id, OWNER.email, posts=frozenset(Post)))
        assert answer.status == 403, answer.text


def posts_without(route: Route) -> list[frozenset[Post]]:
    """No post at all, and every single post that the route does not let in."""
    alone = [frozenset[Post](), *(frozenset({post}) for post in Post)]
    return [posts for posts in alone if not route.access.admits(of_rotterdam(*posts))]


def of_rotterdam(*posts: Post) -> Principal:
    return Principal("staff", "s", posts=frozenset(posts), scopes=frozenset({"RTM1"}))


@pytest.mark.parametrize("name", FOR_STAFF)
def test_staff_without_the_post_are_refused_z5(shop: Shop, name: str) -> None:
    with nothing_written():
        for posts in posts_without(FOR_STAFF[name]):
            answer = shop.ask(name, of_rotterdam(*posts))
            assert answer.status == 403, (posts, answer.text)
            assert not shop.leaks(answer)


#: Who is bound to a place; customer service without one is the house's.
ELSEWHERE = [
    Principal("staff", "s", posts=frozenset({post}), scopes=frozenset({scope} - {""}))
    for post in (Post.STORE, Post.MERCHANT, Post.CUSTOMER_SERVICE)
    for scope in ("BER-S1", "tea-house", "")
    if scope or post is not Post.CUSTOMER_SERVICE
]


@pytest.mark.parametrize(
    ("name", "who"),
    [
        pytest.param(name, who, id=f"{name}-{'-'.join((*who.posts, *who.scopes))}")
        for name, route in FOR_STAFF.items() for who in ELSEWHERE if route.access.admits(who)
    ],
)  # fmt: skip
def test_staff_of_another_store_or_merchant_find_nothing_rol_03(shop: Shop, name: str, who: Principal) -> None:
    with nullcontext() if CASES[name].anywhere else nothing_written():
        answer = shop.ask(name, who)
        assert not shop.leaks(answer), answer.text
        assert "RTM1" not in answer.text
        if CASES[name].named:
            assert answer.status == 404, answer.text
            assert same(answer, shop.ask(name, who, shop.missing(name)))


KINDS = (
    "order_id", "return_id", "cart_id", "line_id", "address_id", "unmatched_id", "import_id", "store", "sku",
    "booking_id", "merchant_id", "top_up_id",
)  # fmt: skip
NO_IDS = (
    "ORDER#1", "a#b", "EVENT#ORDER#000001", "..", "%23", "%2e%2e", "a%2Fb", "a b", "*", "-", "'", "\u0000", "x" * 129,
    "x" * 4000, "Ä", "\U0001f60e", "\u202e", "0", "None", "true", "%", "%ff", "$ne", "{}",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in KNOWN if CASES[name].named and "{" in name])
def test_an_id_of_another_kind_or_of_no_kind_finds_nothing_f12(shop: Shop, name: str) -> None:
    """The caller owns, or may handle, everything named: only the kind is wrong."""
    who = OWNER if name in FOR_SHOPPERS else Principal("staff", "s", posts=frozenset({Post.ADMIN}))
    with nothing_written():
        for part in CASES[name].named:
            others = [shop.own[kind] for kind in KINDS if kind != part]
            for wrong in (*others, *NO_IDS):
                answer = shop.ask(name, who, {**shop.own, part: wrong})
                assert answer.status in (400, 404), (wrong, answer.status, answer.text)
                json.loads(answer.text)


def entitled(name: str) -> Principal:
    """Somebody with one post that the route lets in, where the owner's things are."""
    admits = FOR_STAFF[name].access.admits
    one = CASES[name].by or next(post for post in reversed(Post) if admits(of_rotterdam(post)))
    place = "lantern-travel" if one is Post.MERCHANT else "RTM1"
    return Principal("staff", "s", posts=frozenset({one}), scopes=frozenset({place}))


def test_whoever_may_gets_in(shop: Shop) -> None:
    """The same requests by those they are meant for: else all of the above would hold for requests that never work.

    The last test of this file, as it changes what the others look at.
    """
    turns = ("GET", "PUT", "PATCH", "POST", "DELETE")
    refused = {}
    for name in sorted(KNOWN, key=lambda name: (turns.index(name.split(" ")[0]), -len(name))):
        answer = shop.ask(name, OWNER if name in FOR_SHOPPERS else entitled(name))
        bad = (400, 401, 403, 404) if CASES[name].there else (401, 403)
        if answer.status in bad or answer.status >= 500:
            refused[name] = (answer.status, answer.text)
    assert refused == {}, json.dumps(refused, indent=1)
