"""A lease between processes: its giver, beside the persons' `Control`, and the ends that other processes hold.

Input is the declaration that holds; output is, in each process that lights lamps or holds the camera, whether it may do
so now. An end decides by itself: by its own clock, by the giver's signs of life, by the death of the giver's thread and
the end of the pipe. Whatever else the giver's process says, nothing shines or films without it.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from multiprocessing.context import assert_spawning
from typing import Any, Final, Self

from sweep.modality.lease import (
    ALIVE,
    END,
    MESSAGE_OCTETS,
    SIGN_OF_LIFE_S,
    SILENT_NS,
    Declaration,
    Lease,
    RoomNotEmptyError,
    RoomPermit,
    issue,
    until,
)
from sweep.modality.liveness import LOOK_EVERY_MS, boottime_ns, open_pidfd, set_realtime_priority
from sweep.phrases import Phrase
from sweep.report import are_two_persons

LAPSE_NS: Final = SILENT_NS - round(2 * SIGN_OF_LIFE_S * 1e9)
"""A giver that was silent so long ends the declaration: some ends may be over already, and all shall be (derived)."""


class LeaseGiver:
    """Gives ends of one lease to other processes; a context manager, and all of them end with it."""

    def __init__(self, ask: Callable[[], Declaration | None], on_lapse: Callable[[], None] = lambda: None) -> None:
        """`ask` says which declaration holds. `on_lapse` hears that this process hung, which ends the declaration."""
        self._ask = ask
        self._on_lapse = on_lapse
        self._lock = threading.Lock()
        self._given: Declaration | None = None
        self._pipes: list[Connection] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        with self._lock:
            for pipe in self._pipes:
                pipe.close()
            self._pipes.clear()

    def end(self) -> LeaseEnd:
        """An end for one other process: goes with its arguments; closed here once it is there. Within the context."""
        theirs, ours = Pipe(duplex=False)
        os.set_blocking(ours.fileno(), False)
        with self._lock:
            self._pipes.append(ours)
            if self._given is not None:
                self._say(until(self._given), ours)
        return LeaseEnd(theirs, os.getpid(), self._thread.native_id or 0)

    def follow(self, _: Declaration | None = None) -> None:
        """The declaration changed: every end hears of it before this returns to the person who changed it."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        """With the lock held. What holds now counts, not what somebody was told of earlier."""
        now = self._ask()
        if now == self._given:
            return
        self._given = now
        self._say(END if now is None else until(now), *self._pipes)

    def _say(self, message: bytes, *pipes: Connection) -> None:
        for pipe in pipes:
            try:
                pipe.send_bytes(message)
            except OSError:  # gone, or hangs and takes no more: it must not take this message for the last one
                pipe.close()
                self._pipes.remove(pipe)

    def _run(self) -> None:
        set_realtime_priority()  # killed, it ends at once, and with it the lease
        signed_ns = boottime_ns()
        while not self._stop.wait(LOOK_EVERY_MS / 1e3):
            now_ns = boottime_ns()
            if now_ns - signed_ns > LAPSE_NS:
                self._on_lapse()
            with self._lock:
                self._look()
                if now_ns - signed_ns >= SIGN_OF_LIFE_S * 1e9:
                    signed_ns = now_ns
                    self._say(ALIVE, *self._pipes)


class LeaseEnd:
    """One process's hold on the lease; it looks for news whenever it is asked, from any thread."""

    def __init__(
        self, pipe: Connection, giver_process: int, giver_thread: int, *, clock_ns: Callable[[], int] = boottime_ns
    ) -> None:
        """`pipe` says the giver's messages; the death of `giver_thread` in `giver_process` (their ids) is an end
        too.
        """
        self._pipe = pipe
        self._giver = giver_process, giver_thread
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._lease = Lease()
        self._pidfd: int | None = None
        self._poll: select.poll | None = None
        self._is_giver_gone = False

    def __reduce__(self) -> tuple[Any, ...]:
        assert_spawning(self)
        return LeaseEnd, (self._pipe, *self._giver)

    def why_ended(self) -> str | None:
        """Why nothing may shine or film, a code; None while the lease lives."""
        with self._lock:
            self._look()
            return self._lease.ended

    def withdraw(self, why: str) -> None:
        """End it from here; only a declaration made after this moment gives it anew."""
        with self._lock:
            self._look()
            self._lease.withdraw(why, self._clock_ns())

    def permit(self) -> RoomPermit:
        """Leave to film, or to light, while this lease lives. Raises RoomNotEmptyError when it does not."""
        with self._lock:
            if not self._look():
                raise RoomNotEmptyError(Phrase("two_must_declare_before_camera"))
            return issue(self, self._lease.endings, self._lease.by)

    def permits(self, epoch: int) -> bool:
        """Whether a permit of that epoch still holds."""
        with self._lock:
            return self._look() and self._lease.endings == epoch

    def close(self) -> None:
        """Let go of it; it has ended then. May be called twice."""
        with self._lock:
            self._lose()
            self._pipe.close()
            if self._pidfd is not None:
                os.close(self._pidfd)
                self._pidfd = None

    def _look(self) -> bool:
        """With the lock held: hear what was said; whether it lives."""
        if not self._is_giver_gone:
            self._hear()
        return self._lease.is_on(self._clock_ns())

    def _hear(self) -> None:
        if self._poll is None:
            process, thread = self._giver
            try:
                self._pidfd = open_pidfd(thread, process)
            except ProcessLookupError:
                self._lose()
                return
            self._poll = select.poll()
            self._poll.register(self._pipe.fileno(), select.POLLIN)
            self._poll.register(self._pidfd, select.POLLIN)
        while ready := {fd for fd, _ in self._poll.poll(0)}:
            if self._pidfd in ready:
                self._lose()
                return
            try:
                message = self._pipe.recv_bytes(MESSAGE_OCTETS)
            except (EOFError, OSError):
                self._lose()
                return
            self._lease.hear(message, self._clock_ns())
            if self._lease.ended is None and not are_two_persons(self._lease.by):
                self._lease.end("malformed")

    def _lose(self) -> None:
        self._is_giver_gone = True
        self._lease.hear(b"", self._clock_ns())
