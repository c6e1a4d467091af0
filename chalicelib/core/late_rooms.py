"""Services of other rooms are loaded when they are first called.

A function serves one room; its use cases can reach into most of the others, and seldom do. In the package, where every
function is a process of its own with a single thread, a room's service is an empty module until something of it is
asked for; `load` is for the room that the function belongs to, so that its own work is not put off.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Final

_SERVICE: Final = re.compile(r"chalicelib\.\w+\.service")


class _Services(MetaPathFinder):
    """Finds services, and says that they are to be loaded late."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if _SERVICE.fullmatch(fullname) else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def install() -> None:
    """Put off every service that is imported from now on."""
    sys.meta_path.insert(0, _Services())


def load(room: str) -> None:
    """Load the service of a room, if it has been imported and not been loaded."""
    getattr(sys.modules.get(f"{room}.service"), "__doc__", None)
