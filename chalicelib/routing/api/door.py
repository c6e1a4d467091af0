"""The routes of routing, and who takes orders on, or does not."""

from chalicelib.core.auth import Access, Post
from chalicelib.core.http import Routes

routes = Routes("chalicelib.routing.api")

#: A store takes orders on by its clerks or by its own customer service; headquarters' takes on none (RTE-03).
ACCEPTING = Access(
    "staff: store, customer_service of a store",
    lambda p: p.holds(Post.STORE) or (p.holds(Post.CUSTOMER_SERVICE) and not p.works_for("")),
    ("staff",),
)
