"""The zip: the same bytes from the same sources, compiled, slim, and able to import every handler on its own."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.build import package
from tests.support.pdf import text_of

_IMPORT_EACH_ALONE = """
import importlib, os, sys
sys.path.insert(0, sys.argv[1])
for handler in sys.argv[2:]:
    module, _, name = handler.rpartition(".")
    child = os.fork()
    if child == 0:
        found = importlib.import_module(module)
        outside = sorted(m for m, loaded in list(sys.modules.items())
                         if "site-packages" in (getattr(loaded, "__file__", None) or ""))
        os._exit(0 if hasattr(found, name) and not outside else 1)
    if os.waitpid(child, 0)[1]:
        sys.exit(handler + " cannot be imported from the package alone")
"""
#: Prints each function with the rooms whose services it has loaded without having been asked for anything.
_LOADED_BY_EACH = """
import importlib, os, sys, types
sys.path.insert(0, sys.argv[1])
for handler in sys.argv[2:]:
    if os.fork() == 0:
        importlib.import_module(handler.rpartition(".")[0])
        loaded = {name.split(".")[1] for name, module in list(sys.modules.items())
                  if name.startswith("chalicelib.") and ".service" in name and type(module) is types.ModuleType}
        print(handler, *sorted(loaded), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def archive(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zip") / "caravan.zip"
    package.build(sources, target)
    return target


def test_packing_the_same_sources_twice_gives_the_same_bytes(
    archive: Path, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "4711")
    again = tmp_path / "again.zip"
    package.build(sources, again)
    assert again.read_bytes() == archive.read_bytes()


def test_every_module_of_ours_is_there_as_source_and_as_bytecode_that_is_never_checked(archive: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        names = set(bundle.namelist())
        own = [name for name in names if name.startswith("chalicelib/") and name.endswith(".py")]
        assert own
        for name in own:
            compiled = importlib.util.cache_from_source(name)
            assert compiled in names, name
            assert bundle.read(compiled)[4:8] == b"\x01\0\0\0", f"{name}: not unchecked-hash bytecode"


def test_dependencies_are_bytecode_only(archive: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        names = bundle.namelist()
    assert "botocore/client.pyc" in names
    assert "botocore/client.py" not in names


def test_the_package_carries_only_the_services_and_locales_it_uses(archive: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        names = bundle.namelist()
        size = sum(entry.file_size for entry in bundle.infolist())
    assert any(name.startswith("botocore/data/dynamodb/") for name in names)
    assert not any(name.startswith("botocore/data/ec2/") for name in names)
    assert "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui-bundle.min.js" in names
    assert "babel/locale-data/zh_Hans_CN.dat" in names
    assert "babel/locale-data/fi.dat" not in names
    assert size < 100_000_000


def test_the_archive_has_no_times_and_one_order(archive: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        entries = bundle.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert len({entry.filename for entry in entries}) == len(entries)


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(folder)
    return folder


def test_what_functions_import_only_when_needed_is_in_the_package_too(unpacked: Path) -> None:
    wanted = set()
    for path in (unpacked / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                wanted.add(node.module)
    theirs = sorted(
        name for name in wanted if name.split(".")[0] not in {*sys.stdlib_module_names, "chalicelib", "app"}
    )
    assert "nh3" in theirs
    script = (
        "import importlib, sys; sys.path.insert(0, sys.argv[1]); [importlib.import_module(m) for m in sys.argv[2:]]"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(unpacked), *theirs], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_documents_are_printed_from_the_package_alone(unpacked: Path) -> None:
    """Of the library behind them only the canvas goes along, and none of its pictures."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from chalicelib.core.paper import Paper, Column; p = Paper('x');"
        "p.begin('1'); p.text('Łódź Müller 茶壶 臺灣 ひらがな 서울', 12, bold=True); p.bars('RR473124829CN', 30);"
        "p.table([Column('a', 1), Column('b', 1, True)], [['c', 'd']] * 90); sys.stdout.buffer.write(p.done())"
    )
    result = subprocess.run([sys.executable, "-I", "-S", "-c", script, str(unpacked)], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()
    text = text_of(result.stdout)
    for said in ("Lódz Müller", "茶壶", "臺灣", "ひらがな", "서울", "RR473124829CN"):
        assert said in text, said
    assert not (unpacked / "pillow.libs").exists()
    assert not (unpacked / "reportlab" / "fonts").exists()


def test_every_handler_imports_from_the_package_alone(unpacked: Path, described: dict[str, Any]) -> None:
    """Handlers of background functions do not come through `app.py`; nothing outside the zip may be needed."""
    one_per_module = {handler.rpartition(".")[0]: handler for handler in described["handlers"]}
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _IMPORT_EACH_ALONE, str(unpacked), "app.app", *one_per_module.values()],
        env={"AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_no_function_loads_the_services_of_other_rooms_before_it_needs_them(
    unpacked: Path, described: dict[str, Any]
) -> None:
    """Shipping's are small modules of their own, each imported by itself; its service as a whole is empty."""
    one_per_module = {handler.rpartition(".")[0]: handler for handler in described["handlers"]}
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LOADED_BY_EACH, str(unpacked), "app.app", *one_per_module.values()],
        env={"AWS_DEFAULT_REGION": "eu-central-1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = {handler: set(rooms) for handler, *rooms in map(str.split, result.stdout.splitlines())}
    assert told.keys() == {"app.app", *one_per_module.values()}
    own = {handler: {handler.split(".")[1], "shipping"} for handler in told}
    assert {handler: rooms - own[handler] for handler, rooms in told.items() if rooms - own[handler]} == {}
    assert all(rooms for handler, rooms in told.items() if ".orders." in handler)
