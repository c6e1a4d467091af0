"""HTTP of the signed-in shopper's own record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from chalicelib.core.errors import LimitExceeded, NotFound
from chalicelib.core.http import SIGNED_IN, Id, Model, Request, Routes
from chalicelib.markets.models import AddressBody, AddressView

from . import service
from .domain import Customer, DeliveryPreference, SavedAddress
from .items import CUSTOMER

routes = Routes(__name__)

Language = Annotated[str, StringConstraints(pattern=r"^$|^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]


class DeliveryBody(Model):
    """How you like to get goods: by courier, at a store's locker or desk, or brought by the store."""

    method: Literal["courier", "pickup", "own_delivery"]
    channel: Annotated[
        Literal["POST", "LINE", "EXPRESS", "LOCAL", ""], Field(description="Of a courier; empty: the shop chooses.")
    ] = ""
    store: Annotated[Id | Literal[""], Field(description="Of a pickup.")] = ""
    point: Annotated[Literal["locker", "desk", ""], Field(description="Of a pickup.")] = ""
    hours: Annotated[Literal[0, 1, 2, 3], Field(description="Of own delivery: so many hours after packing.")] = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        said = (bool(self.store and self.point), bool(self.hours), bool(self.channel))
        fits = {
            "courier": not (self.store or self.point or self.hours), "pickup": said == (True, False, False),
            "own_delivery": not (self.store or self.point) and said == (False, True, False),
        }  # fmt: skip
        if not fits[self.method]:
            raise ValueError("a courier has a channel or none, a pickup a store and a point, own delivery its hours")
        return self

    def preference(self) -> DeliveryPreference:
        return DeliveryPreference(**self.model_dump())

    @classmethod
    def of(cls, wish: DeliveryPreference) -> Self:
        return cls.model_construct(**{name: getattr(wish, name) for name in cls.model_fields})


class MeView(Model):
    """What the shop knows about you."""

    id: str
    email: str
    name: str
    language: str
    market: str
    payment_method: str
    delivery: DeliveryBody
    registered_at: datetime


class ChangeMe(Model):
    """What is left out stays as it is; an empty text takes a preference back."""

    name: Annotated[str, Field(max_length=120)] | None = None
    language: Language | None = None
    market: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] | None = None
    payment_method: Annotated[str, StringConstraints(max_length=40)] | None = None
    delivery: DeliveryBody | None = None


class SaveAddress(Model):
    """A new address for the book."""

    address: AddressBody
    label: Annotated[str, Field(max_length=60, description="Your own name for it.")] = ""
    default: Annotated[bool, Field(description="Whether it is offered first.")] = False


class SavedAddressView(Model):
    """An address in the book."""

    id: str
    label: str
    address: AddressView
    is_default: bool

    @classmethod
    def of(cls, saved: SavedAddress, customer: Customer) -> SavedAddressView:
        return cls(
            id=saved.id, label=saved.label, address=AddressView.of(saved.address),
            is_default=saved.id == customer.default_address,
        )  # fmt: skip


class AddressBook(Model):
    """The book, newest first."""

    items: Sequence[SavedAddressView]


def _view(request: Request, customer: Customer) -> MeView:
    request.set_etag(request.uow.version(CUSTOMER, customer))
    return MeView(
        id=customer.id, email=request.principal.email, name=customer.name, language=customer.language,
        market=customer.market, payment_method=customer.payment_method, delivery=DeliveryBody.of(customer.delivery),
        registered_at=customer.registered_at,
    )  # fmt: skip


@routes.get("/me", access=SIGNED_IN, commit=True)
def show_me(request: Request) -> MeView:
    """Your profile (MEM-03); the first look makes it."""
    return _view(request, service.me(request.uow, request.principal))


@routes.patch("/me", access=SIGNED_IN)
def change_me(request: Request, body: ChangeMe, if_match: int | None) -> MeView:
    """Change your profile and preferences (MEM-03, ORD-02); `If-Match` guards against a change you have not seen."""
    changed = service.change(
        request.uow, request.principal, name=body.name, language=body.language, market=body.market,
        payment_method=body.payment_method, delivery=body.delivery.preference() if body.delivery else None,
        version=if_match,
    )  # fmt: skip
    return _view(request, changed)


@routes.get("/me/addresses", access=SIGNED_IN, commit=True)
def list_addresses(request: Request) -> AddressBook:
    """Your address book, newest first (MEM-04)."""
    customer = service.me(request.uow, request.principal)
    return AddressBook(items=[SavedAddressView.of(saved, customer) for saved in customer.addresses])


def _again(request: Request, address_id: str) -> SavedAddressView:
    customer = service.me(request.uow, request.principal)
    saved = next((saved for saved in customer.addresses if saved.id == address_id), None)
    if saved is None:
        raise NotFound("address", address_id)
    return SavedAddressView.of(saved, customer)


@routes.post("/me/addresses", access=SIGNED_IN, idempotent=_again, status=201, errors=[LimitExceeded])
def save_address(request: Request, body: SaveAddress) -> SavedAddressView:
    """Put an address into your book (MEM-04)."""
    saved = service.save_address(
        request.uow, request.principal, body.address.address(), label=body.label, make_default=body.default
    )
    return SavedAddressView.of(saved, service.me(request.uow, request.principal))


@routes.delete("/me/addresses/{address_id}", access=SIGNED_IN)
def forget_address(request: Request, address_id: str) -> None:
    """Take an address out of your book; orders keep their copy."""
    service.forget_address(request.uow, request.principal, address_id)
