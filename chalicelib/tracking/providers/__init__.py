"""The tracking services that this shop is connected to (FUL-13, LOG-12, LOG-15, LOG-17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chalicelib.core.errors import NotFound
from chalicelib.tracking.domain import Provider

from .aftership import AfterShip
from .seventeen_track import SeventeenTrack

PROVIDERS: Final[Mapping[str, Provider]] = {provider.name: provider for provider in (SeventeenTrack(), AfterShip())}


def provider(name: str) -> Provider:
    """The tracking service of this name.

    Raises:
        NotFound: there is none.
    """
    try:
        return PROVIDERS[name]
    except KeyError:
        raise NotFound("tracking service", name) from None
