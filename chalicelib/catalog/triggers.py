"""What the catalogue does when its own things change: what products have taken over from others follows."""

from __future__ import annotations

from typing import Final

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers
from chalicelib.core.unit_of_work import UnitOfWork

from .domain import BrandRenamed, OptionRenamed, ProductArchived, ProductChanged, ProductPublished, RenamingPaused
from .service import renaming

triggers: Final = Triggers(__name__)


@triggers.consumer("follow-renaming", on=[BrandRenamed, OptionRenamed, RenamingPaused], batch_size=1, timeout=60)
def follow_renaming(uow: UnitOfWork, event: Event[BrandRenamed] | Event[OptionRenamed] | Event[RenamingPaused]) -> None:
    """Take a new name of a brand or an option to a portion of the products that carry it (CAT-05, CAT-07)."""
    if isinstance(event.data, RenamingPaused):
        renaming.resume_renaming(uow, event.data)
    else:
        renaming.begin_renaming(uow, event)


@triggers.consumer("follow-product", on=[ProductPublished, ProductChanged, ProductArchived], timeout=60)
def follow_product(
    uow: UnitOfWork, event: Event[ProductPublished] | Event[ProductChanged] | Event[ProductArchived]
) -> None:
    """Bring a changed product, and the bundles that hold it, up to date (CAT-04)."""
    renaming.follow_product(uow, event.data.product, event.data.skus)
