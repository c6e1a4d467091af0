"""Bodies deflated with the words that many have in common."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from chalicelib.core.table import Key, Kind


@dataclass(frozen=True, slots=True)
class Note:
    text: str


PLAIN = Kind("words_plain", Note, key=lambda: Key("N", "N"), of=lambda _: Key("N", "N"))
FIRST = Kind("words_first", Note, PLAIN.key, PLAIN.of, words=(b'{"text":"a rather long beginning',))
SECOND = Kind("words_second", Note, PLAIN.key, PLAIN.of, words=(*FIRST.words, b'{"text":"another beginning'))
NOTE = Note("a rather long beginning, and an end")


def test_words_make_a_body_smaller_and_do_not_change_it() -> None:
    assert len(FIRST.encode(NOTE)) < len(PLAIN.encode(NOTE)) / 1.4
    assert FIRST.decode(FIRST.encode(NOTE)) == NOTE


def test_bodies_written_before_there_were_words_are_read() -> None:
    assert SECOND.decode(PLAIN.encode(NOTE)) == NOTE


def test_bodies_written_with_older_words_are_read() -> None:
    assert SECOND.encode(NOTE) != FIRST.encode(NOTE)
    assert SECOND.decode(FIRST.encode(NOTE)) == NOTE


def test_words_that_were_thrown_away_are_missed() -> None:
    with pytest.raises(StopIteration):
        FIRST.decode(SECOND.encode(NOTE))
