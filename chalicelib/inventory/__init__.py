"""Inventory: how many units of a SKU are where, and which of them may still be sold (ORD-07, RTE-08).

Owns
    one counter per SKU and location: `on_hand` = `available` + `reserved` + `blocked`. The numbers move by conditional
    updates only, never by reading and writing back, so no two buyers get the last unit. The stock of a SKU that is
    sold in
    a rush is spread over several counters of one location (shards), which lifts the rate at which it can be sold.

    A bundle has no counter: as many can be had as its scarcest component allows; orders move the components (CAT-04).

Moves
    receive (+ on hand), reserve, release, ship (reserved units leave), restock (returned units come back), block and
    unblock (damaged, quarantined), write off.

Sends
    stock.received, stock.adjusted. Reservations are told by the orders that make them.

Listens to
    product.stock_declared (an import named opening stock)
"""
