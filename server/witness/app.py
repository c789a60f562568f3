"""The witness as a small web server: `POST /add-checkpoint` (C2SP tlog-witness) and, for anybody, what it signed."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.witness.book import MAX_REQUEST_BYTES, TEXT, Book


def witness_app(book: Book) -> Starlette:
    """An ASGI application around one witness's memory."""

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > MAX_REQUEST_BYTES:
                    return PlainTextResponse("the request is too large\n", 413)
        except ClientDisconnect:
            return Response(status_code=400)
        reply = await run_in_threadpool(book.add_checkpoint, body)
        return Response(reply.text, reply.status, media_type=reply.media_type)

    async def last(request: Request) -> Response:
        note = book.last(request.query_params.get("origin", ""))
        if note is None:
            return PlainTextResponse("nothing was signed of this log\n", 404)
        return Response(note, media_type=TEXT)

    async def about(_request: Request) -> Response:
        watched = "".join(f"{origin}\n" for origin in book.origins)
        return PlainTextResponse(f"witness key: {book.key}\nlogs:\n{watched}")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/last", last, methods=["GET"]),
            Route("/", about, methods=["GET"]),
        ]
    )
