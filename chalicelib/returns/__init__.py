"""Returns: goods on their way back, and the money or the other goods for them.

Owns: the return (`RETURN`, a number of class R), and per order the tally of what has been claimed and come back
(`RETURN_TALLY`), which is what keeps two returns from claiming the same unit.

States: REQUESTED → APPROVED → AWAITING_PARCEL → RECEIVED → INSPECTED → REFUNDING → REFUNDED; and REJECTED, CANCELLED,
EXPIRED, EXCHANGED, GOODS_OWED (the new goods went out and the old ones did not come), REFUND_BLOCKED (the money could
not go back by itself: the store's finance desk decides). Where the goods stay with the customer (RET-08), APPROVED
leads to INSPECTED without a parcel. `domain.machine.ALLOWED` is the table.

A bundle comes back by whole units, with its part of the money; the store puts what it holds back on the shelf. The
strictest of its components decides whether it may come back.

An exchange is a return whose customer gets an exchange order (class X) in place of money. Its goods are reserved when
after-sales agrees, and it goes to its store when the old goods were accepted, or earlier where the shop says so
(`service.exchanges`). When either side fails, the return goes on as one for money.

Who does what, in which order (RTE-06): after-sales decides, the store receives and inspects, finance releases what is
above a limit, the payment provider pays back by the original method (RET-05, AMB-04).

A Step Functions workflow (`infra/workflows/return.asl.json`) coordinates. The item is the truth: people and providers
change the item, and a consumer of the event wakes the workflow. The item's own deadlines guard the same waits, so a
lost workflow delays nothing.

Sends: return.requested, .approved, .label_issued, .rejected, .cancelled, .received, .inspected, .released,
.refund_blocked, .refunded, .expired, .overdue, .exchange_ordered, .exchange_released, .exchanged, .exchange_called_off,
.goods_owed. Listens to: its own events, refund.succeeded, refund.failed, dispute.closed, order.cancelled (of exchange
orders), and order.taken_back and dispatch.taken_back, which make a return that nobody has to ask for: of the order, or
of one place's part of it, with the lines that the part has kept.
"""
