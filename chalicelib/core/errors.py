"""What can go wrong, in the words of the business.

A rule raises one of these; the HTTP layer turns it into an RFC 9457 problem document and a consumer into a retry or a
dead letter, each in one place. `code` is the stable, machine-readable name of the problem, `status` its HTTP status.
Nothing in here ever carries an exception's text or personal data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar


class DomainError(Exception):
    """Something a caller can understand and act on."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    #: Whether a later delivery of the same message could succeed.
    heals: ClassVar[bool] = False

    def __init__(self, detail: str = "", **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: where it is (JSON pointer, or `query.limit`) and what is wrong with it."""

    pointer: str
    detail: str


class Invalid(DomainError):
    """The request is malformed; every wrong field is named at once."""

    code, status, title = "invalid-request", 400, "The request is not valid"

    def __init__(self, *errors: FieldError, detail: str = "") -> None:
        super().__init__(
            detail or "; ".join(f"{e.pointer}: {e.detail}" if e.pointer else e.detail for e in errors),
            errors=[{"pointer": e.pointer, "detail": e.detail} for e in errors],
        )


class TooLarge(DomainError):
    """The body is larger than this shop reads."""

    code, status, title = "too-large", 413, "The request is too large"


class MethodNotAllowed(DomainError):
    """There is such a page, but not for this."""

    code, status, title = "method-not-allowed", 405, "The method is not one of this page's"


class UnsupportedMedia(DomainError):
    """The body is not of the media type the route takes."""

    code, status, title = "unsupported-media-type", 415, "The media type is not supported"


class NotAcceptable(DomainError):
    """The answer is of a media type that the caller did not ask for."""

    code, status, title = "not-acceptable", 406, "The answer is of another media type"


class Unauthenticated(DomainError):
    """No credentials, or credentials that prove nothing."""

    code, status, title = "unauthenticated", 401, "Credentials are missing or not valid"


class Forbidden(DomainError):
    """Known caller, but not for this."""

    code, status, title = "forbidden", 403, "Not allowed for you"


class NotFound(DomainError):
    """There is no such thing, or it is not yours: the two are never told apart.

    Args:
        id: for our own messages; the caller knows which it asked for.
        members: which of several things in a body it was.
    """

    code, status, title = "not-found", 404, "Not found"

    def __init__(self, what: str, id: str = "", **members: Any) -> None:
        super().__init__(f"There is no such {what}.", what=what, **members)
        self.what, self.id = what, id


class Conflict(DomainError):
    """The state of things does not allow it now."""

    code, status, title = "conflict", 409, "In conflict with the present state"


class NotAllowed(Conflict):
    """The state machine has no such arrow."""

    code, title = "not-allowed-in-state", "Not allowed in this state"

    def __init__(self, what: str, state: str, command: str, allowed: Iterable[str]) -> None:
        names = sorted(allowed)
        super().__init__(
            f"{command} is not allowed while the {what} is {state}.",
            what=what,
            state=state,
            command=command,
            allowed=names,
        )


class VersionConflict(Conflict):
    """Somebody else changed the same thing first. The command is run again before anybody sees this."""

    code, title, heals = "changed-meanwhile", "Changed by somebody else meanwhile", True


class StaleVersion(DomainError):
    """`If-Match` names a version that is no longer the current one."""

    code, status, title = "stale-version", 412, "The version you know is no longer current"


class IdempotencyMismatch(DomainError):
    """The idempotency key was used for another request."""

    code, status, title = "idempotency-key-reused", 422, "The idempotency key belongs to another request"


class RuleRefused(DomainError):
    """Well-formed and possible, but a rule of the shop says no; `rule` names it."""

    code, status, title = "rule-refused", 422, "A rule of the shop does not allow this"


class LimitExceeded(RuleRefused):
    """More than one transaction or one item can hold."""

    code, title = "limit-exceeded", "Larger than the shop can take at once"


class TooMany(DomainError):
    """Too often, too fast."""

    code, status, title = "too-many-requests", 429, "Too many requests"


class Unavailable(DomainError):
    """A part we depend on does not answer; trying again later is right."""

    code, status, title, heals = "unavailable", 503, "Temporarily unavailable", True


class CurrencyMismatch(ValueError):
    """Arithmetic between two currencies: a defect in our code, never a caller's fault."""
