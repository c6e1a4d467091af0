"""Products made from the tables: the same ones every time."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from chalicelib.catalog.domain import (
    CategoryName,
    GoodsKind,
    Media,
    Option,
    OptionValue,
    ProductDraft,
    SizeClass,
    Specification,
    VariantDraft,
    slugify,
)
from chalicelib.core.money import Money

from .axes import AXES, Axis, Value
from .goods import DEPARTMENTS
from .model import Department, Noun, Shelf, Words, words

#: Units of each currency for one euro, as far as the example prices are concerned.
RATES: Final = {
    "EU": ("EUR", Decimal(1)), "GB": ("GBP", Decimal("0.86")), "US": ("USD", Decimal("1.09")),
    "CN": ("CNY", Decimal("7.8")), "JP": ("JPY", Decimal(165)), "BR": ("BRL", Decimal("6.1")),
}  # fmt: skip
#: Chilled goods do not cross an ocean.
FRESH_MARKETS: Final = ("EU", "GB", "CN")
#: Beyond these an article does not fit a pickup locker.
LOCKER_MM: Final = 600
LOCKER_G: Final = 15_000
_VAT: Final = Decimal("1.2")


def products() -> Iterator[ProductDraft]:
    """Every product of the example shop, in a fixed order."""
    counter = itertools.count()
    for department in DEPARTMENTS:
        for shelf in department.shelves:
            for noun in shelf.nouns:
                pairs = itertools.product(words(noun.materials), words(noun.features))
                for material, feature in pairs:
                    yield _product(department, shelf, noun, material, feature, next(counter))


def _chance(text: str, below: int) -> int:
    """A number that looks random and is always the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") % below


def _product(
    department: Department, shelf: Shelf, noun: Noun, material: Words, feature: Words, number: int
) -> ProductDraft:
    slug = slugify(f"{feature.en} {material.en} {noun.en}")
    brand = words(department.brands)[_chance(slug + "brand", 4)]
    scenes = words(shelf.scenes)
    scene = scenes[number % len(scenes)]
    axes = [AXES[code] for code in noun.axes.split()]
    chosen = [_pick(axis, slug) for axis in axes]
    variants = tuple(_variant(department, noun, slug, values, axes) for values in itertools.product(*chosen))
    large = max(noun.size) > LOCKER_MM or noun.grams > LOCKER_G
    return ProductDraft(
        slug=slug,
        title={
            "en": _capital(f"{material.en} {noun.en}, {feature.en}, {scene.en}"),
            "zh-CN": f"{material.zh}{noun.zh} {feature.zh} {scene.zh}",
        },
        description=_description(shelf, noun, material, feature, scene),
        specifications=_specifications(department, noun, material, feature, brand),
        kind=GoodsKind.VIRTUAL if department.virtual else GoodsKind.PHYSICAL,
        category_path=_path(department, shelf, noun), brand=slugify(brand.en), brand_name=brand.en,
        product_type=noun.en, tags=(slugify(material.en), slugify(feature.en), slugify(scene.en)),
        options=tuple(_option(axis, values) for axis, values in zip(axes, chosen, strict=True)), variants=variants,
        media=_media(shelf, noun, material, slug),
        hs_code=material.code, origin=_origin(department, noun, number),
        fresh=department.fresh, size_class=SizeClass.LARGE if large else SizeClass.SMALL,
        tax_category="books" if noun.en in ("colouring book", "e-book") else department.tax_category,
        return_rule=department.return_rule, publish=True,
    )  # fmt: skip


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _path(department: Department, shelf: Shelf, noun: Noun) -> tuple[CategoryName, ...]:
    top, middle = slugify(department.en), slugify(shelf.en)
    leaf = slugify(noun.en)
    return (
        CategoryName(top, {"en": department.en, "zh-CN": department.zh}),
        CategoryName(middle, {"en": shelf.en, "zh-CN": shelf.zh}),
        CategoryName(leaf if leaf not in (top, middle) else f"{leaf}-all", {"en": _capital(noun.en), "zh-CN": noun.zh}),
    )


def _origin(department: Department, noun: Noun, number: int) -> str:
    origins = noun.origins.split()
    return "" if department.virtual else origins[number % len(origins)]


def _pick(axis: Axis, slug: str) -> tuple[Value, ...]:
    """The values of an axis that a product has: neighbours in the maintained order, starting anywhere."""
    if not axis.pick or axis.pick >= len(axis.values):
        return axis.values
    first = _chance(slug + axis.code, len(axis.values) - axis.pick + 1)
    return axis.values[first : first + axis.pick]


def _option(axis: Axis, values: tuple[Value, ...]) -> Option:
    titles = tuple(OptionValue(value.code, {"en": value.en, "zh-CN": value.zh}) for value in values)
    return Option(axis.code, {"en": axis.en, "zh-CN": axis.zh}, titles)


def _variant(
    department: Department, noun: Noun, slug: str, values: tuple[Value, ...], axes: list[Axis]
) -> VariantDraft:
    sku = "-".join([hashlib.sha256(slug.encode()).hexdigest()[:8].upper(), *(value.code.upper() for value in values)])
    euros = Decimal(noun.price) * (1 + Decimal(_chance(slug, 25)) / 100)
    weight = Decimal(noun.grams)
    for value in values:
        euros, weight = euros * value.price, weight * value.weight
    if "amount" in (axis.code for axis in axes):
        euros = Decimal(noun.price) * values[0].price
    markets = FRESH_MARKETS if department.fresh else tuple(RATES)
    prices = {market: price_in(euros, market) for market in markets}
    reduced = _chance(slug + "reduced", 7) == 0
    stretch = (weight / noun.grams) ** (Decimal(1) / 3) if noun.grams else Decimal(1)
    length, width, height = (int((side * stretch).to_integral_value(ROUND_HALF_UP)) for side in noun.size)
    return VariantDraft(
        sku=sku, options={axis.code: value.code for axis, value in zip(axes, values, strict=True)}, prices=prices,
        compare_at=_former(euros, prices) if reduced else {},
        declared=None if department.virtual else Money(int(euros / _VAT * 100), "EUR"),
        weight_g=int(weight), length_mm=length, width_mm=width, height_mm=height, barcode=_barcode(sku),
        stock=_stock(department, sku),
    )  # fmt: skip


def price_in(euros: Decimal, market: str) -> Money:
    """A price as shops of the market write it: 19.90, £19.99, $19.99, ¥199, 1,980円, R$ 129,90."""
    currency, rate = RATES[market]
    amount = euros * rate
    if currency == "JPY":
        return Money(max(int(amount / 10) * 10 - (20 if amount > 500 else 0), 80), currency)
    if currency == "CNY":
        return Money((int(amount / 10) * 10 + 9) * 100, currency)
    ending = 99 if currency in ("GBP", "USD") else 90
    rounds_down = amount > 2 and amount % 1 < Decimal("0.4")
    return Money((int(amount) - rounds_down) * 100 + ending, currency)


def _former(euros: Decimal, prices: dict[str, Money]) -> dict[str, Money]:
    """Former prices a quarter higher, where rounding leaves them higher."""
    formers = {market: price_in(euros * Decimal("1.25"), market) for market in prices}
    return {market: former for market, former in formers.items() if former > prices[market]}


def _barcode(sku: str) -> str:
    """An EAN-13 of the range that GS1 keeps for use inside a shop (prefix 20)."""
    digits = "20" + f"{_chance(sku + 'ean', 10**10):010d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def _stock(department: Department, sku: str) -> dict[str, int]:
    """Opening stock: all of it in Shenzhen, most of it near the buyers, a little in the stores (RTE-08)."""
    if department.virtual:
        return {"SZX1": 100_000, "RTM1": 100_000, "LAX1": 100_000}
    draw = _chance(sku + "stock", 1000)
    if department.fresh:
        return {"SZX1": 40 + draw % 60, "RTM1": 40 + draw % 50, "SHA-S1": 5 + draw % 20, "BER-S1": 5 + draw % 15}
    stock = {"SZX1": 80 + draw % 170}
    if draw % 10 < 8:
        stock["RTM1"] = 20 + draw % 90
    if draw % 10 < 6:
        stock["LAX1"] = 15 + draw % 70
    if draw % 10 < 4:
        stock["SHA-S1"] = 2 + draw % 12
    if draw % 10 < 3:
        stock["BER-S1"] = 2 + draw % 9
    return stock


def _specifications(
    department: Department, noun: Noun, material: Words, feature: Words, brand: Words
) -> tuple[Specification, ...]:
    rows = [
        Specification({"en": "Brand", "zh-CN": "品牌"}, {"en": brand.en, "zh-CN": f"{brand.en}（{brand.zh}）"}),
        Specification(
            {"en": "Kind", "zh-CN": "类型"} if department.virtual or department.tax_category != "standard"
            else {"en": "Material", "zh-CN": "材质"},
            {"en": _capital(material.en), "zh-CN": material.zh},
        ),
        Specification({"en": "Feature", "zh-CN": "特点"}, {"en": _capital(feature.en), "zh-CN": feature.zh}),
    ]  # fmt: skip
    if not department.virtual:
        size = " × ".join(f"{side / 10:g}" for side in noun.size)
        rows.append(
            Specification({"en": "Packed size", "zh-CN": "包装尺寸"}, {"en": f"{size} cm", "zh-CN": f"{size} 厘米"})
        )
    return tuple(rows)


def _description(shelf: Shelf, noun: Noun, material: Words, feature: Words, scene: Words) -> dict[str, str]:
    """Three blocks: what bothers people and what helps; the facts; what is asked (CAT-24)."""
    return {
        "en": f"<p>{shelf.trouble.en} {shelf.answer.en}</p>"
        f"<h3>What it is</h3><ul><li>{_capital(noun.en)}: {material.en}</li><li>{_capital(feature.en)}</li>"
        f"<li>Good {scene.en}</li></ul><h3>{shelf.question.en}</h3><p>{shelf.reply.en}</p>",
        "zh-CN": f"<p>{shelf.trouble.zh}{shelf.answer.zh}</p>"
        f"<h3>产品参数</h3><ul><li>{noun.zh}：{material.zh}</li><li>{feature.zh}</li><li>适用场景：{scene.zh}</li></ul>"
        f"<h3>{shelf.question.zh}</h3><p>{shelf.reply.zh}</p>",
    }


def _media(shelf: Shelf, noun: Noun, material: Words, slug: str) -> tuple[Media, ...]:
    hue = _chance(slug + "hue", 36) * 10
    name = f"{_capital(material.en)} {noun.en}"
    views = (
        ("front", f"{name} on white", f"白底{material.zh}{noun.zh}"),
        ("size", f"{name} with its measures", f"{material.zh}{noun.zh}尺寸图"),
        ("detail", f"{name}, a detail", f"{material.zh}{noun.zh}细节"),
    )
    return tuple(Media(f"/media/{shelf.glyph}-{hue}-{view}.svg", alt={"en": en, "zh-CN": zh}) for view, en, zh in views)
