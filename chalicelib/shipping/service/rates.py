"""What delivery costs and how long it takes, over the packaged price lists."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.errors import RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.markets.domain import ExchangeRates
from chalicelib.shipping.domain import rates
from chalicelib.shipping.domain.rates import HIGH_VALUE, LOW_VALUE, Channel, Offer, Parcel
from chalicelib.shipping.tariffs import LANES, PROFILES


def offers(parcels: Sequence[Parcel], currency: str, exchange: ExchangeRates) -> tuple[Offer, ...]:
    """Every way to deliver all parcels, cheapest first (LOG-08, LOG-10).

    Raises:
        RuleRefused: no channel takes them (too heavy, too large, too valuable, or nobody goes there).
    """
    found = rates.offers(parcels, PROFILES, LANES, currency, exchange)
    if not found:
        raise RuleRefused("No carrier takes these goods to this destination.", rule="LOG-03")
    return found


def choose(
    uow: UnitOfWork,
    choices: Sequence[Offer],
    value: Money,
    wanted: Channel | None,
    market: str,
    exchange: ExchangeRates,
) -> Offer:
    """The offer of the wanted channel, or the one that suits the value of the goods (LOG-06).

    Raises:
        RuleRefused: the wanted channel is not among the offers; they are named.
    """
    if wanted is None:
        chosen = rates.preferred(
            choices,
            exchange.convert(value, "EUR"),
            high_value=Money(uow.setting(HIGH_VALUE, market), "EUR"),
            low_value=Money(uow.setting(LOW_VALUE, market), "EUR"),
        )
    else:
        chosen = next((offer for offer in choices if offer.channel is wanted), None)
    if chosen is None:
        offered = [str(offer.channel) for offer in choices]
        raise RuleRefused("This channel is not offered for these goods.", rule="LOG-10", offered=offered)
    return chosen
