"""Routing: which store or warehouse is responsible for a reviewed order.

Owns no thing of its own: it moves the order's reservation to the responsible location and names that location in the
order, in one transaction. The nearest location that has everything is responsible (AMB-06, RTE-08).

Shows, changes and tries the decision table of channels, which `shipping` keeps and quote and review ask (RTE-07).

Goods that no place has together leave from where they are reserved, a dispatch each, if the market allows (RTE-07).

Listens to: order.reviewed, order.problem_solved. Sends, through `orders`: order.routed, order.withdrawn,
order.refused_by_store, order.problem_raised.
"""
