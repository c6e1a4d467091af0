"""The demo's hands: HTTP calls to the public address, as a shopper, a guest, staff or a courier would make them."""

from __future__ import annotations

import html
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin

import boto3
import urllib3

from infra.build.paths import LOCAL, region

T = TypeVar("T")


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
        expect: int | None = None,
    ) -> Reply:
        """One call; anything but the expected status (or a 2xx) ends the demo with the shop's own words."""
        sent = {"Content-Type": "application/json", "Accept-Language": "en", **self.headers, **(headers or {})}
        if method == "POST" and "Idempotency-Key" not in sent:
            sent["Idempotency-Key"] = str(uuid.uuid4())
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        url = path if path.startswith("http") else self.base + path
        answer: Any = self.pool.request(method, url, body=data, headers=sent, redirect=False)
        reply = Reply(answer.status, answer.headers, answer.data.decode())
        if reply.status != expect if expect else not 200 <= reply.status < 300:
            raise DemoFailed(f"\n{method} {path} answered {reply.status}:\n{reply.text}\n`make logs` shows more.")
        return reply

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path + ("?" + urlencode(query) if query else "")).json

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        reply = self.call("POST", path, body, **options)
        return reply.json if reply.text.startswith(("{", "[")) else reply.text


def outputs() -> dict[str, str]:
    """Where the running shop is.

    Raises:
        DemoFailed: it has not been started.
    """
    path = LOCAL / "outputs.json"
    if not path.exists():
        raise DemoFailed("The shop is not running. Start it with `make up`.")
    found: dict[str, str] = json.loads(path.read_text())
    return found


def signed_in(base: str, pool: str, who: Callable[[Mapping[str, Any]], bool]) -> Caller:
    """A local user, signed in with the password that `make up` gave them."""
    credentials = json.loads((LOCAL / "credentials.json").read_text())
    people = credentials["staff" if pool == "staff_pool" else "shoppers"]
    user = next(person for person in people if who(person))
    answer = boto3.client("cognito-idp", region_name=region()).initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=credentials[pool]["client"],
        AuthParameters={"USERNAME": user["email"], "PASSWORD": user["password"]},
    )
    token = answer["AuthenticationResult"]["IdToken"]
    return Caller(base, {"Authorization": f"Bearer {token}"})


def staff(base: str, post: str) -> Caller:
    return signed_in(base, "staff_pool", lambda user: user["post"] == post)


def shopper(base: str) -> Caller:
    return signed_in(base, "shopper_pool", lambda _: True)


def wait_for(what: str, look: Callable[[], T | None], seconds: float = 120) -> T:
    """Look again until there is something to see.

    Raises:
        DemoFailed: it did not come in time.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found is not None:
            return found
        time.sleep(0.15)
    raise DemoFailed(f"\n{what} did not happen within {seconds:.0f} s. `make logs` shows more.")


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
