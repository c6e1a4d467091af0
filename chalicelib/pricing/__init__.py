"""Pricing: the one calculation from lines to what is paid (PRC-07), and proposals for list prices (PRC-13).

Owns no data. Takes unit prices, reductions, shipping charges, tax rates and duties as plain values and gives back
totals whose lines add up to them exactly, so that a refund of any part of an order never loses or invents a cent.

Sends no events and listens to none.
"""
