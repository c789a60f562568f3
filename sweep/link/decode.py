"""Sans-IO half of the sensor head's owner: serial bytes in, checked messages out, RF windows as contract records,
and an account of everything that was lost on the way. A head with another protocol is one clear error. It opens
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sweep.link.frame import FrameReader, Reason, Received, Rejected
from sweep.link.imu import LOST
from sweep.link.messages import (
    PROTOCOL_VERSION,
    TABLE_CRC,
    Accepted,
    Counters,
    EnvelopeWindow,
    Identity,
    Imu,
    ImuSet,
    RfStart,
    TunerSet,
    TunerSweep,
    TunerWindow,
)
from sweep.phrases import Phrase
from sweep.report import RfWindow

READABLE_VERSIONS = (1, 2, PROTOCOL_VERSION)
"""Protocols whose messages to the host have the same layout: they differ in commands (firmware/PROTOCOL.md)."""


class HeadError(ValueError):
    """The sensor head, or a recording of it, cannot be used; the message says what to do."""


class HeadRefused(HeadError):
    """The head is there and says that a command cannot be carried out."""


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
    missing_imu_batches: int = 0
    """Gaps in the numbers of the inertial sensor's batches."""
    lost_imu_samples: int = 0
    """Samples that the head says it could not read, in the batches that came."""
    head: Counters | None = None
    """The head's last account of its own losses since its reset."""
    repeated_commands: int = 0
    """Times a command was sent again because no answer came in time."""
    unanswered_commands: int = 0
    """Commands that nobody answered, however often they were sent."""
    restarts: int = 0
    """Times the head introduced itself anew without being asked: it was reset."""


def check_protocol(identity: Identity) -> None:
    """Raises WrongFirmware when the messages mean something else: enough to read a recording."""
    if identity.protocol_version not in READABLE_VERSIONS:
        raise _speaks_another(identity)


def _speaks_another(identity: Identity) -> WrongFirmware:
    return WrongFirmware(Phrase("head_protocol_differs", protocol=identity.protocol_version, here=PROTOCOL_VERSION))


def check_identity(identity: Identity) -> None:
    """Raises WrongFirmware with what to do when the head was built from another message table."""
    if identity.protocol_version != PROTOCOL_VERSION:
        raise _speaks_another(identity)
    if identity.table_crc != TABLE_CRC:
        raise WrongFirmware(Phrase("head_message_table_differs", table=identity.table_crc, here=TABLE_CRC))


Numbered = EnvelopeWindow | TunerWindow | Imu
"""Results that carry a number of their own."""


class Decoder:
    """Sans-IO half of the owner: serial bytes in, messages out, losses counted.

    `check` is applied whenever the head introduces itself and raises WrongFirmware: a live head must have our very
    table, for a recording the protocol version is enough (within one, messages are added but never changed).
    """

    def __init__(self, check: Callable[[Identity], None] = check_identity) -> None:
        self._check = check
        self._reader = FrameReader()
        self._next_seq: int | None = None
        self._next_index: dict[type[Numbered], int] = {}
        """Number that the next result of a kind should have."""
        self._is_anew: set[type[Numbered]] = set()
        """Kinds whose numbers a command began anew since their last result."""
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
                self._check(identity)
                if event.seq == 0 and self.identity is not None:
                    self.losses.restarts += 1
                    self._next_seq = None
                    self._next_index.clear()
                self.identity = identity
            case Counters() as counters:
                self.losses.head = counters
            case Accepted(request=request):
                self._is_anew |= set(renumbered_by(request))
            case EnvelopeWindow() | TunerWindow() | Imu() as result:
                self._account_result(result)
            case _:
                pass
        if self._next_seq is not None:
            self.losses.missing_messages += (event.seq - self._next_seq) & 0xFF
        self._next_seq = (event.seq + 1) & 0xFF

    def _account_result(self, result: Numbered) -> None:
        kind = type(result)
        missing = self._count_missing(kind, result.index)
        match result:
            case EnvelopeWindow(dropped=dropped):
                self.losses.missing_windows += missing
                self.losses.dropped_samples += dropped
            case TunerWindow():
                self.losses.missing_windows += missing
            case Imu(late_slots=late_slots):
                self.losses.missing_imu_batches += missing
                self.losses.lost_imu_samples += late_slots.count(LOST)
        self._next_index[kind] = (result.index + 1) & 0xFFFF
        self._is_anew.discard(kind)

    def _count_missing(self, kind: type[Numbered], index: int) -> int:
        """Results lost before number `index`. That numbers begin anew shows in the answer to a command, and where that
        came late, or was lost, in a number that goes back.
        """
        expected = self._next_index.get(kind)
        if kind in self._is_anew:
            return 0 if index == expected else index
        if expected is None:
            return 0
        gap = (index - expected) & 0xFFFF
        return index if gap > 0x7FFF else gap


def renumbered_by(request: int) -> tuple[type[Numbered], ...]:
    """Kinds of results that the head numbers from 0 once it obeys the command of this id."""
    match request:
        case RfStart.ID:
            return (EnvelopeWindow,)
        case TunerSet.ID | TunerSweep.ID:
            return (TunerWindow,)
        case ImuSet.ID:
            return (Imu,)
        case _:
            return ()


def to_tuner_window(window: TunerWindow, t_ns: int, slot_ns: float) -> RfWindow | None:
    """The contract record of one frequency that began at `t_ns`; None for one without samples.

    The tuner sends no percentiles: the greatest, mean and least of its samples stand in for them, strongest first as
    for the log detector. Its duty cycle is the share of samples above `busy_above_counts`.
    """
    if window.rssi_samples == 0 or window.window_slots == 0:
        return None
    duration_s = window.window_slots * slot_ns / 1e9
    mean_counts = window.rssi_sum_counts / window.rssi_samples
    return RfWindow(
        t_ns=t_ns,
        duration_s=duration_s,
        receiver="tuner",
        centre_mhz=float(window.mhz),
        samples=window.rssi_samples,
        dropped=0,
        min_counts=float(window.rssi_min_counts),
        mean_counts=mean_counts,
        max_counts=float(window.rssi_max_counts),
        p10_counts=float(window.rssi_max_counts),
        p50_counts=mean_counts,
        p90_counts=float(window.rssi_min_counts),
        duty_cycle=min(1.0, window.busy_samples / window.rssi_samples),
        bursts=0,
        gaps=0,
        lines_per_s=window.lines / duration_s,
        line_spread_counts=max(0, window.most_lines - window.least_lines),
        line_least_counts=window.least_lines,
    )


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
        longest_burst_s=window.longest_burst_slots * slot_ns / 1e9,
    )
