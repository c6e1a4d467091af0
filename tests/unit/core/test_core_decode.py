"""The strict decoder lets plain JSON through and refuses everything that two readers could read differently."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid, TooLarge
from chalicelib.core.http.decode import DEEPEST, LARGEST, decode

safe_text = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf")))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | safe_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(safe_text, inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_plain_json_comes_through_unchanged(value: object) -> None:
    assert decode(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b'{"a":1}x', b"\xff", b"NaN", b"Infinity", b"-Infinity", b'{"a":1e400}', b"1e400",
        b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b"9" * 4000, b"9007199254740993", b'"\\ud800"', b'"\\u0000"',
        '"\u202e"'.encode(), '"\ufeff"'.encode(), b"\xef\xbb\xbf{}", b'"\x07"', b"0." + b"1" * 50,
    ],
)  # fmt: skip
def test_ambiguous_or_hostile_json_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        decode(raw)


@pytest.mark.parametrize("depth", [DEEPEST + 1, 5_000, 100_000])
def test_deep_nesting_is_refused_and_never_overflows(depth: int) -> None:
    with pytest.raises(Invalid):
        decode(b"[" * depth + b"]" * depth)


def test_the_deepest_allowed_nesting_is_read() -> None:
    assert decode(b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1)) is not None


def test_a_body_over_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge):
        decode(b'"' + b"a" * LARGEST + b'"')


@given(st.binary(max_size=200))
def test_no_bytes_at_all_raise_anything_but_a_refusal(raw: bytes) -> None:
    with contextlib.suppress(Invalid):
        decode(raw)
