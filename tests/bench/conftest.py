"""What the bench found goes to the terminal as tables and to `build/bench.json` for machines."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import shop, tokens
from tests.support.world import SHOPPER, World, a_world

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "build" / "bench.json"


@dataclass
class Report:
    """The findings of one run, section by section."""

    sections: dict[str, Any] = field(default_factory=dict)

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], note: str = "") -> None:
        """Print rows, the first column to the left and numbers to the right."""
        text = [[_text(cell) for cell in row] for row in [heads, *rows]]
        widths = [max(map(len, column)) for column in zip(*text, strict=True)]
        _say(f"\n\n{title}")
        for number, row in enumerate(text):
            first, *rest = (
                cell.rjust(width) if position else cell.ljust(width)
                for position, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            _say("  " + "  ".join([first, *rest]))
            if not number:
                _say("  " + "  ".join("-" * width for width in widths))
        if note:
            _say("  " + note.replace("\n", "\n  "))

    def keep(self, section: str, found: Any) -> None:
        self.sections[section] = found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _text(cell: Any) -> str:
    return f"{cell:,.1f}" if isinstance(cell, float) else str(cell)


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


@pytest.fixture(scope="session")
def report() -> Iterator[Report]:
    report = Report()
    yield report
    TARGET.parent.mkdir(exist_ok=True)
    head = {
        "commit": _commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.platform(),
    }
    TARGET.write_text(json.dumps({**head, **report.sections}, indent=1, sort_keys=True) + "\n")
    _say(f"\n\nWritten to {TARGET.relative_to(ROOT)}")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A shop in one process in which everything has happened often enough for every cache to be warm."""
    with a_world() as world:
        for _ in range(3):
            world.whole_way()
        world.done.clear()
        yield world


__all__ = ["SHOPPER", "Report", "report", "shop", "tokens", "world"]
