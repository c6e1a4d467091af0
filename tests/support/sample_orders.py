"""Orders to test with: a paid two-line courier order to Berlin, and variations of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.core.auth import Owner
from chalicelib.core.money import Money
from chalicelib.markets.domain import Address, Contact
from chalicelib.orders.domain import Order, OrderClass, OrderLine, Stage, State, Totals, new_number

PLACED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
BERLIN = Address(
    name="Erika Mustermann", phone="+4930901820", lines=("Invalidenstraße 117", "Hinterhof"), city="Berlin", region="",
    postal_code="10115", country="DE",
)  # fmt: skip
CUSTOMER = Owner(customer="0f1d2c3b-aaaa-4bbb-8ccc-123456789abc")
GUEST = Owner(guest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")


def eur(text: str) -> Money:
    return Money.of(text, "EUR")


def a_line(line_id: str = "1", sku: str = "TEA-POT-BLUE", quantity: int = 2, **changes: Any) -> OrderLine:
    """A line of so many pieces at 20.00, tax inside, with 2.50 of the shipping."""
    line = OrderLine(
        id=line_id,
        sku=sku,
        product="porcelain-tea-pot",
        title="Porcelain tea pot, blue",
        quantity=quantity,
        unit_price=eur("20.00"),
        subtotal=eur("20.00") * quantity,
        discount=eur("0.00"),
        shipping=eur("2.50"),
        duty=eur("0.00"),
        tax=eur("6.79"),
        tax_included=eur("6.79"),
        total=eur("20.00") * quantity + eur("2.50"),
        duty_at_door=eur("0.00"),
        tax_rate="0.19",
        tax_scheme="VAT-DE",
        duty_rate="0",
        agreement="",
        hs_code="691110",
        origin="CN",
        weight_g=850,
        location="RTM1",
        fresh=False,
        size_class="small",
        kind="physical",
        return_rule="standard",
    )
    return replace(line, **changes)


def an_order(state: State = State.UNDER_REVIEW, *, lines: tuple[OrderLine, ...] | None = None, **changes: Any) -> Order:
    """A two-line courier order of a signed-in customer, paid three minutes after it was placed."""
    lines = lines or (a_line(), a_line("2", "TEA-CUP-SET", 1, title="Tea cups, set of six"))
    number = new_number(OrderClass.COURIER)
    order = Order(
        id=number,
        order_class=OrderClass.COURIER,
        state=state,
        owner=CUSTOMER,
        market="EU",
        currency="EUR",
        language="de",
        lines=lines,
        totals=Totals(
            subtotal=Money.sum((line.subtotal for line in lines), "EUR"),
            discount=Money.sum((line.discount for line in lines), "EUR"),
            shipping=Money.sum((line.shipping for line in lines), "EUR"),
            duty=eur("0.00"),
            duty_at_door=eur("0.00"),
            tax_included=Money.sum((line.tax_included for line in lines), "EUR"),
            tax=Money.sum((line.tax for line in lines), "EUR"),
            deposit=eur("0.00"),
            total=Money.sum((line.total for line in lines), "EUR"),
        ),
        prices_include_tax=True,
        duty_policy="DDP",
        ship_to=BERLIN,
        contact=Contact("erika@example.com", "de"),
        country="DE",
        region="",
        vat_number="",
        delivery_method="courier",
        channel="POST",
        promise_days=(3, 6),
        arrives_from=date(2026, 11, 24),
        arrives_until=date(2026, 11, 27),
        payment_id=f"{number}-1",
        payment_method="card",
        quote_hash="5f" * 16,
        placed_at=PLACED,
        submitted_at=PLACED,
        stages=(Stage(State.AWAITING_PAYMENT, PLACED), Stage(state, PLACED + timedelta(minutes=3))),
    )
    return replace(order, **changes)
