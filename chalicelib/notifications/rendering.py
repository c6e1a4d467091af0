"""From a letter's template and its facts to subject, text and HTML.

Templates are files of the package, one per letter and language: the first line is the subject, paragraphs are
separated by an empty line. The text version is the template's own; the HTML version puts the same paragraphs,
escaped, into a frame.

Facts may hold whatever people typed. Before anything is rendered every text in them loses its control characters,
line breaks and direction overrides, so no name starts a header, a paragraph or a tag, and none turns the words around
it; right to left text is wrapped in isolates.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from chalicelib.core.money import Money

if TYPE_CHECKING:
    from babel import Locale
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).parent / "templates"
#: The languages letters are written in, the first for everybody else.
LANGUAGES: Final = ("en", "zh")
LONGEST_SUBJECT: Final = 150
_FRAME: Final = "_frame"
#: Control, format (direction overrides, zero width), surrogate and unassigned characters.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})
#: Joiners that scripts and emoji need.
_KEPT: Final = frozenset("\u200c\u200d")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's three parts. `subject` is one line."""

    subject: str
    text: str
    html: str
    language: str


def language_of(tag: str) -> str:
    """The language of the letters that a BCP 47 tag is served with."""
    primary = tag.split("-", maxsplit=1)[0].lower()
    return primary if primary in LANGUAGES else LANGUAGES[0]


def render(letter: str, tag: str, facts: Mapping[str, Any], *, time_zone: str = "UTC") -> Rendered:
    """Write a letter.

    Args:
        letter: name of its template.
        tag: the reader's language, BCP 47; amounts and times are written as its region does.
        facts: what the template names; anything else that it names is an error.
        time_zone: IANA name, for times.
    """
    language = language_of(tag)
    known = {**clean_facts(facts), "locale": _locale(tag), "time_zone": time_zone}
    written = _plain().get_template(f"{language}/{letter}.txt").render(known)
    subject, _, body = written.strip().partition("\n")
    paragraphs = [block.strip().split("\n") for block in body.split("\n\n") if block.strip()]
    framed = {**known, "subject": subject, "paragraphs": paragraphs, "language": tag or language}
    return Rendered(
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        text=_plain().get_template(f"{language}/{_FRAME}.txt").render(framed).strip() + "\n",
        html=_escaping().get_template(f"{language}/{_FRAME}.html").render(framed),
        language=language,
    )


def clean_facts(value: Any) -> Any:
    """Facts with every text in them made harmless, however deep."""
    if isinstance(value, Money | datetime | bool | int) or value is None:
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(name): clean_facts(inner) for name, inner in value.items()}
    if isinstance(value, Sequence):
        return [clean_facts(inner) for inner in value]
    if is_dataclass(value):
        return {field.name: clean_facts(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is no fact for a letter")


def clean(text: str) -> str:
    """One line of visible characters; right to left text stays among itself."""
    spaced = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    seen = "".join(c for c in spaced if c in _KEPT or unicodedata.category(c) not in _UNSEEN)
    line = " ".join(seen.split())
    turns = any(unicodedata.bidirectional(c) in {"R", "AL", "AN"} for c in line)
    return f"{_ISOLATE}{line}{_END_ISOLATE}" if turns else line


@cache
def _plain() -> Environment:
    return _environment(escaping=False)


@cache
def _escaping() -> Environment:
    return _environment(escaping=True)


def _environment(*, escaping: bool) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined, pass_context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES), autoescape=escaping, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=False,
    )  # fmt: skip
    made.filters.update(money=pass_context(_money), time=pass_context(_time))
    made.globals.clear()
    return made


@cache
def _locale(tag: str) -> Locale:
    """The locale that the letter's own language is written in; the reader's region counts where the languages agree."""
    from babel import Locale, UnknownLocaleError

    language = language_of(tag)
    try:
        wanted = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)
    return wanted if wanted.language == language else Locale.parse(language)


def _money(context: Mapping[str, Any], amount: Money) -> str:
    """An amount as the reader's locale writes it, with exactly the currency's digits."""
    from babel.numbers import format_currency

    return format_currency(amount.decimal, amount.currency, locale=context["locale"])


def _time(context: Mapping[str, Any], moment: datetime) -> str:
    """A time in the market's zone, with the zone's name."""
    from babel.dates import format_datetime

    zone = ZoneInfo(context["time_zone"])
    return format_datetime(moment, "d MMM y, HH:mm z", tzinfo=zone, locale=context["locale"])
