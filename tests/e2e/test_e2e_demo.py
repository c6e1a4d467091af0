"""The whole main job over the deployed shop: the demo is its own test."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.conftest import ROOT

pytestmark = pytest.mark.e2e


def test_an_order_goes_to_the_door_and_back_and_the_books_balance(shop: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.demo"], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True,
        check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "balance" in done.stdout
