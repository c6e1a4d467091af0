"""What inventory does when others speak."""

from __future__ import annotations

from typing import Final

from chalicelib.catalog.domain import StockDeclared
from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers
from chalicelib.core.unit_of_work import UnitOfWork

from . import service
from .domain import merged

triggers: Final = Triggers(__name__)


@triggers.consumer("open-stock", on=[StockDeclared])
def open_stock(uow: UnitOfWork, event: Event[StockDeclared]) -> None:
    """Receive the opening stock that an import named, where none is kept yet (ORD-07).

    A redelivered event finds the counters there and changes nothing.
    """
    service.open_stock(uow, merged((one.sku, one.location, one.quantity) for one in event.data.stock))
