"""The room's blueprint, shared by its route modules."""

from __future__ import annotations

from typing import Final

from chalicelib.core.http import Post, Routes, staff

routes: Final = Routes("chalicelib.catalog.api")

#: Putting products on sale and adjusting them is for this group only (CAT-19).
PRODUCT_MANAGEMENT: Final = staff(Post.PRODUCT_MANAGEMENT)
