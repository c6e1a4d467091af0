"""Markets: where the shop sells and from where it sends.

Owns the six market profiles (I18N-06), the locations goods leave from, addresses and contacts as values, calendars of
working days, and the reference exchange rates. The profiles are packaged data: reading one costs no table read; only
the exchange rates are settings, because they change from day to day.

Sends no events and listens to none.
"""
