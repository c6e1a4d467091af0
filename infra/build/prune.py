"""What the functions never use and therefore do not carry: other services' API models, locales, tests, type stubs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

#: AWS services the functions call (directory names of botocore's data).
SERVICES: Final = frozenset("dynamodb sqs events secretsmanager sesv2 stepfunctions cognito-idp sts".split())
#: The endpoint prefixes of the same services, as `endpoints.json` names them.
_ENDPOINTS: Final = frozenset("dynamodb sqs events secretsmanager email states cognito-idp sts".split())
#: Languages whose CLDR data stay, with their territories. Shops in another language add theirs here.
LANGUAGES: Final = frozenset({"en", "zh", "de", "fr", "es", "pt", "ja", "it", "nl"})
#: Packages that arrive as somebody's dependency and are never imported by the functions.
_UNUSED: Final = (
    "boto3",
    "s3transfer",
    "requests",
    "charset_normalizer",
    "certifi",
    "pycparser",
    "dns",
    "bin",
    "pillow.libs",
)
#: reportlab's canvas is all we write on: no charts, no layout engine, no font files.
_OF_REPORTLAB: Final = ("reportlab/graphics", "reportlab/platypus", "reportlab/fonts")
_FILES_OF_REPORTLAB: Final = {
    "lib": "codecharts corp fontfinder normalDate pdfencrypt randomtext rparsexml sequencer styles testutils",
    "pdfbase": "_glyphlist acroform pdfform",
}
#: reportlab wants Pillow even where no picture is drawn. Its 20 MB are left out; this stands in their place.
_NO_PICTURES: Final = '''"""In place of Pillow: Caravan's documents have no pictures."""


class Image:
    """No picture is one."""
'''
#: Parts of packages that we use otherwise. The names of holidays are of no interest here, only their days.
_UNUSED_PARTS: Final = ("holidays/locale", *_OF_REPORTLAB)
#: Of Powertools only what its Logger imports, and the Swagger UI files that the API's documentation page shows.
_POWERTOOLS: Final = ("utilities/jmespath_utils/", "event_handler/openapi/swagger_ui/")
_SUFFIXES: Final = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h", ".cpp", ".md", ".rst"})
#: Distributions that are asked for their own version at run time.
_KEEP_METADATA: Final = ("email_validator", "holidays")


def prune(site: Path) -> None:
    """Remove from an installed tree what no function reads."""
    for name in (*_UNUSED, *_UNUSED_PARTS):
        shutil.rmtree(site / name, ignore_errors=True)
    (site / ".lock").unlink(missing_ok=True)
    for path in sorted(site.rglob("*"), reverse=True):
        if path.is_dir():
            metadata = path.suffix == ".dist-info" and not path.name.startswith(_KEEP_METADATA)
            if metadata or path.name in {"__pycache__", "tests", "test"}:
                shutil.rmtree(path)
        elif path.suffix in _SUFFIXES or path.name == "py.typed":
            path.unlink()
    for folder, names in _FILES_OF_REPORTLAB.items():
        for name in names.split():
            (site / "reportlab" / folder / f"{name}.py").unlink(missing_ok=True)
    _leave_pictures_out(site / "PIL")
    _prune_botocore(site / "botocore" / "data")
    for locale in (site / "babel" / "locale-data").glob("*.dat"):
        if locale.stem != "root" and locale.stem.split("_")[0] not in LANGUAGES:
            locale.unlink()
    powertools = site / "aws_lambda_powertools"
    for file in [path for part in ("utilities", "event_handler") for path in (powertools / part).rglob("*")]:
        name = file.relative_to(powertools).as_posix()
        if file.is_file() and not name.startswith(_POWERTOOLS) and name != "utilities/__init__.py":
            file.unlink()


def _leave_pictures_out(pillow: Path) -> None:
    if pillow.is_dir():
        shutil.rmtree(pillow)
        pillow.mkdir()
        (pillow / "__init__.py").touch()
        (pillow / "Image.py").write_text(_NO_PICTURES)


def _prune_botocore(data: Path) -> None:
    for service in data.iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for extra in data.rglob("*"):
        if extra.name.startswith(("examples-1", "waiters-2")):
            extra.unlink()
    endpoints = data / "endpoints.json"
    document: dict[str, Any] = json.loads(endpoints.read_text())
    for partition in document["partitions"]:
        partition["services"] = {name: service for name, service in partition["services"].items() if name in _ENDPOINTS}
    endpoints.write_text(json.dumps(document, separators=(",", ":"), sort_keys=True))
