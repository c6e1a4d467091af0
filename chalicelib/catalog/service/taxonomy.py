"""Categories, brands and options, as staff maintain them (CAT-02, CAT-05, CAT-07)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chalicelib.catalog.domain import (
    Brand,
    BrandRenamed,
    Category,
    Option,
    OptionRenamed,
    Texts,
    brand_errors,
    category_errors,
    option_errors,
)
from chalicelib.catalog.items import BRAND, CATEGORY, OPTION
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.ids import is_id
from chalicelib.core.unit_of_work import UnitOfWork

from .products import clean


@dataclass(frozen=True, slots=True)
class Branch:
    """A category with the categories below it."""

    category: Category
    children: tuple[Branch, ...]


def put_category(
    uow: UnitOfWork, slug: str, title: Texts, *, parent: str = "", position: int = 0, visible: bool = True
) -> Category:
    """Make a category, or change the title, place among its siblings or visibility of one (CAT-02).

    A category does not move to another parent: products carry the path. Make a new one and re-classify instead.

    Raises:
        Invalid: with everything that is wrong.
    """
    uow.load(*(CATEGORY.ref(name) for name in (slug, parent) if is_id(name)))
    above = uow.find(CATEGORY, parent) if parent else None
    if parent and above is None:
        raise Invalid(FieldError("/parent", "there is no such category"))
    category = Category(slug, title, (*(above.path if above else ()), slug), position, visible)
    errors = category_errors(category)
    before = uow.find(CATEGORY, slug)
    if before is not None and before.path != category.path:
        errors.append(FieldError("/parent", "a category cannot be moved"))
    if errors:
        raise Invalid(*errors)
    return uow.put(CATEGORY, category)


def put_brand(uow: UnitOfWork, brand: Brand) -> Brand:
    """Make or change a brand (CAT-07). A new name goes through its products in the background (`renaming`).

    Raises:
        Invalid: with everything that is wrong.
    """
    errors = brand_errors(brand)
    if errors:
        raise Invalid(*errors)
    brand = replace(brand, description={tag: clean(text) for tag, text in brand.description.items()})
    before = uow.find(BRAND, brand.slug)
    renamed = before is not None and before.name != brand.name
    return uow.put(BRAND, brand, *([BrandRenamed(brand.slug, brand.name)] if renamed else []))


def put_option(uow: UnitOfWork, option: Option) -> Option:
    """Make or change a specification option (CAT-05). Values in use may be renamed but not taken away; new titles go
    through the products in the background (`renaming`).

    Raises:
        Invalid: with everything that is wrong.
    """
    errors = option_errors(option)
    before = uow.find(OPTION, option.code)
    codes = {value.code for value in option.values}
    missing = [value.code for value in before.values if value.code not in codes] if before else []
    if missing:
        errors.append(FieldError("/values", f"{', '.join(missing)} cannot be taken away"))
    if errors:
        raise Invalid(*errors)
    renamed = before is not None and option.only({value.code for value in before.values}) != before
    return uow.put(OPTION, option, *([OptionRenamed(option.code)] if renamed else []))


def category_tree(categories: Iterable[Category], *, hidden: bool = False) -> tuple[Branch, ...]:
    """The tree of categories, siblings by position and slug; a hidden one hides what is below it, unless asked for."""
    below: dict[tuple[str, ...], list[Category]] = {}
    for category in categories:
        below.setdefault(category.path[:-1], []).append(category)
    return _branches(below, (), hidden)


def _branches(
    below: Mapping[tuple[str, ...], list[Category]], path: tuple[str, ...], hidden: bool
) -> tuple[Branch, ...]:
    shown = [category for category in below.get(path, []) if hidden or category.visible]
    shown.sort(key=lambda category: (category.position, category.slug))
    return tuple(Branch(category, _branches(below, category.path, hidden)) for category in shown)
