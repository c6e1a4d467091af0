"""Where things are, and the few names that the build and the local cloud share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
INFRA: Final = ROOT / "infra"
BUILD: Final = ROOT / "build"
#: The local cloud's state, credentials and log. Removed by `make reset`, never committed. Tests use one of their own.
LOCAL: Final = Path(os.environ.get("CARAVAN_LOCAL") or ROOT / ".local")

ZIP: Final = BUILD / "caravan.zip"
TEMPLATE: Final = BUILD / "template.json"

#: CloudFormation refuses more resources than this in one stack, API Gateway more (one per step of a path) in one API.
MAX_STACK_RESOURCES: Final = 500
MAX_API_RESOURCES: Final = 300


def port() -> int:
    """Port of the local cloud on the loopback interface (`PORT`, 4566 when not set)."""
    return int(os.environ.get("PORT", "4566"))


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "eu-central-1"


def say(text: str) -> None:
    """One line of progress for whoever waits."""
    print(text, flush=True)
