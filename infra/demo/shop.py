"""The demo's hands: HTTP calls to the public address, as a shopper, a guest, staff or a courier would make them."""

from __future__ import annotations

import html
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin

import urllib3


class DemoFailed(SystemExit):
    """A step did not do what the shop promises; the message says which and how to look into it."""


@dataclass(frozen=True)
class Reply:
    """An answer of the shop."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Caller:
    """Somebody who talks to the shop: their token, if any, is sent with every call."""

    base: str
    headers: dict[str, str] = field(default_factory=dict)
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=30, retries=False, maxsize=4))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        expect: int | tuple[int, ...] = (),
    ) -> Reply:
        """One call; a status that is not expected (a 2xx, if none is named) ends the demo with the shop's own words."""
        sent = {"Content-Type": "application/json", "Accept-Language": "en", **self.headers, **(headers or {})}
        if method == "POST" and "Idempotency-Key" not in sent:
            sent["Idempotency-Key"] = str(uuid.uuid4())
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        url = path if path.startswith("http") else self.base + path
        answer: Any = self.pool.request(method, url, body=data, headers=sent, redirect=False)
        reply = Reply(answer.status, answer.headers, answer.data.decode())
        wanted = (expect,) if isinstance(expect, int) else expect or range(200, 300)
        if reply.status not in wanted:
            raise DemoFailed(f"\n{method} {path} answered {reply.status}:\n{reply.text}\n`make logs` shows more.")
        return reply

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path + ("?" + urlencode(query) if query else "")).json

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        reply = self.call("POST", path, body, **options)
        return reply.json if reply.text.startswith(("{", "[")) else reply.text


def submit_form(caller: Caller, url: str, button: str) -> Reply:
    """Open a page, press the button of this value in its form, and see what comes."""
    page = caller.call("GET", url).text
    form = re.search(r"<form[^>]*>.*?</form>", page, re.DOTALL)
    if form is None:
        raise DemoFailed(f"\nThere is no form on {url}")
    action = re.search(r'action="([^"]*)"', form[0])
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form[0])
    }
    pressed = re.search(rf'<button[^>]*name="([^"]+)"[^>]*value="{re.escape(button)}"', form[0])
    if pressed is None:
        raise DemoFailed(f"\nThere is no button {button!r} on {url}")
    fields[pressed[1]] = button
    target = urljoin(url, html.unescape(action[1])) if action and action[1] else url
    body = urlencode(fields).encode()
    answer: Any = caller.pool.request(
        "POST", target, body=body, headers={"Content-Type": "application/x-www-form-urlencoded"}, redirect=False
    )
    if answer.status >= 400:
        raise DemoFailed(f"\n{target} answered {answer.status}: {answer.data.decode()[:400]}")
    return Reply(answer.status, answer.headers, answer.data.decode())
