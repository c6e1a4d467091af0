"""Events that customers are told about."""

from __future__ import annotations

from typing import Any

from chalicelib.core.events import Event
from chalicelib.core.triggers import Triggers
from chalicelib.core.unit_of_work import UnitOfWork

from . import service
from .balance_letters import BALANCE_LETTERS
from .booking_letters import BOOKING_LETTERS
from .letters import LETTERS
from .merchant_letters import MERCHANT_LETTERS
from .staff_letters import STAFF_LETTERS

triggers = Triggers(__name__)


#: Everything that makes a letter.
_TOLD = {**LETTERS, **BOOKING_LETTERS, **BALANCE_LETTERS, **MERCHANT_LETTERS, **STAFF_LETTERS}


@triggers.consumer("send-mail", on=[*_TOLD], grants=("table", "mail", "secrets"))
def send_mail(uow: UnitOfWork, event: Event[Any]) -> None:
    """Send the mail that an event makes (NTF-01, NTF-02, NTF-03, LOG-15, LOG-16, RET-13, REV-10, ALY-01, ALY-02)."""
    service.deliver(uow, event)
