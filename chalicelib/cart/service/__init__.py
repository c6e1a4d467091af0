"""The use cases of the cart: changing it, quoting it, handing it over to the order."""

from .asking import Asked
from .editing import (
    add_line,
    change_quantity,
    create,
    delete,
    empty,
    find,
    merge,
    move,
    remove_line,
    stored,
)
from .quoting import checkout, mark_ordered, quote
from .requoting import Agreed, AgreedPart, requote

__all__ = [
    "Agreed", "AgreedPart", "Asked", "add_line", "change_quantity", "checkout", "create", "delete", "empty", "find",
    "mark_ordered", "merge", "move", "quote", "remove_line", "requote", "stored",
]  # fmt: skip
