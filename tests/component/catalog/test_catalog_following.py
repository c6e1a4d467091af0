"""What products have taken over follows those it was taken from: names, titles, what bundles hold (CAT-04, CAT-07)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.catalog import service
from chalicelib.catalog.domain import (
    Brand,
    Command,
    Component,
    Option,
    OptionValue,
    Product,
    ProductDraft,
    RenamingPaused,
    Status,
    facet,
)
from chalicelib.catalog.items import BRAND, LISTING, OPTION, PRODUCT, RENAMING, VARIANT, list_key, products_list
from chalicelib.catalog.service import renaming
from chalicelib.catalog.triggers import triggers
from chalicelib.core import table
from chalicelib.core.errors import LimitExceeded, Unavailable
from chalicelib.core.ids import digest
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork, run
from tests.support.faults import Fault, Killed, injected, without_waiting
from tests.support.outbox import Outbox
from tests.support.sample_products import SIZE, in_sizes, product, variant
from tests.support.table import metered

Begin = Callable[..., UnitOfWork]
CONSUMERS = ("follow-renaming", "follow-product")
SET = {"EU": Money(3990, "EUR"), "JP": Money(6000, "JPY")}


@pytest.fixture
def outbox(begin: Begin) -> Outbox:
    assert triggers.name == "chalicelib.catalog.triggers"
    return Outbox(begin, CONSUMERS)


def save(begin: Begin, draft: ProductDraft) -> Product:
    return run(lambda uow: service.save(uow, draft)[0], begin)


def command(begin: Begin, slug: str, order: Command) -> None:
    run(lambda uow: service.command(uow, slug, order), begin)


def rename(begin: Begin, name: str) -> None:
    run(lambda uow: service.put_brand(uow, replace(uow.get(BRAND, "nordlicht"), name=name)), begin)


def brand_names(*slugs: str, begin: Begin) -> list[str]:
    return [begin().get(PRODUCT, slug).brand_name for slug in slugs]


def shown(name: str = "ALL", market: str = "EU") -> dict[str, Any]:
    page = table.page(LISTING, "gsi2", list_key(market, name), limit=100)
    return {card.product: card for card in page.items}


def tea_set(*more: Any, **changes: Any) -> ProductDraft:
    bundle = variant("set-1", prices=SET, components=(Component("pot-1"), Component("cup-1", 4)))
    return product("tea-set", bundle, *more, brand="", brand_name="", **changes)


@pytest.fixture
def sets(begin: Begin, outbox: Outbox) -> None:
    for slug in ("pot", "cup"):
        save(begin, product(slug))
    save(begin, tea_set())
    outbox.settle()


def test_a_brands_new_name_reaches_its_products_in_every_state_their_lists_and_nobody_elses(
    begin: Begin, outbox: Outbox
) -> None:
    """CAT-07: each product tells of itself, so that whoever follows products hears of it."""
    save(begin, product("sold"))
    save(begin, product("draft", publish=False))
    save(begin, product("former"))
    command(begin, "former", Command.ARCHIVE)
    save(begin, product("other", brand="suedwind", brand_name="Südwind"))
    outbox.passed_over()
    rename(begin, "Nordlicht & Co")
    told = outbox.settle()
    assert brand_names("sold", "draft", "former", "other", begin=begin) == ["Nordlicht & Co"] * 3 + ["Südwind"]
    assert shown()["sold"].brand_name == shown(facet(brand="nordlicht"))["sold"].brand_name == "Nordlicht & Co"
    states = [begin().get(PRODUCT, slug).status for slug in ("sold", "draft", "former")]
    assert states == [Status.ACTIVE, Status.DRAFT, Status.ARCHIVED]
    assert sorted(told) == ["brand.renamed"] + ["product.changed"] * 3 + ["renaming.paused"] * 2


def test_a_brand_that_keeps_its_name_moves_nothing(begin: Begin, outbox: Outbox) -> None:
    save(begin, product("mug"))
    outbox.passed_over()
    run(lambda uow: service.put_brand(uow, replace(uow.get(BRAND, "nordlicht"), logo="/logo.svg")), begin)
    run(lambda uow: service.put_brand(uow, Brand("new", "New")), begin)
    assert outbox.settle() == []


def test_a_name_goes_portion_by_portion_and_each_step_is_done_once(
    begin: Begin, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renaming, "PORTION", 2)
    slugs = [f"mug-{number}" for number in range(5)]
    for slug in slugs:
        save(begin, product(slug))
    outbox.passed_over()
    rename(begin, "Polarlicht")
    (first,) = outbox.new()
    for _ in range(2):  # the second comes to nothing
        outbox.deliver(first)
    (walk,) = [row for row in begin().load_partition(_walk(first)) if row.type == "renaming"]
    under_way = RENAMING.decode(walk.body)
    assert (under_way.step, under_way.changed) == (1, 0), "there are no drafts"
    late = RenamingPaused(under_way.id, 1)
    for changed in (2, 2):
        run(lambda uow: renaming.resume_renaming(uow, late), begin)
        assert begin().get(RENAMING, under_way.id).changed == changed
    outbox.settle()
    done = begin().get(RENAMING, under_way.id)
    assert (done.done, done.changed) == (True, 5)
    assert brand_names(*slugs, begin=begin) == ["Polarlicht"] * 5


def test_a_product_that_cannot_be_written_is_reported_and_the_others_go_on(
    begin: Begin, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slugs = [f"mug-{number}" for number in range(4)]
    for slug in slugs:
        save(begin, product(slug))
    outbox.passed_over()
    real = renaming.write

    def write(uow: UnitOfWork, after: Product, before: Product | None) -> None:
        if after.slug == "mug-1":
            raise LimitExceeded("This product has grown too large to keep.")
        real(uow, after, before)

    monkeypatch.setattr(renaming, "write", write)
    rename(begin, "Polarlicht")
    outbox.settle()
    assert brand_names(*slugs, begin=begin) == ["Polarlicht", "Nordlicht", "Polarlicht", "Polarlicht"]
    told = capsys.readouterr()
    assert '"ProductsNotFollowed":1' in told.out
    monkeypatch.setattr(renaming, "write", real)
    save(begin, product("mug-1", brand_name="Nordlicht"))  # what staff save is looked at again
    outbox.settle()
    assert brand_names("mug-1", begin=begin) == ["Polarlicht"]


def test_a_product_that_cannot_be_written_now_is_tried_again(
    begin: Begin, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(begin, product("mug"))
    outbox.passed_over()
    rename(begin, "Polarlicht")
    (first, *_) = outbox.new()

    def write(*_: Any) -> None:
        raise Unavailable("The table does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(renaming, "write", write)
        with pytest.raises(Unavailable):
            renaming._catch_up_all(begin(), table.page(PRODUCT, "gsi1", products_list(Status.ACTIVE), limit=9).items)
    outbox.deliver(first)
    outbox.settle()
    assert brand_names("mug", begin=begin) == ["Polarlicht"]


def _walk(envelope: str) -> str:
    return f"RENAMING#{digest(json.loads(envelope)['id'])[:32]}"


def test_a_worker_killed_at_any_call_is_gone_on_with_by_the_next(begin: Begin, outbox: Outbox) -> None:
    slugs = ("mug", "cup", "pot")
    for slug in slugs:
        save(begin, product(slug))
    outbox.passed_over()
    for call in range(1, 16):
        rename(begin, f"Name {call}")
        with injected(Fault("crash_after" if call % 2 else "crash_before", call)), pytest.raises(Killed):
            outbox.settle()
        outbox.settle()
        assert brand_names(*slugs, begin=begin) == [f"Name {call}"] * 3, call
        assert shown()["mug"].brand_name == f"Name {call}"


def test_two_names_one_after_the_other_end_with_the_second_in_whatever_order_they_are_told(
    begin: Begin, outbox: Outbox
) -> None:
    save(begin, product("mug"))
    outbox.passed_over()
    rename(begin, "Second to last")
    rename(begin, "Last")
    for envelope in reversed(list(outbox.new())):
        outbox.deliver(envelope)
    outbox.settle()
    assert brand_names("mug", begin=begin) == ["Last"]


def test_a_product_that_is_saved_while_its_brand_is_renamed_ends_with_the_new_name(
    begin: Begin, outbox: Outbox
) -> None:
    """The name has gone through all products before this one is there."""
    save(begin, product("mug"))
    outbox.passed_over()

    saving = begin()
    service.save(saving, product("cup"))
    rename(begin, "Polarlicht")
    outbox.settle()
    saving.commit(None)
    assert brand_names("mug", "cup", begin=begin) == ["Polarlicht", "Nordlicht"]
    outbox.settle()
    assert brand_names("mug", "cup", begin=begin) == ["Polarlicht", "Polarlicht"]


def test_staff_who_edit_a_product_while_its_brands_name_arrives_lose_nothing(begin: Begin, outbox: Outbox) -> None:
    save(begin, product("mug"))
    outbox.passed_over()
    rename(begin, "Polarlicht")

    def edited_meanwhile() -> None:
        save(begin, product("mug", variant("mug-1", 2500)))

    with injected(None, edited_meanwhile, at=8), without_waiting():
        outbox.settle()
    kept = begin().get(PRODUCT, "mug")
    assert (kept.brand_name, kept.variants[0].prices["EU"]) == ("Polarlicht", Money(2500, "EUR"))


def test_new_titles_of_an_option_reach_products_and_the_titles_of_their_variants(begin: Begin, outbox: Outbox) -> None:
    """CAT-05, CAT-14. A former variant whose choice is no longer offered keeps what it was called."""
    save(begin, in_sizes("shirt", {"s": 1000, "m": 1200, "l": 1400}))
    save(begin, in_sizes("shirt", {"s": 1000, "m": 1200}))
    save(begin, product("mug"))
    outbox.passed_over()
    titles = {"s": "Small", "m": "Medium", "l": "Large"}
    values = tuple(OptionValue(value.code, {"en": titles[value.code]}) for value in SIZE.values)
    run(lambda uow: uow.find(OPTION, "size") and service.put_option(uow, Option("size", SIZE.title, values)), begin)
    assert sorted(outbox.settle()) == ["option.renamed", "product.changed", "renaming.paused", "renaming.paused"]
    shirt = begin().get(PRODUCT, "shirt")
    assert [one.title["en"] for one in shirt.variants] == [
        "Mug shirt (Small)", "Mug shirt (Medium)", "Mug shirt (L)"
    ]  # fmt: skip
    assert begin().get(VARIANT, "shirt-m").title["zh-CN"] == "马克杯 shirt（Medium）"
    assert [value.title["en"] for value in shirt.options[0].values] == ["Small", "Medium"]


def test_a_further_choice_of_an_option_renames_nothing(begin: Begin, outbox: Outbox) -> None:
    save(begin, in_sizes("shirt", {"s": 1000}))
    outbox.passed_over()
    more = Option("size", SIZE.title, (*SIZE.values, OptionValue("xl", {"en": "XL"})))
    run(lambda uow: uow.find(OPTION, "size") and service.put_option(uow, more), begin)
    assert outbox.settle() == []


@pytest.mark.parametrize("end", [Command.ARCHIVE, Command.WITHDRAW])
def test_no_list_shows_a_bundle_while_something_it_holds_is_not_on_sale(
    begin: Begin, outbox: Outbox, sets: None, end: Command
) -> None:
    """CAT-04: page, cart and availability refuse it already."""
    assert {"tea-set", "pot", "cup"} == shown().keys()
    assert shown(facet(bundle="yes")).keys() == {"tea-set"}
    command(begin, "cup", end)
    told = outbox.settle()
    assert shown().keys() == {"pot"}
    assert not shown(facet(bundle="yes")) and not shown(market="JP").keys() - {"pot"}
    assert "product.changed" in told and begin().get(PRODUCT, "tea-set").status is Status.ACTIVE
    command(begin, "cup", Command.PUBLISH)
    outbox.settle()
    assert shown().keys() == {"tea-set", "pot", "cup"}


def test_a_bundle_leaves_the_lists_of_those_markets_where_something_it_holds_has_no_price(
    begin: Begin, outbox: Outbox, sets: None
) -> None:
    save(begin, product("cup", variant("cup-1", prices={"EU": Money(900, "EUR")})))
    outbox.settle()
    assert "tea-set" in shown() and "tea-set" not in shown(market="JP")


def test_a_product_that_has_more_than_the_bundle_stays_listed_at_the_price_of_what_can_be_had(
    begin: Begin, outbox: Outbox, sets: None
) -> None:
    single = variant("set-2", 9900, options={"size": "l"})
    bundle = variant("set-1", prices=SET, options={"size": "s"}, components=(Component("pot-1"), Component("cup-1", 4)))
    save(begin, replace(tea_set(), variants=(bundle, single), options=(SIZE,)))
    outbox.settle()
    card = shown()["tea-set"]
    assert (card.price, card.variants, card.bundle) == (SET["EU"], 2, True)
    command(begin, "cup", Command.ARCHIVE)
    outbox.settle()
    card = shown()["tea-set"]
    assert (card.price, card.variants, card.bundle) == (Money(9900, "EUR"), 1, False)
    assert not shown(facet(bundle="yes"))


def test_a_bundle_of_its_own_products_articles_is_listed_from_the_start(begin: Begin, outbox: Outbox) -> None:
    """A pack of three beside the single one."""
    single = variant("soap-1", options={"size": "s"})
    pack = variant("soap-3", 4990, options={"size": "l"}, components=(Component("soap-1", 3),))
    save(begin, product("soap", single, pack, options=(SIZE,)))
    assert (shown()["soap"].variants, shown()["soap"].bundle) == (2, True)
    outbox.settle()
    assert begin().version(PRODUCT, begin().get(PRODUCT, "soap")) == 0
    save(begin, product("soap", replace(single, archived=True), pack, options=(SIZE,), publish=False))
    assert not shown()


def test_a_bundle_that_is_saved_while_what_it_holds_is_archived_leaves_the_lists(begin: Begin, outbox: Outbox) -> None:
    """Both were right by what they had read; the event of the later one puts it right."""
    for slug in ("pot", "cup"):
        save(begin, product(slug))
    outbox.passed_over()

    saving = begin()
    service.save(saving, tea_set())
    command(begin, "cup", Command.ARCHIVE)
    outbox.settle()
    saving.commit(None)
    assert "tea-set" in shown()
    outbox.settle()
    assert "tea-set" not in shown()


def test_what_a_bundle_shows_of_its_components_follows_them(begin: Begin, outbox: Outbox, sets: None) -> None:
    """CAT-15, CAT-16: its weight, and that it is fresh."""
    save(begin, product("cup", variant("cup-1", weight_g=500), fresh=True))
    outbox.settle()
    bundle = begin().get(VARIANT, "set-1")
    assert (bundle.weight_g, bundle.fresh) == (300 + 4 * 500, True)
    assert shown()["tea-set"].fresh


def test_looking_at_a_product_that_was_never_changed_costs_two_reads_whatever_holds_it(
    begin: Begin, outbox: Outbox, sets: None
) -> None:
    with metered() as meter:
        assert renaming.follow_product(begin(), "cup", ["cup-1"]) == 0
    assert meter.calls == {"GetItem": 2}


def test_looking_at_a_product_that_is_up_to_date_costs_five_reads_and_writes_nothing(
    begin: Begin, outbox: Outbox, sets: None
) -> None:
    save(begin, product("cup", variant("cup-1", weight_g=500)))
    outbox.settle()
    with metered() as meter:
        assert renaming.follow_product(begin(), "cup", ["cup-1"]) == 0
    assert meter.calls == {"GetItem": 3, "Query": 1, "BatchGetItem": 1}


def test_bundles_of_an_older_version_are_found_and_put_right_when_lists_are_brought_up_to_date(
    begin: Begin, outbox: Outbox, sets: None
) -> None:
    command(begin, "cup", Command.ARCHIVE)
    outbox.passed_over()
    assert run(lambda uow: service.relist(uow, "tea-set"), begin) > 0
    assert "tea-set" not in shown()
