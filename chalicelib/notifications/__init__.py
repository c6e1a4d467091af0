"""Notifications: mails that tell customers what happened to their order, parcel, money or return, and merchants how
their way into the alliance goes on (NTF-01 to NTF-03, ALY-01, ALY-02).

Owns: the mail (`MAIL`, in the order's partition, one per event): that it is being sent, was sent, or cannot be. It
holds no address and no text; both are taken from the order when the mail goes out.

The guarantee: every event is mailed at least once, and as a rule exactly once. Before a mail goes to the mail
service, a row with a lease is written under an id made from the event; after it, the row gets the service's message
id. A repeated event finds the row and sends nothing. Only when the machine dies, or the answer is lost, between the
two is the mail sent again after the lease has run out; the customer may then get it twice, with the same `X-Caravan-
Mail` header.

States: SENDING → SENT | UNDELIVERABLE; `domain.ALLOWED` is the table.

Listens to: order.*, payment.failed, refund.succeeded, shipment.* and return.* as far as customers care
(`letters.LETTERS`), booking.* (`booking_letters`), top_up.* (`balance_letters`) and merchant.*
(`merchant_letters`), and what groups of staff let pass (`staff_letters`). Sends nothing.
"""
