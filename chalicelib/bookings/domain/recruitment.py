"""Recruiting merchants: from invitation to the simple permission (chart 003, machine B, ALY-01…03)."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.core.errors import NotAllowed, RuleRefused, TooMany

#: Deadline: from then on nobody registers, and who has registered is screened (ALY-02).
REGISTRATION_CLOSES: Final = "registration_closes"


class Standing(StrEnum):
    """Where a merchant stands on its way into the alliance."""

    INVITED = "invited"
    REGISTERED = "registered"
    SCREENING = "screening"
    QUALIFIED = "qualified"
    REJECTED = "rejected"
    DOCUMENTS_SUBMITTED = "documents_submitted"
    ACTIVE = "active"


class Step(StrEnum):
    """What takes a merchant further."""

    REGISTER = "register"
    CLOSE_REGISTRATION = "close_registration"
    QUALIFY = "qualify"
    REJECT = "reject"
    SUBMIT_DOCUMENTS = "submit_documents"
    ACTIVATE = "activate"


STEPS: Final[Mapping[tuple[Standing, Step], Standing]] = {
    (Standing.INVITED, Step.REGISTER): Standing.REGISTERED,
    (Standing.REGISTERED, Step.CLOSE_REGISTRATION): Standing.SCREENING,
    (Standing.SCREENING, Step.QUALIFY): Standing.QUALIFIED,
    (Standing.SCREENING, Step.REJECT): Standing.REJECTED,
    (Standing.QUALIFIED, Step.SUBMIT_DOCUMENTS): Standing.DOCUMENTS_SUBMITTED,
    (Standing.DOCUMENTS_SUBMITTED, Step.ACTIVATE): Standing.ACTIVE,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A paper that a merchant has handed in: what it is and where it is kept."""

    kind: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A merchant of the alliance, or on its way there.

    Args:
        id: also the scope `merchant:<id>` of its own staff (ALY-03).
        name: by BCP 47 language.
        market: whose currency its prices are in.
        country: ISO 3166-1 alpha-2; whose public holidays its refunds count by (AMB-13).
        time_zone: IANA name, of its appointments.
        email, language: where and how it is told about bookings.
        campaign: the analysis or strategy behind the invitation (ALY-12).
        closes_at: registration is open until then.
        steps: when it came to each standing.
        nonce: random; with a key that is kept elsewhere it makes the secret of the invitation, which is kept nowhere.
        tries, tried_since: wrong secrets, and when the first of them was tried.
    """

    id: str
    name: dict[str, str]
    market: str
    country: str
    time_zone: str
    email: str
    language: str
    standing: Standing
    closes_at: datetime
    campaign: str = ""
    steps: tuple[tuple[Standing, datetime], ...] = ()
    documents: tuple[Document, ...] = ()
    rejected_for: str = ""
    deadlines: dict[str, datetime] = field(default_factory=dict)
    nonce: str = ""
    tries: int = 0
    tried_since: datetime | None = None

    @classmethod
    def invited(cls, *, closes_at: datetime, at: datetime, **details: object) -> Merchant:
        """A merchant that may register until the closing date (ALY-01).

        Raises:
            RuleRefused: the closing date is not in the future.
        """
        if closes_at <= at:
            raise RuleRefused("The closing date is over.", rule="ALY-01")
        return cls(
            standing=Standing.INVITED, closes_at=closes_at, steps=((Standing.INVITED, at),), nonce=new_nonce(),
            deadlines={REGISTRATION_CLOSES: closes_at}, **details,  # type: ignore[arg-type]
        )  # fmt: skip

    @property
    def is_active(self) -> bool:
        """Whether it can be booked."""
        return self.standing is Standing.ACTIVE

    def register(self, at: datetime) -> Merchant:
        """The merchant joins, before the closing date (ALY-01).

        Raises:
            NotAllowed: it has registered already.
            RuleRefused: registration is closed.
        """
        moved = self._move(Step.REGISTER, at)
        if at >= self.closes_at:
            raise RuleRefused("Registration is closed.", rule="ALY-01", closed_at=self.closes_at.isoformat())
        return moved

    def invited_again(self, at: datetime) -> Merchant:
        """A new invitation; the one before is good for nothing any more, and wrong tries are forgotten (ALY-01).

        Raises:
            NotAllowed: it has registered already.
            RuleRefused: registration is closed.
        """
        self.register(at)
        return replace(self, nonce=new_nonce(), tries=0, tried_since=None)

    def secret(self, key: str) -> str:
        """What the invitation's mail says: who knows it may register (ALY-01)."""
        told = f"merchant-invitation\n{self.id}\n{self.nonce}".encode()
        return urlsafe_b64encode(hmac.digest(key.encode(), told, "sha256")).decode().rstrip("=")

    def takes(self, secret: str, keys: Iterable[str], *, most: int, within: timedelta, at: datetime) -> bool:
        """Whether this is the invitation's secret; comparing takes the same time whatever is wrong.

        Args:
            most, within: so many wrong secrets may be tried in this time.

        Raises:
            TooMany: too many wrong ones, however right this one may be.
        """
        since = self.tried_since
        if since is not None and self.tries >= most and at < since + within:
            raise TooMany("Too many wrong secrets. Please try again later.", again_at=(since + within).isoformat())
        said = secret.encode()
        good = [hmac.compare_digest(self.secret(key).encode(), said) for key in keys]
        return bool(self.nonce) and any(good)

    def tried(self, within: timedelta, at: datetime) -> Merchant:
        """A wrong secret more."""
        if self.tried_since is None or at >= self.tried_since + within:
            return replace(self, tries=1, tried_since=at)
        return replace(self, tries=self.tries + 1)

    def close_registration(self, at: datetime) -> Merchant:
        """The closing date has come: who has registered is screened, who has not stays invited (ALY-02)."""
        deadlines = {name: due for name, due in self.deadlines.items() if name != REGISTRATION_CLOSES}
        closed = replace(self, deadlines=deadlines)
        return closed._move(Step.CLOSE_REGISTRATION, at) if self.standing is Standing.REGISTERED else closed

    def qualify(self, at: datetime) -> Merchant:
        """The merchant has passed screening (ALY-02)."""
        return self._move(Step.QUALIFY, at)

    def reject(self, reason: str, at: datetime) -> Merchant:
        """The merchant is screened out, for a reason (ALY-02)."""
        return replace(self._move(Step.REJECT, at), rejected_for=reason)

    def submit(
        self, documents: Iterable[Document], *, attended: bool, required: Iterable[str], at: datetime
    ) -> Merchant:
        """The merchant has attended the meeting and hands its documents in (ALY-02).

        Raises:
            NotAllowed: it has not qualified.
            RuleRefused: not complete; says what is missing.
        """
        handed_in = tuple(documents)
        moved = self._move(Step.SUBMIT_DOCUMENTS, at)
        missing = sorted(set(required) - {document.kind for document in handed_in})
        if missing or not attended:
            raise RuleRefused(
                "The documents are not complete, or the meeting was not attended.", rule="ALY-02", missing=missing,
                attended=attended,
            )  # fmt: skip
        return replace(moved, documents=handed_in)

    def activate(self, at: datetime) -> Merchant:
        """The simple permission is opened: from now on it can be booked (ALY-03)."""
        return self._move(Step.ACTIVATE, at)

    def _move(self, step: Step, at: datetime) -> Merchant:
        to = STEPS.get((self.standing, step))
        if to is None:
            raise NotAllowed("merchant", self.standing, step, [s for at_, s in STEPS if at_ is self.standing])
        return replace(self, standing=to, steps=(*self.steps, (to, at)))


def new_nonce() -> str:
    """What makes an invitation's secret unlike that of any other."""
    return secrets.token_hex(16)
