"""Tracking: what couriers report reaches the parcel, the order and the customer.

Owns
    the reading of tracking services' messages (17TRACK, AfterShip): signatures, formats and vocabularies;
    the registration of every waybill with them; the customer's view of a parcel's journey.
    The parcel itself is the shipping room's shipment.

States
    none of its own.

Sends
    nothing of its own: folding a report makes the shipment's events, and the order's completion when all has arrived.

Listens to
    the queue `tracking-messages` (verified webhooks), shipment.created (the waybill is registered for tracking).
"""
