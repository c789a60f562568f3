"""The queue of documents that people asked for, and the one process that makes them, bounded in memory and time.

Input are log requests; output are jobs whose state anybody who asked may look at, and files in a folder of the server
that go after an hour.  Districts take turns, and in each its persons: whoever asks for many waits for their own.  The
worker process is started when something waits, and ended when it is idle, too large, too slow or has made enough; it
has one job at a time.  When a body is erased, what was made before goes: it may hold what was in the body.  Everything
here runs on one event loop; a restart of the server forgets the queue.  Processes that share a PostgreSQL show each
other's (telling.py).
"""

from __future__ import annotations

import asyncio
import json
import math
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from server.exports.gathering.log_request import LogRequest
from server.exports.jobs.export_job import (
    TEMPORARY,
    ExportJob,
    Heard,
    JobState,
    line_of,
)
from server.exports.jobs.shared_documents import SharedDocuments
from server.exports.jobs.telling import Telling
from server.exports.jobs.worker_process import Worker, end_worker, memory_mib_of, start_worker
from server.interface.errors import ApiError, busy, not_found
from server.interface.formats import Format
from server.store.crypto.body_keys import BodyKeys, overwrite_and_unlink
from server.store.faults import AwayError, BusyError, DiskFullError
from sweep.phrases import Phrase, unpacked
from sweep.report import new_id, utc_now

QUEUED_PER_PERSON = 50  # guessed: a month of one room each for a large building
QUEUED_IN_ALL = 200  # guessed: half an hour of work
KEPT_PER_PERSON = 60
KEPT_S = 3600.0  # guessed: whoever asked comes back within the hour
JOB_S = 900.0  # guessed: a year of a district as a spreadsheet takes half a minute; of one in parts for each of them
WAIT_S = 600.0  # guessed: the patience of a program that asks in one request
IDLE_S = 30.0  # a worker without work gives its memory back
JOBS_PER_WORKER = 25  # guessed: a fresh process costs two seconds
FRESH_SHARE = 0.35  # guessed: Typst keeps what it set before, and the next document needs its room
LOOK_S = 0.1


class ExportQueue:
    """All jobs of this server."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        body_keys: BodyKeys,
        max_memory_mib: int,
        monotonic: Callable[[], float],
        memory_mib: Callable[[int], float] = memory_mib_of,
        signing_key: Path | None = None,
        storage_url: str = "",
        replica_url: str = "",
        shared: SharedDocuments | None = None,
    ) -> None:
        """`memory_mib`: what the process of that number holds; `signing_key`: file of the key for submissions."""
        self._signing_key, self._storage_url, self._replica_url = signing_key, storage_url, replica_url
        self._folder, self._database_url, self._max_memory_mib = folder, database_url, max_memory_mib
        self._body_keys = body_keys
        self._monotonic, self._memory_mib = monotonic, memory_mib
        self._jobs: dict[UUID, ExportJob] = {}
        self._wake = asyncio.Event()
        self._served: dict[UUID | str | None, int] = {}
        self._telling = None
        if shared is not None:
            self._telling = Telling(shared, self._jobs.values, self._heard_of, self._cancel_own, monotonic)
        self._turn = 0
        self._leftovers: list[Path] = []
        self._worker_gone = asyncio.Event()

    def submit(self, user_id: UUID, wanted: LogRequest) -> ExportJob:
        """Queue a document; ApiError 429 when this person has too many waiting, 503 when everybody has."""
        self._forget_old()
        waiting = [job for job in self._jobs.values() if not job.is_over]
        if sum(job.user_id == user_id for job in waiting) >= QUEUED_PER_PERSON:
            raise busy(Phrase("too_many_own_documents"), status=429, code="too_many_exports", retry_after_s=30)
        if len(waiting) >= QUEUED_IN_ALL:
            raise busy(Phrase("too_many_documents_ask_again"), code="too_many_exports", retry_after_s=60)
        job_id = new_id()
        job = ExportJob(job_id, user_id, wanted, self._folder / f"{job_id}.{wanted.ending}", utc_now())
        self._jobs[job_id] = job
        self._wake.set()
        return job

    def counts(self) -> Counter[JobState]:
        """How many documents are in which state."""
        return Counter(job.state for job in self._jobs.values())

    @property
    def is_full(self) -> bool:
        """Nobody's document is taken any more until some are made."""
        return sum(not job.is_over for job in self._jobs.values()) >= QUEUED_IN_ALL

    def jobs_of(self, user_id: UUID) -> tuple[ExportJob, ...]:
        """A person's jobs, newest first; the file of a case goes to one request alone, and is here while it is made."""
        self._forget_old()
        return tuple(reversed([job for job in self._jobs.values() if job.user_id == user_id and _is_shown(job)]))

    def job(self, user_id: UUID, job_id: UUID) -> ExportJob:
        """A person's job; ApiError 404 when there is none, or not any more."""
        self._forget_old()
        job = self._jobs.get(job_id)
        if job is None or job.user_id != user_id or not _is_shown(job):
            raise not_found(Phrase("document_not_found"))
        return job

    async def find(self, user_id: UUID, job_id: UUID) -> ExportJob:
        """A person's job at whatever process; ApiError 404."""
        try:
            return self.job(user_id, job_id)
        except ApiError:
            found = await self._others(user_id, job_id)
            if not found:
                raise
            return found[0]

    async def all_of(self, user_id: UUID) -> tuple[ExportJob, ...]:
        """A person's jobs at all processes, newest first."""
        jobs = (*self.jobs_of(user_id), *await self._others(user_id))
        return tuple(sorted(jobs, key=lambda job: job.asked, reverse=True))

    async def pieces(self, job: ExportJob) -> Iterator[bytes]:
        """A document that another process made; ApiError 404 when it is gone."""
        if self._telling is None:
            raise not_found(Phrase("document_not_found"))
        try:
            return await self._telling.pieces(job)
        except FileNotFoundError:
            raise not_found(Phrase("document_not_found")) from None

    async def tell(self) -> None:
        """Have the other processes know of a new job before whoever asked for it hears of it."""
        if self._telling is not None:
            with suppress(AwayError, BusyError, DiskFullError):  # they hear of it when the database is back
                await self._telling.tell()

    async def forget(self, job: ExportJob) -> None:
        """`cancel` at whatever process."""
        if job.heard is None:
            self.cancel(job)
        elif self._telling is not None:
            await asyncio.to_thread(self._telling.shared.cancel, job.job_id)

    async def _others(self, user_id: UUID, job_id: UUID | None = None) -> tuple[ExportJob, ...]:
        if self._telling is None:
            return ()
        return await self._telling.others(user_id, self._body_keys.times_destroyed, job_id)

    def _heard_of(self, job: ExportJob) -> Heard:
        return Heard(self.left_s(job), self.ahead_of(job))

    def _cancel_own(self, job_id: UUID) -> None:
        job = self._jobs.get(job_id)
        if job is not None:
            self.cancel(job)

    async def wait(self, job: ExportJob) -> None:
        """Wait until a document is over, with patience; ApiError 503 when that ends, and then nobody makes it."""
        try:
            await asyncio.wait_for(job.done.wait(), WAIT_S)
        except TimeoutError:
            self.cancel(job)
            raise busy(Phrase("too_many_documents"), retry_after_s=60) from None

    async def take(self, job: ExportJob) -> bytes:
        """A document for whoever waits for it, after which it is nowhere; ApiError why there is none."""
        try:
            await self.wait(job)
            if job.failure is not None:
                raise job.failure
            data = await asyncio.to_thread(job.path.read_bytes)
            await asyncio.to_thread(overwrite_and_unlink, job.path)
        finally:
            self.cancel(job)
        return data

    def ahead_of(self, job: ExportJob) -> int:
        """How many documents are made before this one, as far as it is known: persons take turns."""
        if job.heard is not None:
            return job.heard.ahead
        if job.state != "queued":
            return 0
        others = [other for other in self._jobs.values() if not other.is_over and other.asked < job.asked]
        return len(others)

    def left_s(self, job: ExportJob) -> int | None:
        """How many seconds it takes still, as far as it is known."""
        if job.heard is not None:
            return job.heard.left_s
        left_s = job.left_s(self._monotonic())
        return None if left_s is None else math.ceil(left_s)

    def cancel(self, job: ExportJob) -> None:
        """Forget a job; one that runs is ended."""
        if not job.is_over:
            self._fail(job, ApiError(410, Phrase("export_cancelled")))
        self._drop(job)

    async def drop_outdated(self) -> None:
        """Delete what was made before the last erasure, and have what is being made begun anew."""
        for path in self._take_outdated():
            await asyncio.to_thread(overwrite_and_unlink, path)
        if self._telling is not None:
            await asyncio.to_thread(self._telling.shared.drop_outdated, self._body_keys.times_destroyed)
        if any(job.state == "running" and self._is_outdated(job) for job in self._jobs.values()):
            await self._worker_gone.wait()

    def _is_outdated(self, job: ExportJob) -> bool:
        return job.made_after != self._body_keys.times_destroyed

    def _take_outdated(self) -> list[Path]:
        outdated = [job for job in self._jobs.values() if job.state == "ready" and self._is_outdated(job)]
        for job in outdated:
            self._fail(job, ApiError(410, Phrase("export_outdated")))
        return [job.path for job in outdated]

    async def run(self) -> None:
        """Make documents until this task is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._make_all())
            if self._telling is not None:
                tasks.create_task(self._telling.run())

    async def _make_all(self) -> None:
        await asyncio.to_thread(self._clear_folder)
        while True:
            await self._wake.wait()
            self._worker_gone.clear()
            temporary = self._folder / TEMPORARY
            try:
                await asyncio.to_thread(temporary.mkdir, mode=0o700, exist_ok=True)
                worker = await start_worker(temporary)
            except OSError as error:  # no memory or no files for one process more
                self._fail_next(ApiError(503, Phrase("export_failed_why", why=error), code="export_failed"))
                continue
            try:
                await self._serve(worker)
            finally:
                await end_worker(worker)
                self._clear_leftovers()
                self._worker_gone.set()

    def _fail_next(self, why: ApiError) -> None:
        job = self._next()
        if job is None:
            self._wake.clear()
        else:
            self._fail(job, why)

    async def _serve(self, worker: Worker) -> None:
        """Give one worker its jobs until it has to go."""
        for _ in range(JOBS_PER_WORKER):
            job = self._next()
            if job is None:
                self._wake.clear()
                try:
                    await asyncio.wait_for(self._wake.wait(), IDLE_S)
                except TimeoutError:
                    return
                job = self._next()
            if job is not None and not await self._make(worker, job):
                return

    async def _make(self, worker: Worker, job: ExportJob) -> bool:
        """Have one document made; False when the worker has to go."""
        job.state, job.made_after = "running", self._body_keys.times_destroyed
        self._turn += 1
        self._served[job.user_id] = self._served[job.wanted.district_id] = self._turn
        told = (self._database_url, self._body_keys, self._signing_key, self._storage_url, self._replica_url)
        worker.jobs.write(line_of(job, *told))
        job.began_s = job.part_began_s = self._monotonic()
        listening = asyncio.create_task(self._listen(worker, job))
        try:
            while not listening.done():
                await asyncio.wait({listening}, timeout=LOOK_S)
                if job.is_over and not listening.done():
                    return False  # cancelled
                if not job.is_over and self._is_outdated(job):
                    job.state, job.percent, job.parts_done = "queued", 0, 0
                    return False
                if self._memory_mib(worker.process.pid) > self._max_memory_mib:
                    self._fail(job, ApiError(413, Phrase("export_too_large")))
                    return False
                if self._monotonic() - job.part_began_s > JOB_S:
                    self._fail(job, ApiError(503, Phrase("export_too_slow")))
                    return False
            return listening.result() and self._memory_mib(worker.process.pid) < self._max_memory_mib * FRESH_SHARE
        finally:
            listening.cancel()
            if job.state == "running":  # the worker died, or the server ends
                self._fail(job, ApiError(503, Phrase("export_failed")))
            if job.size is None:  # it may have been at its place before anybody was told
                self._leftovers.append(job.path)

    async def _listen(self, worker: Worker, job: ExportJob) -> bool:
        """Take what the worker says of this job until it has said its last word; False when it died before."""
        while line := await worker.words.readline():
            if job.state != "running":
                return False
            said = json.loads(line)
            if "percent" in said:
                job.percent = said["percent"]
                if said.get("parts_done", 0) > job.parts_done:
                    job.part_began_s = self._monotonic()
                job.parts, job.parts_done = said.get("parts", 1), said.get("parts_done", 0)
            elif "ready" in said:
                job.state, job.percent, job.size = "ready", 100, said["ready"]
                job.parts_done = job.parts
                self._finish(job)
                return True
            else:
                why = unpacked(said["failed"])
                is_refused = said["failed"]["is_refused"]
                phrase = Phrase("export_refused", why=why) if is_refused else Phrase("export_unavailable", why=why)
                self._fail(job, ApiError(400 if is_refused else 503, phrase))
                return True
        return False

    def _next(self) -> ExportJob | None:
        """The oldest job of whoever was served longest ago, in the district that was."""
        waiting = [job for job in self._jobs.values() if job.state == "queued"]
        served = self._served

        def turn(job: ExportJob) -> tuple[int, int]:
            return served.get(job.wanted.district_id, 0), served.get(job.user_id, 0)

        return min(waiting, key=turn, default=None)

    def _fail(self, job: ExportJob, why: ApiError) -> None:
        job.state, job.failure = "failed", why
        self._finish(job)

    def _finish(self, job: ExportJob) -> None:
        job.finished_s = self._monotonic()
        job.done.set()

    def _forget_old(self) -> None:
        for path in self._take_outdated():
            overwrite_and_unlink(path)
        over = [job for job in self._jobs.values() if job.is_over]
        too_old = [job for job in over if self._monotonic() - job.finished_s > KEPT_S]
        for user_id in {job.user_id for job in over}:
            too_old += [job for job in over if job.user_id == user_id][:-KEPT_PER_PERSON]
        for job in too_old:
            self._drop(job)
        if not self._jobs:
            self._served.clear()

    def _drop(self, job: ExportJob) -> None:
        self._jobs.pop(job.job_id, None)
        job.path.unlink(missing_ok=True)

    def _clear_folder(self) -> None:
        """Remove what an earlier run of the server left."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            if path.suffix in {f".{known}" for known in Format}:
                overwrite_and_unlink(path)
        self._clear_leftovers()

    def _clear_leftovers(self) -> None:
        """Remove what a worker that was ended had begun."""
        temporary = self._folder / TEMPORARY
        for path in (*self._leftovers, *(path for path in temporary.rglob("*") if path.is_file())):
            overwrite_and_unlink(path)
        self._leftovers.clear()
        shutil.rmtree(temporary, ignore_errors=True)


def _is_shown(job: ExportJob) -> bool:
    return job.wanted.case_id is None or not job.is_over
