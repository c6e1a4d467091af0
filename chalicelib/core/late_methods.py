"""Dataclasses that write their methods when they are first needed.

`@dataclass` writes the source of up to six methods per class and compiles each. The house has hundreds of such classes,
and a function needs the methods of a few: compiling them all was a third of its cold start. Here each method is a
descriptor that compiles when it is first looked up and then puts the real method in its place; nothing else about a
dataclass changes. From Python 3.13 on dataclasses are made differently, and this does nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

_NAME: Final = "_create_fn"


class _Late:
    """A method that does not exist yet."""

    __slots__ = ("__name__", "made", "make")

    def __init__(self, name: str, make: Callable[[], Any]) -> None:
        self.__name__, self.make = name, make
        self.made: Any = None

    def __call__(self, *values: Any) -> Any:
        """Called as it is only by the wrapper that `dataclasses` puts around `__repr__`."""
        return self._method()(*values)

    def __get__(self, instance: Any, owner: type) -> Any:
        method = self._method()
        for cls in owner.__mro__:
            if cls.__dict__.get(self.__name__) is self:
                method.__qualname__ = f"{cls.__qualname__}.{self.__name__}"
                setattr(cls, self.__name__, method)
        return method.__get__(instance, owner)

    def _method(self) -> Any:
        self.made = self.made or self.make()
        return self.made


def install() -> None:
    """Make all dataclasses that are defined from now on so. Doing it again changes nothing."""
    compile_now: Callable[..., Any] | None = getattr(dataclasses, _NAME, None)
    if compile_now is None or compile_now.__module__ == __name__:
        return

    def late(name: str, args: Any, body: Any, **rest: Any) -> _Late:
        return _Late(name, lambda: compile_now(name, args, body, **rest))

    setattr(dataclasses, _NAME, late)
