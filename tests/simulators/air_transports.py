"""Connections that repair what is lost: TCP and QUIC with CUBIC's or BBR's control, and kits with a fixed window.

What is written leaves as segments when window and pacing allow, and is sent again when later ones are acknowledged or
nothing comes back.  After RFC 9438 (CUBIC), draft-ietf-ccwg-bbr (rate and round trip filtered, a cycle of eight gains),
RFC 9002 (losses by number, timeouts); a monitor sees lengths and times only, so that one class serves all three.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.simulators.air_codel import Packet
from tests.simulators.air_paths import Path

BBR_GAINS: Final = (1.25, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
CUBIC_C, CUBIC_KEEP = 0.4, 0.7
REORDERED: Final = 3


@dataclass(frozen=True, slots=True)
class Habits:
    """How a stack sends."""

    control: str = "cubic"
    """`cubic`, `bbr` or `fixed`."""
    piece: int = 1_428
    around: int = 52
    acknowledgement: int = 52
    each: int = 2
    late_s: float = 0.04
    """An acknowledgement waits so long for company."""
    window: float = 10.0
    most: float = 800.0
    is_stream: bool = True
    """Pieces join what was written apart; otherwise each writing ends with a short one."""
    quantum: int = 2
    """Pieces a paced sender hands over at a time."""


class Reliable:
    """One direction of data; acknowledgements go the other way."""

    def __init__(self, path: Path, rng: Random, habits: Habits, *, is_up: bool = True) -> None:
        self.path, self.rng, self.habits, self.is_up = path, rng, habits, is_up
        self.medium = path.medium
        self.unsent = 0.0
        self.pieces: deque[float] = deque()
        self.lost: deque[float] = deque()
        self.outstanding: dict[int, tuple[float, float, float]] = {}
        """Octets, when, and what had been delivered by then."""
        self.numbers, self.flying = 0, 0
        self.window, self.threshold = habits.window, 1e9
        self.written = self.delivered = self.cut = 0.0
        self.shots: deque[tuple[float, float]] = deque()
        """Where pictures begin in what is written, and when they were taken."""
        self.wanted: deque[tuple[float, Callable[[], None]]] = deque()
        # of the receiver
        self.log: list[int] = []
        self.told, self.expected, self.timer_for = 0, 0, -1
        self.is_marked = False
        # of the control
        self.seen = 0
        self.round_s, self.vary_s, self.least_s = 0.1, 0.05, 9.0
        self.cut_s, self.epoch_s, self.before = -9.0, 0.0, habits.window
        self.rate, self.rates, self.turn_s = 0.0, deque[float](maxlen=10), 0.0
        self.is_starting, self.grown = True, 0
        self.next_s, self.has_wakeup, self.progress_s, self.patience = 0.0, False, 0.0, 1.0
        self.has_watch = False

    @property
    def backlog(self) -> float:
        """Octets written and not yet known to have arrived."""
        return self.written - self.delivered

    def write(self, octets: float, then: Callable[[], None] | None = None) -> None:
        """Take octets; `then` is called when they are acknowledged."""
        if self.path.station.shot_s is not None:
            self.shots.append((self.written, self.path.station.shot_s))
            self.path.station.shot_s = None
        self.written += octets
        if self.habits.is_stream:
            self.unsent += octets
        else:
            while octets > 0:
                self.pieces.append(min(octets, self.habits.piece))
                octets -= self.habits.piece
        if then is not None:
            self.wanted.append((self.written, then))
        if not self.outstanding:
            self.progress_s = self.medium.now
        self._pump()

    def _next_piece(self) -> float:
        if self.lost:
            return self.lost.popleft()
        if self.pieces:
            size = self.pieces.popleft()
        else:
            size = min(self.unsent, self.habits.piece)
            self.unsent -= size
        self.cut += size
        while self.shots and self.shots[0][0] < self.cut:
            self.path.station.shot_s = self.shots.popleft()[1]
        return size

    def _pump(self, _: object = None) -> None:
        now, habits = self.medium.now, self.habits
        while (self.unsent > 0 or self.pieces or self.lost) and self.flying < min(self.window, habits.most):
            pace = self._pace()
            if pace and self.next_s - now > habits.quantum * habits.piece / pace:
                if not self.has_wakeup:
                    self.has_wakeup = True
                    self.medium.at(self.next_s, self._wake_up)
                return
            size = self._next_piece()
            if pace:
                self.next_s = max(self.next_s, now) + size / pace
            self.outstanding[self.numbers] = (size, now, self.delivered)
            self.flying += 1
            self.path.send(size + habits.around, self._arrive, self.numbers, is_up=self.is_up)
            self.numbers += 1
        if self.outstanding and not self.has_watch:
            self.has_watch = True
            self.medium.at(now + self._timeout_s(), self._watch)

    def _wake_up(self, _: object) -> None:
        self.has_wakeup = False
        self._pump()

    def _pace(self) -> float:
        """Octets a second; 0 for a sender that is not paced."""
        if self.habits.control != "bbr" or not self.rate:
            return 0.0
        gain = 2.77 if self.is_starting else BBR_GAINS[int((self.medium.now) / max(self.least_s, 0.01)) % 8]
        return max(gain * self.rate, 4_000.0)

    # The receiver
    def _arrive(self, packet: Packet) -> None:
        self.log.append(packet.note)
        self.is_marked |= packet.is_marked
        is_gap = packet.note != self.expected
        self.expected = packet.note + 1
        if len(self.log) - self.told >= self.habits.each or is_gap:
            self._acknowledge()
        else:
            self.medium.at(self.medium.now + self.habits.late_s, self._late, len(self.log))

    def _late(self, length: int) -> None:
        if self.told < length:
            self._acknowledge()

    def _acknowledge(self) -> None:
        self.told = len(self.log)
        self.path.send(
            self.habits.acknowledgement, self._acknowledged, (self.told, self.is_marked), is_up=not self.is_up
        )
        self.is_marked = False

    # The sender
    def _acknowledged(self, packet: Packet) -> None:
        told, is_marked = packet.note
        now, new, latest = self.medium.now, 0, None
        for number in self.log[self.seen : told]:
            known = self.outstanding.pop(number, None)
            if known is not None:
                size, _, _ = latest = known
                self.delivered += size
                self.flying -= 1
                new += 1
        largest = max(self.log[self.seen : told], default=-1)
        self.seen = max(self.seen, told)
        if latest is not None:
            self._measure(now, latest)
            self.progress_s, self.patience = now, 1.0
        gone = []
        for number in self.outstanding:  # in the order in which they were sent
            if number >= largest - REORDERED:
                break
            gone.append(number)
        for number in gone:
            self.lost.append(self.outstanding.pop(number)[0])
            self.flying -= 1
        if gone or is_marked:
            self._slow_down(now)
        elif new:
            self._grow(now, new)
        while self.wanted and self.delivered >= self.wanted[0][0] - 0.5:
            self.wanted.popleft()[1]()
        self._pump()

    def _measure(self, now: float, latest: tuple[float, float, float]) -> None:
        _, sent_s, had = latest
        sample_s = max(now - sent_s, 1e-4)
        self.vary_s += 0.25 * (abs(sample_s - self.round_s) - self.vary_s)
        self.round_s += 0.125 * (sample_s - self.round_s)
        self.least_s = min(self.least_s, sample_s)
        if self.habits.control != "bbr":
            return
        self.rate = max(self.rate, (self.delivered - had) / sample_s)
        if now - self.turn_s > self.round_s:  # once a round trip
            self.turn_s = now
            self.rates.append((self.delivered - had) / sample_s)
            if self.is_starting:
                is_growing = len(self.rates) < 2 or self.rates[-1] > 1.25 * self.rates[-2]
                self.grown = 0 if is_growing else self.grown + 1
                self.is_starting = self.grown < 3
            self.rate = max(self.rates)
        self.window = max(2.0 * self.rate * self.least_s / self.habits.piece, 4.0)

    def _grow(self, now: float, new: int) -> None:
        if self.habits.control != "cubic" or self.flying + new < 0.5 * self.window:
            return
        if self.window < self.threshold:
            self.window += new
            return
        since_s = now - self.epoch_s
        plateau_s = (self.before * (1 - CUBIC_KEEP) / CUBIC_C) ** (1 / 3)
        wanted = CUBIC_C * (since_s - plateau_s) ** 3 + self.before
        self.window += max((wanted - self.window) / self.window, 0.01) * new

    def _slow_down(self, now: float) -> None:
        if self.habits.control == "cubic" and now - self.cut_s > self.round_s:
            self.cut_s = self.epoch_s = now
            self.before = self.window
            self.window = self.threshold = max(self.window * CUBIC_KEEP, 2.0)

    def _timeout_s(self) -> float:
        return min(max(0.2, self.round_s + 4 * self.vary_s) * self.patience, 4.0)

    def _watch(self, _: object) -> None:
        self.has_watch = False
        if not self.outstanding:
            return
        now, limit_s = self.medium.now, self._timeout_s()
        if now - self.progress_s >= limit_s - 1e-6:
            self.lost.extend(size for size, _, _ in self.outstanding.values())
            self.outstanding.clear()
            self.flying, self.patience, self.progress_s = 0, min(2 * self.patience, 16.0), now
            if self.habits.control == "cubic":
                self.before, self.threshold, self.window = self.window, max(self.window / 2, 2.0), 2.0
                self.epoch_s = now
            self._pump()
        if self.outstanding and not self.has_watch:
            self.has_watch = True
            self.medium.at(max(self.progress_s + self._timeout_s(), now + 0.01), self._watch)


def tcp(rng: Random, *, is_camera: bool = False) -> Habits:
    """A stack of a telephone or server, or a small one of a camera."""
    control = "bbr" if rng.random() < (0.1 if is_camera else 0.35) else "cubic"
    return Habits(
        control,
        piece=rng.choice([1_440, 1_436, 1_380]) if is_camera else rng.choice([1_448, 1_428, 1_388, 1_348]),
        around=rng.choice([40, 52]),
        each=rng.choice([1, 2, 2, 4, 8]),
        late_s=rng.choice([0.025, 0.04, 0.1]),
        most=rng.choice([4, 8, 12, 44, 180]) if is_camera else rng.choice([45, 180, 700]),
        quantum=rng.choice([2, 4, 10]),
    )


def quic(rng: Random) -> Habits:
    return Habits(
        rng.choice(["cubic", "bbr", "bbr"]),
        piece=rng.choice([1_182, 1_210, 1_312]),
        around=28 + rng.choice([24, 28]),
        acknowledgement=rng.randint(60, 75),
        each=rng.choice([2, 4, 10]),
        late_s=0.025,
        window=rng.choice([10.0, 32.0]),
        quantum=rng.choice([1, 2, 10]),
    )


def kit(rng: Random) -> Habits:
    """Peer-to-peer kits of cheap cameras: pieces of 1,024 octets, runs acknowledged, a window that does not learn."""
    return Habits(
        "fixed",
        piece=1_024,
        around=28 + rng.choice([8, 12, 16]),
        acknowledgement=28 + rng.choice([10, 14, 24, 44]),
        each=rng.choice([1, 4, 10, 16]),
        late_s=rng.choice([0.01, 0.03, 0.1]),
        window=rng.choice([16.0, 32.0, 64.0, 128.0]),
        is_stream=False,
    )
