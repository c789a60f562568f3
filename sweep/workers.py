"""One process per modality: a task goes in, a measurement comes out; a process that dies is started again.

The parent never waits longer than a task may take.  What a dead process was doing comes back as a blind measurement
with the gap and its reason, so that the other modalities and the sweep go on.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from sweep.coverage import Measurement
from sweep.measure import Task
from sweep.report import Gap, Modality

TASK_TIMEOUT_S = 180.0  # guessed: ten times the slowest position measured, for a slower machine
STOP_TIMEOUT_S = 5.0

Measure = Callable[[Task], Measurement]


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection


class Workers:
    """A supervised process for each modality; a context manager that ends them all."""

    def __init__(self, measures: Mapping[Modality, Measure], *, timeout_s: float = TASK_TIMEOUT_S) -> None:
        """`measures`: a module-level function for each modality."""
        self._measures = dict(measures)
        self._timeout_s = timeout_s
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[Modality, _Worker] = {}
        self.restarts = 0

    def __enter__(self) -> Self:
        for modality in self._measures:
            self._start(modality)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for modality in list(self._workers):
            self._stop(modality)

    def process_id(self, modality: Modality) -> int | None:
        """Process id of a modality's worker."""
        return self._workers[modality].process.pid

    def measure(self, tasks: Mapping[Modality, Task]) -> Iterator[Measurement]:
        """Give each worker its task and yield measurements as they finish; one for every task, whatever happens."""
        begun_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        deadline = time.monotonic() + self._timeout_s
        waiting: dict[Modality, Task] = {}
        for modality, task in tasks.items():
            try:
                self._workers[modality].pipe.send(task)
                waiting[modality] = task
            except OSError:
                yield self._bury(modality, task, begun_ns, "process_died")
        while waiting:
            pipes = {self._workers[modality].pipe: modality for modality in waiting}
            ready = wait_for(list(pipes), max(0.0, deadline - time.monotonic()))
            if not ready:
                for modality, task in waiting.items():
                    yield self._bury(modality, task, begun_ns, "timed_out")
                return
            for modality in [pipes[pipe] for pipe in pipes if pipe in ready]:
                task = waiting.pop(modality)
                try:
                    result = self._workers[modality].pipe.recv()
                except (EOFError, OSError):
                    yield self._bury(modality, task, begun_ns, "process_died")
                else:
                    yield result

    def _bury(self, modality: Modality, task: Task, begun_ns: int, reason: str) -> Measurement:
        """Restart a dead or stuck worker; the blind measurement that stands for its task."""
        self._stop(modality)
        self._start(modality)
        self.restarts += 1
        gap = Gap(start_ns=begun_ns, end_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME), reason=reason)
        return Measurement(
            zone_id=task.position.zone_id,
            position_id=task.position.position_id,
            modality=modality,
            dwell_s=0.0,
            samples=0,
            dropped=0,
            quality=0.0,
            blind_reason=reason,
            rejections={reason: 1},
            gaps=(gap,),
        )

    def _start(self, modality: Modality) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(self._measures[modality], theirs), name=f"sweep-{modality}", daemon=True
        )
        process.start()
        theirs.close()
        self._workers[modality] = _Worker(process, ours)

    def _stop(self, modality: Modality) -> None:
        worker = self._workers.pop(modality)
        worker.pipe.close()
        worker.process.join(0.05 if worker.process.exitcode is None else None)
        if worker.process.exitcode is None:
            worker.process.terminate()
            worker.process.join(STOP_TIMEOUT_S)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()
        worker.process.close()


def _serve(measure: Measure, pipe: Connection) -> None:
    """Body of a worker process: measure what comes until the parent closes the pipe."""
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        pipe.send(measure(task))
