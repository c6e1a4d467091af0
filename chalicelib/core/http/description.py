"""`GET /openapi.json` and a page to read it with."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final

from chalicelib.core import config
from chalicelib.core.auth import PUBLIC
from chalicelib.core.errors import NotFound

from .request import Request, Response
from .routes import Routes

routes = Routes(__name__)

_CACHED: Final = {"Cache-Control": "public, max-age=300"}
_FILES: Final = {"swagger-ui-bundle.min.js": "text/javascript", "swagger-ui.min.css": "text/css"}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Caravan API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{base}/docs/swagger-ui.min.css">
</head>
<body>
<div id="api"></div>
<script src="{base}/docs/swagger-ui-bundle.min.js"></script>
<script>
SwaggerUIBundle({{url: "{base}/openapi.json", dom_id: "#api", deepLinking: true, docExpansion: "none"}})
</script>
</body>
</html>
"""


@cache
def _document() -> str:
    from .openapi import document

    return json.dumps(document(), ensure_ascii=False, separators=(",", ":"))


@routes.get("/openapi.json", access=PUBLIC)
def get_description(request: Request) -> Response:
    """The description of this API (OpenAPI 3.1)."""
    return Response(_document(), headers={"Content-Type": "application/json", **_CACHED})


@routes.get("/docs", access=PUBLIC)
def get_docs(request: Request) -> Response:
    """A page to read and try this API."""
    page = _PAGE.format(base=config.public_url())
    return Response(page, headers={"Content-Type": "text/html; charset=utf-8", **_CACHED})


@routes.get("/docs/{file}", access=PUBLIC)
def get_docs_file(request: Request, file: str) -> Response:
    """A part of the page."""
    if file not in _FILES:
        raise NotFound("file")
    folder = files("aws_lambda_powertools").joinpath("event_handler/openapi/swagger_ui")
    text = folder.joinpath(file).read_text(encoding="utf-8")
    return Response(
        text, headers={"Content-Type": f"{_FILES[file]}; charset=utf-8", "Cache-Control": "public, max-age=86400"}
    )
