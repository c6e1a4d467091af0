"""How mails are kept: beside the order they are about, until they are forgotten."""

from __future__ import annotations

from typing import Final

from chalicelib.core.table import Index, Key, Kind

from .domain import Mail

MAIL: Final = Kind(
    "mail", Mail,
    key=lambda order_id, mail_id: Key(f"ORDER#{order_id}", f"MAIL#{mail_id}"),
    of=lambda mail: Key(f"ORDER#{mail.order_id}", f"MAIL#{mail.id}"),
    index=lambda mail: Index(expires=mail.forget_at),
)  # fmt: skip
