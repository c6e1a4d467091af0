"""Orders: from the confirmed quote to the completed or cancelled order.

Owns the order (`ORDER#<number>`), its number, its state machine (`domain.machine`, the whole of machine E), review and
the order desk's decisions, cancellation and what payments mean for an order; and the dispatches of orders whose goods
leave from several places (`DISPATCH#<place>`): routed → accepted → picking → packed → shipped, or cancelled; one that
could not be handed over goes handover_failed → store_handling → shipped | ready_desk → completed | taken_back.

States: awaiting_payment, awaiting_return (of exchange orders), under_review, returned_to_customer, on_hold, reviewed,
routed, accepted, picking, packed, ready_locker, ready_desk, out_for_delivery, partly_shipped (of orders from several
places), shipped, handover_failed, store_handling, taken_back, completed, cancelled.

Sends: order.placed, .exchange_opened, .part_paid, .paid, .reviewed, .returned_to_customer, .resubmitted, .held,
.routed, .accepted, .picking_started, .packed, .ready_for_pickup, .sent_out, .shipped, .handover_failed, .taken_over,
.taken_back, .completed, .invoice_due, .cancelled, .problem_raised, .problem_answered, .problem_warned,
.problem_escalated, .problem_solved, .deadline_missed, .escalated, .withdrawn, .refused_by_store, .goods_missing,
.corrected, .invoice_asked, .cause_corrected, .partly_shipped, .rest_cancelled,
.appointment_changed; dispatch.routed, .moved, .changed, .shipped, .cancelled, .handover_failed, .taken_over,
.shipped_again, .ready_for_pickup, .completed, .taken_back.

Listens to: order.paid, .cash_agreed and .resubmitted (review), shipment.* (exceptions), its own news of abnormal orders
(the monthly counts), the queue `payment-messages`.
Deadlines: pay_by, answer_by, decide_by, accept_by, dispatch_by, deliver_by, deposit_back, and of exceptions warn_by,
contact_by, escalate_by; escalate_by also follows a missed decide_by or accept_by. Of dispatches: accept_by,
dispatch_by, decide_by, escalate_by.
"""
