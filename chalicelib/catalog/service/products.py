"""Products: read, create, edit, put on sale, withdraw, archive.

A product, its variants and its rows in lists are written by one transaction, so nobody ever sees half of a change, and
every list agrees with the product page at every moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.catalog.domain import (
    Command,
    Product,
    ProductArchived,
    ProductChanged,
    ProductDraft,
    ProductPublished,
    Result,
    Status,
    Variant,
    bundle_errors,
    completed,
    component_skus,
    listings,
    missing,
    product_of,
    require_publishable,
    unpublishable,
)
from chalicelib.catalog.domain.settings import MAX_COMPONENTS
from chalicelib.catalog.items import LISTING, PRODUCT, VARIANT
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound, RuleRefused
from chalicelib.core.ids import is_id
from chalicelib.core.unit_of_work import UnitOfWork

from .references import References, find_references, make_references


class SkuTaken(Conflict):
    """A SKU names one variant of one product, for ever."""

    code, title = "sku-taken", "The SKU belongs to another product"


def product(uow: UnitOfWork, slug: str) -> Product:
    """A product in whatever state it is, for staff.

    Raises:
        NotFound: there is none.
    """
    return uow.get(PRODUCT, slug)


def page_of(uow: UnitOfWork, slug: str, market: str) -> Product:
    """What the product page of a market shows: one read (CAT-05, CAT-09, CAT-14).

    Only variants on sale there are left in; a product that is sold elsewhere only is not found.

    Raises:
        NotFound: no such product is on sale in the market.
    """
    found = uow.find(PRODUCT, slug)
    on_sale = tuple(found.on_sale(market)) if found is not None else ()
    if found is None or not on_sale:
        raise NotFound("product", slug)
    return replace(found, variants=on_sale)


def variant(uow: UnitOfWork, sku: str) -> Variant:
    """A variant by its SKU, in whatever state.

    Raises:
        NotFound: there is none.
    """
    return uow.get(VARIANT, sku)


def variants(uow: UnitOfWork, skus: Iterable[str]) -> dict[str, Variant]:
    """Many variants in one round trip; those that do not exist are left out."""
    wanted = list(dict.fromkeys(skus))
    uow.load(*(VARIANT.ref(sku) for sku in wanted if is_id(sku)))
    found = {sku: uow.find(VARIANT, sku) for sku in wanted}
    return {sku: item for sku, item in found.items() if item is not None}


def components(uow: UnitOfWork, of: Iterable[Variant]) -> dict[str, Variant]:
    """What the bundles among these variants are made of, by SKU: one round trip, none without bundles (CAT-04)."""
    wanted = component_skus(of)
    return variants(uow, wanted) if wanted else {}


def sellable(uow: UnitOfWork, sku: str, market: str) -> Variant:
    """A variant that may be sold in a market now; a bundle only with all its components (CAT-04).

    Raises:
        NotFound: no such SKU.
        RuleRefused: it is not on sale there, or a component of it is not.
    """
    found = uow.get(VARIANT, sku)
    if found.price(market) is None:
        raise RuleRefused("This article is not on sale in this market.", rule="CAT-01", sku=sku, market=market)
    require_complete([found], components(uow, [found]), market)
    return found


def require_complete(wanted: Iterable[Variant], parts: Mapping[str, Variant], market: str) -> None:
    """Let bundles through whose components are all on sale in a market (CAT-04).

    Raises:
        RuleRefused: names every bundle that is incomplete, and what it lacks.
    """
    lacking = {bundle.sku: list(gone) for bundle in wanted if (gone := missing(bundle, parts, market))}
    if lacking:
        detail = "; ".join(f"{sku} holds {', '.join(gone)}" for sku, gone in lacking.items())
        raise RuleRefused(
            f"What a bundle holds is no longer on sale in this market: {detail}.",
            rule="CAT-04", skus=list(lacking), missing=lacking, market=market,
        )  # fmt: skip


def create(uow: UnitOfWork, draft: ProductDraft) -> Product:
    """Take a new product into the catalogue, as a draft or on sale at once (CAT-01).

    Raises:
        Invalid: with everything that is wrong.
        Conflict: the slug or a SKU is in use.
        RuleRefused: it is to be published and lacks something (CAT-16).
    """
    references = find_references(uow, draft)
    if uow.find(PRODUCT, draft.slug) is not None:
        raise Conflict("There is a product with this slug already.", slug=draft.slug)
    made = _made(uow, draft, references, None)
    if draft.publish:
        made = made.turned(Status.ACTIVE, uow.now)
        require_publishable(made, components(uow, made.variants))
    return write(uow, _completed(uow, made), None)


def edit(uow: UnitOfWork, slug: str, draft: ProductDraft, version: int | None = None) -> Product:
    """Replace what a product says; its state stays, except that `publish` puts a draft on sale (CAT-01).

    Args:
        version: the version the editor saw; None does not care.

    Raises:
        NotFound: there is no such product.
        StaleVersion: somebody else has edited it meanwhile.
        Invalid: with everything that is wrong.
        RuleRefused: it is on sale and would lack something (CAT-16).
    """
    references = find_references(uow, draft)
    before = uow.get(PRODUCT, slug)
    uow.expect(PRODUCT, before, version)
    if draft.slug != slug:
        raise Invalid(FieldError("/slug", "cannot be changed"))
    made = _made(uow, draft, references, before)
    if draft.publish and before.status is Status.DRAFT:
        made = made.turned(Status.ACTIVE, uow.now)
    if made.status is Status.ACTIVE:
        require_publishable(made, components(uow, made.variants))
    made = _completed(uow, made)
    return made if made == before else write(uow, made, before)


def save(uow: UnitOfWork, draft: ProductDraft) -> tuple[Product, Result, tuple[str, ...]]:
    """Create or replace a product from an import; categories, brands and options it names are made when missing.

    An unchanged product is not written. One that is to be published but lacks something stays a draft, and the third
    part of the answer says what it lacks; one that is on sale already is refused instead.

    Raises:
        Invalid, Conflict, RuleRefused: as `create` and `edit`.
    """
    references = make_references(uow, draft)
    before = uow.find(PRODUCT, draft.slug)
    made = _made(uow, draft, references, before)
    notes: tuple[str, ...] = ()
    if not draft.publish:
        made = made.turned(Status.DRAFT, uow.now) if made.status is Status.ACTIVE else made
    elif made.status is Status.ACTIVE:
        require_publishable(made, components(uow, made.variants))
    else:
        lacking = unpublishable(made.turned(Status.ACTIVE, uow.now), components(uow, made.variants))
        notes = tuple(f"kept as a draft: {error.pointer.removeprefix('/')} {error.detail}" for error in lacking)
        made = made if lacking else made.turned(Status.ACTIVE, uow.now)
    made = _completed(uow, made)
    if made == before:
        return made, Result.UNCHANGED, notes
    write(uow, made, before)
    return made, Result.CHANGED if before else Result.CREATED, notes


def command(uow: UnitOfWork, slug: str, order: Command, version: int | None = None) -> Product:
    """Publish, withdraw or archive a product with all its variants (CAT-01, CAT-19).

    Raises:
        NotFound, StaleVersion, NotAllowed: as their names say.
        RuleRefused: it is to be published and lacks something (CAT-16).
    """
    before = uow.get(PRODUCT, slug)
    uow.expect(PRODUCT, before, version)
    turned = before.turned(before.decide(order), uow.now)
    if turned.status is Status.ACTIVE:
        require_publishable(turned, components(uow, turned.variants))
    return write(uow, _completed(uow, turned), before)


def relist(uow: UnitOfWork, slug: str) -> int:
    """Write a product's rows in lists anew where they are not what this version of the code makes of them.

    Lists are kept by difference to the product before; when their rows change shape, this brings them up to date. A
    product with bundles is written as well, so that it stands among those that hold others.

    Returns:
        How many rows were written or taken away.

    Raises:
        NotFound: there is no such product.
    """
    kept_product = uow.get(PRODUCT, slug)
    present = _completed(uow, kept_product)
    wanted = listings(present)
    kept = {row.id: row for row in uow.part(LISTING, slug, prefix="LISTING#")}
    changed = [row for row_id, row in wanted.items() if kept.get(row_id) != row]
    gone = [row for row_id, row in kept.items() if row_id not in wanted]
    for row in changed:
        uow.put(LISTING, row)
    for row in gone:
        uow.remove(LISTING, row)
    if component_skus(present.variants):
        _write_variants(uow, present, kept_product)
        uow.put(PRODUCT, present)
    uow.require(PRODUCT, slug)
    return len(changed) + len(gone)


def clean(html: str) -> str:
    """A description with only the markup that a product page may have; scripts, styles and foreign frames are gone."""
    if "<" not in html and "&" not in html:
        return html
    import nh3

    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"https", "mailto"}, link_rel="noopener nofollow"
    )


_TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "figcaption", "figure", "h2", "h3",
    "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "small", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "td": {"colspan", "rowspan"},
               "th": {"colspan", "rowspan"}}  # fmt: skip


def _made(uow: UnitOfWork, draft: ProductDraft, references: References, before: Product | None) -> Product:
    cleaned = replace(draft, description={tag: clean(text) for tag, text in draft.description.items()})
    made = product_of(cleaned, references.category, references.brand_name, references.options, before)
    parts = components(uow, made.variants)
    most = uow.setting(MAX_COMPONENTS) if component_skus(made.variants) else 0
    if errors := bundle_errors(made, parts, most, before):
        raise Invalid(*errors)
    return made


def _completed(uow: UnitOfWork, made: Product) -> Product:
    """The product in the state in which it is to be kept, with what its bundles take over from their components."""
    return completed(made, components(uow, made.variants))


def write(uow: UnitOfWork, after: Product, before: Product | None) -> Product:
    """Put the product, what changed of its variants and of its rows in lists, and the event."""
    _write_variants(uow, after, before)
    _write_listings(uow, after, before)
    return uow.put(PRODUCT, after, _news(after, before))


def _write_variants(uow: UnitOfWork, after: Product, before: Product | None) -> None:
    known = {item.sku: item for item in before.variants} if before else {}
    changed = [item for item in after.variants if known.get(item.sku) != item]
    uow.load(*(VARIANT.ref(item.sku) for item in changed))
    taken = [item.sku for item in changed if (kept := uow.find(VARIANT, item.sku)) and kept.product != after.slug]
    if taken:
        raise SkuTaken(f"These SKUs belong to other products: {', '.join(taken)}.", skus=taken)
    for item in changed:
        uow.put(VARIANT, item)


def _write_listings(uow: UnitOfWork, after: Product, before: Product | None) -> None:
    old, new = listings(before) if before else {}, listings(after)
    changed = [row for row_id, row in new.items() if old.get(row_id) != row]
    gone = [row for row_id, row in old.items() if row_id not in new]
    uow.load(*(LISTING.ref(*row.id) for row in (*changed, *gone) if row.id in old))
    for row in changed:
        uow.put(LISTING, row)
    for row in gone:
        uow.remove(LISTING, row)


def _news(after: Product, before: Product | None) -> Any:
    skus = tuple(item.sku for item in after.variants)
    was = before.status if before else Status.DRAFT
    if after.status is Status.ACTIVE and was is not Status.ACTIVE:
        return ProductPublished(after.slug, skus, tuple(after.markets()))
    if after.status is Status.ARCHIVED and was is not Status.ARCHIVED:
        return ProductArchived(after.slug, skus)
    return ProductChanged(after.slug, skus, after.status)
