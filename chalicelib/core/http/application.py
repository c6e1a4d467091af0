"""The Chalice application: what Chalice answers by itself is made to look like everything else."""

from __future__ import annotations

from typing import Any

from chalice.app import Chalice

from chalicelib.core.errors import DomainError, Invalid, NotFound, Unauthenticated, UnsupportedMedia

from . import problem

_BY_STATUS: dict[int, DomainError] = {
    400: Invalid(),
    401: Unauthenticated(),
    404: NotFound("page"),
    415: UnsupportedMedia("This takes application/json."),
}


class Application(Chalice):
    """Chalice, with problem documents for what it refuses before a route is reached."""

    def __call__(self, event: Any, context: Any) -> Any:
        answer = super().__call__(event, context)
        if answer["statusCode"] >= 400 and answer["headers"].get("Content-Type") != problem.MEDIA_TYPE:
            error = _BY_STATUS.get(answer["statusCode"])
            status, headers, body = problem.of_error(error) if error else problem.unexpected()
            answer = {**answer, "statusCode": status, "headers": {**answer["headers"], **headers}, "body": body}
        return answer
