"""How a hand-over is written in requests: one way for carts and orders."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from chalicelib.core.http import Model, Moment


class OwnDeliveryBody(Model):
    """When the store that delivers to the address brings the goods (FUL-07)."""

    hours: Annotated[Literal[1, 2, 3] | None, Field(description="Within so many hours of packing.")] = None
    slot: Annotated[Moment | None, Field(description="An appointment: when the slot begins.")] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.hours is None) is (self.slot is None):
            raise ValueError("give either hours or slot")
        return self
