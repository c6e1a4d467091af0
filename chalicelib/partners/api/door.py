"""The routes of the port to stores' systems, and who may enter."""

from chalicelib.core.auth import Post, staff
from chalicelib.core.http import Routes

routes = Routes("chalicelib.partners.api")

#: Connecting a system is the administrator's (RTE-03).
ADMIN = staff(Post.ADMIN)
#: Whoever answers for a store's orders sees what its system was told, and has it told again.
OPERATORS = staff(Post.STORE, Post.CUSTOMER_SERVICE, Post.ORDER_DESK)
