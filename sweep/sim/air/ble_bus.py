"""Made-up adverts through the real source: bleak listens to a BlueZ stand-in on a private message bus.

Input is adverts with the time that they are heard; output is what the live scan makes of them, with those times.  It is
as fast as the bus.  Whether a device may be connected to gets lost on the way, as it does with BlueZ.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from sweep.ble.adverts import Advert
from sweep.ble.scan import listen

from .ble import HeardAdvert
from .bluez import BUS_DAEMON, FakeBlueZ, Section, private_bus

PATIENCE_S: Final = 20.0


def scan_bus(heard: Sequence[HeardAdvert], seconds: float, daemon: str = BUS_DAEMON) -> list[Advert]:
    """What an active scan of so many seconds reports.  Raises BleSourceError, and OSError where `daemon` gives no
    bus.
    """
    return asyncio.run(_scan(heard, seconds, daemon))


async def _scan(heard: Sequence[HeardAdvert], seconds: float, daemon: str) -> list[Advert]:
    now_ns = 0
    told = asyncio.Event()

    def stamp() -> int:
        told.set()
        return now_ns

    async with private_bus(daemon) as address, FakeBlueZ(address) as bluez:
        bluez.add_adapter()

        async def pause(_: float) -> None:
            """Let the adverts come one by one, each when the one before was taken."""
            nonlocal now_ns
            async with asyncio.timeout(PATIENCE_S):
                await bluez.scanning.wait()
            for advert in heard:
                now_ns = advert.t_ns
                told.clear()
                if bluez.advertise(advert.emitter.address.upper(), advert.level_dbm, _sections(advert.payload)):
                    async with asyncio.timeout(PATIENCE_S):
                        await told.wait()

        return await listen(seconds, bus=address, now_ns=stamp, pause=pause)


def _sections(payload: bytes) -> list[Section]:
    """The AD structures of a payload, by type."""
    found: list[Section] = []
    at = 0
    while at < len(payload):
        found.append((payload[at + 1], payload[at + 2 : at + 1 + payload[at]]))
        at += 1 + payload[at]
    return found
