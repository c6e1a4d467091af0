"""Who is calling, and what that lets them do.

Shoppers and staff come from two Cognito user pools; a token of one is never good for the other. A guest proves a cart
or an order by a secret token that was shown once and is kept as a digest only. Default is deny: every route names its
rule.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Final

from . import config
from .errors import Forbidden, Unauthenticated, Unavailable
from .events import Actor
from .ids import digest


class Post(StrEnum):
    """Staff posts (ROL-02), one Cognito group each. A store's or merchant's own group is `store:<location id>`."""

    ADMIN = "admin"
    PRODUCT_MANAGEMENT = "product_management"
    ORDER_DESK = "order_desk"
    CUSTOMER_SERVICE = "customer_service"
    AFTER_SALES = "after_sales"
    FINANCE = "finance"
    CASHIER = "cashier"
    PLANNING = "planning"
    PURCHASING = "purchasing"
    STORE = "store"
    MERCHANT = "merchant"


#: Posts whose holders see the things of their own store or merchant only.
_OF_A_PLACE: Final = frozenset({Post.STORE, Post.MERCHANT, Post.CUSTOMER_SERVICE})
#: Of them, the posts that there are at headquarters, too.
_OF_THE_HOUSE_TOO: Final = frozenset({Post.CUSTOMER_SERVICE})


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a cart or an order is: a customer's id, or the digest of a guest's token."""

    customer: str = ""
    guest: str = ""

    def __post_init__(self) -> None:
        if bool(self.customer) == bool(self.guest):
            raise ValueError("an owner is either a customer or a guest")


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a request.

    Args:
        kind: `anonymous`, `guest`, `shopper` or `staff`.
        id: the subject in its user pool; empty for guests.
        email: address from the identity token, when it has one.
        guest: digest of the guest token that came along (also beside a shopper's sign-in, for merging).
        posts: staff posts.
        scopes: location or merchant ids that a store's or merchant's staff are bound to.
    """

    kind: str = "anonymous"
    id: str = ""
    email: str = ""
    guest: str = ""
    posts: frozenset[Post] = field(default_factory=frozenset)
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def actor(self) -> Actor:
        return Actor(self.kind, self.id)

    @property
    def key(self) -> str:
        """A name for this caller that is safe in keys and says nothing about a guest's token."""
        return f"{self.kind}:{self.id or self.guest}"

    @property
    def owner(self) -> Owner:
        """As whom this caller puts things into the shop.

        Raises:
            Unauthenticated: the caller has neither signed in nor a guest token.
        """
        if self.kind == "shopper":
            return Owner(customer=self.id)
        if self.guest:
            return Owner(guest=self.guest)
        raise Unauthenticated("Sign in, or send the guest token you were given.")

    @property
    def store(self) -> str:
        """The one store this member of staff works for, or nothing."""
        return next(iter(self.scopes)) if len(self.scopes) == 1 else ""

    def owns(self, owner: Owner) -> bool:
        """Whether a thing with this owner is the caller's."""
        if owner.customer:
            return self.kind == "shopper" and owner.customer == self.id
        return bool(self.guest) and hmac.compare_digest(owner.guest, self.guest)

    def holds(self, *posts: Post) -> bool:
        """Whether the caller has one of these staff posts (the administrator has all)."""
        return self.kind == "staff" and bool(self.posts & {*posts, Post.ADMIN})

    def works_for(self, scope: str) -> bool:
        """Whether the caller may see this store's or merchant's things: unbound staff see all.

        A store's own customer service is bound like its clerks (RTE-03, ROL-03); the house's belongs to no store.
        """
        bound = not self.posts & (set(Post) - _OF_A_PLACE) and (bool(self.scopes) or not self.posts & _OF_THE_HOUSE_TOO)
        return self.kind == "staff" and (scope in self.scopes if bound else True)


ANONYMOUS: Final = Principal()


@dataclass(frozen=True, slots=True)
class Access:
    """A rule that lets callers into a route, before any object is looked at.

    Args:
        name: as shown in the API description.
        admits: whether this caller may enter.
        schemes: the ways to prove who one is, as named in the API description; empty: none is needed.
    """

    name: str
    admits: Callable[[Principal], bool]
    schemes: tuple[str, ...] = ()

    def check(self, principal: Principal) -> None:
        """Let the caller in.

        Raises:
            Unauthenticated: not known who it is.
            Forbidden: known, but not for this.
        """
        if not self.admits(principal):
            if principal.kind == "anonymous" or (principal.kind == "guest" and "staff" in self.schemes):
                raise Unauthenticated("This needs credentials that were not sent.")
            raise Forbidden("Your account may not do this.")


PUBLIC: Final = Access("public", lambda _: True)
SIGNED: Final = Access("signed message", lambda _: True, ("signature",))
SHOPPER: Final = Access("shopper or guest", lambda p: p.kind in {"shopper", "guest"}, ("shopper", "guest"))
SIGNED_IN: Final = Access("signed-in shopper", lambda p: p.kind == "shopper", ("shopper",))


def staff(*posts: Post) -> Access:
    """Members of staff with any of these posts; with none named, any post of the shop's own people.

    A merchant's people are not the shop's: they have a simple permission (ALY-03), and enter where `MERCHANT` is named.
    """
    allowed = posts or tuple(post for post in Post if post is not Post.MERCHANT)
    return Access("staff: " + ", ".join(allowed), lambda p: p.holds(*allowed), ("staff",))


def staff_of_the_house(*posts: Post) -> Access:
    """As `staff`, without those who are bound to a store or merchant: for what belongs to none (ROL-03)."""
    return Access("staff of the house: " + ", ".join(posts), lambda p: p.holds(*posts) and p.works_for(""), ("staff",))


def identify(headers: Mapping[str, str]) -> Principal:
    """The caller, from `Authorization: Bearer` and `Guest-Token`; header names in lower case.

    Raises:
        Unauthenticated: credentials were sent and prove nothing. They are never silently ignored.
    """
    token = headers.get("guest-token", "")
    if token and (len(token) > 128 or not token.isascii()):
        raise Unauthenticated("The guest token is not one of this shop's.")
    guest = digest(token) if token else ""
    authorization = headers.get("authorization", "")
    if not authorization:
        return Principal("guest", guest=guest) if guest else ANONYMOUS
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "bearer" or not credentials:
        raise Unauthenticated("Only bearer tokens are taken.")
    return _from_token(credentials.strip(), guest)


def _from_token(token: str, guest: str) -> Principal:
    import jwt

    try:
        issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
        kind = _pool_of(issuer)
        pool, client = config.pool(kind)
        claims: dict[str, Any] = jwt.decode(
            token,
            _signing_keys(pool).get_signing_key_from_jwt(token).key,
            algorithms=["RS256"],
            issuer=issuer,
            options={"require": ["exp", "iat", "iss", "sub", "token_use"], "verify_aud": False},
        )
    except jwt.PyJWKClientConnectionError as error:  # the token may be as good as ever
        raise Unavailable("Who you are cannot be checked just now. Please try again in a moment.") from error
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise Unauthenticated("The token is not valid.") from error
    audience = {"id": "aud", "access": "client_id"}.get(claims["token_use"])
    if audience is None or claims.get(audience) != client:
        raise Unauthenticated("The token is not valid.")
    groups = [str(group) for group in claims.get("cognito:groups", ())]
    return Principal(
        kind,
        str(claims["sub"]),
        str(claims.get("email", "")),
        guest,
        posts=frozenset(Post(name) for name in groups if name in set(Post)) if kind == "staff" else frozenset(),
        scopes=frozenset(_scope_of(name) for name in groups) - {""} if kind == "staff" else frozenset(),
    )


def _scope_of(group: str) -> str:
    """The location or merchant that a group binds to (`store:RTM1`), or nothing."""
    return group.partition(":")[2]


def _pool_of(issuer: str) -> str:
    pool = issuer.rsplit("/", 1)[-1]
    for kind in ("shopper", "staff"):
        if config.pool(kind)[0] == pool:
            return kind
    raise ValueError("unknown issuer")


@cache
def _signing_keys(pool: str) -> Any:
    """The pool's public keys. Their address is built from our own configuration, never taken from a token."""
    import jwt

    base = config.endpoint_url() or f"https://cognito-idp.{config.region()}.amazonaws.com"
    return jwt.PyJWKClient(f"{base}/{pool}/.well-known/jwks.json", cache_keys=True, lifespan=3600, timeout=3)
