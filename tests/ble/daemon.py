"""A stand-in for the Bluetooth daemon, in a thread of its own, with one device in the air that advertises."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sweep.sim.air.bluez import COMPANY, NAME, FakeBlueZ, private_bus
from tests.waiting import PATIENCE_S

GLASSES, GLASSES_DATA = "00:00:5E:00:53:03", [(COMPANY, bytes.fromhex("ab01") + b"y"), (NAME, b"glasses")]


class Bluetooth:
    """The daemon, in a thread of its own, with glasses that advertise while somebody scans."""

    def __init__(self) -> None:
        self.address = ""
        self.bluez: FakeBlueZ | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._is_up = threading.Event()
        self.on_advert: Callable[[FakeBlueZ], None] = lambda _: None
        """Called after each advert that somebody heard."""

    def do(self, act: Callable[[FakeBlueZ], None]) -> None:
        """In the daemon's thread; returns when it is done."""
        done = threading.Event()
        assert self._loop is not None
        self._loop.call_soon_threadsafe(lambda: act(self._there()))
        self._loop.call_soon_threadsafe(done.set)
        assert done.wait(PATIENCE_S)

    def _there(self) -> FakeBlueZ:
        assert self.bluez is not None
        return self.bluez

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with private_bus() as self.address, FakeBlueZ(self.address) as self.bluez:
            self._is_up.set()
            level = -60
            while not self._stop.is_set():
                level = -50 if level == -60 else -60
                if self.bluez.advertise(GLASSES, level, GLASSES_DATA, is_random=False):
                    self.on_advert(self.bluez)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), 0.05)

    @contextmanager
    def up(self) -> Iterator[Bluetooth]:
        thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        thread.start()
        assert self._is_up.wait(PATIENCE_S)
        yield self
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(PATIENCE_S)
