"""A cell of 802.11 for the world that tests only: stations that count down, rates that are searched, ears that fade.

Input is the packets of one link; output is what a receiver nearby heard of them.  Others begin to send in any idle
slot, more often in loud spells, and may collide; the rate goes up and down a table and tries others now and then; an
aggregate ends with its airtime; what was lost goes first into the next one.  The receiver stands elsewhere, so that its
fading is its own; its times are those of frames, of aggregates, or of a host that takes them late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Packets = list[tuple[float, float]]
"""Times, IP octets."""
Heard = tuple[NDArray[np.int64], NDArray[np.int32]]
"""Nanoseconds, octets of frames."""

RATES_MBPS = (6.5, 13.0, 19.5, 26.0, 39.0, 52.0, 58.5, 78.0, 104.0, 130.0, 156.0, 180.0)
SLOT_S, GAP_S, HEADER_S = 9e-6, 34e-6, 44e-6
AROUND = 48
"""Octets around an IP packet: QoS header, CCMP, LLC and check sequence."""
LEAST_HEARD = 0.65
"""Who hears less judges nothing (`sweep/wifi/traffic/reception.py`)."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One link and who else is there."""

    best: int
    """Place in RATES_MBPS that the link can just carry."""
    begins: tuple[float, float]
    """Chance that another station begins in an idle slot: in quiet and in loud spells."""
    spell_s: float
    other_s: float
    """Mean airtime of the others."""
    airtime_s: float
    """An aggregate ends with it."""
    most: int
    """Frames of an aggregate."""
    inside: int
    """Packets joined in one frame."""
    ear: float
    """Places by which the receiver's link is better than the sender's."""
    fade_hz: float
    clock: Literal["frame", "aggregate", "host"]


def draw_cell(rng: np.random.Generator, mbps: float) -> Cell:
    """A link that can carry `mbps` four times."""
    least = next((place for place, rate in enumerate(RATES_MBPS) if rate >= 4 * mbps), len(RATES_MBPS) - 1)
    quiet = float(rng.choice([0.0005, 0.003, 0.01]))
    return Cell(
        best=int(rng.integers(least, len(RATES_MBPS))),
        begins=(quiet, quiet * float(rng.choice([1.0, 4.0]))),
        spell_s=float(rng.uniform(0.3, 3.0)),
        other_s=float(rng.uniform(0.0003, 0.0018)),
        airtime_s=float(rng.choice([0.002, 0.004, 0.0054])),
        most=int(rng.choice([1, 8, 32, 64])),
        inside=int(rng.choice([1, 1, 1, 1, 2, 3])),
        ear=float(rng.uniform(1.0, 5.0)),
        fade_hz=float(rng.choice([0.0, 0.2, 1.0])),
        clock=("frame", "aggregate", "host")[int(rng.integers(3))],
    )


def succeeds(place: int, edge: float) -> float:
    return float(1 / (1 + np.exp((place - edge - 1.5) / 0.5)))


def transmit(packets: Packets, seconds: float, rng: np.random.Generator, cell: Cell) -> tuple[Heard, float]:
    """What was heard, and which share of all frames that was."""
    return Link(seconds, rng, cell).transmit(packets)


class Link:
    """A station with a queue, its search for a rate, and who overhears it."""

    def __init__(self, seconds: float, rng: np.random.Generator, cell: Cell) -> None:
        self.seconds, self.rng, self.cell = seconds, rng, cell
        self.place, self.window = max(cell.best - 2, 0), 15
        self.is_loud, self.spell_until_s = False, 0.0
        self.fade, self.faded_until_s = 0.0, 0.0
        self.waiting: list[tuple[list[float], bool, int]] = []
        """Octets of the packets inside each frame, whether it was heard, and its place in the queue."""
        self.queued = 0
        self.heard_place: list[int] = []
        self.places = np.zeros(0, dtype=np.int32)
        """Of the frames that `transmit` returned: what sequence numbers count."""
        self.heard_s: list[float] = []
        self.heard_octets: list[float] = []
        self.frames = 0

    def transmit(self, packets: Packets) -> tuple[Heard, float]:
        queue, now, index = sorted(packets), 0.0, 0
        while index < len(queue) or self.waiting:
            if not self.waiting:
                now = max(now, queue[index][0])
            if now > self.seconds:
                break
            self._change(now)
            begins = self.cell.begins[self.is_loud]
            now = count_down(now, int(self.rng.integers(self.window + 1)), begins, self.cell.other_s, self.rng)
            while index < len(queue) and queue[index][0] <= now:
                self._queue(queue[index][1])
                index += 1
            if self.rng.random() < 3 * begins:  # a collision
                now, self.window = now + HEADER_S + 0.001, min(2 * self.window + 1, 1023)
            else:
                now = self._send(now) + 50e-6
        return self._collect(), len(self.heard_s) / max(self.frames, 1)

    def _change(self, now: float) -> None:
        if now > self.spell_until_s:
            self.is_loud = not self.is_loud
            self.spell_until_s = now + float(self.rng.exponential(self.cell.spell_s))
        if self.cell.fade_hz and now > self.faded_until_s:
            self.fade = float(self.rng.normal(0, 1.0))
            self.faded_until_s = now + float(self.rng.exponential(1 / self.cell.fade_hz))

    def _queue(self, octets: float) -> None:
        if self.waiting and not self.waiting[-1][1]:
            last = self.waiting[-1][0]
            if len(last) < self.cell.inside and sum(last) < 2_500:
                last.append(octets)
                return
        self.waiting.append(([octets], False, self.queued))
        self.queued += 1

    def _send(self, now: float) -> float:
        """One aggregate, or a frame that tries another rate; when it was over."""
        rng, cell, place = self.rng, self.cell, self.place
        is_trial, is_missed = rng.random() < 0.05, rng.random() < 0.02
        if is_trial:
            place = min(max(place + int(rng.integers(-2, 3)), 0), len(RATES_MBPS) - 1)
        at, tried = now + HEADER_S, 0
        again: list[tuple[list[float], bool, int]] = []
        while self.waiting and tried < (1 if is_trial else cell.most) and (not tried or at - now < cell.airtime_s):
            inside, was_heard, number = self.waiting.pop(0)
            octets = sum(inside) + AROUND + 14 * (len(inside) - 1)
            at += octets * 8e-6 / RATES_MBPS[place]
            tried += 1
            is_heard = not is_missed and rng.random() < succeeds(place, cell.best + cell.ear + self.fade)
            if is_heard and not was_heard:
                self.heard_s.append(now if cell.clock == "aggregate" else at)
                self.heard_octets.append(octets)
                self.heard_place.append(number)
            if rng.random() >= succeeds(place, cell.best):
                again.append((inside, was_heard or is_heard, number))
        self.frames += tried - len(again)
        self.waiting = again + self.waiting
        self.window = min(2 * self.window + 1, 1023) if len(again) == tried else 15
        if not is_trial and len(again) > 0.4 * tried:
            self.place = max(self.place - 1, 0)
        elif not is_trial and not again and rng.random() < 0.1:
            self.place = min(self.place + 1, cell.best)
        return at

    def _collect(self) -> Heard:
        heard_s, octets = np.array(self.heard_s), np.array(self.heard_octets)
        if self.cell.clock == "host":
            heard_s = np.maximum.accumulate(heard_s + self.rng.exponential(0.0004, len(heard_s)))
        order = np.argsort(heard_s, kind="stable")
        order = order[heard_s[order] < self.seconds]
        self.places = np.array(self.heard_place, dtype=np.int32)[order]
        return (heard_s[order] * 1e9).astype(np.int64), octets[order].astype(np.int32)


def count_down(now: float, slots: int, begins: float, other_s: float, rng: np.random.Generator) -> float:
    """When a station that has to wait for so many idle slots may send."""
    now += GAP_S
    while slots > 0:
        idle = int(rng.geometric(begins)) if begins > 0 else slots
        if idle >= slots:
            return now + slots * SLOT_S
        now += idle * SLOT_S + float(rng.gamma(2, other_s / 2)) + GAP_S
        slots -= idle
    return now


def overhear(up: Packets, down: Packets, seconds: float, rng: np.random.Generator, cell: Cell) -> tuple[Heard, Heard]:
    """Both directions, from a place where enough of the first is heard."""
    heard, share = transmit(up, seconds, rng, cell)
    while share < LEAST_HEARD:
        cell = replace(cell, ear=cell.ear + 1.0, fade_hz=0.0)
        heard, share = transmit(up, seconds, rng, cell)
    return heard, transmit(down, seconds, rng, cell)[0]
