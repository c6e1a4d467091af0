"""Fulfilment: what a store does with an order, from accepting it to handing it over (machine E, E6 to E15).

Owns
    the store's work list and its steps; packings (boxes and their weights); slips (the courier's signed receipts);
    boxes of locations and how full they are; compression tests of fragile goods; documents for printing;
    files of slips (waybills and receipts in bulk) with their reports; pickups (where goods wait, their code and locker
    box); the store's own deliveries, their rounds and stops; consignments: orders of one recipient in one parcel.
    The order itself is the orders room's, the parcel the shipping room's.

States
    of a locker's box: asked → held → collected | given_up → released.
    of a delivery: assigned → out → done | failed | cancelled.
    Of a consignment: open → sent | parted. All other states are the order's.

Sends
    next to nothing: the order tells order.accepted, order.picking_started, order.packed, order.shipped,
    order.completed; the parcel tells shipment.created and shipment.delivered. Its own are
    slips.uploaded and slips.paused (what is left of a file to work through), packaging.tested, and
    locker_box.held and locker_box.given_up (what a locker's vendor is told next).

Listens to
    the queue `locker-messages` (verified webhooks); slips.uploaded and slips.paused; locker_box.held and
    locker_box.given_up; order.cancelled (the order leaves its consignment and its round).
    Deadlines: collect_by on orders and dispatches, settle_by on boxes of lockers that were asked for.
"""
