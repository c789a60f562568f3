"""The web page: files that Vite built, index.html for every other path, and a clear page when nothing was built."""

from __future__ import annotations

from functools import partial
from mimetypes import guess_type
from pathlib import Path

import brotli
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from server.api.access import OPEN
from server.api.service.health import health_parts, replica_health, whole
from server.api.service.services import services_of
from server.config.release import VERSION
from server.interface.errors import database_away, not_found
from server.interface.views.answer import Health
from server.people.access_log import shows
from sweep.phrases import Phrase

router = APIRouter()

MISSING_PAGE = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>Ansim Sweep</title></head><body>
<h1>웹 화면이 아직 만들어지지 않았습니다</h1>
<p>서버는 작동 중입니다. 프로젝트 폴더에서 <code>make setup</code>을 실행하면 화면이 만들어집니다.</p>
<p lang="en">The server works, but the page was not built: run <code>make setup</code> in the project folder.</p>
</body></html>
"""
MISSING_DOCS = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>안심 스윕 API</title></head><body>
<h1>인터페이스 화면이 아직 만들어지지 않았습니다</h1>
<p>문서는 <a href="/api/openapi.json">/api/openapi.json</a>에 있습니다. 화면은 <code>make setup</code>이 만듭니다.</p>
<p lang="en">The page that shows the interface was not built: its document is
<a href="/api/openapi.json">/api/openapi.json</a>; <code>make setup</code> builds the page.</p>
</body></html>
"""
DOCS = "api-docs/index.html"
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
REVALIDATE = {"Cache-Control": "no-cache"}
PRECOMPRESSED = ".br"
"""In place of each script and style, as the build made it (`server/web/precompress.mjs`)."""


@router.get("/api/health", tags=["page"], dependencies=[OPEN], openapi_extra=shows())
async def health(request: Request) -> Health:
    """Is the server there, and how is each of its parts? 503 when the database does not answer."""
    services = services_of(request)
    if not await services.pulse.is_there():
        raise database_away()
    parts = await services.pools.health.run(partial(health_parts, services, services.pulse.last))
    return Health(
        status=whole(parts),
        database="ok",
        version=VERSION,
        page_built=parts.page == "ok",
        parts=parts,
        replica=replica_health(services),
    )


@router.get("/api/docs", include_in_schema=False)
async def api_docs(request: Request) -> Response:
    """The interface's document to read in a browser; where that page was not built, where the document is."""
    if not (services_of(request).settings.web_dir / DOCS).is_file():
        return HTMLResponse(MISSING_DOCS, status_code=503, headers=REVALIDATE)
    return await run_in_threadpool(_page, request, DOCS)


@router.get("/{path:path}", include_in_schema=False)
async def page(request: Request, path: str) -> Response:
    """A file of the page, or the page itself."""
    if path == "api" or path.startswith("api/"):
        raise not_found(Phrase("this_address_not_found"))
    return await run_in_threadpool(_page, request, path)


def _page(request: Request, path: str) -> Response:
    folder = services_of(request).settings.web_dir.resolve()
    index = folder / "index.html"
    if not index.is_file():
        return HTMLResponse(MISSING_PAGE, status_code=503, headers=REVALIDATE)
    if path and "\0" not in path:
        wanted = (folder / path).resolve()
        if wanted.is_relative_to(folder) and path.startswith("assets/"):
            return _asset(request, wanted)
        if wanted.is_relative_to(folder) and wanted.is_file():
            return FileResponse(wanted, headers=REVALIDATE)
    if "." in path.rsplit("/", 1)[-1]:
        raise not_found(Phrase("this_file_not_found"))
    return FileResponse(index, headers=REVALIDATE)


def _asset(request: Request, wanted: Path) -> Response:
    """A file whose name changes with its content, as small as the browser takes it."""
    packed = wanted.with_name(wanted.name + PRECOMPRESSED)
    if packed.is_file():
        content, headers = packed.read_bytes(), {**IMMUTABLE, "Vary": "Accept-Encoding"}
        if _takes_brotli(request):
            headers["Content-Encoding"] = "br"
        else:  # browsers take it over HTTPS alone
            content = brotli.decompress(content)
        # Nobody asks again for what never changes: neither tag nor time, which would cost a first load three kilobytes.
        return Response(content, headers=headers, media_type=guess_type(wanted.name)[0])
    if wanted.is_file():
        return FileResponse(wanted, headers=IMMUTABLE)
    raise not_found(Phrase("this_file_not_found"))


def _takes_brotli(request: Request) -> bool:
    """Whether `br` is among what the browser takes, and not refused by a weight of zero (RFC 9110, 12.5.3)."""
    for one in request.headers.get("accept-encoding", "").split(","):
        name, _, weight = one.partition(";")
        if name.strip().lower() == "br":
            return weight.strip().lower().removeprefix("q=").strip("0.") != "" or not weight.strip()
    return False
