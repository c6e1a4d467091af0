"""HTTP routes of orders: the shopper's own, and the order desk's."""

from chalicelib.core.http import Routes

routes = Routes("chalicelib.orders.api")

from . import desk, problems, shopper, work  # noqa: E402, F401  (they register their routes)
