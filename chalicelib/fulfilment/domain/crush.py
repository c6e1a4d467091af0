"""Compression tests: fragile goods leave only in packaging that has borne its load three times (FUL-18, ISTA 3A)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Final

from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import event
from chalicelib.core.settings import Setting

NEEDED: Final = Setting(
    "fulfilment.compression_tests", 3, unit="tests", rule="FUL-18",
    doc="So many compression tests in a row must be passed before fragile goods may leave in a packaging.",
)  # fmt: skip
#: What a box of no name of ours is called, in tests and refusals.
OWN_BOX: Final = "other"
#: Tests that are kept of a SKU in a packaging; only the latest count.
_KEPT: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionTest:
    """One test. `report` is the number of its protocol."""

    passed: bool
    report: str
    tested_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """A SKU in a packaging with the tests that were recorded, in the order of their time."""

    sku: str
    packaging: str
    tests: tuple[CompressionTest, ...] = ()

    @property
    def passed(self) -> int:
        """Tests passed since the last that was not: a failed test begins the count anew."""
        count = 0
        for test in self.tests:
            count = count + 1 if test.passed else 0
        return count

    def with_test(self, test: CompressionTest, now: datetime) -> Packaging:
        """The packaging with one more test; the same protocol again changes nothing.

        Raises:
            Invalid: a test of the future.
            Conflict: another result under the number of a protocol that is known.
        """
        known = next((one for one in self.tests if one.report == test.report), None)
        if known is not None:
            if (known.passed, known.tested_at) != (test.passed, test.tested_at):
                raise Conflict("This protocol has been recorded with another result.", report=test.report)
            return self
        if test.tested_at > now:
            raise Invalid(FieldError("/tested_at", "is in the future"))
        tests = sorted((*self.tests, test), key=lambda one: (one.tested_at, one.report))
        return replace(self, tests=tuple(tests[-_KEPT:]))


class FragileNotReleased(Conflict):
    """Fragile goods are packed in something that has not passed its tests; `missing` names what is needed."""

    code: ClassVar[str] = "fragile-not-released"
    title: ClassVar[str] = "Fragile goods may not leave in this packaging"


@event("packaging.tested")
@dataclass(frozen=True, slots=True)
class PackagingTested:
    """A compression test has been recorded for a SKU in a packaging."""

    sku: str
    packaging: str
    passed: bool
    report: str
    in_a_row: int


def require_released(packagings: Iterable[Packaging], needed: int) -> None:
    """Let fragile goods go whose packagings have passed.

    Raises:
        FragileNotReleased: naming every SKU and packaging that has not, with the tests passed and needed.
    """
    missing: list[dict[str, Any]] = [
        {"sku": one.sku, "packaging": one.packaging, "passed": one.passed, "needed": needed}
        for one in packagings
        if one.passed < needed
    ]
    if missing:
        named = "; ".join(f"{one['sku']} in {one['packaging']}: {one['passed']} of {needed}" for one in missing)
        raise FragileNotReleased(f"Compression tests are missing: {named}.", missing=missing)
