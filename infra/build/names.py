"""How one name is written in each place: `review-order`, `ReviewOrder`, `REVIEW_ORDER`, `caravan-dev-review-order`."""

from __future__ import annotations

import re
from typing import Any

#: The HTTP function; Chalice fixes its logical id.
API = "api"


def camel(name: str) -> str:
    """The logical id that Chalice gives to a function of this name."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))


def logical_id(name: str) -> str:
    return "APIHandler" if name == API else camel(name)


def variable(name: str) -> str:
    return name.upper().replace("-", "_")


def physical(name: str) -> dict[str, Any]:
    """The name that an operator sees in AWS."""
    return {"Fn::Sub": f"caravan-${{Stage}}-{name}"}
