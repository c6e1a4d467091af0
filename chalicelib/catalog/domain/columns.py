"""The columns of Shopify's product CSV: which of ours each means, or why it is not used.

Shopify renamed its columns (`Handle` became `URL handle`, `Variant Price` became `Price` …); files of both generations
are about, and both are read. Header names are compared without regard to case and spacing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from chalicelib.core import sheets
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.sheets import plain

from .imports import Header, Ignored, ImportOptions

#: Column → the name used in this package.
UNDERSTOOD: Final = {
    "handle": "handle", "url handle": "handle",
    "title": "title",
    "body (html)": "body", "description": "body",
    "vendor": "vendor",
    "product category": "category", "standard product type": "category", "standardized product type": "category",
    "type": "type", "custom product type": "type",
    "tags": "tags",
    "published": "published", "published on online store": "published",
    "status": "status",
    "option1 name": "option1_name", "option1 value": "option1_value", "option1 linked to": "option1_link",
    "option2 name": "option2_name", "option2 value": "option2_value", "option2 linked to": "option2_link",
    "option3 name": "option3_name", "option3 value": "option3_value", "option3 linked to": "option3_link",
    "variant sku": "sku", "sku": "sku",
    "variant grams": "grams", "weight value (grams)": "grams",
    "variant inventory qty": "quantity", "inventory quantity": "quantity",
    "variant inventory policy": "oversell", "continue selling when out of stock": "oversell",
    "variant price": "price", "price": "price",
    "variant compare at price": "compare_at", "compare-at price": "compare_at", "compare at price": "compare_at",
    "variant requires shipping": "shipping", "requires shipping": "shipping",
    "variant taxable": "taxable", "charge tax": "taxable",
    "unit price total measure": "unit_total", "unit price total measure unit": "unit_total_unit",
    "unit price base measure": "unit_base", "unit price base measure unit": "unit_base_unit",
    "variant barcode": "barcode", "barcode": "barcode",
    "image src": "image", "product image url": "image",
    "image position": "image_position",
    "image alt text": "image_alt",
    "variant image": "variant_image", "variant image url": "variant_image",
    "gift card": "gift_card",
    "seo title": "seo_title", "seo description": "seo_description",
    "hs code": "hs_code", "harmonized system code": "hs_code",
    "coo": "origin", "country of origin": "origin", "country/region of origin": "origin",
}  # fmt: skip

_UNUSED: Final = {
    "variant inventory tracker": "stock is always tracked here",
    "inventory tracker": "stock is always tracked here",
    "variant fulfillment service": "who fulfils is decided by routing",
    "fulfillment service": "who fulfils is decided by routing",
    "variant weight unit": "weights are kept in grams; the unit is only how Shopify shows them",
    "weight unit for display": "weights are kept in grams; the unit is only how Shopify shows them",
    "variant tax code": "the code belongs to a tax service; the tax category is a column of its own here",
    "tax code": "the code belongs to a tax service; the tax category is a column of its own here",
    "cost per item": "purchase costs belong to procurement, not to the catalogue",
    "collection": "collections are lists of products, not a place to hang them",
    "id": "the id belongs to the other shop",
    "variant id": "the id belongs to the other shop",
}

#: Metafields that mean something here, whatever their namespace, as `product` or `variant` metafields.
METAFIELDS: Final = {
    "hs_code": "hs_code", "harmonized_system_code": "hs_code",
    "origin": "origin", "country_of_origin": "origin",
    "declared_value": "declared",
    "length_mm": "length_mm", "width_mm": "width_mm", "height_mm": "height_mm",
    "fresh": "fresh", "fragile": "fragile", "size_class": "size_class", "tax_category": "tax_category",
    "return_rule": "return_rule",
}  # fmt: skip
_METAFIELD: Final = re.compile(r"^(.*?)\s*\((product|variant)\.metafields\.([^.()]+)\.([^()]+)\)$", re.IGNORECASE)
_TRANSLATED: Final = re.compile(r"(title|description|seo_title|seo_description)[_-]([a-z]{2}(?:[_-][a-z]{2,4})?)")
_BY_MARKET: Final = re.compile(r"^(included|price|compare[- ]at[- ]price) / (.+)$")


@dataclass(frozen=True, slots=True)
class Columns:
    """What each cell of a row means.

    Args:
        names: our name per column, None where the column is not used. A price column of one market is `price@GB`, a
            text in another language `title@zh-Hans`, any other metafield of the shop itself `specification@<name>`.
        ignored: the unused ones, with the reason.
    """

    names: tuple[str | None, ...]
    ignored: tuple[Ignored, ...]


def read_header(line: str) -> Header:
    """The header of a CSV file; comma, semicolon and tab are told apart by what they make of it.

    Raises:
        Invalid: there is no `Title` column, or a column twice.
    """
    delimiter, columns = sheets.header(line, UNDERSTOOD.__contains__)
    names = tuple(columns)
    given = [plain(name) for name in names if name]
    if "title" not in given:
        raise Invalid(FieldError("line 1", "the first line must name the columns, with a column Title"))
    meanings = [UNDERSTOOD.get(name, name) for name in given]
    twice = sorted({name for name in meanings if meanings.count(name) > 1})
    if twice:
        raise Invalid(FieldError("line 1", f"there is more than one column for {', '.join(twice)}"))
    return Header(names, delimiter)


def columns_of(header: Header, options: ImportOptions) -> Columns:
    """What the columns of a header mean under the options of an import."""
    names: list[str | None] = []
    ignored = []
    for column in header.names:
        name, reason = _meaning(column, options)
        names.append(name)
        if name is None and column:
            ignored.append(Ignored(column, reason))
    return Columns(tuple(names), tuple(ignored))


def _meaning(column: str, options: ImportOptions) -> tuple[str | None, str]:
    name = plain(column)
    if name in UNDERSTOOD:
        return UNDERSTOOD[name], ""
    if name in _UNUSED:
        return None, _UNUSED[name]
    if name.startswith("google shopping /"):
        return None, "belongs to an advertising feed"
    market = _BY_MARKET.match(name)
    if market:
        return _market_meaning(market[1], market[2], options)
    metafield = _METAFIELD.match(column)
    if metafield:
        return _metafield_meaning(metafield[1], metafield[3].lower(), metafield[4].lower())
    return None, "is not a column of the product file"


def _market_meaning(what: str, name: str, options: ImportOptions) -> tuple[str | None, str]:
    named = {plain(key): code for key, code in options.market_columns.items()}
    code = named.get(name) or (name.upper() if name.upper() in options.currencies else "")
    if not code:
        return None, "no market of this shop was named for it"
    if code not in options.currencies:
        return None, f"no currency was named for market {code}"
    return {"included": "included", "price": "price"}.get(what, "compare_at") + f"@{code}", ""


def _metafield_meaning(name: str, namespace: str, key: str) -> tuple[str | None, str]:
    if key in METAFIELDS:
        return METAFIELDS[key], ""
    translated = _TRANSLATED.fullmatch(key)
    if translated:
        return f"{translated[1]}@{_language(translated[2])}", ""
    if namespace == "custom" and name:
        return f"specification@{name}", ""
    return None, "is a metafield that only the other shop understands"


def _language(tag: str) -> str:
    primary, _, rest = tag.replace("_", "-").partition("-")
    if not rest:
        return primary
    return f"{primary}-{rest.title() if len(rest) == 4 else rest.upper()}"
