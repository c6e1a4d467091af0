"""What a market, a location, an address, a contact, a working day and an exchange rate are."""

from .address import Address, Contact, check_address, check_contact
from .calendar import dispatch_date, next_working_day, working_days
from .exchange import REFERENCE_RATES, ExchangeRates
from .invoicing import InvoiceKind, InvoiceRequest, check_invoice_request
from .market import CASH_ON_DELIVERY, EU_MEMBERS, Location, Market, customs_territory, pick_text

__all__ = [
    "CASH_ON_DELIVERY",
    "EU_MEMBERS",
    "REFERENCE_RATES",
    "Address",
    "Contact",
    "ExchangeRates",
    "InvoiceKind",
    "InvoiceRequest",
    "Location",
    "Market",
    "check_address",
    "check_contact",
    "check_invoice_request",
    "customs_territory",
    "dispatch_date",
    "next_working_day",
    "pick_text",
    "working_days",
]
