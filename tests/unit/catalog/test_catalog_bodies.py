"""What staff write and what the rules judge name the same things: nobody can add a field to one and forget the other.

They stay two: amounts, options and lists look otherwise at the edge, and fields that only files have are not staff's.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

import pytest

from chalicelib.catalog.api.bodies import ProductBody, VariantBody
from chalicelib.catalog.api.imports import OptionsBody
from chalicelib.catalog.domain import ImportOptions, ProductDraft, VariantDraft
from chalicelib.core.http import Model


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default


@pytest.mark.parametrize(
    ("body", "kept", "of_files_only"),
    [
        (VariantBody, VariantDraft, {"stock"}),
        (ProductBody, ProductDraft, {"category_path", "brand_name"}),
        (OptionsBody, ImportOptions, set()),
    ],
)
def test_a_body_has_the_fields_of_what_is_made_of_it_with_the_same_defaults(
    body: type[Model], kept: type[Any], of_files_only: set[str]
) -> None:
    ours = {field.name: field for field in fields(kept)}
    assert ours.keys() - body.model_fields.keys() == of_files_only
    assert not body.model_fields.keys() - ours.keys()
    for name, written in body.model_fields.items():
        if not written.is_required():
            assert written.get_default(call_default_factory=True) == _default(ours[name]), name
