"""What other rooms ask of risk: a buyer's terms, telling how an order went, the score of an order, the blacklist."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.money import Money
from chalicelib.core.secrets import secret
from chalicelib.core.table import Ref
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets import service as markets

from . import domain as d
from .items import SOURCE, STANDING

#: Hexadecimal digits of a digest: 80 bits for people, 48 for internet addresses, of which a day sees few.
_KEY_LENGTH: Final = 20
_SOURCE_LENGTH: Final = 12
#: How far a clean order is counted under other keys of its customer: so many keys, over so many orders in between. A
#: shared phone or address thus never makes handing an order over dear (AMB-08).
_REACH: Final = 12
_STEPS: Final = 3
#: The currency in which the limits of the score are kept.
LIMITS_IN: Final = "USD"


def match_keys(uow: UnitOfWork, buyer: d.Buyer) -> tuple[str, ...]:
    """The keys under which a buyer is remembered; no key when nothing is known of them (BAL-06, AMB-08)."""
    texts = d.identities(buyer, match_all=uow.setting(d.MATCH_ALL))
    return tuple(_digest(text)[:_KEY_LENGTH] for text in texts)


def source_of(internet_address: str) -> str:
    """The digest under which the orders of an internet address are counted; "" when it is not known.

    Of the sixth version it is the network of 64 bits: whoever has one address has them all.
    """
    return _digest(f"source:{d.network_of(internet_address)}")[:_SOURCE_LENGTH] if internet_address else ""


def held_refs(uow: UnitOfWork, source: str) -> list[Ref]:
    """What `hold` reads, to be loaded together with other things."""
    return _windows(uow, source, uow.now) if source else []


def hold(uow: UnitOfWork, source: str, units: int, before: d.Quoted | None) -> d.Quoted | None:
    """Count what a quote may come to reserve against what its internet address holds unpaid (ORD-07).

    Counted is the quote and not the order, because placing has no write to spare; an order needs a quote that is a few
    minutes old. One cart counts once in a time window, with what it was quoted for last. No round trip if `held_refs`
    were loaded.

    Args:
        units: of goods with stock.
        before: what the cart's last quote was counted with.

    Returns:
        What this one was counted with, for the cart to keep; None when no address is known or nothing has stock.

    Raises:
        MoreThanHeld: it would be too much if nothing else was held.
        HoldsTooMuch: it is too much beside the rest.
    """
    limit = uow.setting(d.HELD_UNITS)
    if units > limit:
        raise d.MoreThanHeld.of(units, limit)
    if not source or not units:
        return None
    present, earlier = _windows(uow, source, uow.now)
    counted = d.Quoted(source, _window(uow, uow.now), units)
    same = before is not None and (before.source, before.window) == (source, counted.window)
    more = units - (before.units if before is not None and same else 0)
    if more > 0:
        uow.load(present, earlier)
        free = _free(uow, present)
        held = d.window_rate(uow.now, _window_length(uow), -free, max(0, -_free(uow, earlier)))
        refused = d.HoldsTooMuch.of(units, limit)
        if held + more > limit:
            raise refused
        # What others count meanwhile is held against the room there was, not against what was read.
        floor = free - (limit - held) + more
        uow.count(present, {"free": -more}, at_least={"free": floor}, otherwise=refused, expires=_kept(uow))
    elif more < 0:
        uow.count(present, {"free": -more}, expires=_kept(uow))
    return counted


def let_go(uow: UnitOfWork, source: str, units: int, placed_at: datetime) -> None:
    """An order was paid or is off: what it held counts no longer against its internet address (ORD-07).

    Whoever calls sees to it that it happens once.
    """
    if source and units and placed_at + 2 * _window_length(uow) > uow.now:
        uow.count(_windows(uow, source, placed_at)[0], {"free": units}, expires=_kept(uow))


def refs(keys: Iterable[str]) -> list[Ref]:
    """The standings under these keys, to be loaded together with other things."""
    return [STANDING.ref(key) for key in keys]


def on_deposit(uow: UnitOfWork, keys: Sequence[str]) -> tuple[str, ...]:
    """Those of a buyer's keys that are on deposit terms (BAL-05). One round trip, none if `refs` were loaded."""
    uow.load(*refs(keys))
    limits = _limits(uow)
    return tuple(key for key in keys if _standing(uow, key).terms(limits).on_deposit)


def deposit(uow: UnitOfWork, keys: Sequence[str], market: str) -> Money:
    """The deposit that an order carries: CNY 20 in the market's currency on deposit terms, else nothing (BAL-05)."""
    currency = markets.market(market).currency
    if not on_deposit(uow, keys):
        return Money.zero(currency)
    own = uow.setting(d.DEPOSIT_OF_MARKET, market=market)
    if own > 0:
        return Money(own, currency)
    return markets.exchange_rates(uow).convert(Money(uow.setting(d.DEPOSIT, market=market), "CNY"), currency)


def failed(
    uow: UnitOfWork, order_id: str, keys: Sequence[str], at: datetime, *, time_zone: str, by_customer: bool,
    attempt: int = 1,
) -> None:  # fmt: skip
    """Remember that an order could not be handed over, in the order's own transaction (BAL-05).

    Args:
        keys: all that the order carries. The case counts under these and no others: anybody can order in somebody's
            name, and what one order tells of two keys is too little to charge for the past of the other.
        time_zone: of the store, whose calendar quarter it is counted in (AMB-03).
        by_customer: whether the customer was the cause; another cause does not count, and can be corrected.
        attempt: which failed hand-over of the order it is, from 1 on; each is a case of its own (FUL-20).
    """
    uow.load(*refs(keys))
    quarter = d.quarter_of(at, time_zone)
    # A key may hear of a case when clean orders after it have been counted under the others already.
    clean = {order: when for key in keys for order, when in _standing(uow, key).clean_since(at).items()}

    def told(standing: d.Standing) -> d.Standing:
        standing = standing.failed(order_id, attempt, at, quarter, by_customer).seen_with(keys)
        for order, when in clean.items():
            standing = standing.completed(order, when)
        return standing

    _change(uow, keys, told)


def completed(uow: UnitOfWork, order_id: str, keys: Sequence[str], at: datetime, *, on_terms: Sequence[str]) -> None:
    """Remember that an order placed on deposit terms was handed over, in the order's own transaction (BAL-07).

    It counts under all keys by which its customer is known, and not only under those that it carries.

    Args:
        keys: all that the order carries.
        on_terms: those of them on deposit terms when it was placed (`on_deposit`).
    """
    uow.load(*refs(keys))
    known = [key for key in keys if key in on_terms or _standing(uow, key).has_failures]
    _change(uow, known, lambda standing: standing.completed(order_id, at).seen_with(known))
    _count_everywhere(uow, order_id, known)


def corrected(
    uow: UnitOfWork, order_id: str, keys: Sequence[str], *, by_customer: bool, attempt: int | None = None
) -> int:
    """The cause of a failed hand-over was another one than told; everything since counts accordingly.

    Args:
        attempt: which failed hand-over of the order; None is the last one.

    Returns:
        Which it was; 0 when no such failed hand-over is known under any of the keys.
    """
    uow.load(*refs(keys))
    which = attempt or max((_standing(uow, key).last_failure(order_id) for key in keys), default=0)
    if not any(_standing(uow, key).has_failed(order_id, which) for key in keys):
        return 0
    _change(uow, keys, lambda standing: standing.corrected(order_id, which, by_customer))
    _count_everywhere(uow, order_id, keys)
    return which


def is_case(uow: UnitOfWork, order_id: str, keys: Sequence[str]) -> bool:
    """Whether an order counts against its customer."""
    uow.load(*refs(keys))
    return any(_standing(uow, key).is_case(order_id) for key in keys)


def evidence_refs(uow: UnitOfWork, keys: Sequence[str], source: str, placed_at: datetime) -> list[Ref]:
    """What `assess` reads, to be loaded together with other things."""
    return [*refs(keys), *(_windows(uow, source, placed_at) if source else ())]


def assess(
    uow: UnitOfWork, evidence: d.Evidence, limits: tuple[Money, Money, int], keys: Sequence[str], source: str,
    placed_at: datetime, *, first: bool, paid_units: int = 0,
) -> d.Assessment:  # fmt: skip
    """Score an order and count it for its internet address, once however often it is scored (RSK-03).

    Args:
        evidence: what the caller knows; blacklist and orders of the source are added here.
        limits: dollars of a newcomer's and of a large order, and days that a registration counts as new.
        keys: the buyer's match keys.
        source: digest of the internet address, or "".
        first: the order is scored for the first time, as the caller's state shows; later it is among those counted.
        paid_units: what the order held unpaid until now, and no longer does (`let_go`).
    """
    uow.load(*evidence_refs(uow, keys, source, placed_at))
    counted = 0
    if source:
        present, before = _windows(uow, source, placed_at)
        window = _window_length(uow)
        numbers = [(uow.counter(ref) or {}).get("orders", 0) for ref in (present, before)]
        counted = d.window_rate(placed_at, window, numbers[0] + first, numbers[1])
        if first:
            uow.count(present, {"orders": 1}, expires=placed_at + 2 * window + timedelta(days=1))
            let_go(uow, source, paid_units, placed_at)
    scale = d.Scale(
        new_customer_limit=limits[0],
        large_order_limit=limits[1],
        new_customer_days=limits[2],
        many_orders=uow.setting(d.ADDRESS_ORDERS),
        weights={code: uow.setting(weight) for code, weight in d.WEIGHTS.items()},
        hold_from=uow.setting(d.HOLD_FROM),
    )
    blocked = any(_standing(uow, key).blocked for key in keys)
    return d.assess(replace(evidence, blacklisted=blocked, orders_of_source=counted), scale, uow.now)


def block(uow: UnitOfWork, keys: Sequence[str], reason: str) -> None:
    """Put a buyer on the blacklist, or take them off with an empty reason (RSK-02)."""
    _change(uow, keys, lambda standing: replace(standing, blocked=reason))


def standings(uow: UnitOfWork, keys: Sequence[str]) -> list[tuple[d.Standing, d.Terms]]:
    """What is remembered of a buyer under each key, with the terms that follow."""
    uow.load(*refs(keys))
    limits = _limits(uow)
    return [(standing, standing.terms(limits)) for standing in (_standing(uow, key) for key in keys)]


def _count_everywhere(uow: UnitOfWork, order_id: str, keys: Sequence[str]) -> None:
    """Count an order that has been handed over under its customer's other keys, too; or, when it is a case after all,
    no longer."""
    own = [_standing(uow, key) for key in keys]
    done = next((at for at in (standing.completion(order_id) for standing in own) if at), None)
    if done is None:
        return
    is_case = any(standing.is_case(order_id) for standing in own)
    for key in _linked(uow, keys):
        standing = _standing(uow, key)
        if is_case:
            _change(uow, [key], lambda each: each.without_completion(order_id))
        elif standing.has_failures:
            _change(uow, [key], lambda each: each.completed(order_id, done))


def _linked(uow: UnitOfWork, keys: Sequence[str]) -> list[str]:
    """The nearest other keys of the same customer, found along orders that carried two of them together."""
    found, last = list(keys), list(keys)
    for _ in range(_STEPS):
        seen = dict.fromkeys(key for one in last for key in reversed(_standing(uow, one).linked) if key not in found)
        last = list(seen)[: _REACH + len(keys) - len(found)]
        if not last:
            break
        uow.load(*refs(last))
        found += last
    return found[len(keys) :]


def _change(uow: UnitOfWork, keys: Sequence[str], change: Callable[[d.Standing], d.Standing]) -> None:
    uow.load(*refs(keys))
    limits, oldest = _limits(uow), uow.now - timedelta(days=uow.setting(d.KEEP_DAYS))
    for key in keys:
        before = _standing(uow, key)
        after = change(before)
        if after != before:
            uow.put(STANDING, after.settled(oldest, limits))


def _standing(uow: UnitOfWork, key: str) -> d.Standing:
    return uow.find(STANDING, key) or d.Standing(key)


def _limits(uow: UnitOfWork) -> d.Limits:
    return d.Limits(max(uow.setting(d.FAILURES), 1), max(uow.setting(d.CLEAN_ORDERS), 1))


def _windows(uow: UnitOfWork, source: str, at: datetime) -> list[Ref]:
    """The counters of the fixed time window a moment lies in, and of the one before."""
    number = _window(uow, at)
    return [SOURCE.ref(source, str(number)), SOURCE.ref(source, str(number - 1))]


def _window(uow: UnitOfWork, at: datetime) -> int:
    return int(at.timestamp() // _window_length(uow).total_seconds())


def _window_length(uow: UnitOfWork) -> timedelta:
    return timedelta(minutes=max(uow.setting(d.ADDRESS_WINDOW), 1))


def _free(uow: UnitOfWork, ref: Ref) -> int:
    return (uow.counter(ref) or {}).get("free", 0)


def _kept(uow: UnitOfWork) -> datetime:
    """Until when the counters of a time window are of use."""
    return uow.now + 2 * _window_length(uow) + timedelta(days=1)


def _digest(text: str) -> str:
    """By a secret that is never rotated: a new one would forget everybody."""
    return hmac.new(secret("matching")["key"].encode(), text.encode(), hashlib.sha256).hexdigest()
