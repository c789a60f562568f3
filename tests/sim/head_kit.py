"""What the tests of the emulated sensor head share: the built firmware and a host that talks to the machine."""

import functools
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from sweep.link.decode import Decoder
from sweep.link.frame import FrameReader, Received, encode
from sweep.link.head import Command, CommandSender, Outcome
from sweep.link.messages import Counters, EnvelopeWindow, Housekeeping, KeepAlive, LampRun, Message
from sweep.sim.head.avr import CLOCK_HZ
from sweep.sim.head.machine import HeadMachine
from sweep.sim.head.scene import RfScene

M = TypeVar("M", bound=Message)
KEEP_ALIVE_EVERY_NS = 20_000_000
REPO_ROOT = Path(__file__).resolve().parents[2]
SLOTS_GIVEN_SINCE = 1300  # at most, in the second since the last account
LOSS_COUNTERS = (
    "rx_overrun_bytes",
    "rx_dropped_bytes",
    "rx_bad_frames",
    "rx_unknown_messages",
    "tx_dropped_messages",
    "dropped_samples",
    "missed_slots",
    "dropped_windows",
    "dropped_events",
)


@functools.cache
def built_elf() -> Path:
    """The firmware, brought up to date with its sources."""
    if shutil.which("avr-gcc") is None:
        pytest.fail("no avr-gcc: run make setup")
    subprocess.run(["make", "--quiet", "-C", str(REPO_ROOT / "firmware")], check=True, stdout=subprocess.DEVNULL)
    return REPO_ROOT / "firmware" / "build" / "sensor_head.elf"


def lamp_run(
    phases: tuple[int, ...],
    *,
    period: int = 521,
    exposure: int = 100,
    pulse: int = 31,
    shorter: int = 0,
    short_every: int = 0,
) -> LampRun:
    """A schedule in which all exposures of a group have the same pulse, in slots."""

    def each(slots: int) -> bytes:
        return bytes((min(slots, 255),) * len(phases)).ljust(6, b"\0")

    return LampRun(
        period, exposure, len(phases), bytes(phases).ljust(6, b"\0"), each(pulse), each(shorter), short_every
    )


class Host:
    """The other end of the machine's line, in emulated time: sends commands, keeps alive, collects messages."""

    def __init__(
        self, scene: RfScene | None = None, *, machine: HeadMachine | None = None, is_watching_pins: bool = False
    ) -> None:
        self.machine = machine or HeadMachine(scene or RfScene(), built_elf(), is_watching_pins=is_watching_pins)
        self.reader = FrameReader()
        self.received: list[Received] = []
        self._seq = 0
        self.run(0.02)

    def send(self, message: Message) -> None:
        """Queue a command."""
        self.machine.send(encode(message, self._seq))
        self._seq = (self._seq + 1) & 0xFF

    def run(self, seconds: float, *, keep_alive: bool = False) -> list[Message]:
        """Let time pass and return the messages of that time."""
        arrived: list[Message] = []
        left = seconds
        while left > 1e-9:
            step = min(left, 0.04) if keep_alive else left
            for event in self.reader.feed(self.machine.run(step)):
                assert isinstance(event, Received), event
                self.received.append(event)
                arrived.append(event.message)
            left -= step
            if keep_alive:
                self.send(KeepAlive())
        return arrived

    def of(self, kind: type[M]) -> list[M]:
        """All messages of a kind so far."""
        return [event.message for event in self.received if isinstance(event.message, kind)]

    def assert_nothing_lost(self) -> None:
        """No CRC errors, no gaps in sequence or window numbers, no sample missing, all counters of losses at zero."""
        assert not self.reader.rejected
        assert [event.seq for event in self.received] == [n & 0xFF for n in range(len(self.received))]
        windows = self.of(EnvelopeWindow)
        assert [window.index for window in windows] == list(range(len(windows)))
        assert all(window.dropped == 0 for window in windows)
        # What is missing was given to other channels, and accounted for.
        given = sum(window.window_slots - window.samples for window in windows)
        accounts = self.of(Housekeeping)
        assert given <= (accounts[-1].given_slots + SLOTS_GIVEN_SINCE if accounts else SLOTS_GIVEN_SINCE)
        for counters in self.of(Counters):
            assert {name: getattr(counters, name) for name in LOSS_COUNTERS} == dict.fromkeys(LOSS_COUNTERS, 0)


class Asker:
    """A host with a CommandSender on the machine's line, in emulated time; `to_head`, `to_host` may do harm."""

    def __init__(
        self,
        machine: HeadMachine,
        seed: int = 1,
        *,
        to_head: Callable[[bytes], bytes] = bytes,
        to_host: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self.machine = machine
        self.sender = CommandSender()
        self.decoder = Decoder()
        self.heard: list[Message] = []
        self.to_head = to_head
        self._to_host = to_host
        self._rng = random.Random(seed)
        self._alive_ns = 0

    def _now_ns(self) -> int:
        return self.machine.avr.cycle * 1_000_000_000 // CLOCK_HZ

    def turn(self) -> None:
        """A while of 0.3 to 1.2 ms: commands do not keep step with slots."""
        frame = self.sender.due(self._now_ns())
        if not frame and self._now_ns() - self._alive_ns > KEEP_ALIVE_EVERY_NS:
            frame = encode(KeepAlive(), 0)
        if frame:
            self._alive_ns = self._now_ns()
            self.machine.send(self.to_head(frame))
        said = self._to_host(self.machine.run(self._rng.uniform(0.0003, 0.0012)))
        for event in self.decoder.feed(said):
            if isinstance(event, Received):
                self.heard.append(event.message)
                self.sender.take(event.message)

    def put(self, message: Message) -> Command:
        """Queue a command."""
        return self.sender.put(message)

    def ask(self, message: Message) -> Outcome:
        """Queue a command and wait until its outcome is known."""
        command = self.sender.put(message)
        while command.outcome is None:
            self.turn()
        return command.outcome

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end_ns = self._now_ns() + round(seconds * 1e9)
        while self._now_ns() < end_ns:
            self.turn()

    def of(self, kind: type[M]) -> list[M]:
        """All messages of a kind so far."""
        return [message for message in self.heard if isinstance(message, kind)]
