"""What Chalice makes of the code: the functions, the REST API and its own runtime, from a staged copy of the sources.

Chalice runs in a copy, because it would otherwise pack whatever lies in the tree, and resolve the dependencies itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from .paths import BUILD, ROOT, region

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def stage(work: Path | None = None) -> tuple[dict[str, Any], Path]:
    """Run `chalice package` over a copy of the sources.

    Returns:
        The SAM template as Chalice wrote it, and a directory with what belongs into the zip besides dependencies.
    """
    work = work or BUILD / "chalice"
    shutil.rmtree(work, ignore_errors=True)
    sources, output = work / "sources", work / "output"
    sources.mkdir(parents=True)
    shutil.copy(ROOT / "app.py", sources)
    shutil.copytree(ROOT / "chalicelib", sources / "chalicelib", ignore=_IGNORED)
    shutil.copytree(ROOT / ".chalice", sources / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    (sources / "requirements.txt").touch()
    result = subprocess.run(
        [Path(sys.executable).with_name("chalice"), "package", "--stage", "packaged", output],
        cwd=sources,
        env={**os.environ, "AWS_DEFAULT_REGION": region(), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise SystemExit("Chalice cannot package the code:\n" + "\n".join(result.stderr.strip().splitlines()[-12:]))
    with zipfile.ZipFile(output / "deployment.zip") as bundle:
        bundle.extractall(work / "zip")
    _write_doors(sources, work / "zip")
    template: dict[str, Any] = json.loads((output / "sam.json").read_text())
    return template, work / "zip"


def _write_doors(sources: Path, target: Path) -> None:
    """Write down which rooms a path leads to, so that the HTTP function enters only those (`house.doors`)."""
    found = subprocess.run(
        [sys.executable, "-c", "import json; from chalicelib import house; print(json.dumps(house.find_doors()))"],
        cwd=sources,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    (target / "chalicelib" / "doors.json").write_text(found.stdout)
