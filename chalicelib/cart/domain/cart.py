"""The cart: lines that can be changed until it is ordered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.core.auth import Owner
from chalicelib.core.errors import FieldError, Invalid, LimitExceeded, NotAllowed, NotFound
from chalicelib.core.money import Money
from chalicelib.core.settings import Setting
from chalicelib.markets.domain import Address, Contact, InvoiceRequest
from chalicelib.risk.domain import Quoted
from chalicelib.shipping.domain.handover import Handover

MAX_LINES: Final = Setting(
    "cart.max_lines",
    50,
    unit="lines",
    rule="CRT-01",
    own=True,
    doc="The most different articles a cart takes, what bundles hold counted too; an order of them still fits one "
    "transaction.",
)
MAX_QUANTITY: Final = Setting(
    "cart.max_quantity",
    999,
    unit="units",
    rule="CRT-06",
    own=True,
    doc="The most units of one article a cart takes.",
)
KEEP_DAYS: Final = Setting(
    "cart.keep_days",
    60,
    unit="days",
    rule="CRT-03",
    own=True,
    doc="How long a cart is kept after its last change.",
    least=1,
)


class CartState(StrEnum):
    """See the room's card."""

    OPEN = "open"
    ORDERED = "ordered"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one cart takes."""

    lines: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Article:
    """A variant as the cart shows it: as of the last time it was looked at. Quotes never rely on it.

    Args:
        pieces: how many pieces one unit is; more than one for a bundle (AMB-23).
    """

    sku: str
    product: str
    title: str
    image: str
    kind: str
    unit_price: Money
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class CartLine:
    """One article and how many of it; no two lines of a cart have the same SKU."""

    id: str
    article: Article
    quantity: int
    added_at: datetime

    @property
    def sku(self) -> str:
        return self.article.sku

    @property
    def amount(self) -> Money:
        """Shown price times quantity."""
        return self.article.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Terms:
    """What the shopper asked a quote for, checked and in normal form.

    Args:
        ship_to: None when nothing is shipped.
        country: where the buyer is, for tax; that of `ship_to` when there is one.
        region: state, where tax is the state's.
        delivery_method: None when nothing is shipped.
        channel: "" leaves the choice to the shop.
        payment_method: one of the market's.
        vat_number: of a business that owes the tax itself (TAX-15), or "".
        handover: what was chosen for a pickup or own delivery; None when a courier brings the goods.
        gift_message: for the card of a gift (ORD-10), "" for a gift without one; None when nothing is wrapped.
        invoice: whom the invoice is made out to (ORD-09), checked; None when none was asked for.
    """

    ship_to: Address | None
    contact: Contact
    country: str
    region: str
    delivery_method: str | None
    channel: str
    payment_method: str
    vat_number: str = ""
    handover: Handover | None = None
    gift_message: str | None = None
    invoice: InvoiceRequest | None = None


@dataclass(frozen=True, slots=True)
class KeptQuote:
    """What a cart remembers of its last quote: enough to work it out again and compare.

    Args:
        counted: with how many units it was counted against what its internet address may hold unpaid.
    """

    hash: str
    expires_at: datetime
    total: Money
    terms: Terms
    counted: Quoted | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """What a shopper means to buy in one market.

    Args:
        buy_now: made for one purchase beside the stored cart, which stays as it is (CRT-07).
        order_id: of the order it became.
        merged_into: the cart that took its lines.
        listed_as: of a customer's stored cart, an id of the moment it became that: it is later than all carts that the
            customer had before, whenever a guest began it.
    """

    id: str
    owner: Owner
    market: str
    currency: str
    language: str
    expires_at: datetime
    lines: tuple[CartLine, ...] = ()
    state: CartState = CartState.OPEN
    buy_now: bool = False
    quote: KeptQuote | None = field(default=None)
    order_id: str = ""
    merged_into: str = ""
    listed_as: str = ""

    @property
    def units(self) -> int:
        """Number of pieces in it (AMB-23)."""
        return sum(line.quantity * line.article.pieces for line in self.lines)

    @property
    def subtotal(self) -> Money:
        """Sum of the lines at the prices last seen."""
        return Money.sum((line.amount for line in self.lines), self.currency)

    def line(self, line_id: str) -> CartLine:
        """A line by its id.

        Raises:
            NotFound: the cart has no such line.
        """
        for line in self.lines:
            if line.id == line_id:
                return line
        raise NotFound("cart line", line_id)

    def require_open(self, command: str) -> None:
        """Let a change through.

        Raises:
            NotAllowed: it has been ordered or merged: what was ordered is what was paid for (D7).
        """
        if self.state is not CartState.OPEN:
            raise NotAllowed("cart", self.state, command, ())

    def add(self, line_id: str, article: Article, quantity: int, limits: Limits, at: datetime) -> Cart:
        """Put an article in (CRT-01); more of one that is there already raises its line's quantity.

        Raises:
            NotAllowed: the cart is not open.
            LimitExceeded: more articles or units than a cart takes.
        """
        self.require_open("add")
        _check_quantity(quantity)
        for line in self.lines:
            if line.sku == article.sku:
                more = replace(line, article=article, quantity=line.quantity + quantity)
                return self._with_line(more, limits)
        if len(self.lines) >= limits.lines:
            raise LimitExceeded(f"A cart takes at most {limits.lines} different articles.", limit=limits.lines)
        added = replace(self, lines=(*self.lines, CartLine(line_id, article, quantity, at)))
        return added._with_line(added.lines[-1], limits)

    def change_quantity(self, line_id: str, quantity: int, limits: Limits) -> Cart:
        """Set how many of an article are wanted (CRT-06).

        Raises:
            NotFound: no such line.
            NotAllowed, LimitExceeded: as for `add`.
        """
        self.require_open("change")
        _check_quantity(quantity)
        return self._with_line(replace(self.line(line_id), quantity=quantity), limits)

    def drop(self, line_id: str) -> Cart:
        """Take a line out.

        Raises:
            NotFound: no such line.
            NotAllowed: the cart is not open.
        """
        self.require_open("remove")
        gone = self.line(line_id)
        return replace(self, lines=tuple(line for line in self.lines if line is not gone))

    def emptied(self) -> Cart:
        """Without any line (CRT-06).

        Raises:
            NotAllowed: the cart is not open.
        """
        self.require_open("empty")
        return replace(self, lines=())

    def moved(self, market: str, currency: str, language: str, articles: Mapping[str, Article]) -> Cart:
        """The same articles in another market or language, at that market's prices. A quote does not come along."""
        self.require_open("move")
        lines = tuple(replace(line, article=articles[line.sku]) for line in self.lines)
        return replace(self, market=market, currency=currency, language=language, lines=lines, quote=None)

    def absorb(self, lines: Iterable[CartLine], limits: Limits) -> Cart:
        """With the lines of another cart of the same market (CRT-03); quantities add up to what one line may hold.

        Raises:
            NotAllowed: the cart is not open.
            LimitExceeded: more articles than a cart takes.
        """
        whole = self
        for line in lines:
            held = next((own.quantity for own in whole.lines if own.sku == line.sku), 0)
            room = max(0, limits.quantity - held)
            if quantity := min(line.quantity, room):
                whole = whole.add(line.id, line.article, quantity, limits, line.added_at)
        return whole

    def adopted_by(self, customer: str, listed_as: str) -> Cart:
        """A guest's cart as the customer's own (CRT-03), the latest there is."""
        self.require_open("merge")
        return replace(self, owner=Owner(customer=customer), listed_as=listed_as)

    def stands_for(self, place: str) -> Cart:
        """What leads from the place of a customer's next stored cart to this one, which was a guest's; on no list."""
        led = replace(self, id=place, lines=(), quote=None, buy_now=True, listed_as="")
        return replace(led, state=CartState.MERGED, merged_into=self.id)

    def merged(self, into: str) -> Cart:
        """Emptied into another cart; done twice it changes nothing."""
        self.require_open("merge")
        return replace(self, lines=(), state=CartState.MERGED, merged_into=into, quote=None)

    def quoted(self, quote: KeptQuote) -> Cart:
        """With the quote its owner is looking at."""
        self.require_open("quote")
        return replace(self, quote=quote)

    def ordered(self, order_id: str) -> Cart:
        """Turned into an order; nothing of it can be changed any more (D7)."""
        self.require_open("order")
        return replace(self, state=CartState.ORDERED, order_id=order_id)

    def _with_line(self, changed: CartLine, limits: Limits) -> Cart:
        if changed.quantity > limits.quantity:
            raise LimitExceeded(
                f"A cart takes at most {limits.quantity} of one article.", limit=limits.quantity, sku=changed.sku
            )
        return replace(self, lines=tuple(changed if line.id == changed.id else line for line in self.lines))


def _check_quantity(quantity: int) -> None:
    if quantity < 1:
        raise Invalid(FieldError("/quantity", "is at least 1"))
