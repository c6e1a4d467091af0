"""How packings, slips, pickups and deliveries are kept: inside their order's partition.

| item | sk | gsi1 |
| --- | --- | --- |
| packing | `PACKING` | |
| slip | `SLIP` | |
| pickup | `PICKUP` | `BOX#<vendor>#<reference>`, of a locker box |
| delivery | `DELIVERY` | `ROUND#<store>#<person>` / due time, while it is open |
"""

from .handover import DELIVERY, PICKUP, DeliveryCard, PickupCard, box_list, round_list
from .packing import PACKING, SLIP

__all__ = ["DELIVERY", "PACKING", "PICKUP", "SLIP", "DeliveryCard", "PickupCard", "box_list", "round_list"]
