"""What a product refers to: its category, its brand, its options. Found for staff, made for imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.catalog.domain import Brand, Category, Option, ProductDraft, draft_errors
from chalicelib.catalog.items import BRAND, CATEGORY, OPTION, PRODUCT, VARIANT
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.ids import is_id
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork

from .reach import draft_reach_errors


@dataclass(frozen=True, slots=True)
class References:
    """The category a product hangs in, the name of its brand, its options as they are maintained."""

    category: Category
    brand_name: str
    options: Mapping[str, Option]


def refs_of(draft: ProductDraft) -> list[Ref]:
    """Everything that taking in a draft reads, so that it is read in one round trip."""
    refs = [CATEGORY.ref(node.slug) for node in draft.category_path if is_id(node.slug)]
    refs += [kind.ref(name) for kind, name in (
        (PRODUCT, draft.slug), (CATEGORY, draft.category), (BRAND, draft.brand)
    ) if is_id(name)]  # fmt: skip
    refs += [OPTION.ref(option.code) for option in draft.options if is_id(option.code)]
    return refs + [VARIANT.ref(variant.sku) for variant in draft.variants if is_id(variant.sku)]


def find_references(uow: UnitOfWork, draft: ProductDraft) -> References:
    """The maintained category, brand and options that a draft of staff names (CAT-02, CAT-05, CAT-07).

    Raises:
        Invalid: with every name that is not maintained, and everything else that is wrong with the draft.
    """
    uow.load(*refs_of(draft))
    category, brand = uow.find(CATEGORY, draft.leaf), uow.find(BRAND, draft.brand)
    options = {option.code: found for option in draft.options if (found := uow.find(OPTION, option.code))}
    unknown = []
    if category is None and draft.leaf:
        unknown.append(FieldError("/category", "there is no such category"))
    if brand is None and draft.brand:
        unknown.append(FieldError("/brand", "there is no such brand"))
    unknown += [
        FieldError(f"/options/{number}/code", "there is no such option")
        for number, option in enumerate(draft.options) if option.code not in options
    ]  # fmt: skip
    known = replace(draft, options=tuple(options.get(option.code, option) for option in draft.options))
    errors = unknown + draft_errors(known) + draft_reach_errors(known)
    if errors or category is None:
        raise Invalid(*errors)
    return References(category, brand.name if brand else "", options)


def make_references(uow: UnitOfWork, draft: ProductDraft) -> References:
    """As `find_references`, but what is missing is made, in the same transaction as the product.

    Raises:
        Invalid: with everything that is wrong with the draft.
    """
    errors = draft_errors(draft) + draft_reach_errors(draft)
    if errors:
        raise Invalid(*errors)
    uow.load(*refs_of(draft))
    return References(_category(uow, draft), _brand_name(uow, draft), _options(uow, draft))


def _category(uow: UnitOfWork, draft: ProductDraft) -> Category:
    path: tuple[str, ...] = ()
    found = uow.find(CATEGORY, draft.category) if draft.category and not draft.category_path else None
    for node in draft.category_path:
        found = uow.find(CATEGORY, node.slug)
        if found is None:
            title = node.title or {"en": node.slug.replace("-", " ").capitalize()}
            found = uow.put(CATEGORY, Category(node.slug, title, (*path, node.slug)))
        elif found.path != (*path, node.slug):
            raise Invalid(
                FieldError("/category_path", f"{node.slug} hangs under {'/'.join(found.path[:-1]) or 'the root'}")
            )
        path = found.path
    if found is None:
        raise Invalid(FieldError("/category", "there is no such category"))
    return found


def _brand_name(uow: UnitOfWork, draft: ProductDraft) -> str:
    if not draft.brand:
        return ""
    brand = uow.find(BRAND, draft.brand)
    if brand is None:
        brand = uow.put(BRAND, Brand(draft.brand, draft.brand_name or draft.brand))
    return brand.name


def _options(uow: UnitOfWork, draft: ProductDraft) -> dict[str, Option]:
    options = {}
    for wanted in draft.options:
        kept = uow.find(OPTION, wanted.code)
        option = kept.extended(wanted) if kept else wanted
        if option != kept:
            uow.put(OPTION, option)
        options[wanted.code] = option
    return options
