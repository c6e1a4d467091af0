"""The one calculation: places, channels, prices, duty and tax of a cart, from values that have been loaded (PRC-07).

The order of its steps is that of the money: where goods come from decides the parcels, the parcels decide channel and
freight, freight and net prices decide duty, and duty decides the rest of the tax.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib.cart.domain import (
    SPLITTING,
    DeliveryMethod,
    Quote,
    QuotedLine,
    Splitting,
    fingerprint,
    published,
    source,
)
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
from chalicelib.markets.domain import customs_territory, pick_text
from chalicelib.pricing.domain import (
    Charge,
    Levy,
    LineTotal,
    PriceLine,
    Share,
    TaxTreatment,
    share,
    total,
)
from chalicelib.shipping.domain.decisions import Decision, Facts, attributes, duty_policy
from chalicelib.shipping.domain.handover import Goods, Handover, HandoverOption
from chalicelib.shipping.domain.rates import Channel, Leg, Offer, Parcel, Piece, Promise, Weighed, promise
from chalicelib.shipping.service import decisions
from chalicelib.shipping.service import handover as handovers
from chalicelib.shipping.service import rates as shipping

from .basis import Basis, Consignment, Delivery, option_of, policy_of
from .parts import parts_of, quoted, spread, together

#: Where the shop is established in a territory of several countries: virtual goods are sold from there.
_ESTABLISHED: Final = {"EU": "NL"}


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
        self.parts = tuple(
            part for line in basis.cart.lines for part in parts_of(line, basis.variants, basis.market.code)
        )
        sent = [part for part in self.parts if part.sent]
        self.goods = Goods.of((part.quantity, part.variant.fresh, str(part.variant.size_class)) for part in sent)
        self.fresh = {part.sku for part in sent if part.variant.fresh}
        self.adjustments = tuple(spread(basis.adjustments, self.parts))

    def quote(self) -> Quote:
        basis, terms = self.basis, self.basis.terms
        offered = self._handovers()
        self._check_courier(offered)
        places = self._places()
        prices = self._prices()
        consignments = self._consignments(places, self._shares(prices, ()))
        delivery = self._delivery([each for each in consignments if each.place], offered)
        ways = list(self._ways(consignments, delivery))
        charges = [Charge(leg.price, tuple(part.id for part in each.parts)) for each, leg in ways if leg]
        shares = self._shares(prices, charges)
        duties = self._duties(consignments, shares)
        levies = dict(self._levies(ways, duties))
        totals = total(list(shares.values()), self.currency, levies=levies, deposit=basis.deposit)
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
            channel=str(delivery.offer.channel) if delivery and not terms.handover else "",
            promise=(delivery.offer.min_days, delivery.offer.max_days) if delivery else (0, 0),
            dispatched_on=delivery.promise.dispatched_on if delivery else None,
            arrives_from=delivery.promise.earliest if delivery else None,
            arrives_until=delivery.promise.latest if delivery else None,
            duty_policy=policy_of(delivery.offer) if delivery else "DDP",
            subtotal=totals.subtotal,
            discount=totals.discount,
            shipping=totals.shipping,
            wrapping=totals.wrapping,
            duty=totals.duty,
            duty_at_door=Money.sum((line.duty_at_door for line in lines), self.currency),
            tax=totals.tax,
            tax_included=totals.tax_included,
            deposit=totals.deposit,
            total=totals.total,
            prices_include_tax=basis.market.prices_include_tax,
            vat_number=terms.vat_number,
            payment_method=terms.payment_method,
            payment_methods=basis.market.ways_to_pay(terms.delivery_method),
            options=delivery.options if delivery else (),
            handover=handovers.choose(offered, terms.handover, terms.delivery_method or "")[0]
            if terms.handover
            else None,
            handovers=offered if delivery else (),
            gift_wrap=basis.wrap,
            invoice=terms.invoice,
            gift_wrap_offered=basis.wrap_price if delivery else None,
        )
        return replace(quote, hash=fingerprint(quote))

    def _demand(self) -> dict[str, int]:
        """Units that leave a place, by SKU; what is in several lines or bundles is added up (D2)."""
        demand: dict[str, int] = {}
        for part in self.parts:
            if part.sent:
                demand[part.sku] = demand.get(part.sku, 0) + part.quantity
        return demand

    def _handovers(self) -> tuple[HandoverOption, ...]:
        """What can be picked up or delivered by a store, and what not and why (REV-04).

        Raises:
            RuleRefused: the chosen one cannot.
            SlotFull: its time is taken.
        """
        basis, terms = self.basis, self.basis.terms
        demand = self._demand()
        if not demand or not (terms.handover or basis.offers_all):
            return ()
        stocked = [
            store.id
            for store in handovers.stores_of(basis.market)
            if all(basis.stock.get((sku, store.id), 0) >= units for sku, units in demand.items())
        ]
        home = terms.ship_to if terms.delivery_method != "pickup" else None
        offered = handovers.options(
            self.uow, basis.market, self.goods, basis.cart.language, stocked=stocked,
            address=(home.country, home.postal_code) if home else None,
            chosen=None if basis.offers_all else terms.handover,
        )  # fmt: skip
        if terms.handover:
            handovers.choose(offered, terms.handover, terms.delivery_method or "")
        return offered

    def _check_courier(self, offered: Sequence[HandoverOption]) -> None:
        """Nobody is sold by courier what the review would send back (REV-04, AMB-02).

        Raises:
            RuleRefused: fresh goods that couriers do not take; names them, and what stores can do instead.
        """
        if self.basis.terms.delivery_method == DeliveryMethod.COURIER:
            told = {"skus": sorted(self.fresh), "handovers": published(offered)}
            handovers.refuse_courier(self.uow, self.basis.market.code, self.goods, self.basis.cart.language, **told)

    def _places(self) -> Mapping[str, str]:
        """Where each article that is sent comes from."""
        demand = self._demand()
        splitting = Splitting.named(self.uow.setting(SPLITTING, self.basis.market.code))
        sourcing = source(demand, self._stock_allowed(demand), self.basis.places, splitting)
        if missing := sorted(sourcing.short) or list(sourcing.apart):
            lines = list(dict.fromkeys(part.line.id for part in self.parts if part.sku in missing))
            if sourcing.short:
                raise SoldOut(f"Not enough in stock of {', '.join(missing)}.", skus=missing, lines=lines)
            detail = f"{', '.join(missing)} cannot be sent together with the rest. Please order them by themselves."
            raise SoldOut(detail, skus=missing, lines=lines, reason="not_together")
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
                for place in self.basis.places
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
        for part in self.parts:
            rate = customs.tax_rate(self.country, region, part.variant.tax_category, self.today)
            lines.append(part.priced(market, rate))
        return tuple(lines)

    def _shares(self, prices: Sequence[PriceLine], charges: Sequence[Charge]) -> Mapping[str, Share]:
        wrapped = tuple(part.id for part in self.parts if part.sent)
        shares = share(
            prices,
            self.currency,
            prices_include_tax=self.basis.market.prices_include_tax,
            charges=charges,
            adjustments=self.adjustments,
            wrap=Charge(self.basis.wrap.price, wrapped) if self.basis.wrap else None,
        )
        return {each.line.id: each for each in shares}

    def _consignments(self, places: Mapping[str, str], shares: Mapping[str, Share]) -> tuple[Consignment, ...]:
        """The parts by the place they leave from, in the market's order of places; what is not sent comes last."""
        found = []
        for place in (*self.basis.places, ""):
            parts = tuple(part for part in self.parts if places.get(part.sku, "") == place)
            if parts:
                value = Money.sum((shares[part.id].net_goods for part in parts), self.currency)
                found.append(Consignment(place, parts, self._entry(place, value)))
        return tuple(found)

    def _entry(self, place: str, value: Money) -> Entry:
        home = _ESTABLISHED.get(customs_territory(self.country), self.country)
        origin = markets.location(place).country if place else home
        return customs.enter(value, origin, self.country, self.today, self.basis.exchange)

    def _delivery(self, sent: Sequence[Consignment], offered: Sequence[HandoverOption]) -> Delivery | None:
        """How everything that is sent is delivered; None when nothing is.

        Raises:
            RuleRefused: no channel takes the goods, or not the one that was wanted; too much for mode 9610 (TAX-05).
        """
        if not sent:
            return None
        self._check_export(sent)
        parcels = tuple(map(self._parcel, sent))
        if chosen := self.basis.terms.handover:
            return self._by_store(chosen, parcels, offered)
        decision = self._decision(parcels)
        offers = shipping.allowed(shipping.offers(parcels, self.currency, self.basis.exchange), decision)
        wanted = Channel(self.basis.terms.channel) if self.basis.terms.channel else None
        offer = shipping.choose(offers, decision, wanted)
        promises = {each.channel: promise(each, parcels, self.uow.now) for each in offers}
        options = tuple(option_of(each, promises[each.channel]) for each in offers)
        return Delivery(offer, parcels, options, promises[offer.channel])

    def _decision(self, parcels: Sequence[Parcel]) -> Decision:
        """What the decision table says about these goods (RTE-07)."""
        sent, market = [part.variant for part in self.parts if part.sent], self.basis.market.code
        facts = Facts(
            market=market,
            country=self.country,
            weight_g=sum(parcel.actual_g for parcel in parcels),
            value=Money.sum((parcel.value for parcel in parcels), self.currency),
            goods=attributes((each.fresh, each.size_class, each.hs_code, each.fragile) for each in sent),
            categories=tuple(sorted({each.category for each in sent})),
            duty_policy=duty_policy(parcels),
            on=self.today,
        )
        return decisions.current(self.uow, market).decide(facts, self.basis.exchange)

    def _by_store(self, chosen: Handover, parcels: tuple[Parcel, ...], offered: Sequence[HandoverOption]) -> Delivery:
        """The store hands over itself, at the price of the chosen way."""
        method, store = self.basis.terms.delivery_method or "", parcels[0].location
        choice, price = handovers.choose(offered, chosen, method)
        weight = sum(parcel.actual_g for parcel in parcels)
        leg = Leg(Channel.LOCAL, Weighed(weight, 0), price, 0, 0, prepaid=True, tracked=False)
        option = handovers.chosen_of(offered, chosen, method)
        moment = choice.slot_from or (option and option.promised_by) or self.uow.now
        day = moment.astimezone(ZoneInfo(store.time_zone)).date()
        return Delivery(Offer(Channel.LOCAL, (leg,), price), parcels, (), Promise(0, 0, day, day, day))

    def _check_export(self, sent: Sequence[Consignment]) -> None:
        limit = Money(self.uow.setting(EXPORT_PARCEL_LIMIT, self.basis.market.code), "CNY")
        for each in sent:
            if over_export_limit(each.entry, limit, self.basis.exchange):
                detail = "These goods together are worth more than one parcel out of China may be."
                raise RuleRefused(detail, rule="TAX-05", skus=sorted({part.sku for part in each.parts}))

    def _parcel(self, consignment: Consignment) -> Parcel:
        variants = [(part.variant, part.quantity) for part in consignment.parts]
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
        self, consignments: Sequence[Consignment], delivery: Delivery | None
    ) -> Iterator[tuple[Consignment, Leg | None]]:
        """Every consignment with the leg it travels by."""
        legs = iter(delivery.offer.legs if delivery else ())
        for each in consignments:
            yield each, next(legs) if each.place else None

    def _duties(self, consignments: Sequence[Consignment], shares: Mapping[str, Share]) -> Mapping[str, LineDuty]:
        """The duty of every part, whoever pays it."""
        duties: dict[str, LineDuty] = {}
        for each in consignments:
            goods = []
            for part in each.parts:
                variant, worth = part.variant, shares[part.id]
                goods.append(ParcelLine(part.id, variant.hs_code, variant.origin, worth.net_goods, worth.net_shipping))
            duties |= {duty.id: duty for duty in customs.duties(each.entry, goods, self.today, self.basis.exchange)}
        return duties

    def _levies(
        self, ways: Sequence[tuple[Consignment, Leg | None]], duties: Mapping[str, LineDuty]
    ) -> Iterator[tuple[str, Levy]]:
        """What each part is charged at the border now, and what becomes of its tax."""
        taxed = customs.regime(self.country).duty_is_taxed
        for each, leg in ways:
            for part in each.parts:
                duty = duties[part.id].duty if leg is None or leg.prepaid else Money.zero(self.currency)
                yield part.id, Levy(duty, taxed, self._treatment(each.entry))

    def _treatment(self, entry: Entry) -> TaxTreatment:
        if self.basis.terms.vat_number and reverse_charge(entry):
            return TaxTreatment.REVERSE_CHARGE
        return TaxTreatment.EXEMPT if entry.tax_exempt else TaxTreatment.COLLECTED

    def _lines(
        self,
        ways: Sequence[tuple[Consignment, Leg | None]],
        shares: Mapping[str, Share],
        duties: Mapping[str, LineDuty],
        totals: Sequence[LineTotal],
    ) -> Iterator[QuotedLine]:
        """The lines as they are published, in the order of the cart; a bundle with its components inside."""
        made = list(zip(self.parts, self._quoted(ways, shares, duties, totals), strict=True))
        market, language = self.basis.market.code, self.basis.cart.language
        for line in self.basis.cart.lines:
            own = tuple(quoted_part for part, quoted_part in made if part.line is line)
            variant = self.basis.variants[line.sku]
            yield together(line, variant, market, language, own) if variant.is_bundle else own[0]

    def _quoted(
        self,
        ways: Sequence[tuple[Consignment, Leg | None]],
        shares: Mapping[str, Share],
        duties: Mapping[str, LineDuty],
        totals: Sequence[LineTotal],
    ) -> Iterator[QuotedLine]:
        """Every part with its amounts."""
        of_part = {part.id: each for each, _ in ways for part in each.parts}
        market, language = self.basis.market.code, self.basis.cart.language
        for part, amounts in zip(self.parts, totals, strict=True):
            consignment, duty = of_part[part.id], duties[part.id]
            scheme = tax_scheme(consignment.entry, self.basis.terms.region)
            customs.registration(scheme)
            share_of, place = shares[part.id], consignment.place
            yield quoted(part, share_of, amounts, duty, market=market, language=language, place=place, scheme=scheme)
