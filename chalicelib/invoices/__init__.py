"""Invoices: issued by themselves when an order that asked for one is completed, and credited when its money goes back.

Owns: the documents of an order (`ORDER#<order>` / `INVOICE#<source>`), each whole in itself and never changed: the
invoice and its credit notes; and the series their numbers come from (`INVOICES#<series>`), one per issuing company,
year and kind of document, without gaps: a number is taken in the transaction that issues its document.

Nothing of this is on the way of placing, paying or completing an order: a consumer issues afterwards, two at a time.

Sends: invoice.issued. Listens to: order.invoice_due, return.refunded, refund.succeeded.
"""
