"""Partners: the stores' own systems, which hear of their orders and report on them (RTE-04, RTE-03).

Owns
    the endpoints of stores (address, events, secrets); every message to one of them with its attempts; how each
    endpoint answers (its health); the order of an order's messages (lanes); replays.
    The order and its steps are the rooms' below: a store's system moves an order on by the store's own commands.

States
    of a delivery: waiting → delivered | failed; a replay leads back to waiting.
    of an endpoint: enabled, or disabled by staff, because it is gone (410) or because it has failed for too long.

Sends
    webhook.requested (a message is to be sent now), webhook.replay_requested, endpoint.disabled, order.refused_by_store

Listens to
    everything that happens to an order after it was routed; its own webhook.requested and webhook.replay_requested.
    Deadline on deliveries: send.
"""
