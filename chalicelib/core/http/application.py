"""The Chalice application: what Chalice answers by itself is made to look like everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalice.app import Blueprint, Chalice

from chalicelib.core.errors import DomainError, Invalid, MethodNotAllowed, NotFound, Unauthenticated, UnsupportedMedia

from . import problem

_BY_STATUS: dict[int, DomainError] = {
    400: Invalid(),
    401: Unauthenticated(),
    404: NotFound("page"),
    405: MethodNotAllowed(),
    415: UnsupportedMedia("This takes application/json."),
}


#: The only answers of ours that are not text.
_PDF = "application/pdf"


class Application(Chalice):
    """Chalice, with problem documents for what it refuses before a route is reached.

    `later` gives rooms by path: their routes are registered when the first request for such a path comes.
    """

    def __init__(
        self,
        *args: Any,
        later: Mapping[str, Sequence[str]] | None = None,
        enter: Callable[[str], Blueprint] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.api.binary_types.append(_PDF)  # packaging tells API Gateway
        self._later, self._enter, self._entered = later or {}, enter, set[str]()

    def _register_route(self, name: str, user_handler: Any, kwargs: Any, **options: Any) -> None:
        # Chalice takes apart what it is given; a room's routes may be registered by another application, too.
        super()._register_route(name, user_handler, {**kwargs, "kwargs": dict(kwargs["kwargs"])}, **options)

    def _open(self, path: str) -> None:
        for room in self._later.get(path, ()):
            if room not in self._entered and self._enter is not None:
                self.register_blueprint(self._enter(room))
                self._entered.add(room)

    def __call__(self, event: Any, context: Any) -> Any:
        self._open(event.get("requestContext", {}).get("resourcePath", ""))
        answer = super().__call__(event, context)
        if answer["statusCode"] >= 400 and answer["headers"].get("Content-Type") != problem.MEDIA_TYPE:
            error = _BY_STATUS.get(answer["statusCode"])
            status, headers, body = problem.of_error(error) if error else problem.unexpected()
            answer = {**answer, "statusCode": status, "headers": {**answer["headers"], **headers}, "body": body}
        return answer
