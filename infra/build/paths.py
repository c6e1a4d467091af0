"""Where things are, and the few names that the build and the local cloud share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
INFRA: Final = ROOT / "infra"
BUILD: Final = ROOT / "build"
#: State, credentials and logs of the local clouds, each file named by its port. Never committed. Tests use one of
#: their own.
LOCAL: Final = Path(os.environ.get("CARAVAN_LOCAL") or ROOT / ".local")

ZIP: Final = BUILD / "caravan.zip"
TEMPLATE: Final = BUILD / "template.json"

#: CloudFormation refuses more resources than this in one stack, API Gateway more (one per step of a path) in one API.
MAX_STACK_RESOURCES: Final = 500
MAX_API_RESOURCES: Final = 300


def port() -> int:
    """Port of the local cloud on the loopback interface (`PORT`, 4566 when not set)."""
    return int(os.environ.get("PORT", "4566"))


def outputs_file() -> Path:
    """What the deployment on this port says of itself."""
    return LOCAL / f"outputs-{port()}.json"


def credentials_file() -> Path:
    """The local users of the shop on this port, with their passwords."""
    return LOCAL / f"credentials-{port()}.json"


def deployed_file() -> Path:
    """What is deployed on this port, so that a second `make up` deploys only what is new."""
    return LOCAL / f"deployed-{port()}.json"


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "eu-central-1"


def say(text: str) -> None:
    """One line of progress for whoever waits."""
    print(text, flush=True)
