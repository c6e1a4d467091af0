"""Why an order goes back to its customer, or waits for a person: the reasons that an order keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Abnormal(StrEnum):
    """Why an order goes back to the customer (REV-02)."""

    DELIVERY_METHOD = "delivery_method_not_allowed"
    ADDRESS = "address_incomplete"
    OTHER = "other"


class Hold(StrEnum):
    """Why a person has to look at an order before it goes on (REV-07)."""

    BLACKLISTED = "blacklisted"
    MANY_ORDERS = "many_orders_of_one_source"
    VAGUE_ADDRESS = "vague_address"
    LARGE_ORDER = "large_order"
    NEW_CUSTOMER = "new_customer"
    ANSWERED = "answered"
    OTHER = "other"


class Refusal(StrEnum):
    """Why a store does not take an order on (RTE-03)."""

    OUT_OF_STOCK = "out_of_stock"
    DAMAGED = "damaged"
    CLOSED = "closed"
    CAPACITY = "capacity"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a review's outcome: an `Abnormal` or a `Hold`; `note` names the field, or is what staff or
    customer wrote."""

    code: str
    note: str = ""
