"""Looking up duty and tax, for the staff who classify goods and set prices (TAX-02, TAX-13)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chalicelib.core.errors import RuleRefused
from chalicelib.core.http import Model, Request, Routes, staff

from . import service

routes = Routes(__name__)

Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), Field(description="ISO 3166-1 alpha-2.")]


class RateQuery(BaseModel):
    """Which goods, made where, going where."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    hs_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}[0-9.]{0,8}$")]
    origin: Country
    destination: Country
    region: Annotated[str, StringConstraints(pattern="^[A-Z]{0,3}$"), Field(description="State, in the US.")] = ""
    tax_category: Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}$")] = "standard"


class RateView(Model):
    """The rates in force today, as decimal texts: "0.12" is 12 %."""

    duty_rate: str
    agreement: Annotated[str, Field(description="Trade agreement that lowered the duty, or nothing.")]
    tax_rate: str
    forbidden: Annotated[
        bool, Field(description="The goods may not be sent there from the country of origin (CMP-10).")
    ]


@routes.get("/staff/duty-rates", access=staff(), errors=[RuleRefused])
def get_duty_rates(request: Request, query: RateQuery) -> RateView:
    """Duty by HS code, origin, destination and trade agreement, and the destination's tax (TAX-02, TAX-17)."""
    today = request.uow.now.date()
    duty = service.duty_rate(query.hs_code, query.origin, query.destination, today)
    tax = service.tax_rate(query.destination, query.region, query.tax_category, today)
    forbidden = service.prohibition(query.hs_code, query.origin, query.destination, today) is not None
    return RateView(duty_rate=f"{duty.rate:f}", agreement=duty.agreement, tax_rate=f"{tax:f}", forbidden=forbidden)
