"""Who stands where in the venue, and what ails a link: weak signal, crowds, hidden cells, scans, Bluetooth, processors.

Input is random generators; output is a medium with cells on one channel, a monitor, and hosts, each a station with what
it needs to talk.  An ailment acts by its mechanism only: nothing here moves a packet by a drawn delay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, pi, sin
from random import Random
from typing import Final

import numpy as np

from tests.simulators.air_codel import Packet
from tests.simulators.air_contention import BEACON_S, Medium, Node
from tests.simulators.air_encoders import spread
from tests.simulators.air_minstrel import ONE_STREAM, RATES_MBPS
from tests.simulators.air_paths import Cell, Path, ignore

Rng = np.random.Generator
LEAD_S: Final = 1.5
"""The venue runs so long before anybody listens."""
AILMENTS: Final = ("weak", "crowded", "hidden", "scans", "bluetooth", "processor")
LUMP: Final = 4_500
"""Octets of what bystanders send at a time: their packets are not told apart."""


@dataclass(slots=True, eq=False)
class Host:
    """A station and its access to the world."""

    cell: Cell
    station: Node
    random: Random
    rng: Rng
    ails: frozenset[str] = frozenset()
    server_s: float = 0.01
    """One way to its server."""
    lost: float = 0.0
    """Share of packets lost on the line."""
    paths: list[Path] = field(default_factory=list)

    @property
    def medium(self) -> Medium:
        return self.cell.medium

    def path(self, name: str = "be", *, is_local: bool = False) -> Path:
        made = Path(self.cell, self.station, None if is_local else self.server_s, name, self.lost)
        made.is_markable = self.random.random() < 0.2
        self.paths.append(made)
        return made


@dataclass(slots=True, eq=False)
class Venue:
    medium: Medium
    cells: list[Cell]
    hosts: list[Host]


def draw_ailments(rng: Rng, wanted: frozenset[str] | None) -> frozenset[str]:
    """Most links are well or have one ailment."""
    if wanted is not None:
        return wanted
    count = int(rng.choice([0, 1, 2], p=[0.5, 0.38, 0.12]))
    return frozenset(str(name) for name in rng.choice(AILMENTS, count, replace=False))


def draw_venue(random: Random, rng: Rng, ails: frozenset[str], hosts: int = 1) -> Venue:
    """Three cells at most, the hosts of the first close to the monitor; `ails` befall the first host."""
    medium = Medium(
        random, random.uniform(2.7, 3.6), fade_db=random.uniform(1.0, 4.0), fade_s=random.choice([0.05, 0.3, 1.5])
    )
    medium.monitor_misses = random.choice([0.0, 0.01, 0.05, 0.15])
    medium.monitor_rates = ONE_STREAM if random.random() < 0.2 else len(RATES_MBPS)
    count = 3 if "hidden" in ails or hosts > 1 else random.choice([1, 2, 3])
    away_m = reach_m(medium, random.uniform(7, 13) if "weak" in ails else random.uniform(20, 42))
    cells = []
    for number in range(count):
        angle = random.uniform(0, 2 * pi)
        far_m = away_m if number == 0 else random.uniform(8, 35) + (30 if "hidden" in ails else 0)
        ap = medium.add(Node(far_m * cos(angle), far_m * sin(angle), 18.0, aggregate=random.choice([16, 32, 64])))
        ap.rates = len(RATES_MBPS)
        line = (spread(rng, 3e6, 4e7) / 8, spread(rng, 1e7, 6e7) / 8)
        cells.append(Cell(medium, random, ap, line, random.choice([0.05, 0.2, 0.6])))
        cells[-1].has_codel, cells[-1].codel_s = random.random() < 0.7, random.choice([0.005, 0.02])
    made = []
    for number in range(hosts):
        cell = cells[0 if hosts == 1 else random.randrange(count)]
        near_m, angle = random.uniform(1, 22), random.uniform(0, 2 * pi)
        station = medium.add(Node(near_m * cos(angle), near_m * sin(angle), random.uniform(12, 17)))
        host_ails = ails if number == 0 else draw_ailments(rng, None) - {"hidden", "crowded"}
        made.append(
            Host(cell, station, random, rng, host_ails, spread(rng, 0.003, 0.12), random.choice([0, 0, 0, 3e-4, 3e-3]))
        )
    crowd = add_crowd(medium, cells, random, ails, hosts)
    medium.settle()
    for cell in cells:
        medium.spawn(send_beacons(cell, crowd[0][1], random))
    for cell, other, load in crowd:
        medium.spawn(occupy(Path(cell, other, None), load, random))
    for host in made:
        ail(host)
    return Venue(medium, cells, made)


def reach_m(medium: Medium, snr_db: float) -> float:
    """Metres at which a station is left with so much signal over noise."""
    return float(10 ** ((70 - snr_db) / (10 * medium.exponent)))


def add_crowd(
    medium: Medium, cells: list[Cell], random: Random, ails: frozenset[str], hosts: int
) -> list[tuple[Cell, Node, float]]:
    """Bystanders of each cell, with the octets a second that each exchanges."""
    busy = random.uniform(0.35, 0.75) if "crowded" in ails else random.choice([0.01, 0.05, 0.15, 0.3])
    if "hidden" in ails:
        busy = max(busy, random.uniform(0.25, 0.5))
    crowd = []
    for cell in cells:
        others = random.randint(1, 2 if hosts > 1 else 3)
        for _ in range(others):
            near_m, angle = random.uniform(2, 18), random.uniform(0, 2 * pi)
            node = Node(cell.ap.x_m + near_m * cos(angle), cell.ap.y_m + near_m * sin(angle), 15.0)
            node.rates = random.choice([ONE_STREAM, len(RATES_MBPS)])
            share = busy / len(cells) / others * random.uniform(0.3, 1.7)
            crowd.append((cell, medium.add(node), share * 4e6))
    return crowd


def occupy(path: Path, octets_s: float, random: Random) -> Iterator[float]:
    """A bystander: spells of traffic, mostly towards it."""
    busy_s, rests_s, down = random.uniform(0.1, 4), random.uniform(0.1, 4), random.random() < 0.7
    rate = octets_s * (busy_s + rests_s) / busy_s
    while True:
        left_s = random.expovariate(1 / busy_s)
        while left_s > 0:
            step_s = random.uniform(0.006, 0.03)
            left_s -= step_s
            due = rate * step_s * random.uniform(0.4, 1.6) / LUMP
            for _ in range(int(due) + (random.random() < due % 1)):
                path.send(LUMP, ignore, is_up=not down)
            yield step_s
        yield random.expovariate(1 / rests_s)


def send_beacons(cell: Cell, someone: Node, random: Random) -> Iterator[float]:
    """Beacons take the channel at the oldest rate; as frames of one packet that nobody answers."""
    path = Path(cell, someone, None, "vo")
    yield random.uniform(0, BEACON_S)
    while True:
        path.send(200, ignore, is_up=False)
        yield BEACON_S


def ail(host: Host) -> None:
    """Start what troubles a host's radio."""
    medium, random = host.medium, host.random
    if "weak" in host.ails:
        medium.spawn(stand_before(host.station, medium, random))
    if "scans" in host.ails:
        medium.spawn(scan(host.station, medium, random))
    if "bluetooth" in host.ails:
        medium.spawn(lend_antenna(host.station, medium, random))


def stand_before(node: Node, medium: Medium, random: Random) -> Iterator[float]:
    """People who stand before it for seconds."""
    while True:
        yield random.expovariate(1 / 3.0)
        medium.shadow_db[node.number] = -random.uniform(2, 9)
        yield random.uniform(0.5, 4)
        medium.shadow_db[node.number] = 0.0


def scan(node: Node, medium: Medium, random: Random) -> Iterator[float]:
    """Looks for a better access point on all channels: at one go, or coming back between them."""
    dwell_s, rests_s, at_once = random.choice([0.025, 0.035, 0.045]), random.uniform(1.5, 9), random.random() < 0.6
    while True:
        yield rests_s * random.uniform(0.7, 1.3)
        for _ in range(1 if at_once else 12):
            away_s = dwell_s * (12 if at_once else 1) * random.uniform(0.9, 1.1)
            node.away_until_s = medium.now + away_s
            yield away_s + (0.0 if at_once else random.uniform(0.02, 0.1))


def lend_antenna(node: Node, medium: Medium, random: Random) -> Iterator[float]:
    """One antenna for Bluetooth as well: windows of a scan, or of sound."""
    period_s, share = random.choice([(0.1, 0.3), (0.1, 0.6), (0.2, 0.5), (0.32, 0.5), (0.03, 0.35), (0.5, 0.6)])
    while True:
        for _ in range(int(random.uniform(1, 12) / period_s)):
            node.away_until_s = medium.now + share * period_s * random.uniform(0.9, 1.05)
            yield period_s
        yield random.expovariate(1 / 2.0)


@dataclass(slots=True, eq=False)
class Datagrams:
    """Numbered packets without a window; at times repaired when the other end misses one."""

    path: Path
    around: int
    is_repaired: bool = False
    is_up: bool = True
    kept: dict[int, float] = field(default_factory=dict)
    next_number: int = 0
    expected: int = 0

    def send(self, octets: float) -> None:
        if self.is_repaired:
            self.kept[self.next_number] = octets
        self.path.send(octets + self.around, self._arrive, self.next_number, is_up=self.is_up)
        self.next_number += 1

    def _arrive(self, packet: Packet) -> None:
        if not self.is_repaired:
            return
        missing = [number for number in range(self.expected, packet.note) if number in self.kept]
        self.expected = max(self.expected, packet.note + 1)
        if missing:
            self.path.send(70 + 4 * len(missing), self._repair, missing[-50:], is_up=not self.is_up)

    def _repair(self, packet: Packet) -> None:
        for number in packet.note:
            self.path.send(self.kept.pop(number, 200.0) + self.around + 4, ignore, is_up=self.is_up)
