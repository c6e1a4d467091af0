"""A whole shop of the tests' own: packaged, deployed to a local cloud on a free port, with users and catalogue."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

ROOT = Path(__file__).parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def build(command: str) -> None:
    """Do to the tests' own shop what `make` does to yours."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.build", command], cwd=ROOT, env=dict(os.environ),
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The outputs of a running deployment; this process's environment points at it while the tests run."""
    before = dict(os.environ)
    local = tmp_path_factory.mktemp("shop")
    os.environ.update(PORT=str(_free_port()), CARAVAN_LOCAL=str(local))
    try:
        build("up")
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            os.environ.pop(name, None)
        os.environ.update(
            AWS_ACCESS_KEY_ID="local",
            AWS_SECRET_ACCESS_KEY="local",
            AWS_DEFAULT_REGION="eu-central-1",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{os.environ['PORT']}",
        )
        yield json.loads((local / f"outputs-{os.environ['PORT']}.json").read_text())
    finally:
        for pid in local.glob("cloud-*.pid"):
            os.kill(int(pid.read_text()), signal.SIGTERM)
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def tokens(shop: dict[str, str]) -> dict[str, str]:
    """An identity token of the first shopper (`shopper`) and of the first member of staff of every post."""
    credentials = json.loads((Path(os.environ["CARAVAN_LOCAL"]) / f"credentials-{os.environ['PORT']}.json").read_text())
    cognito = boto3.client("cognito-idp")
    people = {"shopper": ("shopper_pool", credentials["shoppers"][0])}
    people |= {user["post"]: ("staff_pool", user) for user in reversed(credentials["staff"])}
    return {
        name: cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=credentials[pool]["client"],
            AuthParameters={"USERNAME": user["email"], "PASSWORD": user["password"]},
        )["AuthenticationResult"]["IdToken"]
        for name, (pool, user) in people.items()
    }
