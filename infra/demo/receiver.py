"""A sample of a store's own system: it takes the shop's messages, verifies them, and reports the order's steps.

    python -m infra.demo.receiver --port 8099 --store RTM1 --secret whsec_…

An endpoint for it is registered with `PUT /staff/stores/{store}/endpoints/{name}` and the URL
`http://127.0.0.1:8099/caravan`; on the local stage that needs the setting `partners.loopback_receivers`. The secret is
what `GET …/secret` shows. With `--hands-off` it only prints what it hears.
"""

from __future__ import annotations

import argparse
import json
import queue
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from chalicelib.core.signatures import Forged, check_standard, sign_standard

from .scene import say
from .shop import Caller, Reply
from .store import waybill


@dataclass
class Receiver:
    """One store's system.

    Args:
        secret: of the endpoint, as the shop's administrator reads it.
        heard: every message once, in the order of arrival.
    """

    shop: Caller
    store: str
    secret: str = ""
    port: int = 0
    heard: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    known: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/caravan"

    def take(self, headers: dict[str, str], raw: bytes) -> int:
        """A message of the shop: 401 when it is forged, else 204, and nothing more when it has been here before."""
        try:
            check_standard(headers, raw, [self.secret], datetime.now(UTC))
        except Forged:
            return 401
        if headers["webhook-id"] not in self.known:
            self.known.add(headers["webhook-id"])
            self.heard.put(json.loads(raw))
        return 204

    def report(self, order_id: str, body: dict[str, Any], expect: Iterable[int] = (200,)) -> Reply:
        """Tell the shop a status of an order, signed as the shop's own messages are."""
        raw = json.dumps(body).encode()
        headers = sign_standard(f"msg_{uuid.uuid4()}", raw, self.secret, datetime.now(UTC))
        path = f"/partners/erp/{self.store}/orders/{order_id}/status"
        return self.shop.call("POST", path, raw=raw, headers=headers, expect=tuple(expect))

    def fulfil(self, order_id: str) -> str:
        """Take an order on, pick, pack and hand it to the courier; its waybill."""
        number = waybill()
        for body in (
            {"status": "accepted"},
            {"status": "picking"},
            {"status": "packed", "boxes": [{"weight_g": 700}]},
            {"status": "shipped", "carrier": "deutsche-post", "waybill": number},
        ):
            self.report(order_id, body)
        return number

    @contextmanager
    def listening(self) -> Iterator[Receiver]:
        """Listen on loopback, on the port or on a free one."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(receiver.take(headers, raw))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """What is heard is told by whoever takes it."""

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self.port = server.server_port
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def main() -> None:
    from .scene import Scene

    parser = argparse.ArgumentParser(prog="python -m infra.demo.receiver", description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--store", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--hands-off", action="store_true", help="report nothing")
    given = parser.parse_args()
    receiver = Receiver(Scene.of_running_shop().guest, given.store, given.secret, given.port)
    with receiver.listening():
        say(f"Listening on {receiver.url}; Ctrl-C ends it.")
        try:
            while True:
                message = receiver.heard.get()
                say(json.dumps(message, ensure_ascii=False))
                if message["type"] == "order.routed" and not given.hands_off:
                    receiver.fulfil(message["data"]["order_id"])
        except KeyboardInterrupt:
            say("")


if __name__ == "__main__":
    main()
