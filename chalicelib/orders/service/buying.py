"""One-click purchase: one article to one's default address, paid as one prefers, in one command (ORD-02)."""

from __future__ import annotations

from chalicelib.cart import service as cart
from chalicelib.cart.domain import DeliveryMethod
from chalicelib.core.auth import Principal
from chalicelib.core.errors import Conflict, FieldError, Invalid, RuleRefused
from chalicelib.core.money import Money
from chalicelib.core.once import Mark
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.customers import service as customers
from chalicelib.customers.domain import Customer
from chalicelib.customers.items import CUSTOMER
from chalicelib.markets import service as markets
from chalicelib.markets.domain import Address, Contact, Market
from chalicelib.orders import domain as d
from chalicelib.orders.domain.machine import State
from chalicelib.payments.domain import Checkout
from chalicelib.shipping.domain.handover import Handover
from chalicelib.shipping.handovers import area_of
from chalicelib.shipping.service import handover as handovers

from .paying import open_payment, payment_of
from .placing import place


class NotPrepared(RuleRefused):
    """The profile does not say enough to buy with one click; `missing` names what to add or change there."""

    code, title = "not-prepared", "Your profile does not say enough"

    def __init__(self, *missing: str) -> None:
        super().__init__(
            "Complete your profile, or order by way of the cart.", rule="ORD-02", missing=list(missing)
        )  # fmt: skip


class CostsMore(Conflict):
    """It costs more than the shopper wants to pay without looking; `total` tells how much. Nothing was ordered."""

    code, title = "costs-more", "It costs more than you wanted to pay"


def buy(
    uow: UnitOfWork, principal: Principal, sku: str, quantity: int, *, market: str = "", at_most: Money | None = None,
    source: str = "", mark: Mark | None = None,
) -> tuple[d.Order, Checkout | None]:  # fmt: skip
    """Buy an article with what the profile says: default address, delivery and payment (ORD-02).

    Cart, quote, order and the opened payment are one command: all of it happens, or nothing. The stored cart stays as
    it is (CRT-07).

    Args:
        market: "" is the one of the profile, else the address's.
        at_most: what the shopper agrees to without having seen the quote; None is whatever it costs.
        source, mark: as for `place`.

    Returns:
        The order, and how to pay it unless nothing is to be paid now.

    Raises:
        NotPrepared: the profile lacks something; names everything.
        Invalid: `at_most` is in another currency.
        CostsMore: than `at_most`.
        NotFound: no such article or market.
        SoldOut, SlotFull, RuleRefused, LimitExceeded, HoldsTooMuch, Unavailable: as quoting, placing and opening a
            payment say.
    """
    customer = uow.find(CUSTOMER, principal.id)
    address = customers.default_address(customer) if customer else None
    missing = [name for name, known in {
        "default_address": address, "payment_method": customer and customer.payment_method, "email": principal.email,
    }.items() if not known]  # fmt: skip
    if missing or customer is None or address is None:
        raise NotPrepared(*missing)
    profile = _market(customer, address, market)
    asked = _asked(customer, address, principal.email, profile)
    made = cart.create(uow, principal.owner, profile.code, customer.language, [(sku, quantity)], buy_now=True)
    quote = cart.quote(uow, made.id, principal, asked, source)
    if at_most is not None and at_most.currency != quote.currency:
        raise Invalid(FieldError("/at_most", f"is in {quote.currency}"))
    if at_most is not None and quote.total > at_most:
        total = {"amount": quote.total.text, "currency": quote.currency}
        raise CostsMore(f"It costs {quote.total}, everything included.", total=total)
    order = place(uow, made.id, principal, quote.hash, source, mark)
    if order.state is not State.AWAITING_PAYMENT:
        return order, None
    return order, open_payment(uow, order.id, principal)


def page_of(uow: UnitOfWork, order: d.Order, principal: Principal) -> Checkout | None:
    """The payment page of a purchase as it was opened, as long as it can be paid there."""
    payment = payment_of(uow, order)
    is_open = any(
        session.expires_at > uow.now and session.captured == payment.captured.minor for session in payment.sessions
    )
    waits = order.state is State.AWAITING_PAYMENT and uow.now < order.deadlines["pay_by"]
    return open_payment(uow, order.id, principal) if is_open and waits else None


def _market(customer: Customer, address: Address, wanted: str) -> Market:
    """The market to buy in; the default address lies in it."""
    home = markets.market_of_country(address.country)
    profile = markets.market(wanted or customer.market) if wanted or customer.market else home
    if profile is None or address.country not in profile.countries:
        raise NotPrepared("default_address")
    return profile


def _asked(customer: Customer, address: Address, email: str, market: Market) -> cart.Asked:
    """What the profile asks a quote for."""
    wish = customer.delivery
    method = DeliveryMethod(wish.method)
    if customer.payment_method not in market.ways_to_pay(method):
        raise NotPrepared("payment_method")
    ship_to, handover = address, None
    if method is DeliveryMethod.PICKUP:
        if wish.store not in {store.id for store in handovers.stores_of(market)}:
            raise NotPrepared("delivery")
        ship_to = Address(address.name, address.phone, (), "", "", "", "")
        handover = Handover(store=wish.store, point=wish.point)
    elif method is DeliveryMethod.OWN_DELIVERY:
        area = area_of(address.country, address.postal_code)
        if area is None:
            raise NotPrepared("delivery")
        handover = Handover(store=area.store, hours=wish.hours)
    return cart.Asked(
        ship_to=ship_to,
        contact=Contact(email, customer.language, address.phone),
        country=address.country,
        region=address.region,
        delivery_method=method,
        channel=wish.channel,
        payment_method=customer.payment_method,
        handover=handover,
    )
