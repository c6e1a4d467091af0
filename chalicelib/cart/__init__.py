"""Cart: what a shopper means to buy, and the one calculation that tells what it will cost.

Owns
    carts of customers and guests (CRT-01 to CRT-07, ORD-03), and quotes: items, reductions, shipping, duty and tax in
    one calculation, with a hash over everything the shopper accepts and an expiry (PRC-07, ORD-01, ORD-13, TAX-01).

States of a cart
    open → ordered (by the order's own transaction), open → merged (into the customer's cart at sign-in). Only an open
    cart can be changed.

A bundle is one line at its own price; the calculation works on what it holds (`service.parts`), each component with the
part of that price which its own price makes, so that tax, duty, weight, origin and stock are those of the goods.

A quote reserves nothing and is not kept as such: the cart keeps the terms it was asked with, its hash and its expiry,
and `checkout` works it out again from present prices and stock. What differs from the accepted hash is never charged.

Sends no events and listens to none.
"""
