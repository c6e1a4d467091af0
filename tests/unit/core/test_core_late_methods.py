"""A dataclass with late methods is the same dataclass, only sooner there."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
from dataclasses import dataclass, field

import msgspec
import pytest

import chalicelib  # noqa: F401 - installs them

LATE = sys.version_info < (3, 13)


def point() -> type:
    """A class with everything that dataclasses can do."""

    @dataclass(frozen=True, slots=True, order=True)
    class Point:
        """With a docstring: without one, `@dataclass` writes the signature there and so looks at `__init__`."""

        x: int
        y: int = 2
        tags: tuple[str, ...] = field(default_factory=tuple, compare=False)

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError("x")

    return Point


@dataclass(frozen=True, slots=True)
class Plain:
    """Can be pickled: it has a name in its module."""

    text: str
    inner: tuple[int, ...] = ()


@dataclass
class Base:
    """Can be changed and inherited."""

    first: int
    seen: list[int] = field(default_factory=list)


@dataclass
class Derived(Base):
    second: int = dataclasses.field(default=7, kw_only=True)


def test_methods_are_written_when_first_used_and_then_stay() -> None:
    cls = point()
    if LATE:
        assert type(cls.__dict__["__init__"]).__name__ == "_Late"
    cls(1)
    assert inspect.isfunction(cls.__dict__["__init__"])
    assert cls.__dict__["__init__"].__qualname__.endswith("Point.__init__")


def test_values_compare_hash_and_order_as_ever() -> None:
    cls = point()
    assert cls(1, 2, ("a",)) == cls(1) and hash(cls(1)) == hash(cls(1, 2, ("b",)))
    assert cls(1) != cls(2) and cls(1) < cls(2) <= cls(2, 2) and cls(3) > cls(2) and cls(3) >= cls(3)
    assert cls(1) != (1, 2)
    with pytest.raises(TypeError):
        assert cls(1) < 3
    assert repr(cls(1)).endswith("Point(x=1, y=2, tags=())")


def test_values_stay_frozen_and_checked() -> None:
    cls = point()
    for change in (lambda: setattr(cls(1), "x", 5), lambda: delattr(cls(1), "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change()
    with pytest.raises(ValueError, match="x"):
        cls(-1)
    with pytest.raises(TypeError):
        cls()
    with pytest.raises(ValueError, match="x"):
        dataclasses.replace(cls(1), x=-1)


def test_signatures_can_be_asked_for_before_anything_was_made() -> None:
    assert list(inspect.signature(point()).parameters) == ["x", "y", "tags"]
    assert point().__init__.__name__ == "__init__"


def test_derived_classes_have_methods_of_their_own() -> None:
    assert Derived(1, second=2) == Derived(1, [], second=2) != Derived(1)
    assert Derived(1) != Base(1) and repr(Derived(1)).endswith("Derived(first=1, seen=[], second=7)")
    changed = Base(1)
    changed.first = 3
    assert changed == Base(3) and Base.__hash__ is None


def test_values_can_be_copied_pickled_and_decoded() -> None:
    value = Plain("a", (1, 2))
    assert copy.deepcopy(value) == value == pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes
    assert msgspec.json.decode(msgspec.json.encode(value), type=Plain) == value
    assert dataclasses.asdict(value) == {"text": "a", "inner": (1, 2)}
