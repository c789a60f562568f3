"""Sockets on which the server answers."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

from server.serving.running import open_socket


def test_no_part_of_an_answer_waits_until_the_one_before_was_received() -> None:
    async def is_sent_at_once() -> bool:
        found = asyncio.Queue[int]()

        def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found.put_nowait(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with closing(open_socket("127.0.0.1", 0)) as listener:
            async with await asyncio.start_server(accepted, sock=listener):
                with socket.create_connection(listener.getsockname()):
                    return bool(await asyncio.wait_for(found.get(), 10))

    assert asyncio.run(is_sent_at_once())
