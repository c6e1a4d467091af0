"""Customers: what a signed-in shopper has told the shop about itself.

Owns: the customer (`CUSTOMER#<id>`, the id is the subject in the shopper pool): preferences, of payment and delivery
too (ORD-02), and address book. Sign-in, passwords and the e-mail address belong to the user pool. The record is made
when the shopper first asks for it, and is from then on what tells a new customer from an old one (RSK-05).

Sends and listens to nothing.
"""
