"""Where products hang: categories and brands (CAT-02, CAT-07)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from chalicelib.core.errors import FieldError

from .product import MAX_CATEGORY_DEPTH, Option, Texts

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
COUNTRY: Final = re.compile(r"[A-Z]{2}")
MAX_SLUG: Final = 120
_URL: Final = re.compile(r"(?:https://[^\s\"<>]+|/[^\s\"<>]*|data:image/[a-z+.-]+[;,][^\s\"<>]*)")


@dataclass(frozen=True, slots=True)
class Category:
    """A node of the category tree.

    Args:
        path: slugs from the root to this one, itself included.
        position: order among its siblings.
        visible: whether the storefront shows it; a hidden one keeps its products.
    """

    slug: str
    title: Texts
    path: tuple[str, ...]
    position: int = 0
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand and what its page says."""

    slug: str
    name: str
    description: Texts = field(default_factory=dict)
    logo: str = ""
    country: str = ""


def slugify(text: str) -> str:
    """A slug from a text in Latin letters: `Été & Mer` → `ete-mer`; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG].strip("-")


def is_picture(url: str) -> bool:
    """Whether a picture or film may lie there: a path, an https or a data:image/ address."""
    return len(url) <= 8_000 and _URL.fullmatch(url) is not None


def slug_errors(slug: str, pointer: str) -> list[FieldError]:
    """What is wrong with a slug."""
    if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG:
        return [FieldError(pointer, f"must be 1 to {MAX_SLUG} small letters and digits, joined by single hyphens")]
    return []


def texts_errors(texts: Texts, pointer: str, longest: int, *, needed: bool = True) -> list[FieldError]:
    """What is wrong with a text that exists in several languages."""
    errors = []
    if needed and not any(text.strip() for text in texts.values()):
        errors.append(FieldError(pointer, "must be given in at least one language"))
    for language, text in texts.items():
        if not LANGUAGE.fullmatch(language):
            errors.append(FieldError(f"{pointer}/{language}", "is not a language tag such as en or zh-Hans"))
        if len(text) > longest:
            errors.append(FieldError(f"{pointer}/{language}", f"is longer than {longest} characters"))
        if any(ord(character) < 32 and character not in "\n\r\t" for character in text):
            errors.append(FieldError(f"{pointer}/{language}", "has control characters"))
    return errors


def category_errors(category: Category) -> list[FieldError]:
    """What is wrong with a category."""
    errors = slug_errors(category.slug, "/slug") + texts_errors(category.title, "/title", 120)
    if len(category.path) > MAX_CATEGORY_DEPTH:
        errors.append(FieldError("/parent", f"the tree has at most {MAX_CATEGORY_DEPTH} levels"))
    return errors


def brand_errors(brand: Brand) -> list[FieldError]:
    """What is wrong with a brand."""
    errors = slug_errors(brand.slug, "/slug") + texts_errors(brand.description, "/description", 20_000, needed=False)
    if not 1 <= len(brand.name) <= 120:
        errors.append(FieldError("/name", "must have 1 to 120 characters"))
    if brand.logo and not is_picture(brand.logo):
        errors.append(FieldError("/logo", "must be a path, an https or a data:image/ address"))
    if brand.country and not COUNTRY.fullmatch(brand.country):
        errors.append(FieldError("/country", "must be an ISO 3166-1 alpha-2 code"))
    return errors


def option_errors(option: Option) -> list[FieldError]:
    """What is wrong with a maintained option."""
    errors = slug_errors(option.code, "/code") + texts_errors(option.title, "/title", 80)
    codes = [value.code for value in option.values]
    if len(set(codes)) != len(codes):
        errors.append(FieldError("/values", "names a value twice"))
    for number, value in enumerate(option.values):
        errors += slug_errors(value.code, f"/values/{number}/code")
        errors += texts_errors(value.title, f"/values/{number}/title", 80)
    return errors
