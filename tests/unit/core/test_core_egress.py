"""Addresses that others choose lead to the public internet or nowhere (SSRF), and nobody keeps us waiting."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chalicelib.core import egress
from chalicelib.core.egress import NoAnswer, NotPublic, Target, is_public, post, read_url, resolve


@pytest.mark.parametrize("url", [
    "http://erp.example.com/", "ftp://erp.example.com/", "file:///etc/passwd", "gopher://erp.example.com/",
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
    "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/",
    "https://8.8.8.8/", "https://localhost/", "https://erp/", "https://erp.local/", "https://db.internal/",
    "https://metadata.google.internal/", "https://printer.lan/", "https://erp.localhost/", "https://a.home.arpa/",
    "https://user:secret@erp.example.com/", "https://erp.example.com@127.0.0.1/", "https://erp.example.com#@evil.test/",
    "https://erp.example.com/#part", "https://erp.example.com:22/", "https://erp.example.com:80/",
    "https://erp.example.com:0/", "https://erp.example.com:99999/", "https://erp.example.com:x/",
    "https://erp.example.com\\@127.0.0.1/", "https://erp.example.com/a b", "https://erp.example.com/\r\nHost: x",
    "https://erp.example.com/\x00", "https://еrp.example.com/", "https://ｅrp.example.com/", "https://-erp.example.com/",
    "https://erp..example.com/", "https://erp_x.example.com/", "https://", "https:///x", "erp.example.com", "",
    "https://" + "a" * 64 + ".example.com/", "https://erp.example.com/" + "a" * 500,
])  # fmt: skip
def test_what_is_no_public_https_address_is_refused(url: str) -> None:
    with pytest.raises(NotPublic):
        read_url(url)


@pytest.mark.parametrize(("url", "target"), [
    ("https://erp.example.com", Target(secure=True, host="erp.example.com", port=443, path="/")),
    ("https://ERP.Example.com/a/b?c=d", Target(secure=True, host="erp.example.com", port=443, path="/a/b?c=d")),
    ("https://erp.example.com:8443/x", Target(secure=True, host="erp.example.com", port=8443, path="/x")),
    ("https://xn--rp-8ka.example.com./", Target(secure=True, host="xn--rp-8ka.example.com", port=443, path="/")),
])  # fmt: skip
def test_a_public_https_address_is_taken_apart(url: str, target: Target) -> None:
    assert read_url(url) == target


def test_this_machine_is_a_receiver_only_where_that_was_allowed() -> None:
    with pytest.raises(NotPublic):
        read_url("http://127.0.0.1:8000/hook")
    assert read_url("http://127.0.0.1:8000/hook", loopback=True).loopback
    for url in ("http://127.0.0.2:8000/", "http://10.0.0.1/", "http://[::1]:8000/", "http://erp.example.com/"):
        with pytest.raises(NotPublic):
            read_url(url, loopback=True)


@pytest.mark.parametrize("address", [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",  # noqa: S104
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "100::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "not-an-address", "",
])  # fmt: skip
def test_addresses_inside_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_is_refused_when_any_of_its_addresses_is_not_public() -> None:
    target = read_url("https://erp.example.com/")
    assert resolve(target, lambda *_: ["93.184.216.34", "8.8.8.8"]) == "93.184.216.34"
    for found in (["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["fe80::1%eth0"]):
        with pytest.raises(NoAnswer, match="refused-address"):
            resolve(target, lambda *_, found=found: found)


def test_a_name_that_stands_for_nothing_has_no_answer() -> None:
    def unknown(*_: object) -> list[str]:
        raise socket.gaierror

    target = read_url("https://erp.example.com/")
    for ask in (unknown, lambda *_: []):
        with pytest.raises(NoAnswer, match="dns"):
            resolve(target, ask)


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_asked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server that answers differently the second time (rebinding) is never asked a second time."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    connected = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(egress.socket, "create_connection", connect)
    with pytest.raises(NoAnswer, match="connect"):
        post(read_url("https://erp.example.com/"), b"{}", {}, within=1, ask=lambda *_: next(answers))
    assert connected == [("93.184.216.34", 443)]


# Over a real socket

Serve = Callable[[socket.socket], None]


@contextmanager
def listening(serve: Serve) -> Iterator[Target]:
    """A receiver on loopback that does with one connection what it is told to."""
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            try:
                serve(connection)
            except OSError:
                return  # the other side has hung up

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield read_url(f"http://127.0.0.1:{server.getsockname()[1]}/hook?a=b", loopback=True)
    finally:
        server.close()
        thread.join(5)


def answering(text: bytes, kept: list[bytes] | None = None) -> Serve:
    def serve(connection: socket.socket) -> None:
        got = connection.recv(65536)
        while b"\r\n\r\n{}" not in got:
            got += connection.recv(65536)
        if kept is not None:
            kept.append(got)
        connection.sendall(text)

    return serve


def test_a_message_is_posted_and_the_beginning_of_the_answer_comes_back() -> None:
    kept: list[bytes] = []
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000
    with listening(answering(answer, kept)) as target:
        reply = post(target, b"{}", {"webhook-id": "m1"}, within=3)
    assert (reply.status, reply.retry_after, reply.text) == (429, "7", "x" * egress.LARGEST)
    assert kept[0].startswith(b"POST /hook?a=b HTTP/1.1\r\n")
    assert b"webhook-id: m1\r\n" in kept[0]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with listening(answering(moved)) as target:
        assert post(target, b"{}", {}, within=3).status == 302


def trickle(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        connection.sendall(b"X-More: x\r\n"[:1])
        time.sleep(0.05)


@pytest.mark.parametrize("serve", [lambda _: time.sleep(2), trickle], ids=["silent", "trickling"])
def test_who_answers_too_slowly_does_not_answer(serve: Serve) -> None:
    with listening(serve) as target:
        started = time.monotonic()
        with pytest.raises(NoAnswer, match="timeout"):
            post(target, b"{}", {}, within=0.4)
        assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("text", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200])
def test_what_is_no_http_is_no_answer(text: bytes) -> None:
    with listening(answering(text)) as target, pytest.raises(NoAnswer, match="broken"):
        post(target, b"{}", {}, within=2)


def test_a_receiver_without_tls_is_not_spoken_to_in_plain() -> None:
    got: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        got.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with listening(serve) as plain:
        target = read_url(f"https://127.0.0.1:{plain.port}/", loopback=True)
        with pytest.raises(NoAnswer, match="tls"):
            post(target, b'{"secret": 1}', {}, within=2)
    assert b"secret" not in got[0]


def test_certificates_are_checked_and_for_the_name_that_was_asked_for() -> None:
    context = egress._certificates()
    assert context.check_hostname
    assert context.verify_mode is egress.ssl.CERT_REQUIRED
