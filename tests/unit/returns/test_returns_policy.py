"""The return policy: what, why, until when, at whose cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.returns.domain import (
    FAULTS,
    GoodsClass,
    Label,
    NotReturnable,
    Reason,
    Resolution,
    Terms,
    check_returnable,
    goods_class,
    label_for,
    resolution_for,
)

DONE = datetime(2026, 11, 1, 12, tzinfo=UTC)
TERMS = Terms(within={}, window=timedelta(days=14), fresh_window=timedelta(hours=48))


@pytest.mark.parametrize(
    ("kind", "fresh", "rule", "expected"),
    [
        ("physical", False, "standard", GoodsClass.STANDARD),
        ("physical", False, "unopened", GoodsClass.UNOPENED),
        ("physical", False, "none", GoodsClass.FINAL),
        ("physical", True, "standard", GoodsClass.FRESH),
        ("physical", True, "none", GoodsClass.FINAL),
        ("virtual", False, "standard", GoodsClass.FINAL),
    ],
)
def test_the_nature_of_goods_decides_how_returnable_they_are_ret07(
    kind: str, fresh: bool, rule: str, expected: GoodsClass
) -> None:
    assert goods_class(kind, fresh, rule) is expected


def check(goods: GoodsClass, reason: Reason, after: timedelta) -> None:
    check_returnable("1", goods, reason, completed_at=DONE, now=DONE + after, terms=TERMS)


@pytest.mark.parametrize("reason", list(Reason))
def test_final_goods_never_come_back_ret07(reason: Reason) -> None:
    with pytest.raises(NotReturnable) as refused:
        check(GoodsClass.FINAL, reason, timedelta(0))
    assert refused.value.members["rule"] == "RET-07"


@pytest.mark.parametrize("reason", list(Reason))
def test_fresh_goods_come_back_only_when_faulty_ret07(reason: Reason) -> None:
    if reason in FAULTS:
        check(GoodsClass.FRESH, reason, timedelta(hours=48))
        with pytest.raises(NotReturnable):
            check(GoodsClass.FRESH, reason, timedelta(hours=48, seconds=1))
    else:
        with pytest.raises(NotReturnable):
            check(GoodsClass.FRESH, reason, timedelta(0))


def test_the_return_window_ends_to_the_second_ret01() -> None:
    check(GoodsClass.STANDARD, Reason.CHANGED_MIND, timedelta(days=14))
    with pytest.raises(NotReturnable) as refused:
        check(GoodsClass.STANDARD, Reason.CHANGED_MIND, timedelta(days=14, seconds=1))
    assert refused.value.members["rule"] == "RET-01"


def test_the_shop_pays_the_label_where_promised_and_for_its_own_faults_ret08() -> None:
    assert label_for(True, frozenset({Reason.CHANGED_MIND})) is Label.PREPAID
    assert label_for(False, frozenset({Reason.CHANGED_MIND})) is Label.OWN_COST
    assert label_for(False, frozenset({Reason.CHANGED_MIND, Reason.DAMAGED})) is Label.PREPAID


def test_emerging_markets_keep_the_goods_ret08() -> None:
    assert resolution_for("BR") is Resolution.KEEP_GOODS
    assert resolution_for("EU") is Resolution.REFUND
