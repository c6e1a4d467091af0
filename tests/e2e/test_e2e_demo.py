"""Every order class and loop of the chart over the deployed shop: the demo is its own test."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from infra.demo.runs import RUNS
from tests.e2e.conftest import ROOT, build

pytestmark = pytest.mark.e2e


def told(*names: str) -> subprocess.CompletedProcess[str]:
    """The demo in a process of its own, as `make demo` starts it."""
    return subprocess.run(
        [sys.executable, "-m", "infra.demo", *names], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True,
        check=False, timeout=400,
    )  # fmt: skip


def test_every_run_ends_in_balanced_books_and_can_be_told_again_after_a_restart(shop: dict[str, str]) -> None:
    done = told()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    summary = next(line for line in done.stdout.splitlines() if line.startswith("Told, with balanced books: "))
    assert [part.split()[0] for part in summary.partition(": ")[2].split(", ")] == list(RUNS)
    assert done.stdout.count("of the shop: in balance") == len(RUNS)
    for command in ("down", "up"):
        build(command)
    again = told("abnormal")
    assert again.returncode == 0, again.stdout[-3000:] + again.stderr[-3000:]
    assert "many orders of one internet address" in again.stdout


def test_a_run_that_is_not_there_is_named_with_those_that_are(shop: dict[str, str]) -> None:
    done = told("nothing")
    assert done.returncode == 2
    assert all(name in done.stderr for name in ("nothing", *RUNS))
