"""The process that watches the holder: when that dies or is late, this one drops the line.

Input is the same messages as the holder's and what the holder says of its level; output is the line, driven low, once.
It never raises it. It ends with the holder; the keeper then starts both anew. Run by the keeper:
`python -m sweep.power.guard CHIP OFFSET KEEPER_FD HOLDERS_KEEPER_FD KEEPER_PIDFD`.
"""

from __future__ import annotations

import select
import signal
import socket
import subprocess
import sys
from typing import Final

from sweep.host.gpio import LineError, LinePlace
from sweep.modality.lease import MESSAGE_OCTETS, Lease
from sweep.modality.liveness import LOOK_EVERY_MS, boottime_ns
from sweep.phrases import phrase_of, to_line
from sweep.power.line import drop
from sweep.power.process import LINE_OCTETS, heard, take_priority, tell

LATE_NS: Final = 40_000_000
"""The holder has this long to say "low" after its lease is over; with a look every 20 ms that leaves 40 of 100 ms."""
PATIENCE_S: Final = 2.0
"""How long a killed holder's claim may outlast it."""


def main(arguments: list[str]) -> int:
    """Body of the process; 0 when the line was left low, 2 when it could not be driven."""
    chip, offset, keeper_fd, holders_fd, pidfd = arguments[0], *(int(message) for message in arguments[1:5])
    place = LinePlace(chip, offset)
    take_priority()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with socket.socket(fileno=keeper_fd) as keeper, ours, theirs:
        command = [sys.executable, "-P", "-m", "sweep.power.holder", chip, str(offset)]
        holder = subprocess.Popen(
            [*command, str(holders_fd), str(theirs.fileno()), str(pidfd)],
            pass_fds=(holders_fd, theirs.fileno(), pidfd),
            start_new_session=True,
        )
        theirs.close()
        socket.socket(fileno=holders_fd).close()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends with the holder, or the line would be unwatched
        tell(f"holder {holder.pid}", keeper)
        try:
            _watch(keeper, ours, pidfd)
        finally:
            holder.kill()
            holder.wait()
        try:
            drop(place, PATIENCE_S)
        except LineError as error:
            tell(f"fault {to_line(phrase_of(error))}", keeper)
            return 2
    return 0


def _watch(keeper: socket.socket, holder: socket.socket, pidfd: int) -> None:
    """Until the holder is gone, or has to be."""
    lease, may_be_high, off_since_ns = Lease(), False, 0
    poll = select.poll()
    for fd in (keeper.fileno(), holder.fileno(), pidfd):
        poll.register(fd, select.POLLIN)
    is_alone = False
    while True:
        ready = {fd for fd, _ in poll.poll(LOOK_EVERY_MS)}
        now_ns = boottime_ns()
        if holder.fileno() in ready:
            said = heard(holder, LINE_OCTETS)
            if not said:
                return
            if said.split()[:2] == [b"low", b"%d" % lease.until_ns]:  # that of an earlier lease says nothing
                may_be_high = False
        if ready & {keeper.fileno(), pidfd}:
            message = b"" if pidfd in ready else heard(keeper, MESSAGE_OCTETS)
            lease.hear(message, now_ns)
            if not message:  # the holder sees the same and ends by itself
                is_alone = True
                poll.unregister(keeper.fileno())
                poll.unregister(pidfd)
        if lease.is_on(now_ns):
            may_be_high, off_since_ns = True, 0
            continue
        off_since_ns = off_since_ns or now_ns
        if (may_be_high or is_alone) and now_ns - off_since_ns > LATE_NS:
            return


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
