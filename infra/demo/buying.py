"""What customers do: find goods, ask for a quote, order, pay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .scene import BERLIN, CONTACT, Scene, fact, in_state, money
from .shop import Caller, DemoFailed, submit_form
from .store import BERLIN_STORE, restock

BY_COURIER: Final = {"ship_to": BERLIN, "delivery_method": "courier", "payment_method": "card"}
#: Departments of the example catalogue.
CLOTHES: Final = "clothing-textiles"
FRESH: Final = "fresh-food"


@dataclass(frozen=True)
class Basket:
    """A cart with its owner."""

    owner: Caller
    id: str

    @classmethod
    def of_guest(cls, scene: Scene, lines: Mapping[str, int]) -> Basket:
        """A guest's basket, opened with its token."""
        cart = scene.guest.post("/carts", _opening(lines))
        return cls(scene.with_token(cart["guest_token"]), cart["id"])

    @classmethod
    def of(cls, buyer: Caller, lines: Mapping[str, int]) -> Basket:
        """A signed-in customer's basket for this one purchase."""
        return cls(buyer, buyer.post("/carts", _opening(lines) | {"buy_now": True})["id"])

    @classmethod
    def stored(cls, buyer: Caller, lines: Mapping[str, int]) -> Basket:
        """A signed-in customer's one stored basket, which keeps what is in it."""
        return cls(buyer, buyer.post("/carts", _opening(lines))["id"])

    def quote(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Prices, delivery, duty and tax, all in one."""
        quote: dict[str, Any] = self.owner.post(f"/carts/{self.id}/quote", {"contact": CONTACT, **asked})
        return quote

    def order(self, quote: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Confirm a quote."""
        order: dict[str, Any] = self.owner.post("/orders", {"cart_id": self.id, "quote_hash": quote["hash"]}, **options)
        return order

    def ordered(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Quote, order, and say what it costs."""
        quote = self.quote(asked)
        order = self.order(quote)
        fact(f"order {order['id']}: {money(order['totals']['total'])}, of it shipping {money(quote['shipping'])}")
        return order


def _opening(lines: Mapping[str, int]) -> dict[str, Any]:
    return {"market": "EU", "language": "en", "lines": [{"sku": sku, "quantity": n} for sku, n in lines.items()]}


def pay(scene: Scene, buyer: Caller, path: str, button: str = "pay") -> None:
    """Pay an order or a booking on the provider's page."""
    submit_form(scene.guest, buyer.post(f"{path}/payment", {})["redirect_url"], button)


def buy(scene: Scene, basket: Basket, asked: Mapping[str, Any] = BY_COURIER) -> dict[str, Any]:
    """An order that is paid, has passed review and has its store."""
    order = basket.ordered(asked)
    pay(scene, basket.owner, f"/orders/{order['id']}")
    return in_state(basket.owner, f"/orders/{order['id']}", ["routed"])


def articles(guest: Caller, shelf: str, **query: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Title and first variant of what a department sells on the European market."""
    for card in guest.get("/products", market="EU", category=shelf, **query)["items"]:
        product = guest.get(f"/products/{card['slug']}", market="EU")
        yield product["title"], product["variants"][0]


def in_stock(guest: Caller, count: int, least: int) -> list[dict[str, Any]]:
    """Articles of which one place has so many left, the dearest first."""
    chosen: list[dict[str, Any]] = []
    for title, variant in articles(guest, CLOTHES, sort="price_desc"):
        stock = guest.get("/availability", market="EU", sku=variant["sku"])["items"]
        if stock and stock[0]["available"] >= least:
            fact(f"chose {variant['sku']}: {title}")
            chosen.append(variant)
        if len(chosen) == count:
            return chosen
    raise DemoFailed(f"\nThe catalogue has no {count} articles in stock for the EU market. Was it imported?")


def small_article(scene: Scene, shelf: str = CLOTHES, point: str = "locker") -> str:
    """The SKU of an article that the Berlin store can hand over itself; it receives more when it runs out."""
    for title, variant in articles(scene.guest, shelf):
        sku = str(variant["sku"])
        refusals = {option["point"]: option["refused"] for option in handovers(scene, sku) if option["point"]}
        if refusals[point] == "not_in_stock":
            restock(scene.staff("purchasing"), sku)
            refusals[point] = ""
        if not refusals[point]:
            fact(f"chose {sku}: {title}")
            return sku
    raise DemoFailed(f"\nThe catalogue has nothing for the {point} of the Berlin store. Was it imported?")


def handovers(scene: Scene, sku: str) -> list[dict[str, Any]]:
    """How the Berlin store would hand a piece over to the example address, or why not.

    Fresh goods get no quote by courier; the refusal says the same of the stores (REV-04).
    """
    basket = Basket.of_guest(scene, {sku: 1})
    asked = {"contact": CONTACT, "ship_to": BERLIN}
    return _of_berlin(basket.owner.call("POST", f"/carts/{basket.id}/quote", asked, expect=(200, 422)).json)


def at_the_door(
    basket: Basket, payment_method: str, ship_to: Mapping[str, Any] = BERLIN, *, within: int = 0
) -> dict[str, Any]:
    """What is asked to have a basket brought by the Berlin store, at a time that has a place left.

    Args:
        within: hours of the window to take, if it is open at this time of day; else the earliest appointment.
    """
    free = [option for option in _of_berlin(basket.quote({"ship_to": ship_to})) if not option["refused"]]
    asked = {"delivery_method": "own_delivery", "payment_method": payment_method, "ship_to": ship_to}
    for option in free:
        if within and option["hours"] == within:
            fact(f"within {within} hours of packing, promised by {option['promised_by']}")
            return asked | {"own_delivery": {"hours": within}}
    for option in free:
        if option["slot_from"]:
            fact(f"appointment at {option['slot_from']}" + (", as the store is closed now" if within else ""))
            return asked | {"own_delivery": {"slot": option["slot_from"]}}
    raise DemoFailed("\nThe Berlin store has no appointment left. `make reset` empties its book.")


def _of_berlin(quote: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [option for option in quote["handovers"] if option["store"] == BERLIN_STORE]
