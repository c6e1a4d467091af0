"""The one calculation: places, channels, prices, duty and tax of a cart, from values that have been loaded (PRC-07).

The order of its steps is that of the money: where goods come from decides the parcels, the parcels decide channel and
freight, freight and net prices decide duty, and duty decides the rest of the tax.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from chalicelib.cart.domain import (
    Cart,
    CartLine,
    DeliveryMethod,
    Quote,
    QuotedLine,
    ShippingOption,
    Terms,
    fingerprint,
    source,
)
from chalicelib.catalog.domain import Variant
from chalicelib.core.errors import RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customs import service as customs
from chalicelib.customs.domain import (
    EXPORT_PARCEL_LIMIT,
    Entry,
    LineDuty,
    ParcelLine,
    over_export_limit,
    reverse_charge,
    tax_scheme,
)
from chalicelib.inventory.domain import SoldOut
from chalicelib.markets import service as markets
from chalicelib.markets.domain import ExchangeRates, Market, customs_territory, pick_text
from chalicelib.pricing.domain import (
    Adjustment,
    Charge,
    Levy,
    LineTotal,
    PriceLine,
    Share,
    TaxTreatment,
    share,
    total,
)
from chalicelib.shipping.domain.rates import Channel, Leg, Offer, Parcel, Piece, Promise, promise
from chalicelib.shipping.service import rates as shipping

#: Where the shop is established in a territory of several countries: virtual goods are sold from there.
_ESTABLISHED: Final = {"EU": "NL"}


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything a quote is worked out from.

    Args:
        stock: units available by SKU and location.
        adjustments: reductions, in the order they apply.
    """

    cart: Cart
    terms: Terms
    market: Market
    variants: Mapping[str, Variant]
    exchange: ExchangeRates
    stock: Mapping[tuple[str, str], int]
    expires_at: datetime
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, slots=True)
class _Consignment:
    """What leaves one place together; `place` is "" for what is not sent."""

    place: str
    lines: tuple[CartLine, ...]
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Delivery:
    """The chosen way of delivery, the parcels in their order, and everything else that was on offer."""

    offer: Offer
    parcels: tuple[Parcel, ...]
    options: tuple[ShippingOption, ...]
    promise: Promise


def calculate(uow: UnitOfWork, basis: Basis) -> Quote:
    """A quote of the cart as of now.

    Raises:
        SoldOut: articles that no place has enough of; all are named.
        RuleRefused: an article may not be sent there, no channel takes the goods, or no tax rate is known.
    """
    return _Calculation(uow, basis).quote()


class _Calculation:
    """The steps of one calculation, in their order."""

    def __init__(self, uow: UnitOfWork, basis: Basis) -> None:
        self.uow, self.basis = uow, basis
        self.currency, self.country = basis.market.currency, basis.terms.country
        self.today = uow.now.astimezone(ZoneInfo(basis.market.time_zone)).date()

    def quote(self) -> Quote:
        basis, terms = self.basis, self.basis.terms
        places = self._places()
        prices = self._prices()
        consignments = self._consignments(places, self._shares(prices, ()))
        delivery = self._delivery([each for each in consignments if each.place])
        ways = list(self._ways(consignments, delivery))
        charges = [Charge(leg.price, tuple(line.id for line in each.lines)) for each, leg in ways if leg]
        shares = self._shares(prices, charges)
        duties = self._duties(consignments, shares)
        totals = total(list(shares.values()), self.currency, levies=dict(self._levies(ways, duties)))
        lines = tuple(self._lines(ways, shares, duties, totals.lines))
        quote = Quote(
            hash="",
            expires_at=basis.expires_at,
            cart_id=basis.cart.id,
            market=basis.market.code,
            currency=self.currency,
            language=basis.cart.language,
            lines=lines,
            ship_to=terms.ship_to,
            contact=terms.contact,
            country=self.country,
            region=terms.region,
            delivery_method=DeliveryMethod(terms.delivery_method) if terms.delivery_method else None,
            channel=str(delivery.offer.channel) if delivery else "",
            promise=(delivery.offer.min_days, delivery.offer.max_days) if delivery else (0, 0),
            dispatched_on=delivery.promise.dispatched_on if delivery else None,
            arrives_from=delivery.promise.earliest if delivery else None,
            arrives_until=delivery.promise.latest if delivery else None,
            duty_policy=_policy(delivery.offer) if delivery else "DDP",
            subtotal=totals.subtotal,
            discount=totals.discount,
            shipping=totals.shipping,
            duty=totals.duty,
            duty_at_door=Money.sum((line.duty_at_door for line in lines), self.currency),
            tax=totals.tax,
            tax_included=totals.tax_included,
            deposit=totals.deposit,
            total=totals.total,
            prices_include_tax=basis.market.prices_include_tax,
            vat_number=terms.vat_number,
            payment_method=terms.payment_method,
            payment_methods=basis.market.payment_methods,
            options=delivery.options if delivery else (),
        )
        return replace(quote, hash=fingerprint(quote))

    def _places(self) -> Mapping[str, str]:
        """Where each article that is sent comes from."""
        demand: dict[str, int] = {}
        for line in self.basis.cart.lines:
            if self._variant(line).kind == "physical":
                demand[line.sku] = demand.get(line.sku, 0) + line.quantity
        sourcing = source(demand, self._stock_allowed(demand), self.basis.market.ships_from)
        if sourcing.short:
            short = sorted(sourcing.short)
            lines = [line.id for line in self.basis.cart.lines if line.sku in sourcing.short]
            raise SoldOut(f"Not enough in stock of {', '.join(short)}.", skus=short, lines=lines)
        return sourcing.places

    def _stock_allowed(self, demand: Mapping[str, int]) -> Mapping[tuple[str, str], int]:
        """The stock that may be sent to the destination (CMP-10).

        Raises:
            RuleRefused: articles that may not be sent there from anywhere; all are named.
        """
        allowed: dict[tuple[str, str], int] = {}
        refused = {}
        for sku in demand:
            rows = {
                place: customs.prohibition(
                    self.basis.variants[sku].hs_code, markets.location(place).country, self.country, self.today
                )
                for place in self.basis.market.ships_from
            }
            allowed |= {
                (sku, place): self.basis.stock.get((sku, place), 0) for place, row in rows.items() if row is None
            }
            reasons = [row for row in rows.values() if row is not None]
            if len(reasons) == len(rows):
                refused[sku] = pick_text(dict(reasons[0].reason), self.basis.cart.language)
        if refused:
            detail = " ".join(dict.fromkeys(refused.values()))
            raise RuleRefused(detail, rule="CMP-10", skus=sorted(refused), destination=self.country)
        return allowed

    def _prices(self) -> tuple[PriceLine, ...]:
        """Present prices and the destination's tax rates."""
        market, region = self.basis.market.code, self.basis.terms.region
        lines = []
        for line in self.basis.cart.lines:
            variant = self._variant(line)
            rate = customs.tax_rate(self.country, region, variant.tax_category, self.today)
            lines.append(PriceLine(line.id, line.quantity, variant.prices[market], rate))
        return tuple(lines)

    def _shares(self, prices: Sequence[PriceLine], charges: Sequence[Charge]) -> Mapping[str, Share]:
        shares = share(
            prices,
            self.currency,
            prices_include_tax=self.basis.market.prices_include_tax,
            charges=charges,
            adjustments=self.basis.adjustments,
        )
        return {each.line.id: each for each in shares}

    def _consignments(self, places: Mapping[str, str], shares: Mapping[str, Share]) -> tuple[_Consignment, ...]:
        """The lines by the place they leave from, in the market's order of places; what is not sent comes last."""
        found = []
        for place in (*self.basis.market.ships_from, ""):
            lines = tuple(line for line in self.basis.cart.lines if places.get(line.sku, "") == place)
            if lines:
                value = Money.sum((shares[line.id].net_goods for line in lines), self.currency)
                found.append(_Consignment(place, lines, self._entry(place, value)))
        return tuple(found)

    def _entry(self, place: str, value: Money) -> Entry:
        home = _ESTABLISHED.get(customs_territory(self.country), self.country)
        origin = markets.location(place).country if place else home
        return customs.enter(value, origin, self.country, self.today, self.basis.exchange)

    def _delivery(self, sent: Sequence[_Consignment]) -> _Delivery | None:
        """How everything that is sent is delivered; None when nothing is.

        Raises:
            RuleRefused: no channel takes the goods, or not the one that was wanted; too much for mode 9610 (TAX-05).
        """
        if not sent:
            return None
        self._check_export(sent)
        parcels = tuple(map(self._parcel, sent))
        offers = shipping.offers(parcels, self.currency, self.basis.exchange)
        value = Money.sum((parcel.value for parcel in parcels), self.currency)
        wanted = Channel(self.basis.terms.channel) if self.basis.terms.channel else None
        offer = shipping.choose(self.uow, offers, value, wanted, self.basis.market.code, self.basis.exchange)
        promises = {each.channel: promise(each, parcels, self.uow.now) for each in offers}
        options = tuple(_option(each, promises[each.channel]) for each in offers)
        return _Delivery(offer, parcels, options, promises[offer.channel])

    def _check_export(self, sent: Sequence[_Consignment]) -> None:
        limit = Money(self.uow.setting(EXPORT_PARCEL_LIMIT, self.basis.market.code), "CNY")
        for each in sent:
            if over_export_limit(each.entry, limit, self.basis.exchange):
                detail = "These goods together are worth more than one parcel out of China may be."
                raise RuleRefused(detail, rule="TAX-05", skus=sorted(line.sku for line in each.lines))

    def _parcel(self, consignment: _Consignment) -> Parcel:
        variants = [(self._variant(line), line.quantity) for line in consignment.lines]
        market = self.basis.market
        return Parcel(
            location=markets.location(consignment.place),
            destination=self.country,
            value=consignment.entry.value,
            pieces=tuple(
                Piece(quantity, each.weight_g, each.length_mm, each.width_mm, each.height_mm, each.hs_code)
                for each, quantity in variants
            ),
            must_be_prepaid=consignment.entry.must_be_prepaid(
                high_tax=market.high_tax, prices_include_tax=market.prices_include_tax
            ),
        )

    def _ways(
        self, consignments: Sequence[_Consignment], delivery: _Delivery | None
    ) -> Iterator[tuple[_Consignment, Leg | None]]:
        """Every consignment with the leg it travels by."""
        legs = iter(delivery.offer.legs if delivery else ())
        for each in consignments:
            yield each, next(legs) if each.place else None

    def _duties(self, consignments: Sequence[_Consignment], shares: Mapping[str, Share]) -> Mapping[str, LineDuty]:
        """The duty of every line that is sent, whoever pays it."""
        duties: dict[str, LineDuty] = {}
        for each in consignments:
            goods = []
            for line in each.lines:
                variant, part = self._variant(line), shares[line.id]
                goods.append(ParcelLine(line.id, variant.hs_code, variant.origin, part.net_goods, part.net_shipping))
            duties |= {duty.id: duty for duty in customs.duties(each.entry, goods, self.today, self.basis.exchange)}
        return duties

    def _levies(
        self, ways: Sequence[tuple[_Consignment, Leg | None]], duties: Mapping[str, LineDuty]
    ) -> Iterator[tuple[str, Levy]]:
        """What each line is charged at the border now, and what becomes of its tax."""
        taxed = customs.regime(self.country).duty_is_taxed
        for each, leg in ways:
            for line in each.lines:
                duty = duties[line.id].duty if leg is None or leg.prepaid else Money.zero(self.currency)
                yield line.id, Levy(duty, taxed, self._treatment(each.entry))

    def _treatment(self, entry: Entry) -> TaxTreatment:
        if self.basis.terms.vat_number and reverse_charge(entry):
            return TaxTreatment.REVERSE_CHARGE
        return TaxTreatment.EXEMPT if entry.tax_exempt else TaxTreatment.COLLECTED

    def _lines(
        self,
        ways: Sequence[tuple[_Consignment, Leg | None]],
        shares: Mapping[str, Share],
        duties: Mapping[str, LineDuty],
        totals: Sequence[LineTotal],
    ) -> Iterator[QuotedLine]:
        """The lines as they are published, in the order of the cart."""
        of_line = {line.id: each for each, _ in ways for line in each.lines}
        for line, amounts in zip(self.basis.cart.lines, totals, strict=True):
            consignment, variant, duty = of_line[line.id], self._variant(line), duties[line.id]
            scheme = tax_scheme(consignment.entry, self.basis.terms.region)
            customs.registration(scheme)
            yield QuotedLine(
                id=line.id,
                sku=line.sku,
                product=variant.product,
                title=pick_text(variant.title, self.basis.cart.language),
                image=variant.image,
                quantity=line.quantity,
                unit_price=shares[line.id].line.unit_price,
                subtotal=amounts.subtotal,
                discount=amounts.discount,
                shipping=amounts.shipping,
                duty=amounts.duty,
                tax=amounts.tax,
                tax_included=amounts.tax_included,
                total=amounts.total,
                duty_at_door=duty.duty - amounts.duty,
                tax_rate=f"{shares[line.id].line.tax_rate:f}",
                tax_scheme=scheme,
                duty_rate=f"{duty.rate.rate:f}",
                agreement=duty.rate.agreement,
                hs_code=variant.hs_code,
                origin=variant.origin,
                weight_g=variant.weight_g,
                location=consignment.place,
                fresh=variant.fresh,
                size_class=str(variant.size_class),
                kind=str(variant.kind),
                return_rule=variant.return_rule,
            )

    def _variant(self, line: CartLine) -> Variant:
        return self.basis.variants[line.sku]


def _policy(offer: Offer) -> Literal["DDP", "DAP"]:
    return "DDP" if offer.prepaid else "DAP"


def _option(offer: Offer, promised: Promise) -> ShippingOption:
    weights = [leg.weighed for leg in offer.legs]
    return ShippingOption(
        channel=str(offer.channel),
        price=offer.price,
        min_days=offer.min_days,
        max_days=offer.max_days,
        arrives_from=promised.earliest,
        arrives_until=promised.latest,
        duty_policy=_policy(offer),
        tracked=offer.tracked,
        actual_g=sum(each.actual_g for each in weights),
        volumetric_g=sum(each.volumetric_g for each in weights),
        charged_g=sum(each.charged_g for each in weights),
    )
