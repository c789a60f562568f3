"""What a queue of documents tells the queues of other processes, and what it hears of theirs.

Input are the jobs of this process; output are jobs of others in the same shape.  A document counts as ready there once
it is kept where they find it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from server.exports.jobs.export_job import ExportJob, Heard, wanted_as_json, wanted_of
from server.exports.jobs.shared_documents import SharedDocuments, Told
from server.interface.errors import ApiError
from server.store.faults import AwayError, BusyError, DiskFullError
from sweep.phrases import Phrase, packed, unpacked

TELL_S = 1.0  # guessed: as often as a page asks
ALIVE_S = 5.0  # guessed: how long it says nothing of what does not change
CLEAR_S = 600.0


@dataclass(slots=True)
class Telling:
    """What was told so far."""

    shared: SharedDocuments
    jobs: Callable[[], Iterable[ExportJob]]
    """Those of this process."""
    heard_of: Callable[[ExportJob], Heard]
    """How long it takes still, and how many are made before."""
    cancel: Callable[[UUID], None]
    """Somebody cancelled one elsewhere."""
    monotonic: Callable[[], float]
    told: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    told_s: float = 0.0
    kept: set[UUID] = field(default_factory=set)
    cleared_s: float = float("-inf")
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Tell until this task is cancelled; without the database the others hear of it later."""
        while True:
            with suppress(AwayError, BusyError, DiskFullError, OSError):  # OSError: the file went, with its job
                await self.tell()
                for job in [job for job in self._shown() if job.state == "ready" and job.job_id not in self.kept]:
                    await asyncio.to_thread(self.shared.keep, job.job_id, job.path)
                    self.kept.add(job.job_id)
                    await self.tell()
                if self.monotonic() - self.cleared_s > CLEAR_S:
                    await asyncio.to_thread(self.shared.clear)
                    self.cleared_s = self.monotonic()
            await asyncio.sleep(TELL_S)

    async def tell(self) -> None:
        """Say what changed; when this returns the others know."""
        async with self.turn:
            await self._tell()

    async def _tell(self) -> None:
        now = {job.job_id: (job.user_id, self._words(job)) for job in self._shown()}
        is_time = self.monotonic() - self.told_s > ALIVE_S
        said = {
            job_id: (user_id, words)
            for job_id, (user_id, words) in now.items()
            if words != self.told.get(job_id) or (is_time and words["state"] in {"queued", "running"})
        }
        gone = self.told.keys() - now.keys()
        for job_id in await asyncio.to_thread(self.shared.tell, said, gone):
            self.cancel(job_id)
        self.told = {job_id: words for job_id, (_, words) in now.items()}
        self.kept &= now.keys()
        if is_time:
            self.told_s = self.monotonic()

    async def others(self, user_id: UUID, times_destroyed: int, job_id: UUID | None = None) -> tuple[ExportJob, ...]:
        """A person's documents of other processes, newest first; or this one alone."""
        told = await asyncio.to_thread(self.shared.others, user_id, job_id)
        return tuple(_job_of(one, times_destroyed) for one in told)

    async def pieces(self, job: ExportJob) -> Iterator[bytes]:
        """A document of another process; FileNotFoundError when it is gone."""
        pieces = self.shared.pieces(job.job_id, job.size or 0)
        first = await asyncio.to_thread(next, pieces, b"")

        def whole() -> Iterator[bytes]:
            yield first
            yield from pieces

        return whole()

    def _shown(self) -> list[ExportJob]:
        """The file of a case is for one request alone."""
        return [job for job in self.jobs() if job.wanted.case_id is None]

    def _words(self, job: ExportJob) -> dict[str, Any]:
        is_here_only = job.state == "ready" and job.job_id not in self.kept
        heard, failure = self.heard_of(job), job.failure
        said = failure.said if failure is not None and isinstance(failure.said, Phrase) else Phrase("export_failed")
        return {
            "wanted": wanted_as_json(job.wanted),
            "asked": job.asked.isoformat(),
            "state": "running" if is_here_only else job.state,
            "percent": min(job.percent, 99) if is_here_only else job.percent,
            "parts": job.parts,
            "parts_done": job.parts_done,
            "left_s": heard.left_s,
            "ahead": heard.ahead,
            "size": None if is_here_only else job.size,
            "made_after": job.made_after,
            "failure": None
            if failure is None
            else {"status": failure.status, "code": failure.code, "said": packed(said)},
        }


def _job_of(told: Told, times_destroyed: int) -> ExportJob:
    said, failure = told.said, None
    if said["failure"] is not None:
        why = said["failure"]
        failure = ApiError(why["status"], unpacked(why["said"]), code=why["code"])
    elif said["state"] == "ready" and said["made_after"] != times_destroyed:
        failure = ApiError(410, Phrase("export_outdated"))
    elif said["state"] != "ready" and told.is_silent:
        failure = ApiError(503, Phrase("export_failed"))
    return ExportJob(
        told.job_id,
        told.user_id,
        wanted_of(said),
        Path(),
        datetime.fromisoformat(said["asked"]),
        state="failed" if failure is not None else said["state"],
        percent=said["percent"],
        parts=said["parts"],
        parts_done=said["parts_done"],
        size=said["size"],
        failure=failure,
        made_after=said["made_after"],
        heard=Heard(said["left_s"], said["ahead"]),
    )
