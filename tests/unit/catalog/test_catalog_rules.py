"""What a product must keep (CAT-01 … CAT-16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalog.domain import (
    MAX_VARIANTS,
    Category,
    CategoryName,
    Command,
    GoodsKind,
    Media,
    Product,
    ProductDraft,
    Status,
    draft_errors,
    listings,
    product_of,
    read_json_lines,
    require_publishable,
    slugify,
    text_in,
    unpublishable,
)
from chalicelib.catalog.service import category_tree, clean
from chalicelib.core.errors import Invalid, NotAllowed, RuleRefused
from chalicelib.core.money import Money
from tests.support.sample_products import SIZE, in_sizes, many, product, variant

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
KITCHEN = Category("kitchen", {"en": "Kitchen"}, ("home", "kitchen"))


def made(draft: ProductDraft, before: Product | None = None) -> Product:
    return product_of(draft, KITCHEN, draft.brand_name, {"size": SIZE}, before)


def on_sale(draft: ProductDraft) -> Product:
    return made(draft).turned(Status.ACTIVE, NOW)


def test_all_that_is_wrong_with_a_draft_is_said_at_once() -> None:
    draft = product(
        "Bad Slug",
        variant("ok", prices={"eu": Money(0, "EUR")}, weight_g=-1),
        title={}, hs_code="00", origin="China", media=(Media("javascript:alert(1)"),), category_path=(),
        return_rule="never",
    )  # fmt: skip
    pointers = {error.pointer for error in draft_errors(draft)}
    assert pointers >= {
        "/slug", "/title", "/hs_code", "/origin", "/media/0/url", "/category", "/return_rule", "/variants/0/prices/eu",
        "/variants/0/weight_g",
    }  # fmt: skip


def test_an_article_without_a_picture_of_its_own_shows_the_first_one_of_its_product_cat_03() -> None:
    """In the cart and in lists an article stands alone; a film is no picture."""
    media = (Media("/mug.mp4", "video"), Media("/mug.svg"), Media("/mug-back.svg"))
    assert made(product("mug", variant("plain"), media=media)).variants[0].image == "/mug.svg"
    assert made(product("mug", variant("red", image="/red.svg"), media=media)).variants[0].image == "/red.svg"
    assert made(product("mug", variant("plain"))).variants[0].image == ""


@pytest.mark.parametrize("sku", ["", "a#b", "a b", "-a", "x" * 65, "a\n"])
def test_a_sku_that_could_not_stand_in_a_key_is_refused(sku: str) -> None:
    assert any(error.pointer == "/variants/0/sku" for error in draft_errors(product("mug", variant(sku))))


def test_a_variant_must_choose_a_value_of_every_option_and_no_other() -> None:
    """CAT-05: the buyer chooses by options, so no variant may lack one."""
    missing = product("mug", variant("a"), options=(SIZE,))
    foreign = product("mug", variant("a", options={"colour": "red"}))
    unknown = product("mug", variant("a", options={"size": "xxl"}), options=(SIZE,))
    for draft in (missing, foreign, unknown):
        assert any("options" in error.pointer for error in draft_errors(draft))


def test_two_variants_with_the_same_choice_or_sku_are_refused() -> None:
    same = in_sizes("mug", {"s": 100, "m": 100})
    twice = replace(same, variants=(same.variants[0], replace(same.variants[1], options={"size": "s"})))
    assert [error.pointer for error in draft_errors(twice)] == ["/variants/1/options"]
    sku = replace(same, variants=(same.variants[0], replace(same.variants[1], sku="mug-s")))
    assert [error.pointer for error in draft_errors(sku)] == ["/variants/1/sku"]


def test_more_variants_than_one_transaction_holds_are_refused() -> None:
    draft = product("mug", *(variant(f"m{number}") for number in range(MAX_VARIANTS + 1)))
    assert any(error.pointer == "/variants" for error in draft_errors(draft))


@pytest.mark.parametrize("gap", ["hs_code", "origin", "declared", "weight_g", "length_mm", "width_mm", "height_mm"])
def test_physical_goods_without_customs_or_shipping_attributes_do_not_go_on_sale(gap: str) -> None:
    """CAT-16."""
    draft = product("mug")
    if gap in ("hs_code", "origin"):
        draft = replace(draft, **{gap: ""})
    else:
        empty = None if gap == "declared" else 0
        draft = replace(draft, variants=(replace(draft.variants[0], **{gap: empty}),))
    assert [error.pointer for error in unpublishable(made(draft))] == [f"/variants/0/{gap}"]
    with pytest.raises(RuleRefused) as refused:
        require_publishable(made(draft))
    assert refused.value.members["rule"] == "CAT-16"


def test_virtual_goods_need_neither_weight_nor_customs_code() -> None:
    """CAT-03."""
    bare = variant("gift", weight_g=0, length_mm=0, width_mm=0, height_mm=0, declared=None)
    draft = product("gift", bare, kind=GoodsKind.VIRTUAL, hs_code="", origin="")
    assert unpublishable(made(draft)) == []


def test_a_variant_carries_what_routing_and_customs_need() -> None:
    """CAT-15, CAT-16."""
    kept = made(product("fish", fresh=True)).variants[0]
    assert (kept.fresh, kept.size_class, kept.hs_code, kept.origin, kept.weight_g) == (
        True,
        "small",
        "691200",
        "CN",
        300,
    )


def test_the_title_of_a_variant_names_its_choices_in_every_language() -> None:
    """CAT-14."""
    title = made(in_sizes("mug", {"m": 100})).variants[0].title
    assert title == {"en": "Mug mug (M)", "zh-CN": "马克杯 mug（M）"}


@pytest.mark.parametrize(
    ("language", "text"), [("zh-CN", "杯"), ("zh-Hans", "杯"), ("en-GB", "cup"), ("fr", "cup"), ("de", "Tasse")]
)
def test_a_text_is_shown_in_the_nearest_language_there_is(language: str, text: str) -> None:
    """CAT-14."""
    assert text_in({"en": "cup", "zh-CN": "杯", "de": "Tasse"}, language) == text


def test_variants_that_are_left_out_of_an_edit_are_archived_and_kept() -> None:
    before = on_sale(in_sizes("mug", {"s": 100, "m": 200}))
    after = made(in_sizes("mug", {"m": 200, "l": 300}), before)
    assert {one.sku: str(one.status) for one in after.variants} == {
        "mug-m": "active", "mug-l": "active", "mug-s": "archived",
    }  # fmt: skip
    assert after.published_at == NOW


def test_former_variants_count_towards_the_limit_so_that_a_transaction_always_holds_a_product() -> None:
    before = product_of(many("mug", MAX_VARIANTS), KITCHEN, "", {}, None)
    with pytest.raises(Invalid, match="former"):
        made(product("mug", variant("new")), before)


def test_only_the_arrows_of_the_state_machine_are_allowed() -> None:
    draft = made(product("mug"))
    with pytest.raises(NotAllowed):
        draft.decide(Command.WITHDRAW)
    active = on_sale(product("mug"))
    assert active.decide(Command.ARCHIVE) is Status.ARCHIVED
    with pytest.raises(NotAllowed) as refused:
        active.decide(Command.PUBLISH)
    assert refused.value.members["allowed"] == ["archive", "withdraw"]


def test_rows_of_lists_are_priced_by_the_cheapest_variant_of_each_market() -> None:
    """CAT-12."""
    draft = in_sizes("mug", {"s": 500, "m": 300})
    cheap_in_japan = replace(draft.variants[0], prices=draft.variants[0].prices | {"JP": Money(1, "JPY")})
    rows = listings(on_sale(replace(draft, variants=(cheap_in_japan, draft.variants[1]))))
    assert rows["mug", "EU", "all"].price == Money(300, "EUR")
    assert rows["mug", "EU", "all"].highest == Money(500, "EUR")
    assert rows["mug", "JP", "all"].price == Money(1, "JPY")


def test_a_product_stands_in_its_category_and_all_above_and_with_its_brand() -> None:
    """CAT-02, CAT-07."""
    facets = {row.facet for row in listings(on_sale(product("mug"))).values()}
    assert facets == {"ALL", "KIND#physical", "BRAND#nordlicht", "CATEGORY#home", "CATEGORY#kitchen"}


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ARCHIVED])
def test_what_is_not_on_sale_stands_in_no_list(status: Status) -> None:
    assert listings(on_sale(product("mug")).turned(status, NOW)) == {}


def test_the_largest_product_fits_into_one_transaction() -> None:
    """C13: fifty variants in six markets, three levels, a brand, with the import's own rows and an event."""
    markets = {code: Money(100, "EUR") for code in ("EU", "GB", "US", "CN", "JP", "BR")}
    draft = many("mug", MAX_VARIANTS, prices=markets)
    deep = Category("c", {"en": "C"}, ("a", "b", "c"))
    largest = product_of(replace(draft, variants=draft.variants), deep, "N", {}, None)
    rows = listings(largest.turned(Status.ACTIVE, NOW))
    own_rows = 4  # the event, the import, the outcome, the idempotency record
    assert 1 + len(largest.variants) + len(rows) + own_rows <= 100


def test_descriptions_lose_scripts_and_keep_their_structure() -> None:
    dirty = '<p onclick="x()">Tea <b>mug</b><script>alert(1)</script><img src="http://x/y.png" onerror="z"></p>'
    assert clean(dirty) == "<p>Tea <b>mug</b><img></p>"
    assert clean(clean(dirty)) == clean(dirty)


def test_the_category_tree_keeps_order_and_hides_what_is_hidden_with_everything_below() -> None:
    """CAT-02."""
    tree = category_tree(
        [
            Category("b", {"en": "B"}, ("b",), 1), Category("a", {"en": "A"}, ("a",), 2),
            Category("x", {"en": "X"}, ("b", "x"), visible=False), Category("y", {"en": "Y"}, ("b", "x", "y")),
            Category("z", {"en": "Z"}, ("b", "z")),
        ]
    )  # fmt: skip
    assert [branch.category.slug for branch in tree] == ["b", "a"]
    assert [branch.category.slug for branch in tree[0].children] == ["z"]


@given(st.text(max_size=80))
def test_a_slug_made_of_any_text_is_one(text: str) -> None:
    slug = slugify(text)
    assert not slug or draft_errors(product(slug)) == []


def test_json_lines_name_unknown_fields_and_what_is_no_json_by_line() -> None:
    """CAT-01."""
    lines = [
        '{"slug": "mug", "title": {"en": "Mug"}}\n',
        "\n",
        "{\n",
        '{"slug": "cup", "colour": "red"}\n',
        '{"slug": 1}',
    ]
    records = list(read_json_lines(lines))
    assert [(record.line, record.draft is not None) for record in records] == [
        (1, True), (3, False), (4, False), (5, False),
    ]  # fmt: skip
    assert records[2].errors == ("line 4: unknown field colour",)
    assert [record.line for record in read_json_lines(lines, last=False)] == [1, 3, 4]


def test_a_category_path_deeper_than_the_tree_is_refused() -> None:
    """CAT-02."""
    path = tuple(CategoryName(slug) for slug in ("a", "b", "c", "d"))
    assert any(error.pointer == "/category_path" for error in draft_errors(product("mug", category_path=path)))
