"""HTTP of returns: the customer's requests and the policy, and the desks of staff."""

from . import customer, staff
from .door import routes

__all__ = ["customer", "routes", "staff"]
