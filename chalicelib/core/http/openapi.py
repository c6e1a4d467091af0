"""The API description: OpenAPI 3.1, built from the routes and their models, so that it cannot say anything else."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.core import config
from chalicelib.core.errors import (
    Conflict,
    DomainError,
    Forbidden,
    IdempotencyMismatch,
    Invalid,
    NotAcceptable,
    NotFound,
    StaleVersion,
    TooLarge,
    Unauthenticated,
    UnsupportedMedia,
)

from .request import Response
from .routes import ROUTES, Route

_PARAMETER: Final = "#/components/parameters/{name}"
#: Headers that many routes read alike.
_HEADERS: Final = {
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,12}"|[0-9]{1,12})$', "examples": ['"3"']},
        "description": "The `ETag` of what you read; when it has been changed since, the answer is 412.",
    },
    "Accept-Language": {
        "name": "Accept-Language",
        "in": "header",
        "schema": {"type": "string", "maxLength": 200, "examples": ["zh-CN, en;q=0.8"]},
        "description": "BCP 47: the language of texts for people, English when left out.",
    },
}
_REF: Final = "#/components/schemas/{model}"
_ID_SCHEMA: Final = {"type": "string", "minLength": 1, "maxLength": 128}
_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457 problem document. `type` is stable; further members depend on it.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/not-allowed-in-state"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
#: What pydantic calls a model whose name another one has too.
_QUALIFIED: Final = re.compile(r"chalicelib__([a-z]+)(?:__[a-z_]+?)*__([A-Z]\w*)")
_PAGE_OF: Final = re.compile(r"\bPage_([A-Za-z]+)_")
_SECURITY: Final = {
    "shopper": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Token of the shopper pool."},
    "staff": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Token of the staff pool."},
    "guest": {
        "type": "apiKey",
        "in": "header",
        "name": "Guest-Token",
        "description": "Given once by `POST /carts`.",
    },
}


def document() -> dict[str, Any]:
    """The whole description of the API as it is deployed."""
    models = {model for route in ROUTES for model in (route.body, route.answer) if _is_model(model)}
    modes: Any = [(model, "serialization" if _only_answers(model) else "validation") for model in models]
    names, schemas = models_json_schema(sorted(modes, key=lambda pair: pair[0].__name__), ref_template=_REF)
    references = {model: schema for (model, _), schema in names.items()}
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    return _plainly_named({
        "openapi": "3.1.0",
        "info": {
            "title": "Caravan",
            "version": config.version(),
            "description": "Cross-border commerce: catalogue, cart, order, payment, parcel and the way back.",
        },
        "servers": [{"url": config.public_url()}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "parameters": _HEADERS,
            "schemas": {**schemas.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": _SECURITY,
        },
        "tags": [{"name": tag} for tag in sorted({route.tag for route in ROUTES})],
    })  # fmt: skip


def _plainly_named(described: dict[str, Any]) -> dict[str, Any]:
    """Models of one name are told apart by their rooms: `OrdersLineView`, not the whole path of a module."""
    text = _QUALIFIED.sub(lambda found: found[1].capitalize() + found[2], json.dumps(described))
    named: dict[str, Any] = json.loads(_PAGE_OF.sub(r"\1Page", text))
    return named


def _is_model(model: Any) -> bool:
    return inspect.isclass(model) and issubclass(model, BaseModel)


def _only_answers(model: Any) -> bool:
    return all(route.body is not model for route in ROUTES)


def _operation(route: Route, references: dict[Any, Any]) -> dict[str, Any]:
    summary, description = _words(route)
    operation: dict[str, Any] = {
        "operationId": f"{route.tag}_{route.function.__name__}",
        "tags": [route.tag],
        "summary": summary,
        "parameters": _parameters(route),
        "responses": {str(route.answer_status): _success(route, references), **_failures(route)},
    }
    if description:
        operation["description"] = description
    if route.access.schemes and route.access.schemes != ("signature",):
        beside: dict[str, list[str]] = {"guest": []} if route.with_guest else {}
        operation["security"] = [{scheme: [], **beside} for scheme in route.access.schemes]
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": references[route.body]}},
        }
    elif route.raw and route.method == "POST":
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {}}, "application/x-www-form-urlencoded": {"schema": {}}},
        }
    return operation


def _words(route: Route) -> tuple[str, str]:
    """The first sentence of a route's docstring, and the rest of it."""
    first, _, rest = (inspect.getdoc(route.function) or route.function.__name__).partition("\n\n")
    summary, stop, more = " ".join(first.split()).partition(". ")
    return summary + stop.strip(), "\n\n".join(part for part in (more, rest.strip()) if part)


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _ID_SCHEMA}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query is not None:
        schema = route.query.model_json_schema(ref_template=_REF)
        required = set(schema.get("required", ()))
        for name, field in schema["properties"].items():
            text = field.pop("description", None)
            parameter = {
                "name": name,
                "in": "query",
                "required": name in required,
                "schema": _inlined(field, schema),
            }
            found.append({**parameter, "description": text} if text else parameter)
    if route.idempotent:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "schema": {"type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]+$"},
                "description": "The same key and body give the same answer; another body is refused with 422.",
            }
        )
    if route.versioned:
        found.append({"$ref": _PARAMETER.format(name="If-Match")})
    if not route.raw:
        found.append({"$ref": _PARAMETER.format(name="Accept-Language")})
    return found


def _inlined(field: Any, schema: dict[str, Any]) -> Any:
    """A parameter's schema with its references replaced by what they name."""
    if isinstance(field, dict):
        if "$ref" in field:
            return _inlined(schema["$defs"][field["$ref"].rsplit("/", 1)[-1]], schema)
        return {name: _inlined(value, schema) for name, value in field.items()}
    if isinstance(field, list):
        return [_inlined(value, schema) for value in field]
    return field


def _success(route: Route, references: dict[Any, Any]) -> dict[str, Any]:
    if _is_model(route.answer):
        return {"description": "Done.", "content": {"application/json": {"schema": references[route.answer]}}}
    if route.media:
        return {"description": "Done.", "content": {route.media: {"schema": {"type": "string", "format": "binary"}}}}
    if route.answer is Response:
        return {"description": "Done.", "content": {"*/*": {"schema": {}}}}
    return {"description": "Done."}


def _failures(route: Route) -> dict[str, Any]:
    errors: list[type[DomainError]] = [Invalid, *route.errors]
    if route.access.schemes:
        errors += [Unauthenticated, Forbidden]
    else:
        errors.append(Unauthenticated)  # a token that proves nothing is refused even where none is needed
    if "{" in route.path or route.body is not None or route.query is not None:
        errors.append(NotFound)  # of the thing itself, or of one that the request names
    if route.media:
        errors.append(NotAcceptable)
    if route.method != "GET":
        errors += [Conflict, TooLarge, UnsupportedMedia, StaleVersion, IdempotencyMismatch]
    by_status: dict[int, list[str]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error.title)
    by_status.setdefault(429, []).append("Too many requests at once: try again in a moment")
    by_status.setdefault(500, []).append("Something went wrong on our side")
    by_status.setdefault(503, []).append("Temporarily unavailable")
    return {
        str(status): {
            "description": "; ".join(dict.fromkeys(titles)) + ".",
            "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
        }
        for status, titles in sorted(by_status.items())
    }
