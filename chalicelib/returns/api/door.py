"""The routes of returns, collected by `customer` and `staff`."""

from chalicelib.core.http import Routes

routes = Routes("chalicelib.returns.api")
