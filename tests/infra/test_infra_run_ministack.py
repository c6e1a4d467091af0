"""All workers of the local cloud share one unpacked tree of a package."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import pytest
from ministack.core import lambda_runtime

from infra.build import run_ministack


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("app.py", "HANDLER = 1\n")
        made.writestr("chalicelib/core/clock.py", "NOW = 2\n")
    return path


def unpack(package: Path, directory: Path) -> Path:
    directory.mkdir()
    with run_ministack.SharedZip(str(package)) as opened:
        opened.extractall(str(directory))
    return directory


def test_every_worker_sees_the_whole_package_and_it_is_unpacked_once(package: Path, tmp_path: Path) -> None:
    workers = [tmp_path / str(number) for number in range(6)]
    threads = [threading.Thread(target=unpack, args=(package, worker)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(worker / "app.py").read_text() for worker in workers} == {"HANDLER = 1\n"}
    assert {(worker / "chalicelib/core/clock.py").read_text() for worker in workers} == {"NOW = 2\n"}
    assert len({(worker / "chalicelib").resolve() for worker in workers}) == 1


def test_another_package_has_a_tree_of_its_own(package: Path, tmp_path: Path) -> None:
    first = unpack(package, tmp_path / "first")
    with zipfile.ZipFile(package, "a") as changed:
        changed.writestr("more.py", "")
    second = unpack(package, tmp_path / "second")
    assert not (first / "more.py").exists()
    assert (second / "more.py").exists()


def test_the_emulator_unpacks_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_runtime, "zipfile", lambda_runtime.zipfile)
    monkeypatch.setattr("ministack.app.main", lambda: None)
    run_ministack.main()
    assert lambda_runtime.zipfile.ZipFile is run_ministack.SharedZip
    assert lambda_runtime.zipfile.BadZipFile is zipfile.BadZipFile
