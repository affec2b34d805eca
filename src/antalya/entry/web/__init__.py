"""The page: static files, their headers, and the routes the HTTP door mounts. No templates, no build step, no network.

Everything is served under one strict content security policy; files are known by name at the start, so that no path
reaches anything else.
"""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

__all__ = ["CSP", "HEADERS", "index_html", "page_routes", "static_dir"]

CSP = ("default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
       "frame-ancestors 'none'")
"""No inline scripts or styles, nothing from elsewhere. `data:` images are the map's own little patterns."""

HEADERS = {"content-security-policy": CSP, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
           "cache-control": "no-cache", "cross-origin-opener-policy": "same-origin", "vary": "accept-encoding"}
"""What every file of the page is sent with; `no-cache` lets a browser keep it and ask whether it changed (ETag)."""

_TYPES = {".js": "text/javascript", ".json": "application/json", ".geojson": "application/geo+json", ".md": "text/plain"}


def static_dir() -> Path:
    """The folder of the page's files."""
    return Path(__file__).parent / "static"


def index_html() -> str:
    """The page itself; it has no secrets and is the same for everybody."""
    return (static_dir() / "index.html").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """What may be asked for under /static/: the page's files and the offline map's data (`data/…`)."""
    here, data = static_dir(), Path(__file__).parents[2] / "data"
    found = {p.relative_to(here).as_posix(): p for p in here.rglob("*") if p.is_file() and not p.name.endswith(".d.ts")}
    return found | {f"data/{name}": data / name for name in ("places.json", "basemap.geojson")}


@lru_cache(maxsize=256)
def _read(path: Path, _modified: int) -> tuple[bytes, bytes, str]:
    """(bytes, the same in gzip, ETag); read again when the file's modification time changes."""
    plain = path.read_bytes()
    return plain, gzip.compress(plain, 6, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"'


def _send(request: Request, path: Path) -> Response:
    plain, packed, etag = _read(path, path.stat().st_mtime_ns)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    headers = HEADERS | {"etag": etag}
    if etag[1:-1] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if zipped:
        headers["content-encoding"] = "gzip"
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(packed if zipped else plain, headers=headers, media_type=kind)


def _page(request: Request) -> Response:
    return _send(request, static_dir() / "index.html")


def _asset(request: Request) -> Response:
    path = _files().get(request.path_params["path"])
    if path is None:
        raise HTTPException(404)
    return _send(request, path)


def page_routes() -> list[BaseRoute]:
    """`/` and `/static/…`. A file that is not there raises HTTPException(404), for the door to render."""
    return [Route("/", _page), Route("/static/{path:path}", _asset)]
