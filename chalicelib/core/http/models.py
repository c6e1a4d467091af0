"""What requests and answers are made of: strict pydantic models and the fields that recur.

Models are closed (an unknown field is an error), frozen and strict (`true` is not a quantity), and are built when first
used, so that a cold start pays only for what it serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from chalicelib.core.money import Money, digits

X = TypeVar("X")

#: Times before and after are mistakes, and at the ends of the calendar no other place's time can be told.
_YEARS: Final = range(1970, 3000)


class Model(BaseModel):
    """Base of every request and answer body."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Query(BaseModel):
    """Base of the parameters of a list: the limit and the cursor of the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    limit: Annotated[int, Field(ge=1, le=100, description="How many items a page has at most.")] = 24
    cursor: Annotated[str, Field(max_length=2000, description="`next` of the page before.")] = ""


class Page(Model, Generic[X]):
    """One page of a list."""

    items: Sequence[X]
    next: Annotated[str | None, Field(description="Cursor of the next page; absent on the last.")] = None


def _read_money(value: Any) -> Any:
    if isinstance(value, Money):
        return value
    if not isinstance(value, dict) or set(value) != {"amount", "currency"}:
        raise ValueError('an amount is {"amount": "12.34", "currency": "EUR"}')
    if not all(isinstance(part, str) for part in value.values()):
        raise ValueError("amount and currency are texts")
    if len(value["amount"]) > 20 or not all(c in "0123456789.-" for c in value["amount"]):
        raise ValueError("the amount is not a plain decimal number")
    return Money.of(value["amount"], value["currency"])


def _show_money(value: Money) -> dict[str, str]:
    return {"amount": value.text, "currency": value.currency}


def _currency(value: str) -> str:
    digits(value)
    return value


def _moment(value: datetime) -> datetime:
    if value.year not in _YEARS:
        raise ValueError(f"is not in the years {_YEARS[0]} to {_YEARS[-1]}")
    return value.astimezone(UTC)


Moment = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_moment)]
"""A time with its offset (RFC 3339), read as UTC."""

MoneyField = Annotated[
    Money,
    BeforeValidator(_read_money),
    PlainSerializer(_show_money),
    WithJsonSchema(
        {
            "type": "object",
            "title": "Money",
            "description": "An amount with exactly the currency's digits.",
            "required": ["amount", "currency"],
            "additionalProperties": False,
            "properties": {
                "amount": {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$", "examples": ["12.34"]},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]},
            },
        }
    ),
]
"""An amount of money: a decimal text with exactly the currency's digits, and an ISO 4217 code."""

CurrencyField = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(_currency)]
"""An ISO 4217 code of a currency that amounts can be kept in."""

Id = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._~+-]*[A-Za-z0-9])?$")
]
"""An identifier, as any thing of the shop has one."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""A short text that somebody typed."""
