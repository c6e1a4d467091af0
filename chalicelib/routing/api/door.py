"""The routes of routing."""

from chalicelib.core.http import Routes

routes = Routes("chalicelib.routing.api")
