"""The routes of bookings, collected by the modules beside."""

from chalicelib.core.http import Routes

routes = Routes("chalicelib.bookings.api")
