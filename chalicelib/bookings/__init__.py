"""Bookings: the merchant alliance, from the invited merchant to the consumed, cancelled or missed appointment.

Owns merchants (`MERCHANT#<id>`), their bookable services and the free places of each slot (`SERVICE#<id>` / `SERVICE`,
`SLOT#<start>`), bookings (`ORDER#<number>` / `BOOKING`, numbers of class A) and each customer's run of no-shows
(`CUSTOMER#<id>` / `NO_SHOW_RUN`).

Merchant states (machine B): invited, registered, screening, qualified, rejected, documents_submitted, active.
Booking states (machine F): awaiting_payment, booked, merchant_confirmed, consumed, completed, cancelled, no_show,
refund_due, closed. The run of no-shows (machine H2) moves in the transaction that reports, excuses or disproves one.

Sends: merchant.invited, .registered, .screening_started, .qualified, .rejected, .documents_submitted, .activated,
.service_changed; booking.placed, .received, .confirmed, .lapsed, .cancelled, .consumed, .completed, .missed, .closed,
.excused, .deadline_missed, .refund_overdue.

Listens to: payment.captured (a prepayment is in), booking.missed and dispute.closed (a prepayment is owed back).
Deadlines: merchant `registration_closes`; booking pay_by, answer_by, confirm_by, report_by, remark_by,
refund_by.
"""
