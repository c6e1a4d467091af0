"""Ledger: the shop's books by double entry, and the customers' balance accounts.

Owns: entries (`ORDER#<reference>` / `ENTRY#<id>`), the daily close of the books (`LEDGER` / `CLOSE#<day>`) and the
balance of each customer per currency (`CUSTOMER#<id>` / `BALANCE#<currency>`, a counter that moves by condition).

An entry's id is its business key ("the capture of pi_1 up to 25.99", "the revenue of order N7Q..."): an entry exists
at most once, and is never changed or deleted. A correction is a further entry.

Sends no events and listens to none: higher rooms post in their own transaction.
"""
