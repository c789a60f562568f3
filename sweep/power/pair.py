"""Holder and guard as the keeper sees them: started together, told together, ended together.

Input is messages of a lease; output is what the holder says of the line's level, and that one of the two is gone.
Whatever they do, the line is low when they were closed.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import Final

from sweep.host.gpio import LineError, LinePlace
from sweep.host.interrupts import held
from sweep.modality.liveness import open_pidfd
from sweep.phrases import Phrase, from_line
from sweep.power.line import drop
from sweep.power.process import LINE_OCTETS, heard

START_S: Final = 20.0
"""How long they may take to start on a busy machine (guessed)."""
CLOSE_S: Final = 3.0
PATIENCE_S: Final = 2.0
HANG_S: Final = 0.06
"""When both hang nobody else ends it: after the guard's own 40 ms and one look, still within 100 ms."""


class Pair:
    """Guard and holder, started together and ended together."""

    def __init__(self, place: LinePlace, keeper_thread: int) -> None:
        """Waits until the line is low; the end of `keeper_thread` (its id) ends both. Raises LineError."""
        self._place = place
        self._holder, holders = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._guard, guards = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pidfd = open_pidfd(keeper_thread)
        fds = (guards.fileno(), holders.fileno(), pidfd)
        with held():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "sweep.power.guard", place.chip, str(place.offset), *map(str, fds)],
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        guards.close()
        holders.close()
        os.close(pidfd)
        self.pids = (self._process.pid, 0)
        """Of guard and holder."""
        try:
            self._await_low()
        except LineError:
            self.close()
            raise

    @property
    def fds(self) -> tuple[int, int]:
        """Sockets to listen at."""
        return self._holder.fileno(), self._guard.fileno()

    def say(self, message: bytes) -> None:
        """To the holder, who drives the line, and to the guard."""
        for listener in (self._holder, self._guard):
            _send(listener, message)

    def say_guard_first(self, message: bytes) -> None:
        """What raises the line is known to the guard before the holder does it."""
        for listener in (self._guard, self._holder):
            _send(listener, message)

    def hear(self, ready: set[int]) -> str | None:
        """What the holder says of its level; None when one of the two is gone."""
        if self._guard.fileno() in ready and not heard(self._guard, LINE_OCTETS):
            return None
        if self._holder.fileno() not in ready:
            return ""
        return heard(self._holder, LINE_OCTETS).decode(errors="replace") or None

    def close(self) -> None:
        """End both, line low whatever they do; may be called twice."""
        self._holder.close()
        self._guard.close()
        try:
            try:
                drop(self._place, HANG_S)
            except LineError:
                self.kill()
                drop(self._place, PATIENCE_S)
        finally:
            try:
                self._process.wait(CLOSE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def kill(self) -> None:
        """End both at once, also where they are stopped; their sockets then say that they are gone."""
        if self._process.poll() is not None:
            return  # the holder's id may be another's by now; without its guard it ends by itself
        for pid in filter(None, reversed(self.pids)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _await_low(self) -> None:
        deadline = time.monotonic() + START_S
        poll = select.poll()
        for fd in self.fds:
            poll.register(fd, select.POLLIN)
        is_low = False
        while (left_s := deadline - time.monotonic()) > 0.0:
            for fd, _ in poll.poll(1000.0 * left_s):
                said = heard(self._holder if fd == self._holder.fileno() else self._guard, LINE_OCTETS).decode()
                kind, _, rest = said.partition(" ")
                match kind:
                    case "low":
                        is_low = True
                    case "holder":
                        self.pids = (self._process.pid, int(rest))
                    case "fault":
                        raise LineError(from_line(rest))
                    case _:
                        raise LineError(Phrase("power_process_ended", line=self._place))
            if is_low and all(self.pids):
                return
        raise LineError(Phrase("power_process_not_started"))


def _send(listener: socket.socket, message: bytes) -> None:
    try:
        listener.send(message, socket.MSG_DONTWAIT)
    except OSError:
        return  # one that is gone or hangs is noticed by its silence
