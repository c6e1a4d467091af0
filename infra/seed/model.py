"""The shape of the tables under `goods/`: what the example shop sells, noun by noun."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A word or phrase in both languages; `code` is a Harmonized System code where the material decides on it."""

    en: str
    zh: str
    code: str = ""


def words(text: str) -> tuple[Words, ...]:
    """Read `english|chinese|code; english|chinese|code; …`."""
    return tuple(Words(*(part.strip() for part in entry.split("|"))) for entry in text.split(";") if entry.strip())


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of article.

    Args:
        price: of the smallest variant, in EUR.
        grams, size: packed weight and length, width, height in millimetres.
        axes: what its variants differ by; see `axes.py`.
        materials: each with the HS code of the article made of it.
        features: what distinguishes one product from the next.
        origins: countries it comes from, in turn.
    """

    en: str
    zh: str
    price: str
    grams: int
    size: tuple[int, int, int]
    axes: str
    materials: str
    features: str
    origins: str = "CN"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category of the second level.

    Args:
        glyph: the drawing that stands for its articles.
        scenes: where and when they are used.
        trouble, answer: what bothers people, and what these articles do about it.
        question, reply: what is asked most.
    """

    en: str
    zh: str
    glyph: str
    scenes: str
    trouble: Words
    answer: Words
    question: Words
    reply: Words
    nouns: tuple[Noun, ...]


@dataclass(frozen=True, slots=True)
class Department:
    """A category of the first level, with what all its articles share."""

    en: str
    zh: str
    brands: str
    shelves: tuple[Shelf, ...]
    tax_category: str = "standard"
    return_rule: str = "standard"
    fresh: bool = False
    virtual: bool = False
