"""The server of a field test's pages: few connections, none without a request, an end that comes first."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from socket import create_connection
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.server import ServerState

from sweep.lab.campaign import serving
from sweep.lab.campaign.http_server import (
    ALL_CONNECTIONS,
    CONNECTIONS,
    REQUEST_S,
    EndingServer,
    FewConnections,
    OneLineASecond,
    bound,
)
from tests.waiting import wait_until

APP = Starlette()


class Transport(asyncio.Transport):
    """A connection from somewhere."""

    def __init__(self, host: str) -> None:
        super().__init__({"peername": (host, 50000), "sockname": ("192.168.4.1", 8766)})
        self.is_open = True

    def abort(self) -> None:
        """By the protocol."""
        self.is_open = False

    def is_closing(self) -> bool:
        """By the protocol."""
        return not self.is_open


class Loop:
    """Timers that a test lets run out."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay_s: float, work: Callable[[], None]) -> Any:
        """By the protocol."""
        one = (delay_s, work)
        self.due.append(one)
        return SimpleNamespace(cancel=lambda: self.due.remove(one))


def connected(state: ServerState, loop: Loop, host: str) -> tuple[FewConnections, Transport]:
    """One connection more."""
    made, transport = FewConnections(uvicorn.Config(APP), state, {}, loop), Transport(host)  # type: ignore[arg-type] # timers are all
    made.connection_made(transport)
    return made, transport


def test_an_address_has_a_few_connections_and_all_together_leave_room_for_this_machine() -> None:
    state, loop = ServerState(), Loop()
    own = [connected(state, loop, "192.168.4.66") for _ in range(CONNECTIONS + 1)]
    assert [transport.is_open for _, transport in own] == [True] * CONNECTIONS + [False]
    own[-1][0].connection_lost(ConnectionAbortedError())
    others = [connected(state, loop, f"192.168.4.{number}")[1].is_open for number in range(100, 101 + ALL_CONNECTIONS)]
    assert sum(others) == ALL_CONNECTIONS - CONNECTIONS
    assert all(connected(state, loop, "127.0.0.1")[1].is_open for _ in range(3 * CONNECTIONS))


def test_a_connection_without_a_whole_request_is_closed_in_time() -> None:
    state, loop = ServerState(), Loop()
    made, transport = connected(state, loop, "192.168.4.66")
    made.data_received(b"GET / HTTP/1.1\r\nHost:")
    ((after_s, work),) = loop.due
    assert after_s == REQUEST_S
    made.cycle = SimpleNamespace(response_complete=False)  # type: ignore[assignment] # all that is read
    work()
    assert not transport.is_closing(), "it is being answered"
    made.cycle.response_complete = True
    work()
    assert transport.is_closing()
    assert (connected(state, loop, "127.0.0.1")[1].is_open, len(loop.due)) == (True, 1), "this machine is apart"


def test_a_line_a_second_without_its_traceback_says_how_many_were_kept_back() -> None:
    now_s = [0.0]
    quiet = OneLineASecond(lambda: now_s[0])

    def told(error: Exception) -> str | None:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "Exception\n%s", ("more",), (type(error), error, None))
        return record.getMessage() if quiet.filter(record) else None

    assert told(OSError("no more files")) == "Exception: OSError('no more files')"
    assert [told(OSError("no more files")) for _ in range(3)] == [None] * 3
    now_s[0] = 1.0
    assert told(KeyError("a")) == "Exception: KeyError('a') (+3)"


class Anything(BaseModel):
    """A body."""


def test_a_body_that_does_not_come_is_waited_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BODY_S", 0.0)

    async def receive() -> Any:
        await asyncio.Event().wait()

    headers = [(serving.OWN_HEADER.encode(), b"1")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    with pytest.raises(HTTPException) as told:
        asyncio.run(serving.body(request, Anything))
    assert told.value.status_code == 408


def test_the_end_is_done_first_though_a_request_is_on_its_way() -> None:
    ended, is_asked = threading.Event(), threading.Event()

    async def slow(request: Request) -> Response:
        is_asked.set()
        await request.body()
        return Response()

    app = Starlette(routes=[Route("/", slow, methods=["POST"])])
    config = uvicorn.Config(app, http=FewConnections, log_level="critical", timeout_graceful_shutdown=1)
    server = EndingServer(config, ended.set)
    listener = bound("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started, "the page is served")
        with create_connection(listener.getsockname()) as stuck:
            stuck.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
            assert is_asked.wait(60.0)
            assert not ended.is_set()
            server.should_exit = True
            thread.join(60.0)
            assert (thread.is_alive(), ended.is_set()) == (False, True)
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
