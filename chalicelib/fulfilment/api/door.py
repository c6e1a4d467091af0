"""The routes of fulfilment, and who may enter."""

from chalicelib.core.auth import Post, staff
from chalicelib.core.http import Routes
from chalicelib.routing.api.door import ACCEPTING

__all__ = ["ACCEPTING", "STORE", "STORE_AND_DESK", "routes"]

routes = Routes("chalicelib.fulfilment.api")

STORE = staff(Post.STORE)
STORE_AND_DESK = staff(Post.STORE, Post.ORDER_DESK, Post.CUSTOMER_SERVICE)
