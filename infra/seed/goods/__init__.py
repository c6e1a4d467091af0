"""What the example shop sells, a department per module."""

from __future__ import annotations

from typing import Final

from infra.seed.model import Department

from .beauty import BEAUTY
from .electronics import ELECTRONICS
from .food import FOOD
from .fresh import FRESH
from .furniture import FURNITURE
from .textiles import TEXTILES
from .toys import TOYS
from .virtual import VIRTUAL

DEPARTMENTS: Final[tuple[Department, ...]] = (
    TEXTILES, ELECTRONICS, BEAUTY, TOYS, FOOD, FRESH, FURNITURE, VIRTUAL,
)  # fmt: skip
