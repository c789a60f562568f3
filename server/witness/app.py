"""The witness as a small web server: C2SP `tlog-witness`, and what is beside it (WITNESS.md).

`POST /add-checkpoint` asks for a line, `GET /keys` and `POST /add-keys` are about what the root key of a log said of
keys, and anybody may see what was signed and which forks are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.witness.folder import MemoryLostError
from server.witness.succession import MAX_TOLD_BYTES
from server.witness.witness_state import MAX_REQUEST_BYTES, TEXT, Reply, WitnessState
from sweep.report.language import spoken

logger = logging.getLogger(__name__)


def witness_app(book: WitnessState) -> Starlette:
    """An ASGI application around one witness's memory."""

    async def add_checkpoint(request: Request) -> Response:
        return await _judged(request, book.add_checkpoint, MAX_REQUEST_BYTES)

    async def add_keys(request: Request) -> Response:
        return await _judged(request, book.add_keys, MAX_TOLD_BYTES)

    async def keys(request: Request) -> Response:
        reply = await run_in_threadpool(book.known_keys, request.query_params.get("origin", ""))
        return Response(reply.text, reply.status, media_type=reply.media_type)

    async def last(request: Request) -> Response:
        note = book.last(request.query_params.get("origin", ""))
        if note is None:
            return PlainTextResponse("nothing was signed of this log\n", 404)
        return Response(note, media_type=TEXT)

    async def forks(request: Request) -> Response:
        found = await run_in_threadpool(book.forks.all, request.query_params.get("origin", ""))
        return JSONResponse([fork.shown() for fork in found])

    async def about(_request: Request) -> Response:
        watched = "".join(f"{origin}\n" for origin in book.origins)
        return PlainTextResponse(f"witness key: {book.key}\nlogs:\n{watched}")

    async def memory_lost(_request: Request, error: Exception) -> Response:
        logger.error("%s", spoken(error))
        return PlainTextResponse("what this witness remembers is damaged; it signs nothing\n", 500)

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/add-keys", add_keys, methods=["POST"]),
            Route("/keys", keys, methods=["GET"]),
            Route("/last", last, methods=["GET"]),
            Route("/forks", forks, methods=["GET"]),
            Route("/", about, methods=["GET"]),
        ],
        exception_handlers={MemoryLostError: memory_lost},
    )


async def _judged(request: Request, judge: Callable[[bytes], Reply], most: int) -> Response:
    """The reply to a body, which is read whole, and no further than it may be long."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                return PlainTextResponse("the request is too large\n", 413)
    except ClientDisconnect:
        return Response(status_code=400)
    reply = await run_in_threadpool(judge, body)
    return Response(reply.text, reply.status, media_type=reply.media_type)
