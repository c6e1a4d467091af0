"""Shipping: how goods reach the customer, by which channel and at what price, and the parcels that are on their way.

Owns
    channels with their rates, transit days and limits (`rates`): calculation only, nothing is kept;
    the decision table of channels with all its versions (`decisions`, edited through `routing`);
    shipments (`shipments`): one parcel under one waybill, with everything couriers report about it.

States of a shipment
    created → info_received → in_transit → out_for_delivery → ready_for_pickup → delivered, the highest one reported so
    far; beside them marks for customs (started, held, cleared) and for problems (delayed, failed attempt, lost …).

Sends
    shipment.created, shipment.in_transit, shipment.customs_cleared, shipment.out_for_delivery,
    shipment.ready_for_pickup, shipment.delivered, shipment.exception, routing_table.saved

Listens to
    nothing: the fulfilment room creates shipments, the tracking room brings the couriers' reports.
"""
