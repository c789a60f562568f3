"""Packets of `air_halls` before they reach the air: cut, paced by a timer, or sent by a connection with a window.

Streams over TCP, those of cameras as well, come out of one simulation of segments, windows and late acknowledgements.
"""

from __future__ import annotations

import heapq
from typing import Final

import numpy as np

from tests.simulators.air_cell import Packets

Rng = np.random.Generator
Traffic = tuple[Packets, Packets]
"""Up and down."""
SEGMENT: Final = 1_428.0


def spread(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def ticks(step_s: float, seconds: float, rng: Rng, jitter_s: float = 0.0) -> list[float]:
    times = np.arange(float(rng.uniform(0, step_s)), seconds, step_s * (1 + float(rng.normal(0, 5e-5))))
    return [float(t_s) for t_s in times + np.abs(rng.normal(0, jitter_s, len(times)))]


def pieces_of(pictures: Packets, piece: float, around: float, gap_s: float, *, is_even: bool) -> Packets:
    """Pictures cut: all pieces but the last full, or all alike."""
    sent: Packets = []
    for t_s, size in pictures:
        count = max(int(np.ceil(size / piece)), 1)
        for number in range(count):
            octets = size / count if is_even else min(piece, size - number * piece)
            sent.append((t_s + gap_s * number, octets + around))
    return sent


def pace(packets: Packets, octets_s: float, step_s: float = 0.005) -> Packets:
    """A pacer that wakes every 5 ms and sends what its budget allows, as WebRTC's does."""
    sent: Packets = []
    now = budget = 0.0
    for t_s, octets in sorted(packets):
        if t_s > now:
            now, budget = float(np.ceil(t_s / step_s)) * step_s, octets_s * step_s
        while budget <= 0:
            now, budget = now + step_s, budget + octets_s * step_s
        budget -= octets
        sent.append((now, octets))
    return sent


def tcp(writes: Packets, seconds: float, rng: Rng, octets_s: float, trip_s: float) -> Traffic:
    """Segments of what was written, through a bottleneck of `octets_s`."""
    return Connection(seconds, rng, octets_s, trip_s).send(writes)


class Connection:
    """Slow start, a window that is cut by losses, acknowledgements that wait up to 40 ms for another segment."""

    def __init__(self, seconds: float, rng: Rng, octets_s: float, trip_s: float) -> None:
        self.seconds, self.rng, self.octets_s, self.trip_s = seconds, rng, octets_s, trip_s
        self.each, self.most = int(rng.choice([2, 2, 3, 8])), float(rng.choice([28, 60, 200, 800]))
        self.loss = float(rng.choice([0.0, 0.0005, 0.004]))
        self.together = float(rng.choice([1, 2, 4, 16]))
        """Segments that are handed over at a time."""
        self.queue_s = spread(rng, 0.02, 0.5)
        self.events: list[tuple[float, str, float]] = []
        self.waiting, self.flying, self.window, self.threshold = 0.0, 0, 10.0, 1e9
        self.free_s, self.cut_s, self.unacked, self.arrivals = 0.0, -1.0, 0, 0
        self.up: Packets = []
        self.down: Packets = []

    def send(self, writes: Packets) -> Traffic:
        self.events = [(t_s, "written", octets) for t_s, octets in writes]
        heapq.heapify(self.events)
        while self.events:
            now, what, value = heapq.heappop(self.events)
            if now > self.seconds:
                break
            if what == "written":
                self.waiting += value
            elif what == "arrived":
                self._arrive(now)
            elif what == "timer" and value == self.arrivals:  # nothing came since
                self._acknowledge(now)
            elif what == "lost":
                self._lose(now, value)
            self._fill(now)
        return self.up, self.down

    def _arrive(self, now: float) -> None:
        self.unacked, self.arrivals = self.unacked + 1, self.arrivals + 1
        if self.unacked >= self.each:
            self._acknowledge(now)
        else:
            heapq.heappush(self.events, (now + 0.04, "timer", float(self.arrivals)))

    def _acknowledge(self, now: float) -> None:
        if not self.unacked:
            return
        self.down.append((now, 52.0))
        self.flying -= self.unacked
        self.window += self.unacked if self.window < self.threshold else self.unacked / self.window
        self.unacked = 0

    def _lose(self, now: float, octets: float) -> None:
        self.waiting, self.flying = self.waiting + octets, self.flying - 1
        if now - self.cut_s > self.trip_s:
            self.window = self.threshold = max(self.window * 0.6, 2.0)
            self.cut_s = now

    def _fill(self, now: float) -> None:
        room = min(self.window, self.most) - self.flying
        while self.waiting > 0 and room >= 1 and (self.flying == 0 or room >= min(self.together, self.window / 4)):
            for _ in range(int(min(self.together, room))):
                if self.waiting <= 0:
                    break
                size = min(self.waiting, SEGMENT)
                self.waiting -= size
                self.flying, room = self.flying + 1, room - 1
                self.up.append((now, size + 52.0))
                self.free_s = max(self.free_s, now) + (size + 52.0) / self.octets_s
                is_lost = self.rng.random() < self.loss or self.free_s - now > self.queue_s
                heapq.heappush(self.events, (self.free_s + self.trip_s, "lost" if is_lost else "arrived", size))
