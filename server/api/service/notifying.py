"""Telling people at once, as a part of the server that runs by the clock; nothing at all where no way was set up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from uuid import UUID

from starlette.concurrency import run_in_threadpool

from server.api.service.services import Services
from server.interface.words import KST
from server.notifications import delivering, events
from server.notifications.events import Event
from server.store.clock import from_ms, now_ms
from server.store.faults import AwayError, BusyError, DiskFullError

LOOK_S = 5.0  # guessed: a find waits for minutes anyway
SILENT_S = 180.0  # guessed: a lift or a cellar is shorter
OFFICE_OPENS = 8  # o'clock in Korea: what became overdue at midnight is told then


async def run_notifications(services: Services) -> None:
    """Notice what is new and send what is due, every few seconds until this task is cancelled."""
    overdue_told: date | None = None
    while services.ways.are_there:
        silent = services.hub.fallen_silent(SILENT_S)
        with suppress(BusyError, AwayError, DiskFullError):  # the next round does it
            overdue_told = await run_in_threadpool(one_round, services, silent, overdue_told)
        await asyncio.sleep(LOOK_S)


def one_round(
    services: Services, silent: Sequence[tuple[str, str | None, UUID]], overdue_told: date | None
) -> date | None:
    """Look and send once; gives the day for which it was asked last what is overdue."""
    now = now_ms()
    here = from_ms(now).astimezone(KST)
    seen = [Event("silent", f"{probe_id}/{sweep_id}", tenant, now) for probe_id, tenant, sweep_id in silent]
    is_new_day = here.hour >= OFFICE_OPENS and overdue_told != here.date()
    if is_new_day:
        seen += events.overdue(services.db, services.policy, here.date(), now)
    delivering.look(services.db, services.ways, seen, here.date(), now)
    delivering.send_due(services.db, services.ways, now_ms)
    return here.date() if is_new_day else overdue_told
