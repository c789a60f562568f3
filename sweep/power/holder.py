"""The process that drives the camera's supply line, and nothing else does: high while its lease lives.

Input is messages of the keeper over a socket; output is the line, and its level said back to keeper and guard. It drops
the line at the deadline by its own clock, at any end of the lease, and when keeper or guard are gone. Run by the guard:
`python -m sweep.power.holder CHIP OFFSET KEEPER_FD GUARD_FD KEEPER_PIDFD`.
"""

from __future__ import annotations

import select
import signal
import socket
import sys

from sweep.host.gpio import LineError, LinePlace
from sweep.modality.lease import MESSAGE_OCTETS, Lease
from sweep.modality.liveness import LOOK_EVERY_MS, boottime_ns
from sweep.phrases import phrase_of, to_line
from sweep.power.line import PowerLine
from sweep.power.process import heard, take_priority, tell


def main(arguments: list[str]) -> int:
    """Body of the process; 0 when it ended in order, 2 when the line could not be driven."""
    chip, offset, keeper_fd, guard_fd, pidfd = arguments[0], *(int(message) for message in arguments[1:5])
    keeper, guard = socket.socket(fileno=keeper_fd), socket.socket(fileno=guard_fd)
    take_priority()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # through the line's own end, which leaves it low
    try:
        with PowerLine(LinePlace(chip, offset)) as line:
            _hold(line, keeper, guard, pidfd)
    except LineError as error:
        tell(f"fault {to_line(phrase_of(error))}", keeper)
        return 2
    return 0


def _hold(line: PowerLine, keeper: socket.socket, guard: socket.socket, pidfd: int) -> None:
    lease, is_high = Lease(), False
    poll = select.poll()
    for fd in (keeper.fileno(), guard.fileno(), pidfd):
        poll.register(fd, select.POLLIN)
    tell("low 0 not_declared", keeper, guard)
    while True:
        ready = {fd for fd, _ in poll.poll(LOOK_EVERY_MS)}
        message = heard(keeper, MESSAGE_OCTETS) if keeper.fileno() in ready else None
        is_alone = message == b"" or bool(ready & {guard.fileno(), pidfd})
        if message:
            lease.hear(message, boottime_ns())
        is_on = lease.is_on(boottime_ns()) and not is_alone
        if is_on != is_high:
            line.set(is_on=is_on)
            is_high = is_on
            tell(f"high {lease.until_ns}" if is_on else f"low {lease.until_ns} {lease.ended or 'alone'}", keeper, guard)
        if is_alone:
            return


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
