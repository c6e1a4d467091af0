"""A rendered letter as an RFC 5322 message. Headers are set by the standard library's strict policy: no value with a
line break gets in, and the address is parsed as exactly one.
"""

from __future__ import annotations

from typing import Final

from .rendering import Rendered

#: Tells repeated sendings of one mail from each other's double (see the room's card).
MAIL_HEADER: Final = "X-Caravan-Mail"


class NoAddress(ValueError):
    """What the order holds is not one address that mail can be sent to."""


def recipient(email: str) -> str:
    """The address in ASCII form, an international domain encoded.

    Raises:
        NoAddress: not exactly one address, or one that the mail service cannot take.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(email, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        raise NoAddress from None
    if checked.ascii_email is None:
        raise NoAddress
    return checked.ascii_email


def compose(rendered: Rendered, *, sender: str, to: str, mail_id: str, language: str) -> bytes:
    """The message, ready for the mail service.

    Args:
        to: one address, from `recipient`.
    """
    from email.headerregistry import Address
    from email.message import EmailMessage
    from email.policy import SMTP

    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Subject"] = rendered.subject
    message["Content-Language"] = language
    message["Auto-Submitted"] = "auto-generated"
    message[MAIL_HEADER] = mail_id
    message.set_content(rendered.text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", charset="utf-8", cte="quoted-printable")
    return message.as_bytes()
