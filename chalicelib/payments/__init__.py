"""Payments: money in and money back, through providers.

Owns: the payment of an order (`ORDER#<order>` / `PAYMENT#<payment>`), money that belongs to no order
(`UNMATCHED#<id>`), and top-ups of balance accounts (`ORDER#<number>` / `TOP_UP`, numbers that begin with T).

A payment is a fold of facts that providers report (captured, failed, refunded, disputed). Facts may come in any order
and any number of times; the result is the same. What was taken too much (wrong amount, wrong currency, twice, too late)
goes back by itself, and nothing is given back twice: a refund is reserved on the payment before a provider is asked.

States of a payment: EXPECTED, PROCESSING, AUTHORISED, FAILED, CANCELLED, PARTLY_PAID, PAID, PARTLY_REFUNDED, REFUNDED,
DISPUTED.
States of a refund: wanted, blocked (a dispute is open), sent, done, failed, withdrawn (the dispute took the money).

Sends: payment.captured, payment.failed, payment.unmatched, refund.requested, refund.succeeded, refund.failed,
dispute.opened, dispute.closed, top_up.credited, top_up.expired, top_up.withheld. Listens to: refund.requested (its
own), to ask the provider.

States of a top-up: awaiting_payment, credited, expired. What is credited to the balance account, taken off again while
the bank contests it, or given back to its source, moves in the transaction that takes in the news.

Cash on delivery fits the same port: a provider that opens nothing and whose captures the courier's hand-over reports.
"""
