"""Fulfilment: what a store does with an order, from accepting it to handing it over (machine E, E6 to E15).

Owns
    the store's work list and its steps; packings (boxes and their weights); slips (the courier's signed receipts).
    The order itself is the orders room's, the parcel the shipping room's.

States
    none of its own: accept, pick, pack and ship move the order.

Sends
    nothing of its own: the order tells order.accepted, order.picking_started, order.packed, order.shipped,
    order.completed; the parcel tells shipment.created and shipment.delivered.

Listens to
    nothing.
"""
