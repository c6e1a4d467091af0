"""What delivery costs and how long it takes, over the packaged price lists."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.errors import RuleRefused
from chalicelib.markets.domain import ExchangeRates
from chalicelib.shipping.domain import rates
from chalicelib.shipping.domain.decisions import Decision
from chalicelib.shipping.domain.rates import Channel, Offer, Parcel
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


def channel_of(parcel: Parcel, channel: Channel, exchange: ExchangeRates) -> Channel:
    """The channel that one of an order's parcels travels by: the order's, else LOCAL, as in the offer of the quote."""
    way = rates.leg(parcel, PROFILES[channel], LANES, parcel.value.currency, exchange)
    return channel if way is not None or parcel.crosses_border else Channel.LOCAL


def allowed(choices: Sequence[Offer], decision: Decision) -> tuple[Offer, ...]:
    """The offers that the decision table lets these goods go by (RTE-07).

    Raises:
        RuleRefused: it excludes all of them.
    """
    left = decision.allowed(choices)
    if not left:
        detail = "None of the channels that go there may carry these goods."
        raise RuleRefused(detail, rule="RTE-07", excluded=[str(channel) for channel in decision.excluded])
    return left


def choose(choices: Sequence[Offer], decision: Decision, wanted: Channel | None) -> Offer:
    """The offer of the wanted channel, or the one that the decision table prefers (RTE-07, LOG-06).

    Args:
        choices: those that are allowed, at least one.

    Raises:
        RuleRefused: the wanted channel is not among the offers; they are named.
    """
    if wanted is None:
        chosen = decision.preferred(choices)
    else:
        chosen = next((offer for offer in choices if offer.channel is wanted), None)
    if chosen is None:
        offered = [str(offer.channel) for offer in choices]
        raise RuleRefused("This channel is not offered for these goods.", rule="LOG-10", offered=offered)
    return chosen
