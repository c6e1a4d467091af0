"""Bringing up to date what products have taken over from others: names, titles, what bundles hold (`domain.copies`).

Each product is a command of its own with its own event, so whoever follows products hears of it, and one that is up to
date is not written. Doing something twice, late or side by side therefore changes nothing more. One that cannot be
written is reported, and the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Final

from chalicelib.catalog.domain import (
    BrandRenamed,
    OptionRenamed,
    Renaming,
    RenamingPaused,
    component_skus,
    up_to_date,
)
from chalicelib.catalog.items import BRAND, HOLDING, OPTION, PRODUCT, RENAMING, VARIANT, ProductCard, products_list
from chalicelib.core import observe, table
from chalicelib.core.errors import DomainError
from chalicelib.core.events import Event
from chalicelib.core.ids import digest
from chalicelib.core.unit_of_work import UnitOfWork, run

from .products import components, write

#: Products of one portion: some seconds of work.
PORTION: Final = 50
#: How long it is remembered that a name has gone through.
_KEPT: Final = timedelta(days=30)


def catch_up(uow: UnitOfWork, slug: str) -> bool:
    """Bring one product up to date: two round trips when it is already, three with the commit when it was not.

    Returns:
        Whether it had to be written.
    """
    before = uow.find(PRODUCT, slug)
    if before is None:
        return False
    held = component_skus(before.variants)
    wanted = [BRAND.ref(before.brand)] if before.brand else []
    uow.load(*wanted, *(OPTION.ref(option.code) for option in before.options), *(VARIANT.ref(sku) for sku in held))
    brand = uow.find(BRAND, before.brand) if before.brand else None
    options = {option.code: found for option in before.options if (found := uow.find(OPTION, option.code))}
    name = brand.name if brand else before.brand_name
    after = up_to_date(before, name, options, components(uow, before.variants))
    if after == before:
        return False
    write(uow, after, before)
    return True


def follow_product(uow: UnitOfWork, slug: str, skus: Iterable[str]) -> int:
    """After a change of a product: look at it again, and at every product whose bundles hold one of its SKUs (CAT-04).

    A bundle that was saved while what it holds was changed, or a product while its brand was renamed, is put right
    here: at least one of the two events comes when both changes are in the table. A product that has never been changed
    is looked at alone: whatever bundle holds it has seen it as it is.

    Returns:
        How many products were brought up to date.
    """
    wanted = frozenset(skus)
    changed, is_new = run(partial(_look_at, slug=slug), lambda: _own(uow))
    if is_new:
        return 0
    start = None
    while True:
        page: table.Page[ProductCard] = table.page(
            PRODUCT, "gsi2", HOLDING, limit=table.PAGE_LIMIT, start=start,
            keep=lambda card: card.slug != slug and not wanted.isdisjoint(card.holds),
        )  # fmt: skip
        changed += _catch_up_all(uow, page.items)
        start = page.next
        if start is None:
            return changed


def _look_at(uow: UnitOfWork, slug: str) -> tuple[int, bool]:
    """Whether a product had to be brought up to date, and whether nothing has been changed on it since it was made."""
    changed = catch_up(uow, slug)
    product = uow.find(PRODUCT, slug)
    return int(changed), product is not None and uow.version(PRODUCT, product) == 1


def begin_renaming(uow: UnitOfWork, event: Event[BrandRenamed] | Event[OptionRenamed]) -> Renaming:
    """Take a new name to the first portion of products; told again, it is on its way already."""
    renaming_id = digest(event.id)[:32]
    known = uow.find(RENAMING, renaming_id)
    if known is not None:
        return known
    brand = event.data.brand if isinstance(event.data, BrandRenamed) else ""
    return _go_on(uow, Renaming(renaming_id, brand, uow.now + _KEPT))


def resume_renaming(uow: UnitOfWork, paused: RenamingPaused) -> Renaming | None:
    """Take a new name to the next portion, unless somebody has done that step already."""
    known = uow.find(RENAMING, paused.renaming_id)
    return _go_on(uow, known) if known is not None and not known.done and known.step == paused.step else known


def _go_on(uow: UnitOfWork, renaming: Renaming) -> Renaming:
    page: table.Page[ProductCard] = table.page(
        PRODUCT, "gsi1", products_list(renaming.lists[0]), limit=PORTION, start=renaming.start or None,
        keep=lambda card: renaming.brand in ("", card.brand),
    )  # fmt: skip
    moved = renaming.moved(page.next, _catch_up_all(uow, page.items))
    return uow.put(RENAMING, moved, *(() if moved.done else (RenamingPaused(moved.id, moved.step),)))


def _catch_up_all(uow: UnitOfWork, cards: Iterable[ProductCard]) -> int:
    """Bring these products up to date, each by itself; how many had to be written.

    Raises:
        DomainError: what may heal; the portion comes again.
    """
    changed = 0
    for card in cards:
        try:
            changed += run(partial(catch_up, slug=card.slug), lambda: _own(uow))
        except (DomainError, ValueError) as error:
            if isinstance(error, DomainError) and error.heals:
                raise
            observe.failure("product not brought up to date", error, product=card.slug)
            observe.count("ProductsNotFollowed")
    return changed


def _own(uow: UnitOfWork) -> UnitOfWork:
    """A unit of work of its own, with the same time, actor and cause."""
    return UnitOfWork(uow.now, uow.actor, cause=uow.cause, trace=uow.trace, new_id=uow.new_id)
