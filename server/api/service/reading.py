"""Reads for a page that never sees less than it saw, whether the primary or its replica answers.

An answer says up to which position of the database it shows what was written (`X-Ansim-Seen`), and a page says so
again when it asks for more.  The replica answers once it has come to there; whoever says nothing, as a page does that
has just opened, written or heard of something, is answered by the primary.  Without a replica nobody says anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.service.services import services_of

SEEN_HEADER = "X-Ansim-Seen"
MOST_DIGITS = 18  # derived: fewer than 2^63, and nobody writes as much


@contextmanager
def reading(request: Request, lacks: Callable[[Connection], bool] | None = None) -> Iterator[Connection]:
    """A read transaction that shows at least what the page has seen; `lacks`: what else sends it to the primary."""
    said = request.headers.get(SEEN_HEADER, "")
    seen = int(said) if said.isascii() and said.isdecimal() and len(said) <= MOST_DIGITS else None
    with services_of(request).db.read_seen(seen, lacks) as (connection, position):
        if position is not None:
            request.state.seen = max(position, getattr(request.state, "seen", 0))
        yield connection


class SeenHeader:
    """ASGI middleware: says in each answer up to where it shows what was written, if it knows."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the header to an answer that is none of a fault."""
        state = scope.setdefault("state", {})

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start" and "seen" in state and message["status"] < 400:
                MutableHeaders(scope=message)[SEEN_HEADER] = str(state["seen"])
            await send(message)

        await self._app(scope, receive, send_with_header)
