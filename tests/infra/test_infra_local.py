"""Every port has a shop of its own: what one forgets or tells is nobody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.markets.service import locations
from infra.build import local, paths, template, users
from infra.demo.scene import Scene
from infra.demo.shop import DemoFailed


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of two shops that are not running."""
    for module in (paths, local):
        monkeypatch.setattr(module, "LOCAL", tmp_path)
    for port in ("4566", "4570"):
        monkeypatch.setenv("PORT", port)
        (tmp_path / f"cloud-{port}" / "state").mkdir(parents=True)
        for each in (local.log_file(), paths.outputs_file(), paths.credentials_file(), paths.deployed_file()):
            each.write_text("{}")
    (tmp_path / "cloud-4566.pid").write_text("1")  # whoever that is, it is no cloud of ours
    return tmp_path


def test_a_reset_forgets_the_shop_on_its_port_and_no_other(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "4570")
    local.reset()
    assert {each.name for each in kept.iterdir()} == {
        "cloud-4566", "cloud-4566.pid", "cloud-4566.log", "outputs-4566.json", "credentials-4566.json",
        "deployed-4566.json",
    }  # fmt: skip
    monkeypatch.setenv("PORT", "4566")
    local.reset()
    assert not kept.exists()


@pytest.mark.parametrize("known", [True, False])
def test_a_demo_without_a_running_shop_says_how_to_start_one(
    kept: Path, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """After `make down`, and before the first `make up`."""
    monkeypatch.setenv("PORT", "4570")
    monkeypatch.setattr(local, "health", lambda: None)
    if not known:
        paths.credentials_file().unlink()
        monkeypatch.setattr(local, "health", lambda: {"services": {}})
    with pytest.raises(DemoFailed, match=r"port 4570.*make up"):
        Scene.of_running_shop()


def test_the_demo_ends_with_that_sentence_and_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.demo"], env={"PORT": "1", "CARAVAN_LOCAL": str(tmp_path), "PATH": "/usr/bin"},
        cwd=paths.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip() == "No shop is running on port 1. Start it with `make up`."


def test_every_place_that_takes_orders_has_a_member_of_staff_who_can_take_them_on() -> None:
    """A parcel from the warehouse in Rotterdam would otherwise wait for an administrator."""
    groups = {post: set[str]() for post in ("store", "customer_service")}
    for member in users.members(template.posts()):
        if member["works_for"] and member["post"] in groups:
            groups[member["post"]].add(member["groups"][1])
    assert groups["store"] == {f"store:{place.id}" for place in locations()}
    assert groups["customer_service"] == {"store:BER-S1"}  # a store's own customer service (RTE-03)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["logs"], "No shop is running on port 1. Start it with `make up`."),
        (["import", "products.csv"], "No shop is running on port 1. Start it with `make up`."),
        (["deploy", "--stage", "staging"], "There are no AWS credentials. Name a profile"),
        (["secret", "--stage", "staging", "--name", "stripe"], "There are no AWS credentials. Name a profile"),
    ],
)
def test_what_a_command_lacks_is_said_in_a_sentence(tmp_path: Path, words: list[str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.build", *words],
        env={
            "PORT": "1", "CARAVAN_LOCAL": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin",
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        cwd=paths.ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stderr.startswith(said), "Traceback" in done.stderr) == (1, True, False), done.stderr
