"""Pages and the files they load, revalidated by hash so that none is stale after an upgrade."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import empty, raw

from assistant.web.errors import ApiError

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


def _type(path: Path) -> str:
    return TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def file_response(request: Request, path: Path) -> HTTPResponse:
    """The file with its hash as ETag, or 304 when the browser has it. Raises ApiError 404 for none."""
    try:
        content = path.read_bytes()
    except OSError:
        raise ApiError(404, "not_found", "There is nothing at this address.") from None
    return content_response(request, content, _type(path))


def content_response(request: Request, content: bytes, content_type: str) -> HTTPResponse:
    """The content with its hash as ETag, or 304 when the browser has it."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    given = request.headers.get("if-none-match", "")
    if etag in (tag.strip().removeprefix("W/") for tag in given.split(",")):
        return empty(status=304, headers=headers)
    return raw(content, content_type=content_type, headers=headers)


def add_assets(target: Blueprint | Sanic[Any, Any], uri: str, folder: Path, *, name: str) -> None:
    """Serve the files under `folder` at `uri`/…; nothing outside it, no hidden files, no listing."""
    root = folder.resolve()

    async def asset(request: Request, file: str) -> HTTPResponse:
        path = (root / file).resolve()
        if not path.is_relative_to(root) or any(
            part.startswith(".") for part in path.parts[len(root.parts) :]
        ):
            raise ApiError(404, "not_found", "There is nothing at this address.")
        return file_response(request, path)

    target.add_route(asset, f"{uri.rstrip('/')}/<file:path>", methods=["GET", "HEAD"], name=name)


def add_page(target: Blueprint | Sanic[Any, Any], uri: str, path: Path, *, name: str) -> None:
    """Serve one HTML page at `uri`. The page holds no data: what it shows comes through the API."""

    async def page(request: Request) -> HTTPResponse:
        return file_response(request, path)

    target.add_route(page, uri, methods=["GET", "HEAD"], name=name)
