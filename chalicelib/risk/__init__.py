"""Risk: who has let the shop down before, and which orders a person should look at.

Owns the reliability ledger of goods orders (`STANDING#<match key>`, machine H1): per customer as recognised by phone,
name and address, or account, the hand-overs that failed because of the customer, and whether the shop asks for a
deposit. A case counts under the keys that its order carried; an order with a deposit that is handed over counts under
all keys by which its customer is known, found along orders that carried several. Beside it the blacklist (in the same
items), the counters of orders per internet address (`SOURCE#<digest>`) and of what its quotes and orders hold unpaid
(ORD-07), and the additive risk score that the review of orders uses.

Keys are keyed digests: without the secret `matching` nobody learns a phone number or an address from them.

Terms of a standing: normal, deposit. Sends no events; orders tell what happened to them.
"""
