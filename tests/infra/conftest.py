"""The packaged template, made once, in a process of its own: what other tests register must not get into it."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.build.paths import ROOT

_DESCRIBE = """
import json, sys
from pathlib import Path
from infra.build import chalice_app, template
chalice, sources = chalice_app.stage(Path(sys.argv[1]))
merged = template.build(chalice, template.registry(), template.posts())
from chalicelib.core.events import REGISTRY as EVENTS
from chalicelib.core.http.routes import ROUTES
print(json.dumps({
    "template": merged,
    "sources": str(sources),
    "events": sorted(EVENTS),
    "handlers": sorted(trigger.handler for trigger in template.registry().values()),
    "consumers": {t.name: list(t.on) for t in template.registry().values() if t.kind == "consumer"},
    "routes": [[route.method, route.path, route.access.name] for route in ROUTES],
}))
"""


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The SAM template and what the code says of itself."""
    work = tmp_path_factory.mktemp("package")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COV_"))}
    result = subprocess.run(
        [sys.executable, "-c", _DESCRIBE, str(work)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.fixture(scope="session")
def sam(described: dict[str, Any]) -> dict[str, Any]:
    """The template as it is deployed."""
    template: dict[str, Any] = described["template"]
    return template


@pytest.fixture(scope="session")
def expanded(sam: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template as CloudFormation sees it after the SAM transform."""
    from samtranslator.translator.transform import transform

    body = copy.deepcopy(sam)
    text = json.dumps(body).replace('"./deployment.zip"', '"s3://packages/caravan.zip"')
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = "eu-central-1"
    try:
        result: dict[str, Any] = transform(json.loads(text), {}, SimpleNamespace(load=dict))
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before
    return result


@pytest.fixture(scope="session")
def sources(described: dict[str, Any]) -> Path:
    """What goes into the zip besides dependencies."""
    return Path(described["sources"])
