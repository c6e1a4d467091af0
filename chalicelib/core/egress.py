"""Messages to addresses that others have chosen: only over HTTPS, only to the public internet, within a fixed time.

An address from outside is a way to have the shop speak to what only the shop can reach (SSRF): its own host, the
metadata service, a private network. So the name is resolved here, every address it stands for must be public, and the
connection goes to the very address that was checked, while the certificate is checked for the name; a second, different
answer of the name server (rebinding) is never asked for. Redirects are answers like any other: nobody follows them.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

#: Bytes of an answer that are read.
LARGEST: Final = 2_000
#: Seconds to wait for a connection.
CONNECT: Final = 2.0
_NAME: Final = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
#: Names that mean something inside a network only.
_INWARD: Final = (
    ".local", ".localhost", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa", ".onion", ".test",
    ".invalid",
)  # fmt: skip
_LOOPBACK: Final = ("127.0.0.1", "localhost")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Iterable[str]]


class NotPublic(ValueError):
    """The address is not one that the shop sends to; the text says why, and nothing about our network."""


class NoAnswer(Exception):
    """Nothing usable came back. The text is a word: `dns`, `refused-address`, `connect`, `tls`, `timeout`, `broken`."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be sent to, in parts.

    Args:
        loopback: it is this machine itself, which is allowed on somebody's own machine only.
    """

    secure: bool
    host: str
    port: int
    path: str
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the wish to be asked later, and the beginning of the text."""

    status: int
    retry_after: str
    text: str


def read_url(url: str, *, loopback: bool = False) -> Target:
    """Take an address apart, if it is one that may be sent to; the name is not resolved yet.

    Args:
        loopback: allow `http://127.0.0.1:port/…` too.

    Raises:
        NotPublic: not HTTPS, no public name, or anything in it that two readers could read differently.
    """
    if not url.isascii() or not url.isprintable() or len(url) > 500 or any(sign in url for sign in ' \\"<>^`{|}'):
        raise NotPublic("is not an address")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotPublic("is not an address") from None
    host = (parts.hostname or "").rstrip(".")
    if "@" in parts.netloc or "#" in url:
        raise NotPublic("must have neither credentials nor a fragment")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if loopback and parts.scheme in ("http", "https") and host in _LOOPBACK:
        secure = parts.scheme == "https"
        return Target(secure=secure, host=host, port=port or (443 if secure else 80), path=path, loopback=True)
    if parts.scheme != "https":
        raise NotPublic("must begin with https://")
    if not _NAME.fullmatch(host) or host.endswith(_INWARD):
        raise NotPublic("must have a public host name")
    if port is not None and port != 443 and not 1024 <= port <= 65535:
        raise NotPublic("must be on port 443 or above 1023")
    return Target(secure=True, host=host, port=port or 443, path=path)


def is_public(text: str) -> bool:
    """Whether an IP address lies in the public internet: none that is private, local, reserved or wraps such a one."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or address.teredo is not None:
            return False
    inward = address.is_private or address.is_loopback or address.is_link_local or address.is_unspecified
    return address.is_global and not (inward or address.is_multicast or address.is_reserved)


def addresses_of(host: str, port: int) -> list[str]:
    """What a name stands for, as the name server says now."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve(target: Target, ask: Resolve | None = None) -> str:
    """The address to connect to, after all that the name stands for have been found to be public.

    Raises:
        NoAnswer: `dns`: the name stands for nothing. `refused-address`: one of its addresses is not public.
    """
    if target.loopback:
        return "127.0.0.1"
    try:
        found = list((ask or addresses_of)(target.host, target.port))
    except OSError as error:
        raise NoAnswer("dns") from error
    if not found:
        raise NoAnswer("dns")
    if not all(map(is_public, found)):
        raise NoAnswer("refused-address")
    return found[0]


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def post(
    target: Target, body: bytes, headers: Mapping[str, str], *, within: float, ask: Resolve | None = None
) -> Reply:
    """Send one message, once.

    Args:
        within: seconds for all of it after the name has been resolved, however slowly the other side trickles.

    Raises:
        NoAnswer: nothing usable came back. Whether the message arrived is not known.
    """
    address = resolve(target, ask)
    until = time.monotonic() + within
    try:
        plain = socket.create_connection((address, target.port), timeout=min(CONNECT, within))
    except TimeoutError as error:
        raise NoAnswer("timeout") from error
    except OSError as error:
        raise NoAnswer("connect") from error
    with _Watched(plain, until) as watched:
        try:
            return _exchange(watched, target, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if watched.is_over or isinstance(error, TimeoutError):
                raise NoAnswer("timeout") from error
            raise NoAnswer("tls" if isinstance(error, ssl.SSLError) else "broken") from error


class _Watched:
    """A connection that is cut when its time is over, whoever is reading from it."""

    def __init__(self, plain: socket.socket, until: float) -> None:
        self.socket, self.until = plain, until
        self.socket.settimeout(max(until - time.monotonic(), 0.01))
        self._watch = threading.Timer(max(until - time.monotonic(), 0.01), self._cut)
        self._watch.daemon = True

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.until

    def secure(self, host: str) -> None:
        """Speak TLS from here on, with whoever proves to be this host."""
        self.socket = _certificates().wrap_socket(self.socket, server_hostname=host, do_handshake_on_connect=False)
        self.socket.do_handshake()

    def _cut(self) -> None:
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself

    def __enter__(self) -> _Watched:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.cancel()
        self.socket.close()


def _exchange(watched: _Watched, target: Target, body: bytes, headers: Mapping[str, str]) -> Reply:
    if target.secure:
        watched.secure(target.host)
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = watched.socket
    default = 443 if target.secure else 80
    host = target.host if target.port == default else f"{target.host}:{target.port}"
    connection.request("POST", target.path, body, {**headers, "Host": host, "Connection": "close"})
    answer = connection.getresponse()
    data = answer.read(LARGEST)
    if watched.is_over:
        raise TimeoutError
    return Reply(answer.status, answer.getheader("Retry-After", ""), data.decode("utf-8", "replace"))
