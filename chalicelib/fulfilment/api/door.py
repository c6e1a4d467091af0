"""The routes of fulfilment, and who may enter."""

from chalicelib.core.auth import Access, Post, staff
from chalicelib.core.http import Routes

routes = Routes("chalicelib.fulfilment.api")

STORE = staff(Post.STORE)
#: A store takes orders on by its clerks or by its own customer service; headquarters' takes on none (RTE-03).
ACCEPTING = Access(
    "staff: store, customer_service of a store",
    lambda p: p.holds(Post.STORE) or (p.holds(Post.CUSTOMER_SERVICE) and not p.works_for("")),
    ("staff",),
)
STORE_AND_DESK = staff(Post.STORE, Post.ORDER_DESK, Post.CUSTOMER_SERVICE)
