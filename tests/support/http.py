"""Calling the front door in process: the whole path from a raw request to the table, without a network."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from chalicelib.core import auth
from chalicelib.core.auth import Principal

#: What our own clients ask for.
_ACCEPTED = "application/pdf, application/json, application/problem+json, */*"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def raw(self) -> bytes:
        """The bytes of an answer that is not text."""
        return base64.b64decode(self.text, validate=True)

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@cache
def front_door() -> Any:
    import app

    return app.app


@dataclass
class Client:
    """A caller of the shop. `as_` people by their principal: tokens are checked in their own tests."""

    principal: Principal | None = None
    guest_token: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    application: Any = None

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = "",
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        query: dict[str, Any] | None = None,
    ) -> Answer:
        """Send one request as API Gateway would hand it over.

        Args:
            body: sent as JSON; `raw` is sent as it is.
            key: the Idempotency-Key.
        """
        application = self.application or front_door()
        route, parameters = _match(application, path)
        sent = {"content-type": "application/json", "accept": _ACCEPTED, **self.headers, **(headers or {})}
        if self.guest_token:
            sent["guest-token"] = self.guest_token
        if key:
            sent["idempotency-key"] = key
        pairs = [(k, v) for k, vs in (query or {}).items() for v in (vs if isinstance(vs, list) else [vs])]
        multi: dict[str, list[str]] = {}
        for name, value in pairs:
            multi.setdefault(name, []).append(str(value))
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else b"")
        event = {
            "resource": route,
            "path": path,
            "httpMethod": method,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": route,
                "path": path,
                "identity": {"sourceIp": "127.0.0.1"},
            },
            "headers": sent,
            "multiValueHeaders": {k: [v] for k, v in sent.items()},
            "queryStringParameters": {k: v[-1] for k, v in multi.items()} or None,
            "multiValueQueryStringParameters": multi or None,
            "pathParameters": parameters or None,
            "stageVariables": None,
            "body": data.decode("utf-8", "surrogateescape"),
            "isBase64Encoded": False,
        }
        principal = self.principal
        before = _swap(auth.identify if principal is None else lambda _: principal)  # one request may meet another
        try:
            answer = application(event, None)
        finally:
            _swap(before)
        return Answer(answer["statusCode"], dict(answer["headers"]), answer["body"] or "")

    def get(self, path: str, **options: Any) -> Answer:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.request("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.request("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.request("DELETE", path, **options)


def _swap(identify: Any) -> Any:
    """Put another way in of finding out who calls; the one before."""
    from chalicelib.core.http import routes

    before, routes.identify = routes.identify, identify
    return before


def _match(application: Any, path: str) -> tuple[str, dict[str, str]]:
    """The route template that API Gateway would choose: literal segments before parameters."""
    parts = path.split("/")
    best: tuple[int, str, dict[str, str]] | None = None
    for template in application.routes:
        pattern = template.split("/")
        if len(pattern) != len(parts):
            continue
        found, literal = {}, 0
        for want, got in zip(pattern, parts, strict=True):
            if want.startswith("{"):
                found[want[1:-1]] = got
            elif want == got:
                literal += 1
            else:
                break
        else:
            if best is None or literal > best[0]:
                best = (literal, template, found)
    return (best[1], best[2]) if best else (path, {})


__all__ = ["Answer", "Client"]
