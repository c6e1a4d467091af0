"""The pickup of an order: its code, its box, and how many wrong tries it survives (FUL-01, FUL-05, FUL-06).

The code itself is kept nowhere. It follows from a random nonce that is kept here and a key that is kept in Secrets
Manager, so the mail can say it, and nobody who reads the table can. What is kept beside the nonce is a keyed digest.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from chalicelib.core.errors import Conflict, RuleRefused
from chalicelib.core.numbers import ALPHABET
from chalicelib.core.settings import Setting
from chalicelib.shipping.domain.shipments import Box

COLLECT_WITHIN: Final = Setting(
    "fulfilment.collect_within_hours",
    48,
    unit="hours",
    rule="FUL-19",
    own=True,
    doc="How long goods wait in the locker or at the desk before they count as not collected.",
)
LOCKER_NEWS_TAKES: Final = Setting(
    "fulfilment.locker_news_takes_minutes",
    15,
    unit="minutes",
    rule="FUL-06",
    own=True,
    doc="How long after a box's code has expired the locker's news of a last-minute pickup is still waited for.",
)
MOST_TRIES: Final = Setting(
    "fulfilment.most_wrong_codes",
    5,
    unit="tries",
    rule="FUL-01",
    own=True,
    doc="After so many wrong pickup codes the code is locked; staff then issue a new one.",
)

#: Characters of a code: fifty random bits.
CODE_LENGTH: Final = 10
_READ_AS: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})

#: Inner sizes of locker boxes in millimetres, the smallest first: what parcel lockers call A, B and C.
BOX_SIZES: Final = (("small", (80, 380, 640)), ("medium", (190, 380, 640)), ("large", (410, 380, 640)))


class WrongCode(RuleRefused):
    """The pickup code is not that of the order."""

    code: ClassVar[str] = "wrong-pickup-code"
    title: ClassVar[str] = "The pickup code is wrong"


class CodeLocked(Conflict):
    """Too many wrong tries: the code is not taken any more."""

    code: ClassVar[str] = "pickup-code-locked"
    title: ClassVar[str] = "The pickup code is locked"


def new_nonce() -> str:
    """128 random bits that a code follows from."""
    return secrets.token_hex(16)


def code_from(nonce: str, order_id: str, key: str) -> str:
    """The pickup code that a nonce stands for: ten characters of Crockford's base32."""
    drawn = int.from_bytes(_hmac(key, f"pickup-code/{order_id}/{nonce}")[:8], "big")
    return "".join(ALPHABET[drawn >> 5 * position & 31] for position in range(CODE_LENGTH))


def typed_code(text: str) -> str:
    """What somebody typed or scanned, as a code: lower case, blanks and look-alike letters are understood."""
    return text.upper().translate(_READ_AS)


def keyed_digest(code: str, order_id: str, key: str) -> str:
    """What is kept of a code, useless without the key."""
    return _hmac(key, f"pickup-digest/{order_id}/{code}").hex()


def _hmac(key: str, text: str) -> bytes:
    return hmac.digest(key.encode(), text.encode(), "sha256")


def size_for(boxes: Sequence[Box]) -> str | None:
    """The smallest locker box that packed boxes fit in, stacked on their flat sides; None when none does.

    Boxes whose sides were not measured need the largest.
    """
    if any(0 in (box.length_mm, box.width_mm, box.height_mm) for box in boxes):
        return BOX_SIZES[-1][0] if len(boxes) == 1 else None
    sides = [sorted((box.length_mm, box.width_mm, box.height_mm)) for box in boxes]
    stack = (sum(box[0] for box in sides), max(box[1] for box in sides), max(box[2] for box in sides))
    needed = sorted(stack)
    return next(
        (name for name, inner in BOX_SIZES if all(a <= b for a, b in zip(needed, sorted(inner), strict=True))), None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """Goods that wait for their customer.

    Args:
        place: "locker" or "desk".
        nonce, digest: of the code; "" when the locker's vendor makes the code and sends it himself.
        wrong: tries with a wrong code since the code was issued.
        counted: by which messages they came, as far as those have an id: one that is sent again is the same try.
        vendor, locker, box, reference: of a locker box; `reference` is the vendor's name of the allocation.
        collect_by: until when the code opens the box, and the goods wait.
        late: the locker reported the pickup after the order had failed.
        part: the place whose part of an order waits, of one that came from several; "" for the whole.
    """

    order_id: str
    store: str
    place: str
    nonce: str
    digest: str
    ready_at: datetime
    collect_by: datetime
    wrong: int = 0
    vendor: str = ""
    locker: str = ""
    box: str = ""
    reference: str = ""
    attempt: int = 1
    late: bool = False
    counted: tuple[str, ...] = ()
    part: str = ""

    def code(self, keys: Iterable[str]) -> str | None:
        """The code, from the key it was made with; None when the vendor sends his own, or the key is gone."""
        if not self.nonce:
            return None
        for key in keys:
            code = code_from(self.nonce, self.order_id, key)
            if hmac.compare_digest(keyed_digest(code, self.order_id, key), self.digest):
                return code
        return None

    def takes(self, code: str, keys: Iterable[str], most_tries: int) -> bool:
        """Whether this is the code.

        Raises:
            CodeLocked: too many wrong tries, however right this one may be.
        """
        if self.wrong >= most_tries:
            raise CodeLocked("The code was mistyped too often. Issue a new one.")
        typed = typed_code(code)
        return bool(self.digest) and any(
            hmac.compare_digest(keyed_digest(typed, self.order_id, key), self.digest) for key in keys
        )

    def tried(self, message: str = "") -> Pickup:
        """After one more wrong try; the same message is one try, however often it comes."""
        if not message:
            return replace(self, wrong=self.wrong + 1)
        if message in self.counted:
            return self
        return replace(self, wrong=self.wrong + 1, counted=(*self.counted, message))
