"""HTTP of the merchant alliance: what everybody sees, the customer's bookings, the merchant's, and staff's desks."""

from . import customer, merchant, public, staff
from .door import routes

__all__ = ["customer", "merchant", "public", "routes", "staff"]
