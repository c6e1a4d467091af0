"""Routing: which store or warehouse is responsible for a reviewed order.

Owns no thing of its own: it moves the order's reservation to the responsible location and names that location in the
order, in one transaction. The nearest location that has everything is responsible (AMB-06, RTE-08).

Listens to: order.reviewed. Sends, through `orders`: order.routed, order.problem_raised.
"""
