"""Who gets in: every kind of token on every kind of rule, and tokens that prove nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.core import auth
from chalicelib.core.auth import PUBLIC, SHOPPER, SIGNED_IN, Access, Owner, Post, Principal, identify, staff
from chalicelib.core.errors import Forbidden, Unauthenticated, Unavailable
from chalicelib.core.ids import digest
from tests.support.table import ENVIRONMENT

OURS, THEIRS = (rsa.generate_private_key(65537, 2048) for _ in range(2))
SHOPPER_POOL, STAFF_POOL = ENVIRONMENT["SHOPPER_POOL_ID"], ENVIRONMENT["STAFF_POOL_ID"]


class _Keys:
    def get_signing_key_from_jwt(self, token: str) -> Any:
        return type("Key", (), {"key": OURS.public_key()})


@pytest.fixture(autouse=True)
def pools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(auth, "_signing_keys", lambda _: _Keys())
    return


def token(pool: str = SHOPPER_POOL, client: str = "shopper-client", *, key: Any = OURS, **claims: Any) -> str:
    now = int(time.time())
    body = {
        "iss": f"https://cognito-idp.eu-central-1.amazonaws.com/{pool}",
        "sub": "u-1",
        "token_use": "access",
        "client_id": client,
        "iat": now,
        "exp": now + 60,
        **claims,
    }
    return jwt.encode({k: v for k, v in body.items() if v is not None}, key, algorithm="RS256")


def caller(text: str, **headers: str) -> Principal:
    return identify({"authorization": f"Bearer {text}", **headers})


def test_a_shopper_is_known_by_the_pool_that_signed() -> None:
    assert caller(token()).kind == "shopper"
    assert caller(token(token_use="id", client_id=None, aud="shopper-client", email="a@b.c")).email == "a@b.c"


def test_staff_bring_their_posts_and_their_store() -> None:
    person = caller(token(STAFF_POOL, "staff-client", **{"cognito:groups": ["store", "store:RTM1", "unknown"]}))
    assert (person.kind, person.posts, person.store) == ("staff", frozenset({Post.STORE}), "RTM1")


def test_a_group_that_names_no_place_binds_to_none_z5() -> None:
    person = caller(token(STAFF_POOL, "staff-client", **{"cognito:groups": ["store", "store:", ":", ""]}))
    assert person.scopes == frozenset() and not person.works_for("")


def test_groups_in_a_shoppers_token_give_no_posts() -> None:
    assert caller(token(**{"cognito:groups": ["admin"]})).posts == frozenset()


def alg_none() -> str:
    return jwt.encode({"iss": f"x/{SHOPPER_POOL}", "sub": "u", "token_use": "access"}, "", algorithm="none")


def hmac_with_public_key() -> str:
    return jwt.encode({"iss": f"x/{SHOPPER_POOL}", "sub": "u", "token_use": "access"}, "x" * 32, algorithm="HS256")


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", "a.b.c", alg_none(), hmac_with_public_key(),
        token(key=THEIRS), token("eu-central-1_other"), token(client="other-app"), token(client="staff-client"),
        token(STAFF_POOL), token(exp=int(time.time()) - 10), token(token_use="refresh"), token(token_use=None),
        token(sub=None), token(token_use="id"),
    ],
)  # fmt: skip
def test_a_token_that_proves_nothing_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        caller(text)


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "bearer ", "token"])
def test_other_schemes_are_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        identify({"authorization": header})


def test_a_guest_is_known_by_the_digest_of_the_token_only() -> None:
    assert identify({"guest-token": "secret"}) == Principal("guest", guest=digest("secret"))


@pytest.mark.parametrize("text", ["x" * 200, "é"])
def test_a_guest_token_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(Unauthenticated):
        identify({"guest-token": text})


NOBODY, GUEST, ANN = Principal(), Principal("guest", guest="g"), Principal("shopper", "ann")
CLERK = Principal("staff", "c", posts=frozenset({Post.ORDER_DESK}))
ADMIN = Principal("staff", "a", posts=frozenset({Post.ADMIN}))
NO_POST = Principal("staff", "n")
HOST = Principal("staff", "h", posts=frozenset({Post.MERCHANT}), scopes=frozenset({"tea-house"}))
RULES = {
    PUBLIC: {NOBODY, GUEST, ANN, CLERK, ADMIN, NO_POST, HOST},
    SHOPPER: {GUEST, ANN},
    SIGNED_IN: {ANN},
    staff(Post.ORDER_DESK): {CLERK, ADMIN},
    staff(Post.FINANCE): {ADMIN},
    staff(): {CLERK, ADMIN},
    staff(Post.MERCHANT): {HOST, ADMIN},
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name[:20])
@pytest.mark.parametrize("person", [NOBODY, GUEST, ANN, CLERK, ADMIN, NO_POST, HOST], ids=lambda p: p.kind + p.id)
def test_a_rule_lets_in_whom_it_names_and_nobody_else(rule: Access, person: Principal) -> None:
    if person in RULES[rule]:
        rule.check(person)
    else:
        with pytest.raises((Unauthenticated, Forbidden)):
            rule.check(person)


def test_what_is_owned_by_one_is_nobody_elses() -> None:
    mine = Owner(customer="ann")
    assert ANN.owns(mine)
    for other in (NOBODY, GUEST, CLERK, Principal("shopper", "bob"), Principal("staff", "ann")):
        assert not other.owns(mine)
    assert GUEST.owns(Owner(guest="g"))
    assert not NOBODY.owns(Owner(guest="g"))


@pytest.mark.parametrize(("customer", "guest"), [("", ""), ("a", "b")])
def test_an_owner_is_one_or_the_other(customer: str, guest: str) -> None:
    with pytest.raises(ValueError):
        Owner(customer, guest)


def test_store_staff_work_for_their_own_store_only() -> None:
    store = Principal("staff", "s", posts=frozenset({Post.STORE}), scopes=frozenset({"RTM1"}))
    assert store.works_for("RTM1") and not store.works_for("SZX1")
    assert CLERK.works_for("SZX1")
    assert not NO_POST.works_for("RTM1") and not ANN.works_for("RTM1")


def test_while_the_pools_keys_cannot_be_fetched_nobody_gets_in_and_nobody_is_called_a_forger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Down:
        def get_signing_key_from_jwt(self, _: str) -> None:
            raise jwt.PyJWKClientConnectionError("no route to the pool")

    monkeypatch.setattr(auth, "_signing_keys", lambda _: Down())
    with pytest.raises(Unavailable):
        caller(token())
