"""How addresses and invoice requests are written: one way for carts, customers, orders and whoever else has one."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from chalicelib.core.http import Model

from .domain import Address, InvoiceKind, InvoiceRequest

Part = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


def _as_needed(schema: dict[str, Any]) -> None:
    """Describe what is needed in every country as needed."""
    for name, least in (("name", "minLength"), ("lines", "minItems")):
        described = schema["properties"][name]
        del described["default"]
        described[least] = 1
    schema["required"] = ["name", "lines", "country"]


class AddressBody(Model):
    """An address, in the parts its country writes it with; which of them are needed depends on the country.

    What is missing is told by the domain, which knows the country, for all parts at once.
    """

    model_config = ConfigDict(json_schema_extra=_as_needed)

    name: Part = ""
    phone: Part = ""
    lines: Annotated[tuple[Part, ...], Field(max_length=4, strict=False)] = ()
    city: Part = ""
    district: Part = ""
    region: Annotated[Part, Field(description="State, province or prefecture, as the country abbreviates it.")] = ""
    postal_code: Part = ""
    country: Annotated[str, StringConstraints(pattern="^[A-Za-z]{2}$"), Field(description="ISO 3166-1 alpha-2.")]

    def address(self) -> Address:
        """The value that the domain works with; it checks it by the country's rules and brings it into normal form."""
        return Address(**{name: getattr(self, name) for name in type(self).model_fields})


class AddressView(Model):
    """An address in normal form."""

    name: str
    phone: str
    lines: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str
    district: str

    @classmethod
    def of(cls, address: Address) -> Self:
        """A kept address is shown as it is, without checking it again."""
        return cls.model_construct(**{name: getattr(address, name) for name in cls.model_fields})


class InvoiceBody(Model):
    """Whom the invoice is made out to (ORD-09)."""

    kind: Literal["personal", "company"]
    title: Annotated[str, StringConstraints(max_length=120), Field(description="The name that stands on the invoice.")]
    tax_number: Annotated[str, StringConstraints(max_length=40)] = ""
    email: Annotated[
        str, StringConstraints(max_length=254), Field(description="Where it is sent; empty: that of the buyer.")
    ] = ""

    def request(self) -> InvoiceRequest:
        return InvoiceRequest(InvoiceKind(self.kind), self.title, self.tax_number, self.email)
