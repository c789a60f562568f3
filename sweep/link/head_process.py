"""The runner's side of the process that owns the sensor head: starts it, talks with it, starts it anew when it dies.

Input is the serial port, and what gives each process its lease and its tripwire; messages go there and come from there.
"""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, Self

from sweep.host.interrupts import starting
from sweep.link.head_messages import FromHead, HeadState, ToHead
from sweep.link.head_owner import serve
from sweep.modality.lease_pipe import LeaseEnd
from sweep.modality.messages import Played
from sweep.modality.strobe import StrobeEnded
from sweep.phrases import Phrase

MAX_RESTARTS: Final = 3
"""Of a process that dies: more often is a fault that starting anew does not mend (guessed)."""
CLOSE_WITHIN_S: Final = 5.0


class HeadProcess:
    """The runner's side; a context manager."""

    def __init__(
        self,
        device: str,
        *,
        lease: Callable[[], LeaseEnd] | None = None,
        tripwire: Callable[[], Connection] | None = None,
    ) -> None:
        """`lease`: gives each process of the head its end of the lease; None: no lamp is ever lit.  `tripwire`: gives
        each a line on which it says by itself that the head is `away` or `there`, and that its `button` was pressed.
        """
        self._device = device
        self._lease = lease
        self._tripwire = tripwire
        self._context = multiprocessing.get_context("spawn")
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._starts = 0
        self.state = HeadState(False, why=Phrase("head_not_asked_yet"))
        self.firmware: str | None = None
        """Of the head that is there or was."""

    def __enter__(self) -> Self:
        self._start()
        return self

    def _start(self) -> None:
        self._starts += 1
        ours, theirs = self._context.Pipe()
        tripwire = None if self._tripwire is None else self._tripwire()
        lease = None if self._lease is None else self._lease()
        process = self._context.Process(
            target=serve, args=(self._device, theirs, tripwire, lease), name="sweep-head", daemon=True
        )
        with starting():
            process.start()
        theirs.close()
        if tripwire is not None:
            tripwire.close()  # its end is then the end of the process
        if lease is not None:
            lease.close()
        self._process, self._pipe = process, ours

    def __exit__(self, *_: object) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(CLOSE_WITHIN_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._pipe = self._process = None

    @property
    def process_id(self) -> int | None:
        """Of the head's process; None when it does not run."""
        return None if self._process is None else self._process.pid

    def _replace(self) -> None:
        """Start a process that died anew, a few times; it looks for the head again."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(CLOSE_WITHIN_S)
        self._pipe = self._process = None
        if self._starts <= MAX_RESTARTS:
            self._start()

    def say(self, message: ToHead) -> None:
        """Tell the head's process; a process that has ended is noticed by `hear`."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.send(message)

    def hear(self) -> list[FromHead]:
        """What it said since it was last asked."""
        messages: list[FromHead] = []
        try:
            while self._pipe is not None and self._pipe.poll(0):
                messages.append(self._pipe.recv())
        except (EOFError, OSError):
            messages += [
                Played(0, 0, 0.0, 0, ended="head_away"),
                StrobeEnded("head_away"),
                HeadState(False, why=Phrase("head_process_ended")),
            ]
            self._replace()
        for message in messages:
            if isinstance(message, HeadState):
                self.state = message
                self.firmware = message.firmware or self.firmware
        return messages
