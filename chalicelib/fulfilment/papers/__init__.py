"""The documents themselves: what stands where on paper (ORD-22). Nothing here reads or decides anything."""

from .confirmation import confirmation
from .delivery_note import delivery_note
from .label import label
from .pick_list import pick_list

__all__ = ["confirmation", "delivery_note", "label", "pick_list"]
