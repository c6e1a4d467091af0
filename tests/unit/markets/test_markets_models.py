"""An address is written in one way, wherever in the API it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from chalicelib import house
from chalicelib.core.errors import Invalid
from chalicelib.core.http.routes import ROUTES
from chalicelib.markets.domain import check_address
from chalicelib.markets.models import AddressBody, AddressView

BERLIN = {"name": "Erika", "lines": ["Invalidenstraße 117"], "city": "Berlin", "postal_code": "10115", "country": "DE"}


def read(**changes: Any) -> AddressBody:
    return AddressBody.model_validate_json(json.dumps({**BERLIN, **changes}))


def models_in(annotation: Any, seen: set[type]) -> Iterator[type[BaseModel]]:
    for inner in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            if inner not in seen:
                seen.add(inner)
                yield inner
                for field in inner.model_fields.values():
                    yield from models_in(field.annotation, seen)
        elif inner is not annotation:
            yield from models_in(inner, seen)


def test_no_request_of_the_house_writes_an_address_in_its_own_way() -> None:
    list(house.routes())
    seen: set[type] = set()
    asked = [model for route in ROUTES if route.body for model in models_in(route.body, seen)]
    addresses = [model for model in asked if {"lines", "city", "postal_code", "country"} <= set(model.model_fields)]
    assert addresses == [AddressBody]


def test_an_address_is_read_as_the_domain_wants_it() -> None:
    address = read(name="  Erika ", country="de", phone="+4930901820").address()
    assert (address.name, address.lines, address.country) == ("Erika", ("Invalidenstraße 117",), "de")
    assert AddressView.of(address).model_dump()["lines"] == ("Invalidenstraße 117",)


@pytest.mark.parametrize(("field", "value"), [
    ("name", "x" * 121), ("lines", ["a"] * 5), ("lines", "a"), ("country", "DEU"), ("country", "D1"),
    ("country", ""), ("city", 1), ("street", "x"),
])  # fmt: skip
def test_what_is_no_address_anywhere_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        read(**{field: value})
    assert [error["loc"][0] for error in refused.value.errors()] == [field]


def test_name_street_and_country_are_described_as_needed_and_what_is_missing_is_told_at_once() -> None:
    schema = AddressBody.model_json_schema()
    assert schema["required"] == ["name", "lines", "country"]
    assert schema["properties"]["name"]["minLength"] == schema["properties"]["lines"]["minItems"] == 1
    with pytest.raises(Invalid) as refused:
        check_address(AddressBody(country="DE").address())
    assert {error["pointer"] for error in refused.value.members["errors"]} == {
        "/ship_to/name", "/ship_to/lines", "/ship_to/city", "/ship_to/postal_code",
    }  # fmt: skip
