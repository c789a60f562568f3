"""Live capture: frames from a monitor-mode interface as packet blocks, every one accounted for.

Input is an interface name; output is `PacketBlock` records with kernel time stamps on CLOCK_BOOTTIME, and a tally of
what was received, dropped by the kernel and missed in gaps.  A helper process opens the socket and tunes the radio
(`capture_helper`); this one gives up its capabilities and reads a ring that both share with the kernel.  When the
adapter is pulled out or taken away, the gap is recorded with a sentence and the helper is asked again until it is back.
It never transmits and never writes a packet anywhere.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from sweep.captures.packets import PacketBlock, Row, build_block
from sweep.phrases import Phrase, from_line

from .air import TROUBLES, CaptureGap, CaptureOpenError, CaptureTally
from .channels import NOTHING_KNOWN, Channel, ChannelMemory
from .helper_process import BLOCK_OCTETS, BLOCKS, RETIRE_MS, read_channel, write_channel

RETRY_S: Final = 0.5
"""Between attempts to open an interface that went away: guessed."""
POLL_MS: Final = 100
MAX_GAPS: Final = 1_000
"""Gaps kept one by one: guessed; an adapter that flickers more often is broken; the last gap stands for the rest."""
ANSWER_WITHIN_S: Final = 15.0
"""The helper answers within this or is taken for dead: derived, two calls of iw."""
CLOCK_STEP_NS: Final = 20_000_000
"""A larger change of the wall clock within a second is a step: guessed, a hundred times what slewing does."""

_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_BLOCK_STATUS = struct.Struct("=I")
_BLOCK = struct.Struct("=8xIIII")  # (version, private), status, packets, offset of the first, octets
_PACKET = struct.Struct("=IIIII4xH")  # next, seconds, nanoseconds, captured, original, (status), start of the frame
_TO_KERNEL, _TO_USER = 0, 1
_CAP_VERSION, _PR_SET_NO_NEW_PRIVS = 0x20080522, 38


class LiveCapture:
    """An open capture; use as a context manager, iterate `blocks`, read `tally` at any time."""

    is_adapter: Final = True

    def __init__(
        self,
        interface: str,
        *,
        helper: Sequence[str] | None = None,
        service: Path | None = None,
        repairs: bool = False,
    ) -> None:
        """Start the helper (`helper` is its command without arguments) and open the interface.  `service`: the socket
        of a service that starts a helper for each who connects; then none is started here.

        With `repairs` an interface that is down or was taken out of monitor mode is put back, now and after each gap.
        Raises CaptureOpenError with one line when that cannot be done now.
        """
        self.interface = interface
        self._repairs = repairs
        self._channel: Channel | None = None
        self.tally = CaptureTally()
        self.memory: ChannelMemory = NOTHING_KNOWN
        self._process: subprocess.Popen[bytes] | None = None
        self._has_service = False
        if service is None:
            self._helper, self._process = _start_helper(interface, helper)
        else:
            self._helper, self._has_service = _connect(service), True
        self._helper.settimeout(ANSWER_WITHIN_S)
        self._ring: _Ring | None = None
        self._offset_ns = _wall_minus_boot_ns()
        try:
            self._open()
        except CaptureOpenError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket and end the helper."""
        self._close_ring()
        self._helper.close()
        self._has_service = False
        if self._process is None:
            return
        try:
            self._process.wait(timeout=ANSWER_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def now_ns(self) -> int:
        """CLOCK_BOOTTIME."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def tune(self, channel: Channel) -> None:
        """Listen on another channel, also after a gap; CaptureOpenError when the adapter refuses."""
        self._channel = channel
        self._ask(f"tune {write_channel(channel)}")

    def channels(self) -> tuple[Channel, ...]:
        """What the adapter may receive on."""
        words, _ = self._ask("channels")
        return tuple(read_channel(word) for word in words)

    @property
    def has_helper(self) -> bool:
        """False when the helper has ended: nothing can be opened or tuned any more."""
        return self._has_service if self._process is None else self._process.poll() is None

    @property
    def is_open(self) -> bool:
        """False while the adapter is away."""
        return self._ring is not None

    def blocks(self, seconds: float, *, is_last: bool = True) -> Iterator[PacketBlock]:
        """What is heard within `seconds`; an interface that goes away is waited for and its gap recorded.

        Unless `is_last`, up to RETIRE_MS of it may come with the next call, which saves waiting on every channel.
        """
        end_ns = self.now_ns() + round(seconds * 1e9)
        while self.now_ns() < end_ns:
            if self._ring is None:
                self._wait_for_return(end_ns)
                continue
            self._watch_clock()
            fault = self._ring.wait()
            for rows, octets in self._ring.take():
                self.tally.received += len(rows)
                yield build_block(self._ring.link_type, octets, self._on_boot_clock(rows))
            if fault is not None:
                self._lose(fault)
        if self._ring is not None and is_last:
            time.sleep(2 * RETIRE_MS / 1000)  # the kernel hands a block over that is not full
            for rows, octets in self._ring.take():
                self.tally.received += len(rows)
                yield build_block(self._ring.link_type, octets, self._on_boot_clock(rows))
            self.tally.dropped += self._ring.count_drops()

    def _on_boot_clock(self, rows: list[Row]) -> list[Row]:
        offset = self._offset_ns
        return [(start, captured, original, t_ns - offset) for start, captured, original, t_ns in rows]

    def _watch_clock(self) -> None:
        offset = _wall_minus_boot_ns()
        self.tally.clock_steps += abs(offset - self._offset_ns) > CLOCK_STEP_NS
        self._offset_ns = offset

    def _lose(self, fault: Phrase) -> None:
        self._close_ring()
        now_ns = self.now_ns()
        del self.tally.gaps[MAX_GAPS - 1 :]
        self.tally.gaps.append(CaptureGap(now_ns, now_ns, f"{self.interface!a}: {fault}"))

    def _wait_for_return(self, end_ns: int) -> None:
        gap = self.tally.gaps[-1]
        try:
            self._open()
            if self._channel is not None:
                self.tune(self._channel)
        except CaptureOpenError as error:
            gap = CaptureGap(gap.begin_ns, gap.end_ns, str(error))
            time.sleep(max(0.0, min(RETRY_S, (end_ns - self.now_ns()) / 1e9)))
        self.tally.gaps[-1] = CaptureGap(gap.begin_ns, self.now_ns(), gap.reason)

    def _open(self) -> None:
        try:
            words, descriptors = self._ask("open")
        except CaptureOpenError as error:
            if not self._repairs or error.code == "no_packet_rings":  # another mode of the adapter changes no kernel
                raise
            self._ask("monitor")
            words, descriptors = self._ask("open")
        if len(words) != 1 or len(descriptors) != 1:
            raise CaptureOpenError(Phrase("capture_helper_sent_no_socket"))
        self._ring = _Ring(socket.socket(fileno=descriptors[0]), int(words[0]))

    def _close_ring(self) -> None:
        if self._ring is not None:
            self.tally.dropped += self._ring.count_drops()
            self._ring.close()
            self._ring = None

    def _ask(self, command: str) -> tuple[list[str], list[int]]:
        try:
            self._helper.send(command.encode())
            answer, descriptors, _, _ = socket.recv_fds(self._helper, 4096, 1)
        except OSError:
            answer, descriptors = b"", []
        self._has_service = self._has_service and answer != b""  # an end of the line, or an answer that does not come
        kind, _, rest = answer.decode("ascii", "replace").partition(" ")
        if kind != "ok":
            for descriptor in descriptors:
                os.close(descriptor)
            word, _, said = rest.partition(" ")
            code = next((one for one in TROUBLES if one == word), None)
            if code is None:
                raise CaptureOpenError(Phrase("capture_helper_ended"))
            raise CaptureOpenError(from_line(said), code)
        return rest.split(), descriptors


def _start_helper(interface: str, helper: Sequence[str] | None) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [
        *(helper or [sys.executable, "-m", "sweep.wifi.capture.helper_process"]),
        interface,
        str(theirs.fileno()),
    ]
    with theirs:
        return ours, subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)


def _connect(service: Path) -> socket.socket:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        line.connect(str(service))
    except OSError as error:
        line.close()
        raise CaptureOpenError(Phrase("capture_helper_unreachable", service=service, why=error)) from None
    return line


class _Ring:
    """The ring of blocks that the kernel fills (TPACKET_V3, linux/if_packet.h)."""

    def __init__(self, packet_socket: socket.socket, link_type: int) -> None:
        self.link_type = link_type
        self._socket = packet_socket
        self._map = mmap.mmap(packet_socket.fileno(), BLOCK_OCTETS * BLOCKS)
        self._next = 0
        self._poll = select.poll()
        self._poll.register(packet_socket, select.POLLIN | select.POLLERR)

    def wait(self) -> Phrase | None:
        """Wait for a block, at most POLL_MS; a phrase when the interface is gone."""
        for _, event in self._poll.poll(POLL_MS):
            if event & (select.POLLERR | select.POLLHUP):
                code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                return Phrase("adapter_went_away", why=OSError(code, os.strerror(code)) if code else "closed")
        return None

    def take(self) -> Iterator[tuple[list[Row], bytes]]:
        """Every block the kernel has handed over: its rows, and a copy of its octets."""
        for _ in range(BLOCKS):
            base = self._next * BLOCK_OCTETS
            status, packets, position, used = _BLOCK.unpack_from(self._map, base)
            if not status & _TO_USER:
                return
            octets = self._map[base : base + min(used, BLOCK_OCTETS)]
            _BLOCK_STATUS.pack_into(self._map, base + 8, _TO_KERNEL)
            self._next = (self._next + 1) % BLOCKS
            rows: list[Row] = []
            for _ in range(packets):
                step, seconds, fraction, captured, original, mac = _PACKET.unpack_from(octets, position)
                rows.append((position + mac, captured, original, seconds * 1_000_000_000 + fraction))
                position += step
            if rows:
                yield rows, octets

    def count_drops(self) -> int:
        """Frames dropped since the last call."""
        statistics = self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 12)
        return int(struct.unpack("3I", statistics)[1])

    def close(self) -> None:
        self._map.close()
        self._socket.close()


def drop_capabilities() -> None:
    """Give up every capability of this process for good; RuntimeError when the kernel refuses.

    Call it after the helper has been started, which needs its own.
    """
    library = ctypes.CDLL(None, use_errno=True)
    header, nothing = struct.pack("=II", _CAP_VERSION, 0), bytes(24)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or library.capset(header, nothing):
        raise RuntimeError(Phrase("capabilities_not_dropped", why=os.strerror(ctypes.get_errno())))


def _wall_minus_boot_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
