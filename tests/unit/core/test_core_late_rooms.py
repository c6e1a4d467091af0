"""In a package a function loads its own room; the services of others come when they are called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
_LOOK = """
import json, sys
import chalicelib
from chalicelib.core import late_rooms
late_rooms.install()
import chalicelib.orders.triggers
def late():
    return sorted(n for n, m in sys.modules.items() if type(m).__name__ == "_LazyModule")
before = late()
from chalicelib.cart import service
service.checkout
print(json.dumps({"before": before, "after": late(), "parts": "chalicelib.cart.service.quoting" in sys.modules}))
"""


def test_other_rooms_come_when_they_are_called_and_the_own_one_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert "chalicelib.cart.service" in found["before"]
    assert "chalicelib.orders.service" not in found["before"]
    assert "chalicelib.cart.service" not in found["after"]
    assert found["parts"]
