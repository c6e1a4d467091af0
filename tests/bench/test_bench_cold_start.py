"""Cold starts: what importing a function takes, from the package as it is deployed, next to what boto3 alone takes.

Each case is a fresh process that imports, makes the one DynamoDB client and ends without tearing down; the least CPU
time of interleaved rounds counts, which go on as long as one of them brings something lower. boto3 lies in a folder of
its own, whole and compiled like our package.
"""

from __future__ import annotations

import math
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from importlib.metadata import files
from pathlib import Path

import pytest

from infra.build import chalice_app, package
from tests.support.table import ENVIRONMENT

from .conftest import Report

pytestmark = pytest.mark.bench

#: Rounds without a lower time after which the lowest is believed, and rounds at most.
QUIET, MOST = 4, int(os.environ.get("BENCH_ROUNDS", "30"))
HTTP, WORKER = 1.4, 1.2
_DISTRIBUTIONS = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3", "six")
_START = "import sys; sys.path.insert(0, sys.argv[1])\n{}\nimport os; os._exit(0)"
_FLOOR = "import boto3; boto3.client('dynamodb')"
_OURS = "import {}; from chalicelib.core import aws; aws.client('dynamodb')"
#: What the first request adds, by the path that it comes for; told, not held: INIT has a whole processor.
_FIRST = "import app; app.app._open({!r}); from chalicelib.core import aws; aws.client('dynamodb')"
_LIST = """
import app
from chalicelib.core.triggers import REGISTRY
print(*sorted({t.handler.rpartition('.')[0] for t in REGISTRY.values()}))
"""
_PATHS = ("/products/{slug}", "/carts/{cart_id}/lines", "/orders", "/webhooks/payments/{provider}")


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, unpacked as Lambda does."""
    folder = tmp_path_factory.mktemp("package")
    _, sources = chalice_app.stage(folder / "chalice")
    package.build(sources, folder / "caravan.zip")
    with zipfile.ZipFile(folder / "caravan.zip") as bundle:
        bundle.extractall(folder / "task")
    return folder / "task"


@pytest.fixture(scope="module")
def boto(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """boto3 and what it needs, compiled."""
    folder = tmp_path_factory.mktemp("boto")
    for distribution in _DISTRIBUTIONS:
        for file in files(distribution) or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)
    package._compile(folder)
    return folder


def handlers() -> list[str]:
    """The modules in which Lambda looks for its functions."""
    found = subprocess.run(
        [sys.executable, "-c", _LIST],
        capture_output=True, text=True, check=True, env={**os.environ, **ENVIRONMENT},
    )  # fmt: skip
    return found.stdout.split()


def cpu_ms(cases: Mapping[str, tuple[str, Path]]) -> dict[str, float]:
    """The least CPU time of each case, the cases taking turns."""
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **ENVIRONMENT}
    best: dict[str, float] = {}
    quiet = 0
    for _ in range(MOST):
        lower = False
        for name, (code, folder) in cases.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-S", "-c", _START.format(code), folder], check=True, env=environment)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            lower = lower or spent < 0.98 * best.get(name, math.inf)
            best[name] = min(best.get(name, spent), spent)
        quiet = 0 if lower else quiet + 1
        if quiet == QUIET:
            break
    return best


def test_cold_starts(packaged: Path, boto: Path, report: Report) -> None:
    workers = handlers()
    cases = {"Python alone": ("pass", packaged), "boto3 and one client": (_FLOOR, boto)}
    cases["app"] = (_OURS.format("app"), packaged)
    cases |= {f"app, first at {path}": (_FIRST.format(path), packaged) for path in _PATHS}
    cases |= {name: (_OURS.format(name), packaged) for name in workers}
    found = cpu_ms(cases)
    floor = found["boto3 and one client"]
    ratios = {name: round(spent / floor, 3) for name, spent in found.items()}
    report.keep("cold_start", {"cpu_ms": {name: round(spent, 1) for name, spent in found.items()}, "ratio": ratios})
    report.table(
        f"Cold start: CPU time of import and one client, the least found; HTTP {HTTP}, a worker {WORKER} at most",
        ["module", "CPU ms", "of boto3's"], [[name, found[name], f"{ratios[name]:.2f}"] for name in found],
    )  # fmt: skip
    assert ratios["app"] <= HTTP
    assert max(ratios[name] for name in workers) <= WORKER
