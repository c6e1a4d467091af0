"""The local cloud's own process: MiniStack, with one unpacked tree per package for all its workers.

MiniStack unpacks a function's package anew for every worker: four thousand files and 58 MB, a hundred times in a demo,
which was more than half of all it did. Here a package is unpacked once and each worker is given links to it; on AWS too
a function finds its code read-only.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Self

from ministack import app
from ministack.core import lambda_runtime

_lock = threading.Lock()


class SharedZip:
    """What a worker uses of `zipfile.ZipFile`: `with ZipFile(path) as package: package.extractall(directory)`."""

    def __init__(self, package: str) -> None:
        self._package = Path(package)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing is kept open."""

    def extractall(self, directory: str) -> None:
        for entry in self._tree().iterdir():
            (Path(directory) / entry.name).symlink_to(entry)

    def _tree(self) -> Path:
        """The package unpacked, made by whoever comes first."""
        with self._package.open("rb") as package:
            digest = hashlib.file_digest(package, "sha256").hexdigest()
        tree = Path(tempfile.gettempdir()) / f"package-{digest}"
        with _lock:
            if not tree.exists():
                unfinished = tree.with_suffix(".unfinished")
                with zipfile.ZipFile(self._package) as package_of_files:
                    package_of_files.extractall(unfinished)
                unfinished.rename(tree)
        return tree


def main() -> None:
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": SharedZip})
    app.main()


if __name__ == "__main__":
    main()
