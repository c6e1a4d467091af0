"""The running API does what its description says, whatever is thrown at it: schemathesis against the deployed shop."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import urllib3

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


#: Who asks, and for how many seconds: shortly at every test, for longer in `make fuzz`.
CALLERS = (("admin", 0, 60), ("shopper", 10, 40), ("nobody", 5, 20))


@pytest.mark.parametrize(
    ("caller", "seconds"),
    [
        *(pytest.param(caller, short, marks=pytest.mark.e2e) for caller, short, _ in CALLERS if short),
        *(pytest.param(caller, long, marks=pytest.mark.fuzz) for caller, _, long in CALLERS),
    ],
)
def test_no_request_at_all_surprises_the_api(
    shop: dict[str, str], tokens: dict[str, str], caller: str, seconds: int, tmp_path: Path
) -> None:
    """Every operation, as staff, as a shopper and as nobody; sound and broken requests in turn."""
    credentials = ["--header", f"Authorization: Bearer {tokens[caller]}"] if caller in tokens else []
    description = f"{shop['ApiUrl']}/openapi.json"
    urllib3.request("GET", description, timeout=60)  # the first time it is put together
    # One worker: CPython 3.11 counts the depth of ast.parse per process, so two threads trip over each other.
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "st"), "run", description, *credentials,
            "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", "4", "--workers", "1",
            "--seed", "1", "--max-time", str(seconds), "--no-color", "--warnings", "off",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
