"""The wallboard's files, read once: a fixed list, so that no path can lead elsewhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).resolve().parent.parent / "wallboard"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def page_build(folder: Path = FOLDER) -> str:
    """Return a short name of what the page is made of; another page has another one."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in _TYPES:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def page_routes(folder: Path = FOLDER) -> list[web.RouteDef]:
    """Return the routes of the page and its files.

    Raises FileNotFoundError when the page is missing from the installation.
    """
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in _TYPES}
    page = files.pop("index.html", None)
    if page is None:
        raise FileNotFoundError(f"{folder} holds no wallboard; install vigie again")

    async def wallboard(request: web.Request) -> web.Response:
        return _file(request, "index.html", page)

    async def static(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in files:
            raise web.HTTPNotFound
        return _file(request, name, files[name])

    return [web.get("/", wallboard), web.get("/static/{name}", static)]


def _file(request: web.Request, name: str, body: bytes) -> web.Response:
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if any(given.value == tag for given in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    kind = _TYPES[Path(name).suffix]
    return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)
