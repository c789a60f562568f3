"""Whether the database answers, asked without ever hanging: one look at a time, which everybody who asks waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from server.bounds.thread_pools import Pool
from server.interface.errors import ApiError
from server.store.faults import AwayError, BusyError
from server.store.life import SignOfLife

WAIT_S = 3.0  # guessed: longer than a busy database takes, shorter than the patience of whoever watches over servers


class DatabaseCheck:
    """Asks the database for a sign of life."""

    def __init__(self, ping: Callable[[], SignOfLife | None], wait_s: float = WAIT_S) -> None:
        self._ping, self._wait_s = ping, wait_s
        self._crew = Pool(1, 1)
        self._looking: asyncio.Task[bool] | None = None
        self.last: SignOfLife | None = None
        """What it was like when it answered last."""

    async def is_there(self) -> bool:
        """True when it answered; False when it refused or is not heard of in time."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        looking = self._looking  # whoever asks next may begin another look before this one is read
        done, _ = await asyncio.wait({looking}, timeout=self._wait_s)
        return bool(done) and looking.result()

    async def _look(self) -> bool:
        try:
            self.last = await self._crew.run(self._ping)
        except (AwayError, BusyError, ApiError):
            return False
        return True
