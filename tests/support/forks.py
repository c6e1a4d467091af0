"""Many futures of one moment: each goes on in a process of its own, which begins with all that has happened."""

from __future__ import annotations

import gc
import os
import pickle
import traceback
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def in_a_fork(future: Callable[[], T]) -> T:
    """What this future comes to; nothing of it is left behind in this process. Its failure fails the test here."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        gc.disable()  # its rounds would copy every page that is shared with the parent
        try:
            told: tuple[bool, object] = (True, future())
        except BaseException:  # noqa: BLE001 - all that a test can end with has to reach the parent
            told = (False, traceback.format_exc())
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(told, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    if not answer:
        pytest.fail("The process of this future died without a word.")
    is_sound, value = pickle.loads(answer)  # noqa: S301 - of our own child
    if not is_sound:
        pytest.fail(value, pytrace=False)
    result: T = value
    return result
