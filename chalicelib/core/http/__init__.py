"""HTTP: from a raw request to a command and back, the same way for every route.

A room writes a function with types; this package decodes, checks, authorises, runs it in a unit of work, and turns what
comes out (or what goes wrong) into an answer. `docs/rooms.md` shows a route; `routes.py` is where to start reading.
"""

from chalicelib.core.auth import PUBLIC, SHOPPER, SIGNED, SIGNED_IN, Access, Owner, Post, Principal, staff

from .models import CurrencyField, Id, Model, Moment, MoneyField, Page, Query, Text
from .request import CardPage, Request, Response
from .routes import Routes

__all__ = [
    "PUBLIC",
    "SHOPPER",
    "SIGNED",
    "SIGNED_IN",
    "Access",
    "CardPage",
    "CurrencyField",
    "Id",
    "Model",
    "Moment",
    "MoneyField",
    "Owner",
    "Page",
    "Post",
    "Principal",
    "Query",
    "Request",
    "Response",
    "Routes",
    "Text",
    "staff",
]
