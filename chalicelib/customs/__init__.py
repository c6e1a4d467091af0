"""Customs: what the border and the tax office add to a parcel.

Owns dated tables of duty rates by HS code, origin, destination and trade agreement (TAX-02), of low-value limits, of
sales taxes (TAX-17), of goods that may not be sent somewhere (CMP-10), and the rules that read them. Every function is
given the date; nothing is looked up outside. Duty rates, limits and prohibitions are sample data, marked as such in
every row: a shop that opens for real replaces `tables/` by its broker's figures.

Sends no events and listens to none.
"""
