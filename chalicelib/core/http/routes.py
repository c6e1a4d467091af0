"""Routes: a typed function becomes an endpoint.

For every request the same steps in the same order: who is calling, may they, is the input sound, has this very request
been answered before, run the command in a unit of work, answer. A room's function sees none of it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, Final, TypeVar
from urllib.parse import unquote

from chalice.app import Blueprint, CORSConfig
from chalice.app import Response as ChaliceResponse
from pydantic import BaseModel, ValidationError

from chalicelib.core import observe
from chalicelib.core.auth import Access, Principal, identify
from chalicelib.core.cards import card_numbers
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import (
    Conflict,
    DomainError,
    FieldError,
    IdempotencyMismatch,
    Invalid,
    NotAcceptable,
    NotFound,
    UnsupportedMedia,
)
from chalicelib.core.ids import digest, new_id
from chalicelib.core.once import AlreadyDone, IdempotencyRecord, Mark
from chalicelib.core.settings import Setting
from chalicelib.core.unit_of_work import UnitOfWork, run

from . import problem
from .decode import LARGEST, decode
from .request import Request, Response, if_match

Function = TypeVar("Function", bound=Callable[..., Any])

KEY_LIFE: Final = Setting(
    "core.idempotency_hours", 24, unit="hours", rule="API", own=True, least=1,
    doc="How long an idempotency key answers for the request it was used for.",
)  # fmt: skip
_CORS: Final = CORSConfig(
    allow_origin="*",
    allow_headers=["Authorization", "Guest-Token", "Idempotency-Key", "If-Match", "Accept-Language"],
    expose_headers=["ETag", "Location", "Retry-After"],
    max_age=600,
)
#: Media types a raw route lets through; what they mean is the provider's business.
_RAW_TYPES: Final = ["application/json", "application/x-www-form-urlencoded", "text/plain"]
_SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Route:
    """One endpoint: what the API description and the tests need to know of it."""

    method: str
    path: str
    function: Callable[..., Any]
    access: Access
    status: int = 200
    idempotent: bool | Callable[..., Any] = False
    recall: Callable[[UnitOfWork, Mark], IdempotencyRecord | None] | None = None  # what keeps the mark needs no record
    raw: bool = False
    errors: Sequence[type[DomainError]] = ()
    commit: bool = True
    largest: int = LARGEST
    screened: bool = True  # for card numbers in texts
    with_guest: bool = False  # needs the guest's token beside the sign-in
    files: bool = False  # whether texts are files, which may begin with a byte order mark
    media: str = ""  # of an answer in bytes; the caller must ask for it
    tag: str = ""

    @cached_property
    def types(self) -> Mapping[str, Any]:
        """The annotations of the function, looked up when first needed."""
        return inspect.get_annotations(self.function, eval_str=True)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.function).parameters)

    @property
    def versioned(self) -> bool:
        """Whether the route takes `If-Match`: its function asks for the version by the name `if_match`."""
        return "if_match" in self.parameters

    @property
    def body(self) -> type[BaseModel] | None:
        return self.types.get("body")

    @property
    def query(self) -> type[BaseModel] | None:
        return self.types.get("query")

    @property
    def answer(self) -> Any:
        return self.types.get("return")

    @property
    def answer_status(self) -> int:
        """The status of a success: a route that has something to show does not say that there is nothing."""
        shows = inspect.isclass(self.answer) and issubclass(self.answer, BaseModel)
        return 200 if self.status == 204 and shows else self.status


#: Every route of the house, in the order of registration.
ROUTES: Final[list[Route]] = []


@dataclass
class Routes:
    """The routes of one room: a Chalice blueprint with the house's way of doing things around it."""

    name: str
    blueprint: Blueprint = field(init=False)
    paths: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.blueprint = Blueprint(self.name)

    def get(self, path: str, *, access: Access, **options: Any) -> Callable[[Function], Function]:
        return self._route("GET", path, access, {"commit": False, **options})

    def post(self, path: str, *, access: Access, **options: Any) -> Callable[[Function], Function]:
        return self._route("POST", path, access, options)

    def put(self, path: str, *, access: Access, **options: Any) -> Callable[[Function], Function]:
        return self._route("PUT", path, access, options)

    def patch(self, path: str, *, access: Access, **options: Any) -> Callable[[Function], Function]:
        return self._route("PATCH", path, access, options)

    def delete(self, path: str, *, access: Access, **options: Any) -> Callable[[Function], Function]:
        return self._route("DELETE", path, access, {"status": 204, **options})

    def _route(
        self,
        method: str,
        path: str,
        access: Access,
        options: dict[str, Any],
    ) -> Callable[[Function], Function]:
        if not isinstance(access, Access):
            raise TypeError(f"{method} {path} has no access rule")

        def register(function: Function) -> Function:
            room = self.name.split(".")[1] if "." in self.name else self.name
            route = Route(method, path, function, access, tag=room, **options)
            ROUTES.append(route)
            self.paths.add(path)

            def view(**path_values: str) -> ChaliceResponse:
                return _serve(route, self.blueprint.current_request, path_values)

            view.__name__ = function.__name__
            view.__doc__ = function.__doc__
            self.blueprint.route(
                path,
                methods=[method],
                cors=_CORS,
                name=f"{room}_{function.__name__}",
                content_types=_RAW_TYPES if route.raw else ["application/json"],
            )(view)
            return function

        return register


def _serve(route: Route, incoming: Any, path_values: Mapping[str, str]) -> ChaliceResponse:
    trace = observe.trace_id() or new_id()
    headers = {str(name).lower(): str(value) for name, value in (incoming.headers or {}).items()}
    instance = ""
    principal = Principal()
    with observe.timed() as spent:
        try:
            principal = identify(headers)
            route.access.check(principal)
            status, extra, body = _Exchange(route, incoming, headers, path_values, principal, trace).answer()
        except DomainError as error:
            status, extra, body = problem.of_error(error, instance)
            if error.status in (401, 403):
                observe.count("RefusedRequests", access=route.access.name)
        except Exception as error:  # noqa: BLE001 - the last line of defence: the caller learns nothing, operators everything
            observe.failure("request failed", error, route=f"{route.method} {route.path}", trace=trace)
            observe.count("FailedRequests")
            status, extra, body = problem.unexpected(instance, trace)
    observe.line(
        "request", route=f"{route.method} {route.path}", status=status, caller=principal.kind, trace=trace, **spent
    )
    return ChaliceResponse(body=body, status_code=status, headers={**_SAFE_HEADERS, **extra})


def _raw_body(incoming: Any) -> bytes:
    try:
        return incoming.raw_body or b""
    except ValueError:
        raise Invalid(FieldError("", "the body is not UTF-8")) from None


class _Exchange:
    """One request being answered."""

    def __init__(
        self,
        route: Route,
        incoming: Any,
        headers: Mapping[str, str],
        path_values: Mapping[str, str],
        principal: Principal,
        trace: str,
    ) -> None:
        self.route, self.headers, self.principal, self.trace = route, headers, principal, trace
        self.incoming = incoming
        self.request_id = new_id()
        self.raw_body = _raw_body(incoming)
        parameters = incoming.query_params
        self.query = {name: parameters.getlist(name) for name in parameters} if parameters else {}
        self.path_values = {name: unquote(value) for name, value in path_values.items()}
        self.reply_headers: dict[str, str] = {}
        self.mark: Mark | None = None

    def answer(self) -> tuple[int, dict[str, str], str | bytes]:
        self._check_accept()
        arguments = self._arguments()
        if not self.route.commit:
            uow = self._begin()
            return self._encode(self.route.function(*self._bind(uow, arguments)))
        self.mark = mark = self._read_mark()
        if mark is None:
            return self._encode(run(lambda uow: self._call(uow, arguments), self._begin))

        def once(uow: UnitOfWork) -> Any:
            answer = self._call(uow, arguments)
            if self.route.recall is None:
                uow.remember(self._record(uow, mark, answer))
            return answer

        try:
            return self._encode(run(once, self._begin))
        except AlreadyDone as done:
            return self._again(done.record, mark)
        except DomainError:
            # Perhaps this is a repetition, and what stands in its way is its own first success.
            uow = self._begin()
            record = self.route.recall(uow, mark) if self.route.recall else uow.recall(mark.id)
            if record is None:
                raise
            return self._again(record, mark)

    def _check_accept(self) -> None:
        """Bytes are for those who ask for them first: API Gateway hands them to nobody else as they are."""
        wanted = self.headers.get("accept", "").split(",")[0].split(";")[0].strip().lower()
        if self.route.media and wanted != self.route.media:
            raise NotAcceptable(f"Ask for it with Accept: {self.route.media}.")

    def _begin(self) -> UnitOfWork:
        return UnitOfWork(utc_now(), self.principal.actor, cause=self.request_id, trace=self.trace)

    def _call(self, uow: UnitOfWork, arguments: Mapping[str, Any]) -> Any:
        return self.route.function(*self._bind(uow, arguments))

    def _bind(self, uow: UnitOfWork, arguments: Mapping[str, Any]) -> list[Any]:
        request = self._request(uow)
        return [request if name == "request" else arguments[name] for name in self.route.parameters]

    def _request(self, uow: UnitOfWork) -> Request:
        identity = (self.incoming.context or {}).get("identity") or {}
        request = Request(
            uow,
            self.principal,
            self.route.path,
            self.headers,
            self.raw_body,
            str(identity.get("sourceIp") or ""),
            self.trace,
            self.mark,
        )
        self.reply_headers = request.reply_headers
        return request

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = dict(self.path_values)
        query, body, wrong = self.route.query, self.route.body, []
        if query is not None:
            found["query"], errors = self._read_query(query)
            wrong += errors
        elif self.query:
            wrong += [FieldError(f"query.{name}", "is not a parameter of this route") for name in self.query]
        if self.route.versioned:
            try:
                found["if_match"] = if_match(self.headers)
            except Invalid as error:
                wrong += [FieldError(each["pointer"], each["detail"]) for each in error.members["errors"]]
        if self.route.raw:
            if len(self.raw_body) > self.route.largest:
                decode(self.raw_body, self.route.largest)
        elif body is not None:
            found["body"], errors = self._read_body(body)
            wrong += errors
        if wrong:
            raise Invalid(*wrong)
        return found

    def _read_query(self, model: type[BaseModel]) -> tuple[Any, list[FieldError]]:
        values: dict[str, Any] = {}
        lists = {name for name, info in model.model_fields.items() if "list[" in str(info.annotation).lower()}
        errors = []
        for name, given in self.query.items():
            if name in lists:
                values[name] = given
            elif len(given) > 1:
                errors.append(FieldError(f"query.{name}", "is given more than once"))
            else:
                values[name] = given[0]
        try:
            return model.model_validate(values, strict=False), errors
        except ValidationError as error:
            found = problem.of_validation(error.errors(include_url=False))  # type: ignore[arg-type]
            return None, errors + [
                FieldError("query." + entry["pointer"].lstrip("/"), entry["detail"])
                for entry in found.members["errors"]
            ]

    def _read_body(self, model: type[BaseModel]) -> tuple[Any, list[FieldError]]:
        media = self.headers.get("content-type", "application/json").split(";")[0].strip().lower()
        if media != "application/json":
            raise UnsupportedMedia("This takes application/json.")
        document = decode(self.raw_body or b"{}", self.route.largest, files=self.route.files)
        if self.route.screened and (cards := [*card_numbers(document)]):
            return None, [FieldError(pointer, "must not hold a card number") for pointer in cards]
        try:
            return model.model_validate_json(self.raw_body or b"{}"), []
        except ValidationError as error:
            found = problem.of_validation(error.errors(include_url=False))  # type: ignore[arg-type]
            return None, [FieldError(entry["pointer"], entry["detail"]) for entry in found.members["errors"]]

    # Idempotency

    def _read_mark(self) -> Mark | None:
        """By what the request is recognised when it comes again; None for routes that need no key."""
        if not self.route.idempotent:
            return None
        key = self.headers.get("idempotency-key", "")
        if not 8 <= len(key) <= 128 or not key.isascii() or not key.isprintable():
            raise Invalid(FieldError("header.Idempotency-Key", "is needed: 8 to 128 printable ASCII characters"))
        path = "/".join(f"{name}={value}" for name, value in sorted(self.path_values.items()))
        return Mark(
            digest(f"{self.principal.key}\n{self.route.method} {self.route.path}\n{key}"),
            hashlib.sha256(path.encode() + b"\n" + self.raw_body).hexdigest()[:32],
        )

    def _record(self, uow: UnitOfWork, mark: Mark, answer: Any) -> IdempotencyRecord:
        expires = uow.now + timedelta(hours=uow.setting(KEY_LIFE))
        if callable(self.route.idempotent):
            return IdempotencyRecord(mark.id, mark.fingerprint, str(answer.id), expires, status=self.route.status)
        body = answer.model_dump_json() if isinstance(answer, BaseModel) else ""
        return IdempotencyRecord(mark.id, mark.fingerprint, "", expires, answer=body, status=self.route.status)

    def _again(self, record: IdempotencyRecord, mark: Mark) -> tuple[int, dict[str, str], str | bytes]:
        """The answer to a request that has been through before."""
        if record.fingerprint != mark.fingerprint:
            raise IdempotencyMismatch("This Idempotency-Key was sent with another request before.")
        if not callable(self.route.idempotent):
            return record.status, {"Content-Type": "application/json"}, record.answer
        try:
            return self._encode(self.route.idempotent(self._request(self._begin()), record.result))
        except NotFound as error:
            raise Conflict("What this request made is no longer there.") from error

    # Answers

    def _encode(self, answer: Any) -> tuple[int, dict[str, str], str | bytes]:
        if isinstance(answer, Response):
            return answer.status, {**self.reply_headers, **answer.headers}, answer.body
        if answer is None:
            return self.route.status, self.reply_headers, ""
        if not isinstance(answer, BaseModel):
            raise TypeError(f"{self.route.method} {self.route.path} answered a {type(answer).__name__}")
        headers = {"Content-Type": "application/json", **self.reply_headers}
        return self.route.answer_status, headers, answer.model_dump_json()
