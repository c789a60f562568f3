"""The sweep's side of the camera's power: gives the lease, and ends it before anybody else has noticed.

Input is the persons' declaration as `Control.watch` tells it, and tripwires of processes that the camera cannot do
without (the sensor head's, which has the button; the one that films); output is messages to holder and guard. Power
that was cut comes back with a new declaration only. When holder or guard die, the line is dropped from here and both
are started anew for the next declaration.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Self

from sweep.host.gpio import LineError, LinePlace
from sweep.modality.lease import ALIVE, END, SIGN_OF_LIFE_S, Declaration, until
from sweep.modality.liveness import LOOK_EVERY_MS, open_pidfd, set_realtime_priority
from sweep.phrases import Phrase, phrase_of
from sweep.power.kernel import check_strict
from sweep.power.line import drop
from sweep.power.pair import HANG_S, Pair
from sweep.report import are_two_persons


class CameraPower:
    """Power of the camera during one sweep; a context manager. The line is low from its start to its end."""

    def __init__(
        self,
        place: LinePlace,
        ask: Callable[[], Declaration | None],
        *,
        check: Callable[[LinePlace], None] = check_strict,
    ) -> None:
        """`ask` says which declaration holds: an end is looked for too, since whoever tells of it may be held up.

        `check` refuses a kernel that the line would not be safe with.
        """
        self._place = place
        self._ask = ask
        self._check = check
        self._condition = threading.Condition()
        self._pair: Pair | None = None
        self._wanted: Declaration | None = None
        self._given_ns = 0
        """Deadline of the lease that was last given."""
        self._high_until_ns = 0
        """Of the lease for which the holder has not said "low" yet; 0: the line is low."""
        self._ended_s: float | None = None
        """When that lease was ended."""
        self._cut_ns = 0
        """Declarations up to this deadline were cut, and are over."""
        self._away: set[str] = set()
        """Names of those that are needed and not there."""
        self._wires: dict[int, tuple[str, Connection]] = {}
        self._pidfds: dict[int, int] = {}
        self._is_closing = False
        self.is_on = False
        """Whether the holder says that the line is high."""
        self.why_off: str | Phrase = "not_declared"
        """A code, or what is wrong with the line."""
        """Code of what ended it last."""
        self._wake, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="camera power", daemon=True)

    def __enter__(self) -> Self:
        """Drives the line low. Raises LineError where it cannot be driven or would outlast a crash."""
        try:
            self._check(self._place)
            drop(self._place)  # what a crash left high; and all that dropping it needs is loaded now
            self._thread.start()
            pair = Pair(self._place, self._thread.native_id or 0)
        except LineError:
            self._is_closing = True
            self._wake_up()
            if self._thread.ident is not None:
                self._thread.join()
            self._close_wires()
            raise
        with self._condition:
            self._pair = pair
        self._wake_up()
        return self

    def __exit__(self, *_: object) -> None:
        with self._condition:
            self._is_closing = True
            self._wanted = None  # or the thread, on its way past its look at that, would give a lease anew
            self._end("closed")
        self._wake_up()
        self._thread.join()
        if self._pair is not None:
            self._end_processes(self._pair)
        self._close_wires()

    def _close_wires(self) -> None:
        for fd in self._pidfds.values():
            os.close(fd)
        for _, wire in self._wires.values():
            wire.close()
        self._wake.close()
        self._waker.close()

    def follow(self, declaration: Declaration | None) -> None:
        """The declaration that holds now, or None: the line falls before this returns to the person who ended it."""
        with self._condition:
            self._wanted = declaration if declaration is not None and are_two_persons(declaration.by) else None
            if self._wanted is None:
                self._end("ended")
        self._wake_up()

    def cut(self, why: str) -> None:
        """End the power; only another declaration than the one that holds now brings it back."""
        with self._condition:
            if self._wanted is not None:
                self._cut_ns = max(self._cut_ns, self._wanted.until_ns)
            self._end(why)
        self._wake_up()

    def need(self, name: str) -> None:
        """No power comes before a tripwire of that name says `there`."""
        with self._condition:
            self._away.add(name)

    def tripwire(self, name: str) -> Connection:
        """For a process that is needed: `away`, `button` or its death cut the power, `there` allows it again."""
        self.need(name)
        ours, theirs = Pipe(duplex=False)
        with self._condition:
            self._wires[ours.fileno()] = (name, ours)
        self._wake_up()
        return theirs

    def depend_on(self, pid: int | None) -> None:
        """The death of this process cuts the power."""
        if pid is None or pid in self._pidfds:
            return
        try:
            fd = open_pidfd(pid)
        except ProcessLookupError:
            self.cut("process_died")
            return
        with self._condition:
            self._pidfds[pid] = fd
        self._wake_up()

    @property
    def process_ids(self) -> tuple[int, int] | None:
        """Of guard and holder; None while there are none."""
        pair = self._pair
        return None if pair is None else pair.pids

    @property
    def is_cut(self) -> bool:
        """Whether no power comes under the declaration that holds; without one it says nothing."""
        with self._condition:
            return self._wanted is None or self._wanted.until_ns <= self._cut_ns

    def wait_on(self, patience_s: float) -> bool:
        """Whether the line is high, or became so in that time."""
        with self._condition:
            return self._condition.wait_for(lambda: self.is_on, patience_s)

    def _end(self, why: str) -> None:
        """With the lock held."""
        if self._given_ns:
            self.why_off = why
            self._ended_s = time.monotonic()
        self._given_ns = 0
        if self._pair is not None:
            self._pair.say(END)

    def _wake_up(self) -> None:
        with contextlib.suppress(OSError):  # the sweep is over, and somebody still declares
            self._waker.send(b"\0")

    def _run(self) -> None:
        set_realtime_priority()  # killed, it ends at once, and with it the lease
        next_sign_s = 0.0
        while not self._is_closing:
            self._hear()
            if self._pair is None and self._wanted is not None:
                self._start_again()
            with self._condition:
                if self._pair is None:
                    continue
                self._look()
                self._give()
                self._end_what_hangs()
                if time.monotonic() >= next_sign_s:
                    next_sign_s = time.monotonic() + SIGN_OF_LIFE_S
                    self._pair.say(ALIVE)

    def _look(self) -> None:
        """With the lock held, so that no newer declaration is ended by an older answer."""
        if self._wanted is not None and self._ask() is None:
            self._wanted = None
            self._end("ended")

    def _give(self) -> None:
        """With the lock held: a lease for the declaration that holds, unless it was cut or somebody is away."""
        wanted = self._wanted
        if wanted is None or self._pair is None or self._away or wanted.until_ns <= self._cut_ns:
            return
        if wanted.until_ns != self._given_ns:
            self._given_ns = self._high_until_ns = wanted.until_ns
            self._ended_s = None
            self._pair.say_guard_first(until(wanted))

    def _end_what_hangs(self) -> None:
        """With the lock held: neither holder nor guard has ended what was to end (both stopped, say)."""
        if self._pair is None or not self._high_until_ns or self._ended_s is None:
            return
        if time.monotonic() - self._ended_s > HANG_S:
            self._high_until_ns = 0
            self._pair.kill()

    def _hear(self) -> None:
        poll = select.poll()
        with self._condition:
            pair, wires, pidfds = self._pair, set(self._wires), dict(self._pidfds)
        for fd in (self._wake.fileno(), *wires, *pidfds.values(), *(() if pair is None else pair.fds)):
            poll.register(fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(LOOK_EVERY_MS)}
        for fd in ready & wires:
            self._hear_wire(fd)
        for pid, fd in pidfds.items():
            if fd in ready:
                self.cut("process_died")
                with self._condition:
                    os.close(self._pidfds.pop(pid))
        if pair is not None and ready & set(pair.fds):
            self._hear_pair(pair, ready)
        if self._wake.fileno() in ready:
            self._wake.recv(4096)

    def _hear_wire(self, fd: int) -> None:
        name, wire = self._wires[fd]
        try:
            message = str(wire.recv())
        except (EOFError, OSError):
            message = "process_died"
            with self._condition:
                del self._wires[fd]
            wire.close()
        with self._condition:
            if message == "there":
                self._away.discard(name)
                return
            if message in {"away", "process_died"}:
                self._away.add(name)
        self.cut(message)

    def _hear_pair(self, pair: Pair, ready: set[int]) -> None:
        said = pair.hear(ready)
        with self._condition:
            if said is None:
                self._pair = None
                self.is_on = False
                self._high_until_ns = 0
                self._cut_ns = max(self._cut_ns, self._given_ns)
                self._given_ns = 0
                self.why_off = "power_process_died"
            elif said:
                level, until_ns, *why = said.split(" ", 2)
                self.is_on = level == "high"
                if level == "low" and until_ns == str(self._high_until_ns):
                    self._high_until_ns = 0
                if why and self._given_ns:
                    self.why_off = why[0]
            self._condition.notify_all()
        if said is None:
            self._end_processes(pair)

    def _end_processes(self, pair: Pair) -> None:
        try:
            pair.close()
        except LineError as error:
            with self._condition:
                self.why_off = phrase_of(error)

    def _start_again(self) -> None:
        try:
            pair = Pair(self._place, threading.get_native_id())
        except LineError as error:
            with self._condition:
                self._wanted, self.why_off = None, phrase_of(error)
            return
        with self._condition:
            self._pair = pair
