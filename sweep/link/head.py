"""The one owner of the serial line to the sensor head: opens the port or a recorded file of serial bytes, checks
that firmware and table are ours, and yields RF windows as contract records. Everything lost on the way is counted in
`Losses`. It judges nothing; a head with another protocol, and a file that is no serial capture, are one clear error.
"""

from __future__ import annotations

import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sweep.link.clock import TickClock
from sweep.link.frame import FrameReader, Reason, Received, Rejected, encode
from sweep.link.messages import (
    PROTOCOL_VERSION,
    SLOT_NS,
    TABLE_CRC,
    Accepted,
    Counters,
    EnvelopeWindow,
    Identify,
    Identity,
    KeepAlive,
    Message,
    Refused,
    RfStart,
    RfStop,
)
from sweep.link.port import SerialPort
from sweep.report import RfWindow

WINDOW_S = 0.1
BURST_BELOW_COUNTS = 767
"""-55 dBm by the nominal law (20 dBm - V / 25 mV, 2.5 V full scale): 5 dB above the detector's own floor (derived)."""
HYSTERESIS_COUNTS = 8
"""0.8 dB: three standard deviations of converter noise (guessed)."""
ANSWER_TIMEOUT_S = 2.0
IDENTIFY_EVERY_S = 0.3
SILENCE_TIMEOUT_S = 3.0
KEEP_ALIVE_EVERY_S = 0.04
BYTE_NS = 20_000  # ten bits at 500 kbaud
FILE_CHUNK = 64 * 1024
FILE_PROBE_BYTES = 4096
"""A capture shows an intact message within this many bytes: the head sends at least one in a second."""
LARGEST_FILE_BYTES = 1 << 30


class HeadError(ValueError):
    """The sensor head, or a recording of it, cannot be used; the message says what to do."""


class WrongFirmware(HeadError):
    """The firmware speaks another protocol than this software."""


@dataclass(slots=True)
class Losses:
    """What was lost between the detector and the reader, by the head's own account and by ours."""

    rejected: Counter[Reason] = field(default_factory=Counter)
    """Stretches of bytes that were no message, by reason."""
    missing_messages: int = 0
    """Gaps in the head's sequence numbers."""
    missing_windows: int = 0
    """Gaps in the numbers of the windows."""
    empty_windows: int = 0
    """Windows without a single sample."""
    dropped_samples: int = 0
    """Slots without a usable conversion, summed over the windows."""
    head: Counters | None = None
    """The head's last account of its own losses since its reset."""
    restarts: int = 0
    """Times the head introduced itself anew without being asked: it was reset."""


def check_identity(identity: Identity) -> None:
    """Raises WrongFirmware with what to do when the head was built from another message table."""
    if identity.protocol_version != PROTOCOL_VERSION:
        raise WrongFirmware(
            f"the sensor head speaks protocol {identity.protocol_version}, this software {PROTOCOL_VERSION}: "
            "flash the firmware of this release (sweep flash)"
        )
    if identity.table_crc != TABLE_CRC:
        raise WrongFirmware(
            f"the sensor head was built from another message table ({identity.table_crc:08x}, here {TABLE_CRC:08x}): "
            "flash the firmware of this release (sweep flash)"
        )


class Decoder:
    """Sans-IO half of the owner: serial bytes in, messages and RF windows out."""

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._next_seq: int | None = None
        self._next_index: int | None = None
        self.identity: Identity | None = None
        self.losses = Losses(rejected=self._reader.rejected)

    def feed(self, data: bytes) -> list[Received | Rejected]:
        """Events of `data` with the accounts kept. Raises WrongFirmware when the head introduces itself as another."""
        events = self._reader.feed(data)
        for event in events:
            if isinstance(event, Received):
                self._account(event)
        return events

    def _account(self, event: Received) -> None:
        match event.message:
            case Identity() as identity:
                check_identity(identity)
                if event.seq == 0 and self.identity is not None:
                    self.losses.restarts += 1
                    self._next_seq = None
                    self._next_index = None
                self.identity = identity
            case Counters() as counters:
                self.losses.head = counters
            case EnvelopeWindow() as window:
                if self._next_index is not None:
                    self.losses.missing_windows += (window.index - self._next_index) & 0xFFFF
                self._next_index = (window.index + 1) & 0xFFFF
                self.losses.dropped_samples += window.dropped
            case Accepted(request=RfStart.ID):
                self._next_index = 0
            case _:
                pass
        if self._next_seq is not None:
            self.losses.missing_messages += (event.seq - self._next_seq) & 0xFF
        self._next_seq = (event.seq + 1) & 0xFF


def to_rf_window(window: EnvelopeWindow, t_ns: int, slot_ns: float) -> RfWindow | None:
    """The contract record of a wire message that began at `t_ns`; None for one without samples."""
    if window.samples == 0:
        return None
    return RfWindow(
        t_ns=t_ns,
        duration_s=window.window_slots * slot_ns / 1e9,
        receiver="log_detector",
        centre_mhz=None,
        samples=window.samples,
        dropped=window.dropped,
        min_counts=float(window.min_counts),
        mean_counts=window.sum_counts / window.samples,
        max_counts=float(window.max_counts),
        p10_counts=float(window.p10_counts),
        p50_counts=float(window.p50_counts),
        p90_counts=float(window.p90_counts),
        duty_cycle=min(1.0, window.burst_samples / window.samples),
        bursts=window.bursts,
        gaps=window.gaps,
    )


def boottime_ns() -> int:
    """The Pi's CLOCK_BOOTTIME: the time base of every record."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Head:
    """An identified sensor head on an open port. Only one at a time; the process that holds it holds the head."""

    def __init__(self, port: SerialPort, now_ns: Callable[[], int] = boottime_ns) -> None:
        """Shake hands over `port`. Raises HeadError when nobody answers, WrongFirmware when it is another firmware."""
        self._port = port
        self._now_ns = now_ns
        self._seq = 0
        self._decoder = Decoder()
        self._clock = TickClock(SLOT_NS)
        self._last_sent_ns = 0
        self.identity = self._shake_hands()

    @property
    def losses(self) -> Losses:
        """What was lost so far."""
        return self._decoder.losses

    @property
    def clock(self) -> TickClock:
        """The head's clock against the Pi's."""
        return self._clock

    def send(self, message: Message) -> int:
        """Send one message; returns its sequence number."""
        seq = self._seq
        self._seq = (seq + 1) & 0xFF
        self._port.write(encode(message, seq))
        self._last_sent_ns = self._now_ns()
        return seq

    def receive(self) -> list[Received]:
        """Messages that arrived within one read timeout; keeps the clock and keeps the head from feeling alone."""
        data = self._port.read()
        received_ns = self._now_ns()
        messages = [event for event in self._decoder.feed(data) if isinstance(event, Received)]
        for event in messages:
            match event.message:
                case Counters(tick=tick):
                    self._clock.observe(tick, received_ns - event.wire_size * BYTE_NS)
                case EnvelopeWindow(tick=tick, window_slots=slots):
                    self._clock.observe((tick + slots) & 0xFFFFFFFF, received_ns - event.wire_size * BYTE_NS)
                case _:
                    pass
        if self._now_ns() - self._last_sent_ns > KEEP_ALIVE_EVERY_S * 1e9:
            self.send(KeepAlive())
        return messages

    def ask(self, message: Message) -> Accepted | Identity | Counters:
        """Send a command and wait for its answer. Raises HeadError when it is refused or nobody answers."""
        seq = self.send(message)
        deadline_ns = self._now_ns() + round(ANSWER_TIMEOUT_S * 1e9)
        while self._now_ns() < deadline_ns:
            for event in self.receive():
                match event.message:
                    case Accepted(request_seq=answered) as answer if answered == seq and answer.request == message.ID:
                        return answer
                    case Refused(request_seq=answered, reason=reason) if answered == seq:
                        raise HeadError(f"the sensor head refused {type(message).__name__} (reason {reason})")
                    case _:
                        pass
        raise HeadError(f"the sensor head did not answer {type(message).__name__} within {ANSWER_TIMEOUT_S:g} s")

    def _shake_hands(self) -> Identity:
        deadline_ns = self._now_ns() + round(ANSWER_TIMEOUT_S * 1e9)
        asked_ns = 0
        while (now_ns := self._now_ns()) < deadline_ns:
            if now_ns - asked_ns > IDENTIFY_EVERY_S * 1e9:
                self.send(Identify())
                asked_ns = now_ns
            # Not receive(): what the head still sends from before may be of another table.
            self._decoder.feed(self._port.read())
            if self._decoder.identity is not None:
                return self._decoder.identity
        raise HeadError(
            f"nothing on {self._port.device} answers like a sensor head: is its firmware flashed (sweep flash)?"
        )

    def rf_windows(
        self, seconds: float, *, window_s: float = WINDOW_S, burst_below_counts: int = BURST_BELOW_COUNTS
    ) -> Iterator[RfWindow]:
        """Windows of the log detector that cover `seconds`. Raises HeadError when the head falls silent."""
        self.ask(RfStart(round(window_s * 1e9 / SLOT_NS), burst_below_counts, HYSTERESIS_COUNTS))
        left = max(1, round(seconds / window_s))
        heard_ns = self._now_ns()
        while left > 0:
            messages = self.receive()
            if messages:
                heard_ns = self._now_ns()
            elif self._now_ns() - heard_ns > SILENCE_TIMEOUT_S * 1e9:
                raise HeadError("the sensor head fell silent: check its cable")
            for event in messages:
                if isinstance(event.message, EnvelopeWindow) and left > 0:
                    left -= 1
                    t_ns = max(0, self._clock.to_boottime(event.message.tick).t_ns)
                    record = to_rf_window(event.message, t_ns, SLOT_NS)
                    if record is None:
                        self.losses.empty_windows += 1
                    else:
                        yield record
        self.send(RfStop())


def read_recording(path: Path, *, start_ns: int = 0, losses: list[Losses] | None = None) -> Iterator[RfWindow]:
    """RF windows of a file of raw serial bytes as the head sent them; `start_ns` is the time of its first window.

    `losses`, when given, gets the accounts appended once. Raises HeadError when it is no such file.
    """
    decoder = Decoder()
    if losses is not None:
        losses.append(decoder.losses)
    first_tick: int | None = None
    read_bytes = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(FILE_PROBE_BYTES if read_bytes == 0 else FILE_CHUNK):
                events = decoder.feed(chunk)
                if read_bytes == 0 and not any(isinstance(event, Received) for event in events):
                    raise HeadError(f"{path.name} is not a recording of the sensor head's serial line")
                read_bytes += len(chunk)
                if read_bytes > LARGEST_FILE_BYTES:
                    raise HeadError(f"{path.name} is larger than any recording of one sweep")
                for event in events:
                    if not (isinstance(event, Received) and isinstance(event.message, EnvelopeWindow)):
                        continue
                    if decoder.identity is None:
                        raise HeadError(f"{path.name} does not begin with the sensor head's identity: record it anew")
                    first_tick = event.message.tick if first_tick is None else first_tick
                    t_ns = start_ns + ((event.message.tick - first_tick) & 0xFFFFFFFF) * SLOT_NS
                    record = to_rf_window(event.message, t_ns, SLOT_NS)
                    if record is None:
                        decoder.losses.empty_windows += 1
                    else:
                        yield record
    except OSError as error:
        raise HeadError(f"cannot read {path.name}: {error.strerror}") from error
    if read_bytes == 0:
        raise HeadError(f"{path.name} is empty")


def is_port(source: str) -> bool:
    """True when `source` is a character device: a serial port or a pseudo-terminal."""
    try:
        return stat.S_ISCHR(Path(source).stat().st_mode)
    except OSError:
        return False


def read_windows(
    source: str, seconds: float, *, start_ns: int = 0, losses: list[Losses] | None = None
) -> Iterator[RfWindow]:
    """RF windows of a PORT (measured now, `seconds` long) or of a FILE of raw serial bytes (at most `seconds` of it).

    `start_ns` is the time of a file's first window; a port's windows carry CLOCK_BOOTTIME. Raises HeadError, PortError.
    """
    if is_port(source):
        with SerialPort(source) as port:
            head = Head(port)
            if losses is not None:
                losses.append(head.losses)
            yield from head.rf_windows(seconds)
        return
    begin_ns: int | None = None
    for window in read_recording(Path(source), start_ns=start_ns, losses=losses):
        begin_ns = window.t_ns if begin_ns is None else begin_ns
        if window.t_ns - begin_ns >= seconds * 1e9:
            return
        yield window
