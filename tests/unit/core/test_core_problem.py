"""Wrong fields as they are named to the caller: each that is wrong, and none that is not."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import BaseModel, Field, ValidationError

from chalicelib.core.http import problem


class Parcel(BaseModel):
    pieces: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


@pytest.mark.parametrize(
    ("pieces", "named"), [([0], ["/pieces/0"]), ([0, 2, "x"], ["/pieces/0", "/pieces/2"]), ([], ["/pieces"])]
)
def test_a_list_is_too_short_only_when_it_is(pieces: list[object], named: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Parcel.model_validate({"pieces": pieces})
    found = problem.of_validation(refused.value.errors(include_url=False))  # type: ignore[arg-type]
    assert [error["pointer"] for error in found.members["errors"]] == named
