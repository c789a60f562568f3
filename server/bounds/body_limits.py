"""How long and how large a request body may be while it arrives: the same for every route, before anybody is known.

An ASGI middleware around the whole application.  A body has a time to come in that grows with what has come, a pause
between two pieces ends it, and all bodies together have one budget of memory; when that is used up, the largest body
that is still arriving gives way.  Refusals are 408 and 503 in the one error shape, and the connection is closed then.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.interface.errors import ApiError, busy
from sweep.phrases import Phrase

MIB = 1024 * 1024
MAX_HELD_BYTES = 64 * MIB  # derived: four of the largest requests; each takes four times its size while it is read


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body must come."""

    pause_s: float = 15.0
    """Longest pause between two pieces; guessed: a phone that changes from Wi-Fi to the mobile network."""
    grace_s: float = 20.0
    """Time for the first piece and for what is small."""
    bytes_per_s: float = 2_048
    """Each so many bytes give one second more; guessed: half of the slowest mobile network (GPRS)."""
    total_s: float = 300.0
    """Time for the largest, whatever it weighs; derived: 16 MiB at 450 kbit/s."""

    def allowed_s(self, size: int) -> float:
        """Seconds after its beginning in which a body of which `size` bytes came must end."""
        return min(self.grace_s + size / self.bytes_per_s, self.total_s)


PACE = Pace()


class ArrivingBody:
    """One request body on its way in, and held until its request is answered."""

    def __init__(self, budget: BodyBudget, pace: Pace) -> None:
        self._budget, self._pace = budget, pace
        self._began_s = asyncio.get_running_loop().time()
        self._waiting: asyncio.Timeout | None = None
        self.size = 0
        self.is_complete = False
        self.is_evicted = False
        self.is_answered = False

    async def receive(self, receive: Receive) -> Message:
        """The next message of the server; ApiError 408 when the body is too slow, 503 when it gave way."""
        if self.is_complete:
            return await receive()
        now_s = asyncio.get_running_loop().time()
        left_s = self._began_s + self._pace.allowed_s(self.size) - now_s
        try:
            async with asyncio.timeout(min(left_s, self._pace.pause_s)) as self._waiting:
                if self.is_evicted:
                    raise TimeoutError
                message = await receive()
        except TimeoutError:
            if self.is_answered:  # a stream whose request has a body that never ends
                return {"type": "http.disconnect"}
            raise self._refusal() from None
        finally:
            self._waiting = None
        if message["type"] == "http.request":
            self.size += len(message.get("body", b""))
            self.is_complete = not message.get("more_body", False)
            if not self._budget.has_room_for(self):
                self.is_evicted = True
                raise self._refusal()
        return message

    def evict(self) -> None:
        """Refuse this body now, or at its next piece."""
        self.is_evicted = True
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    def _refusal(self) -> ApiError:
        if self.is_evicted:
            return busy(Phrase("too_much_being_sent"))
        return ApiError(408, Phrase("too_slow"))


class BodyBudget:
    """The memory that request bodies take, all together."""

    def __init__(self, max_bytes: int = MAX_HELD_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held: set[ArrivingBody] = set()

    def open(self, pace: Pace) -> ArrivingBody:
        """A body that begins to arrive."""
        body = ArrivingBody(self, pace)
        self._held.add(body)
        return body

    def close(self, body: ArrivingBody) -> None:
        """Its request is answered."""
        self._held.discard(body)

    def has_room_for(self, body: ArrivingBody) -> bool:
        """Make room by evicting larger bodies that still arrive; False when `body` itself has to give way."""
        while self._held_bytes() > self._max_bytes:
            largest = max(
                (other for other in self._held if not (other.is_complete or other.is_evicted)),
                key=lambda other: other.size,
                default=body,
            )
            if largest.size <= body.size:
                return False
            largest.evict()
        return True

    def _held_bytes(self) -> int:
        return sum(body.size for body in self._held if not body.is_evicted)


class BoundedBodies:
    """ASGI middleware that gives each request's body its pace and its share of the budget."""

    def __init__(self, app: ASGIApp, pace: Pace, budget: BodyBudget) -> None:
        self._app, self._pace, self._budget = app, pace, budget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an answer given before the body was whole says that the connection closes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = self._budget.open(self._pace)

        async def bounded() -> Message:
            return await body.receive(receive)

        async def send_closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                body.is_answered = True
                if _has_body(scope) and not body.is_complete:
                    MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        try:
            await self._app(scope, bounded, send_closing)
        finally:
            self._budget.close(body)


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])
