"""One zip for all functions: pinned dependencies without what nobody uses, our code, and bytecode for both.

`/var/task` is read-only, so a function that carries only sources compiles them at every cold start; unchecked-hash
bytecode is used whatever the files' times are. Dependencies go as bytecode alone, which halves the files to unpack; our
own code goes with its sources, so that a traceback shows them. Two runs over the same sources give the same bytes, and
a deployment can tell by the digest whether anything changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from . import prune
from .paths import BUILD, ROOT, ZIP, say

LOCK: Final = ROOT / "requirements.lock"
LAMBDA_PLATFORM: Final = "x86_64-manylinux_2_28"
#: Where the functions find their code on AWS; tracebacks name files below it.
_TASK_ROOT: Final = "/var/task"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def build(sources: Path, target: Path = ZIP, *, native: bool = False) -> str:
    """Build the zip from a staged source tree and return its SHA-256.

    Args:
        sources: a directory with `app.py`, `chalicelib` and the Chalice runtime.
        native: take wheels for this machine instead of for Lambda (they are the same on Linux x86-64).
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "vendor.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # whoever builds at the same time waits, and then finds them
        vendor = _vendor_zip(native=native)
    _compile(sources)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".tmp")
    shutil.copyfile(vendor, unfinished)
    _add_tree(unfinished, sources, mode="a")
    unfinished.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _vendor_zip(*, native: bool) -> Path:
    """The dependencies' part of the zip; built again only when the lock, the rules or the interpreter change."""
    foreign = native and (sys.platform, platform.machine()) != ("linux", "x86_64")
    recipe = hashlib.sha256()
    recipe.update(LOCK.read_bytes())
    recipe.update(Path(prune.__file__).read_bytes())
    recipe.update(Path(__file__).read_bytes())
    recipe.update(f"{sys.version_info[:2]}{foreign}".encode())
    vendor = BUILD / f"vendor-{recipe.hexdigest()[:16]}.zip"
    if not vendor.exists():
        say("  collecting the functions' dependencies (once per lock file)")
        site = BUILD / "vendor"
        shutil.rmtree(site, ignore_errors=True)
        _install(site, lambda_wheels=not foreign)
        prune.prune(site)
        _compile(site, sourceless=True)
        for old in BUILD.glob("vendor-*.zip"):
            old.unlink()
        unfinished = vendor.with_suffix(".tmp")
        _add_tree(unfinished, site, mode="w")
        unfinished.replace(vendor)
        shutil.rmtree(site)
    return vendor


def _install(site: Path, *, lambda_wheels: bool) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    command += ["--target", str(site), "--no-deps", "--require-hashes", "--link-mode", "copy", "-r", str(LOCK)]
    if lambda_wheels:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        command += ["--python-platform", LAMBDA_PLATFORM, "--python-version", version, "--only-binary", ":all:"]
    subprocess.run(command, check=True, cwd=ROOT)


def _compile(tree: Path, *, sourceless: bool = False) -> None:
    """Compile every module; a file that does not compile (a template, an old Python's variant) stays source only.

    Bytecode depends on the hash seed (order of set constants) and on what the same process compiled before (which
    strings are shared): hence a process of its own with a fixed seed, one file after the other.
    """
    command = [sys.executable, "-m", "compileall", "-q", "-q", "-f", "-j", "1", "-s", str(tree), "-p", _TASK_ROOT]
    command += ["--invalidation-mode", "unchecked-hash", *(["-b"] if sourceless else []), str(tree)]
    subprocess.run(command, check=False, env={**os.environ, "PYTHONHASHSEED": "0"})
    if sourceless:
        for compiled in tree.rglob("*.pyc"):
            compiled.with_suffix(".py").unlink(missing_ok=True)


def _add_tree(archive: Path, tree: Path, mode: str) -> None:
    with zipfile.ZipFile(archive, mode, zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:  # type: ignore[call-overload]
        for path in sorted(tree.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), date_time=_EPOCH)
                entry.external_attr = (0o755 if path.suffix == ".so" else 0o644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                bundle.writestr(entry, path.read_bytes())
