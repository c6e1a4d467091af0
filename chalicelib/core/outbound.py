"""HTTPS to providers: short time-outs, no redirects, bounded retries, answers limited in size.

A call that changes something at the provider must carry the provider's idempotency key, as lost answers are retried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import urllib3

from .errors import Unavailable

#: Largest answer that is read, bytes.
LARGEST: Final = 1_000_000
_PASSING: Final = {429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Passing(Exception):
    """A failure that another try may heal."""


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=2, read=8), retries=False, maxsize=4, cert_reqs="CERT_REQUIRED"
    )


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    attempts: int = 3,
) -> Answer:
    """One request, tried again on broken connections, 429 and 5xx.

    Args:
        url: from our own configuration; never from a request.
        attempts: 1 for calls that must not be repeated.

    Raises:
        Unavailable: no usable answer. Whether the call had an effect is not known.
    """

    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

    def once() -> Answer:
        try:
            answer: Any = _pool().request(
                method, url, headers=dict(headers or {}), body=body, redirect=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise _Passing from error
        try:
            data = answer.read(LARGEST + 1)
        except urllib3.exceptions.HTTPError as error:
            raise _Passing from error
        finally:
            answer.release_conn()
        if answer.status in _PASSING:
            raise _Passing
        if len(data) > LARGEST:
            raise Unavailable("The other side's answer is too large.")
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, data)

    retrying = Retrying(
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(0.2, max=2),
        retry=retry_if_exception_type(_Passing),
        reraise=True,
    )
    try:
        return retrying(once)
    except _Passing as error:
        raise Unavailable("The other side does not answer.") from error
