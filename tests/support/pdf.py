"""Reading back what a PDF of ours says: its pages, and on each the stretches of text in the order they were set."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\s*endstream", re.DOTALL)
_SET = re.compile(rb"/(F\d+)(?:\+\d+)? [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\(\d{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(pdf: bytes) -> list[list[str]]:
    """The texts of each page."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {}
    for body in objects.values():
        name = re.search(rb"/Name /(F\d+)", body)
        if name and b"/Type /Font" in body:
            fonts[name[1]] = "utf-16-be" if b"/Type0" in body else "cp1252"
    pages = []
    for body in objects.values():
        contents = re.search(rb"/Contents (\d+) 0 R", body)
        if contents:
            pages.append(_texts(_contents(objects[int(contents[1])]), fonts))
    return pages


def _contents(body: bytes) -> bytes:
    from base64 import a85decode

    found = _STREAM.search(body)
    assert found is not None
    raw = found[1]
    if b"/ASCII85Decode" in body:
        raw = a85decode(raw.strip().removesuffix(b"~>"))
    return zlib.decompress(raw) if b"/FlateDecode" in body else raw


def _texts(contents: bytes, fonts: dict[bytes, str]) -> list[str]:
    found, encoding = [], "cp1252"
    for font, text in _SET.findall(contents):
        if font:
            encoding = fonts[font]
        else:
            found.append(_ESCAPED.sub(_plain, text).decode(encoding))
    return found


def _plain(escaped: re.Match[bytes]) -> bytes:
    what = escaped[1]
    return bytes([int(what, 8)]) if what.isdigit() else _NAMED.get(what, what)


def text_of(pdf: bytes) -> str:
    """Everything a PDF says, a line per stretch."""
    return "\n".join(text for page in pages_of(pdf) for text in page)
