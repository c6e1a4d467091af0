"""Who is one customer for the deposit: whoever varies account, phone, address or way (H1, BAL-05…BAL-07, AMB-08)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core import settings_values
from chalicelib.core.errors import Conflict
from chalicelib.core.settings_values import SETTINGS, SettingValues
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.orders.service import deposits
from chalicelib.risk import service as risk
from tests.support.deposit_desk import Desk, Way
from tests.support.table import metered, short_way

SIGNED_IN = Way("erika")
PICKUP = Way("erika", pickup=True)
GUEST = Way()
OTHER_PHONE = Way("erika-2", phone="030 901821")
AT_WORK = Way("erika-2", phone="030 901821", street="Werkstr. 2")
STRANGER = Way("max", phone="040 77777", name="Max Moritz", street="Hafen 1")


@pytest.fixture
def desk(begin: Callable[..., UnitOfWork], clock: Any) -> Iterator[Desk]:
    with short_way():
        yield Desk(begin, clock)


@pytest.mark.parametrize(
    ("refused", "clean"),
    [
        ((SIGNED_IN,), (PICKUP,)),
        ((SIGNED_IN,), (GUEST,)),
        ((PICKUP,), (GUEST, PICKUP)),
        ((GUEST,), (OTHER_PHONE, SIGNED_IN)),
        ((SIGNED_IN, OTHER_PHONE, AT_WORK), (PICKUP,)),
        ((SIGNED_IN, OTHER_PHONE, AT_WORK), (AT_WORK, GUEST)),
    ],
    ids=["picked up", "as a guest", "pickups made good by courier", "another account there", "a chain", "from its end"],
)
def test_ten_clean_orders_in_a_row_count_however_the_customer_orders_bal_07(
    desk: Desk, refused: tuple[Way, ...], clean: tuple[Way, ...]
) -> None:
    for way in refused:
        desk.refused(way, 5)
    for number in range(9):
        desk.clean(clean[number % len(clean)], 1)
    assert all(desk.pays_deposit(way) for way in refused)
    desk.clean(clean[0], 1)
    assert not any(desk.pays_deposit(way) for way in (*refused, *clean))


def test_a_case_anywhere_in_between_begins_the_ten_anew_bal_07(desk: Desk) -> None:
    desk.refused(SIGNED_IN, 5)
    desk.clean(PICKUP, 9)
    desk.refused(GUEST, 1)
    desk.clean(PICKUP, 1)
    assert desk.pays_deposit(GUEST)
    desk.clean(PICKUP, 9)
    assert not any(desk.pays_deposit(way) for way in (SIGNED_IN, PICKUP, GUEST))


def test_what_is_under_the_limit_under_one_key_is_made_good_with_the_rest_bal_07(desk: Desk) -> None:
    """Three to one address and two to another: ten clean orders anywhere, and neither address remembers any."""
    elsewhere = replace(GUEST, street="Seeweg 3")
    desk.refused(GUEST, 3)
    desk.refused(elsewhere, 2)
    desk.clean(elsewhere, 10)
    desk.refused(GUEST, 4)
    assert not desk.pays_deposit(GUEST)


def test_an_order_that_turns_out_clean_counts_everywhere_and_no_longer_if_it_was_not_bal_07(desk: Desk) -> None:
    desk.refused(SIGNED_IN, 5)
    tenth = desk.placed(PICKUP)
    desk.fails(tenth)
    desk.offered_again(tenth)
    desk.clean(PICKUP, 9)
    desk.arrives(tenth)
    to_the_door = replace(GUEST, phone="")
    assert desk.pays_deposit(to_the_door)
    for by_customer in (False, True, False):
        desk.corrected(tenth, by_customer=by_customer)
        assert desk.pays_deposit(to_the_door) is by_customer
        assert desk.pays_deposit(SIGNED_IN) is by_customer


def test_a_case_told_late_is_followed_by_the_clean_orders_that_followed_it_bal_07(desk: Desk) -> None:
    """The courier's list of last week comes after ten orders have been handed over."""
    desk.refused(PICKUP, 5)
    late = [desk.placed(SIGNED_IN) for _ in range(5)]
    told_at, zone = desk.clock.now, "Europe/Berlin"
    desk.clean(PICKUP, 10)
    for order in late:
        keys = deposits.match_keys(desk.begin(), order)
        desk.do(lambda uow, order=order, keys=keys: risk.failed(
            uow, order.id, keys, told_at, time_zone=zone, by_customer=True
        ))  # fmt: skip
    assert not any(desk.pays_deposit(way) for way in (PICKUP, SIGNED_IN, GUEST, replace(GUEST, phone="")))


def test_somebody_who_orders_in_my_name_brings_me_that_case_and_no_past_of_theirs_bal_06(desk: Desk) -> None:
    desk.refused(STRANGER, 5)
    desk.refused(replace(SIGNED_IN, account=STRANGER.account), 4)
    assert desk.pays_deposit(STRANGER)
    assert not desk.pays_deposit(SIGNED_IN)
    desk.refused(SIGNED_IN, 1)
    assert desk.pays_deposit(SIGNED_IN)


def test_orders_without_a_deposit_make_nobody_clean_bal_07(desk: Desk) -> None:
    """A stranger's orders, and one's own from before."""
    before = [desk.placed(SIGNED_IN) for _ in range(10)]
    desk.refused(SIGNED_IN, 5)
    for order in before:
        desk.arrives(order)
    desk.clean(STRANGER, 10)
    assert desk.pays_deposit(PICKUP)


def test_a_phone_that_many_share_makes_handing_over_no_dearer_than_a_dozen_keys_amb_08(desk: Desk) -> None:
    for number in range(30):
        desk.refused(Way(f"guest-{number}", name=f"Guest {chr(65 + number)}", street="Hotel"), 1)
    order = desk.placed(Way("guest-0", name="Guest A", street="Hotel"))
    with metered() as meter:
        desk.arrives(order)
    standings = [
        item for call, asked in meter.requests if call == "TransactWriteItems" for item in asked["TransactItems"]
        if "STANDING#" in str(item)
    ]  # fmt: skip
    assert 3 < len(standings) <= 3 + 12
    assert sum(meter.calls[call] for call in ("GetItem", "BatchGetItem", "Query")) <= 6  # order, sale, keys


@pytest.mark.parametrize("excused", [1, 2, None])
def test_each_refusal_of_one_order_is_a_case_and_each_is_corrected_by_itself_ful_20(
    desk: Desk, excused: int | None
) -> None:
    desk.refused(GUEST, 3)
    twice = desk.placed(GUEST)
    desk.fails(twice)
    desk.offered_again(twice)
    assert not desk.pays_deposit(GUEST)
    desk.fails(twice)
    assert desk.pays_deposit(GUEST)
    desk.corrected(twice, by_customer=False, attempt=excused)
    assert not desk.pays_deposit(GUEST)
    desk.refused(GUEST, 1)
    assert desk.pays_deposit(GUEST)
    for attempt in (1, 2):
        desk.corrected(twice, by_customer=False, attempt=attempt)
    desk.refused(GUEST, 1)
    assert desk.pays_deposit(GUEST)


def test_a_guest_who_picks_up_is_known_by_phone_and_name_where_all_must_match_bal_06(desk: Desk) -> None:
    desk.do(lambda uow: uow.put(SETTINGS, SettingValues("", {"risk.match_all": True})))
    settings_values.forget()
    guest = Way(pickup=True)
    desk.refused(guest, 5)
    assert desk.pays_deposit(replace(guest, street="whichever store"))
    assert not any(desk.pays_deposit(replace(guest, **other)) for other in ({"phone": "030 1"}, {"name": "Max"}))


def test_what_never_failed_is_not_corrected_ful_20(desk: Desk) -> None:
    order = desk.placed(GUEST)
    desk.fails(order)
    desk.corrected(order, by_customer=False, attempt=1)
    for other, attempt in ((order, 2), (desk.placed(GUEST), None)):
        with pytest.raises(Conflict):
            desk.corrected(other, by_customer=False, attempt=attempt)
