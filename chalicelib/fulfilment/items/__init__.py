"""How packings, slips, pickups and deliveries are kept: inside their order's partition.

| item | sk | gsi1 |
| --- | --- | --- |
| packing | `PACKING`, or `PACKING#<place>` for a part of an order | |
| slip | `SLIP`, or `SLIP#<place>` | |
| pickup | `PICKUP` | `BOX#<vendor>#<reference>`, of a locker box |
| box of a locker | `BOX`: the latest allocation for the order | |
| membership | `TOGETHER`: the consignment that the order goes with | |
| delivery | `DELIVERY` | `ROUND#<store>#<person>` / due time, while it is open |
"""

from .consignment import CONSIGNMENT, MEMBERSHIP, ConsignmentCard, together_list
from .handover import DELIVERY, LOCKER_BOX, PICKUP, DeliveryCard, PickupCard, box_list, round_list
from .packing import PACKING, SLIP

__all__ = [
    "CONSIGNMENT", "DELIVERY", "LOCKER_BOX", "MEMBERSHIP", "PACKING", "PICKUP", "SLIP", "ConsignmentCard",
    "DeliveryCard", "PickupCard", "box_list", "round_list", "together_list",
]  # fmt: skip
