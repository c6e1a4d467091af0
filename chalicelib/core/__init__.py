"""The ground every room stands on: table, unit of work, events, HTTP, auth, money, time, ids, settings, observation.

Nothing here knows a product, an order or a shipment; a room's word in this package is in the wrong place.
"""
