"""How probes, persons and the ingest path reach the live hub: directly, or by way of the database that processes share.

Two ways: `OwnExchange` of a process that is alone on SQLite, which asks its hub; `SharedExchange` (shared.py) of one of
several on PostgreSQL, where every operation passes through the database first.  What only looks (views, listeners)
asks the hub of its own process either way.
"""

from __future__ import annotations

import asyncio
from typing import Protocol
from uuid import UUID

from server.interface.views.probes import EntryEvent
from server.live.channel import Known
from server.live.hub import LiveHub
from server.signing.keys import Key
from sweep.report import Command, LiveMessage

SILENCE_CHECK_S = 5.0


class Exchange(Protocol):
    """Operations on what is live; each may raise ApiError, and the shared way AwayError or BusyError."""

    hub: LiveHub

    def show_life(self) -> None:
        """Let every other process see, before it answers anybody, that this one serves."""

    async def run(self) -> None:
        """Keep the hub up to date until this task is cancelled."""

    async def publish(self, probe_id: str, key: Key, messages: tuple[LiveMessage, ...]) -> int:
        """Fan messages of a probe out; returns how many were new."""

    async def enqueue(self, probe_id: str, command: Command, sweep_id: UUID, *, asked_by: str) -> Known:
        """Queue a command, or find it queued before."""

    async def fetch(self, probe_id: str, key: Key, after: UUID | None, wait_s: float) -> tuple[Command, ...]:
        """A long poll of a probe for commands; those up to `after` it has received."""

    def entry_read(self, sweep_id: UUID, kind: str) -> None:
        """Note, on the event loop, that this process has projected an entry."""


class OwnExchange:
    """The exchange of a process that is alone."""

    def __init__(self, hub: LiveHub) -> None:
        self.hub = hub

    def show_life(self) -> None:
        """Nothing: the lock on the file says so (serving/sole_server.py)."""

    async def run(self) -> None:
        """Look every few seconds which probe has fallen silent."""
        while True:
            await asyncio.sleep(SILENCE_CHECK_S)
            self.hub.find_silent()

    async def publish(self, probe_id: str, key: Key, messages: tuple[LiveMessage, ...]) -> int:
        """Fan them out here."""
        return self.hub.publish(probe_id, key, messages)

    async def enqueue(self, probe_id: str, command: Command, sweep_id: UUID, *, asked_by: str) -> Known:
        """Queue it here."""
        return self.hub.enqueue(probe_id, command, sweep_id, asked_by=asked_by)

    async def fetch(self, probe_id: str, key: Key, after: UUID | None, wait_s: float) -> tuple[Command, ...]:
        """Ask here."""
        return await self.hub.fetch(probe_id, key, after, wait_s)

    def entry_read(self, sweep_id: UUID, kind: str) -> None:
        """Tell the pages that listen here."""
        self.hub.announce("entry", EntryEvent(sweep_id=sweep_id, kind=kind).model_dump_json())
