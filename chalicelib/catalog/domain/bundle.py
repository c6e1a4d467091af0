"""Bundles: several products as one sellable unit with a price of its own (CAT-04).

A bundle stands on its components: it can be had when all of them can, weighs what they weigh, is declared as what they
are, and one of them that is fresh or large makes it so. Nothing of that is kept twice where it matters: quotes ask the
components. What the catalogue shows of a bundle is worked out from them when the bundle is saved, and when they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from chalicelib.core.errors import FieldError
from chalicelib.core.ids import is_id
from chalicelib.core.money import Money

from .product import Component, GoodsKind, Product, SizeClass, Status, Variant

#: Beyond this the number of one article in a bundle is a typing error.
MOST_UNITS: Final = 99
#: So many bundles of one product are still checked, with all their components, in one command.
MAX_BUNDLES: Final = 20
#: Return rules, the strictest first: a bundle comes back as a whole, so its strictest component decides.
STRICTNESS: Final = ("none", "unopened", "standard")


def component_errors(components: tuple[Component, ...], sku: str, pointer: str) -> list[FieldError]:
    """What is wrong with the components of a draft, as far as it can be told without looking them up."""
    errors = []
    seen: set[str] = set()
    for number, component in enumerate(components):
        here = f"{pointer}/components/{number}"
        if not is_id(component.sku) or len(component.sku) > 64:
            errors.append(FieldError(f"{here}/sku", "is not a SKU"))
        elif component.sku == sku:
            errors.append(FieldError(f"{here}/sku", "is the bundle itself"))
        elif component.sku in seen:
            errors.append(FieldError(f"{here}/sku", "is there twice: raise its quantity instead"))
        if not 1 <= component.quantity <= MOST_UNITS:
            errors.append(FieldError(f"{here}/quantity", f"must be 1 to {MOST_UNITS}"))
        seen.add(component.sku)
    return errors


def component_skus(variants: Iterable[Variant]) -> tuple[str, ...]:
    """The SKUs that bundles among these variants are made of, each once."""
    return tuple(dict.fromkeys(component.sku for variant in variants for component in variant.components))


def missing(bundle: Variant, parts: Mapping[str, Variant], market: str) -> tuple[str, ...]:
    """The components that are not on sale in a market now; with one of them the bundle is not sold there either."""
    return tuple(
        component.sku for component in bundle.components
        if (part := parts.get(component.sku)) is None or part.is_bundle or part.price(market) is None
    )  # fmt: skip


def pieces(variant: Variant, parts: Mapping[str, Variant]) -> int:
    """How many pieces one unit counts as: a bundle as those of its components that are sent (AMB-23)."""
    sent = sum(each.quantity for each in variant.components if parts[each.sku].kind is GoodsKind.PHYSICAL)
    return sent or sum(each.quantity for each in variant.components) or 1


def split(amount: Money, bundle: Variant, parts: Mapping[str, Variant], market: str) -> list[Money]:
    """A price of the bundle, shared over its components by what each costs alone; the parts add up to it exactly."""
    return amount.share([parts[each.sku].prices[market].minor * each.quantity for each in bundle.components])


def bundle_errors(
    product: Product, parts: Mapping[str, Variant], most: int, before: Product | None = None
) -> list[FieldError]:
    """What is wrong with the bundles of a product, whether or not they are to be sold.

    Args:
        parts: the variants in the catalogue by SKU; those of the product itself need not be among them.
        most: how many different articles a bundle may hold.
        before: the product as it was. Once it has been on sale, a bundle stays one and an article stays one: stock,
            orders and other bundles rely on it.
    """
    errors = _turned_errors(product, before) if before is not None and before.published_at is not None else []
    for pointer, bundle in _bundles(product):
        if len(bundle.components) > most:
            errors.append(FieldError(f"{pointer}/components", f"must be at most {most}"))
        found = []
        for number, component in enumerate(bundle.components):
            part = _own_or(parts, product).get(component.sku)
            if part is None:
                errors.append(FieldError(f"{pointer}/components/{number}/sku", "there is no such SKU"))
            elif part.is_bundle:
                errors.append(FieldError(f"{pointer}/components/{number}/sku", "is a bundle itself"))
            else:
                found.append(part)
        if len(found) == len(bundle.components) and _kind(found) is not product.kind:
            errors.append(FieldError("/kind", f"must be {_kind(found)}: its components are"))
    return errors


def _turned_errors(product: Product, before: Product) -> list[FieldError]:
    was = {variant.sku: variant.is_bundle for variant in before.variants}
    return [
        FieldError(f"/variants/{number}/components", "an article cannot become a bundle, nor a bundle an article")
        for number, variant in enumerate(product.variants)
        if was.get(variant.sku, variant.is_bundle) is not variant.is_bundle
    ]


def unsellable(product: Product, parts: Mapping[str, Variant]) -> list[FieldError]:
    """What keeps the bundles of a product from being sold where they have a price: components that are not on sale."""
    errors = []
    for pointer, bundle in _bundles(product):
        for number, component in enumerate(bundle.components):
            part = _own_or(parts, product).get(component.sku)
            lacking = [market for market in sorted(bundle.prices) if part is None or part.price(market) is None]
            if lacking:
                where = f"{pointer}/components/{number}/sku"
                errors.append(FieldError(where, f"is not on sale in {', '.join(lacking)}"))
    return errors


def completed(product: Product, parts: Mapping[str, Variant]) -> Product:
    """The product with what its bundles take over from their components, to be shown."""
    known = _own_or(parts, product)
    return replace(product, variants=tuple(_completed(variant, known) for variant in product.variants))


def _completed(variant: Variant, parts: Mapping[str, Variant]) -> Variant:
    found = [(part, each.quantity) for each in variant.components if (part := parts.get(each.sku)) is not None]
    if not found:
        return variant
    return replace(
        variant,
        hs_code="",
        origin="",
        declared=None,
        weight_g=sum(part.weight_g * quantity for part, quantity in found),
        fresh=any(part.fresh for part, _ in found),
        fragile=any(part.fragile for part, _ in found),
        size_class=SizeClass.LARGE if any(part.size_class is SizeClass.LARGE for part, _ in found) else SizeClass.SMALL,
        return_rule=strictest(part.return_rule for part, _ in found),
        lacking=tuple(market for market in sorted(variant.prices) if missing(variant, parts, market)),
    )


def strictest(rules: Iterable[str]) -> str:
    """The return rule of goods that come back together."""
    return min(rules, key=STRICTNESS.index)


def _kind(parts: Iterable[Variant]) -> GoodsKind:
    """A bundle is sent as soon as one of its components is."""
    return GoodsKind.PHYSICAL if any(part.kind is GoodsKind.PHYSICAL for part in parts) else GoodsKind.VIRTUAL


def _bundles(product: Product) -> Iterator[tuple[str, Variant]]:
    for number, variant in enumerate(product.variants):
        if variant.is_bundle and variant.status is not Status.ARCHIVED:
            yield f"/variants/{number}", variant


def _own_or(parts: Mapping[str, Variant], product: Product) -> Mapping[str, Variant]:
    """A bundle may be made of other variants of its own product: a pack of three beside the single one."""
    return {**parts, **{variant.sku: variant for variant in product.variants}}
