"""One process per modality: a task goes in, a measurement comes out; a process that dies is started again.

The parent never waits longer than a task may be silent, and attends to what goes on meanwhile: a live measurement says
how far it is and asks for light, and hears what the parent has to tell.  What a dead process was doing comes back as a
blind measurement with the gap and its reason, so that the other modalities and the sweep go on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from types import MappingProxyType
from typing import Any, Self

from sweep.host.interrupts import starting
from sweep.host.scratch import remove_orphans
from sweep.modality.lease_pipe import LeaseEnd
from sweep.modality.liveness import boottime_ns
from sweep.modality.measurement import Measurement
from sweep.modality.messages import PartialMeasurement, ToCoordinator, ToRunner, ToWorker
from sweep.modality.partial_results import cut_off
from sweep.modality.protocol import Measure
from sweep.modality.task import Task, blind
from sweep.report import Gap, Modality

TASK_TIMEOUT_S = 180.0  # guessed: ten times the slowest position measured, for a slower machine
STOP_TIMEOUT_S = 5.0
ATTEND_EVERY_S = (
    0.1  # guessed: an abort, or somebody at the door, waits a second at most, and this is a small part of it
)


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection


class Workers:
    """A supervised process for each modality; a context manager that ends them all."""

    def __init__(
        self,
        modalities: Mapping[Modality, Callable[[], Measure]],
        *,
        leases: Mapping[Modality, Callable[[], LeaseEnd]] = MappingProxyType({}),
        timeout_s: float = TASK_TIMEOUT_S,
    ) -> None:
        """`modalities`: for each modality what opens it in its process, a function or method that can be pickled.
        `leases`: gives each process of a modality that films or lights its end of the persons' lease.
        """
        self._modalities = dict(modalities)
        self._leases = leases
        self._timeout_s = timeout_s
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[Modality, _Worker] = {}
        self._sofar: dict[Modality, tuple[Measurement, int]] = {}
        """What each has so far of the task that it is at, and since when, on CLOCK_BOOTTIME."""
        self.restarts = 0

    def __enter__(self) -> Self:
        remove_orphans()
        for modality in self._modalities:
            self._start(modality)
        return self

    def __exit__(self, *_: object) -> None:
        for modality in list(self._workers):
            self._stop(modality)

    def process_id(self, modality: Modality) -> int | None:
        """Process id of a modality's worker; None where nothing measures it."""
        worker = self._workers.get(modality)
        return None if worker is None else worker.process.pid

    def say(self, modality: Modality, message: ToWorker) -> None:
        """Tell a worker something about the task it has; one that is dead is noticed by `measure`."""
        with contextlib.suppress(OSError):
            self._workers[modality].pipe.send(message)

    def measure(
        self,
        tasks: Mapping[Modality, Task[Any]],
        *,
        on_message: Callable[[Modality, ToCoordinator], None] = lambda _modality, _word: None,
        on_partial_result: Callable[[Measurement], None] = lambda _: None,
        attend: Callable[[], None] = lambda: None,
    ) -> Iterator[Measurement]:
        """Give each worker its task and yield measurements as they finish; one for every task, whatever happens.

        `on_message` and `on_partial_result` hear what a worker says and has meanwhile, which also gives it more time;
        `attend` is called every ATTEND_EVERY_S.
        """
        begun_ns = boottime_ns()
        self._sofar.clear()
        deadlines = dict.fromkeys(tasks, time.monotonic() + self._timeout_s)
        waiting: dict[Modality, Task[Any]] = {}
        for modality, task in tasks.items():
            self._revive(modality)
            try:
                self._workers[modality].pipe.send(task)
                waiting[modality] = task
            except OSError:
                yield self._replace(modality, task, begun_ns, "process_died")
        while waiting:
            attend()
            pipes = {self._workers[modality].pipe: modality for modality in waiting}
            ready = wait_for(list(pipes), ATTEND_EVERY_S)
            for modality in [pipes[pipe] for pipe in pipes if pipe in ready]:
                try:
                    said = self._workers[modality].pipe.recv()
                except (EOFError, OSError):
                    yield self._replace(modality, waiting.pop(modality), begun_ns, "process_died")
                    continue
                if isinstance(said, Measurement):
                    del waiting[modality]
                    yield said
                else:
                    deadlines[modality] = time.monotonic() + self._timeout_s
                    if isinstance(said, PartialMeasurement):
                        self._sofar[modality] = said.measurement, boottime_ns()
                        on_partial_result(said.measurement)
                    else:
                        on_message(modality, said)
            for modality in [m for m in waiting if time.monotonic() > deadlines[m]]:
                yield self._replace(modality, waiting.pop(modality), begun_ns, "timed_out")

    def _revive(self, modality: Modality) -> None:
        """A worker that died while nothing was asked of it lost nothing."""
        if not self._workers[modality].process.is_alive():
            self._restart(modality)

    def _restart(self, modality: Modality) -> None:
        self._stop(modality)
        remove_orphans()
        self._start(modality)
        self.restarts += 1

    def _replace(self, modality: Modality, task: Task[Any], begun_ns: int, reason: str) -> Measurement:
        """Restart a dead or stuck worker; what it had said of its task so far stands for it, or that it saw nothing."""
        self._restart(modality)
        known, since_ns = self._sofar.pop(modality, (blind(task, modality, reason), begun_ns))
        return cut_off(known, Gap(start_ns=since_ns, end_ns=boottime_ns(), reason=reason))

    def _start(self, modality: Modality) -> None:
        ours, theirs = self._context.Pipe()
        lease = self._leases[modality]() if modality in self._leases else None
        process = self._context.Process(
            target=_serve, args=(self._modalities[modality], theirs, lease), name=f"sweep-{modality}", daemon=True
        )
        with starting():
            process.start()
        theirs.close()
        if lease is not None:
            lease.close()
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


class _Line:
    """A worker's end of the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def say(self, message: ToRunner) -> None:
        """Tell the runner; ends this process when it is gone."""
        try:
            self._pipe.send(message)
        except OSError:
            sys.exit(0)

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        """What the runner said since it was last asked; ends this process when it is gone."""
        words: list[ToWorker] = []
        try:
            while self._pipe.poll(0 if words else wait_s):
                words.append(self._pipe.recv())
        except (EOFError, OSError):
            sys.exit(0)
        return words


def _serve(open_modality: Callable[[], Measure], pipe: Connection, lease: LeaseEnd | None) -> None:
    """Body of a worker process: measure what comes until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C ends the sweep, which then ends its workers
    measure, line = open_modality(), _Line(pipe)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        if not isinstance(task, Task):  # said about a task that is over
            continue
        found = measure(replace(task, lease=lease), line)
        try:
            pipe.send(found)
        except OSError:
            return
