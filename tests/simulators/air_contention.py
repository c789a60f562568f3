"""One channel, several access points: who sends when, what collides, what arrives, and what a monitor hears.

An event simulation of EDCA (IEEE 802.11-2020, 10.23): stations count down idle slots per access class; aggregates end
with their airtime; what a Block Ack leaves out is sent again first.  Who hears whom follows from places and walls, so
that some are hidden; what arrives follows from signal, fading and who else sends at that moment, at the receiver and,
with its own losses, at the monitor.  Stations save power: their packets wait for beacons.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import exp, inf, log10, sqrt
from random import Random
from typing import Any, Final

from tests.simulators.air_codel import Fifo, FqCodel, Packet
from tests.simulators.air_minstrel import RATES_MBPS, Minstrel, chance

SLOT_S, SIFS_S, BLOCK_ACK_S = 9e-6, 10e-6, 44e-6
BEACON_S: Final = 0.1024
AROUND: Final = 54
"""Octets around an IP packet: QoS header, CCMP, LLC and check sequence."""
NOISE_DBM, SENSE_DBM = -95.0, -83.0
CLASSES: Final = {"vo": (2, 3, 7, 6), "vi": (2, 7, 15, 5), "be": (3, 15, 1023, 0), "bk": (7, 15, 1023, 1)}
"""Slots before counting, least and greatest window, TID (IEEE 802.11-2020, table 9-155)."""
MOST_TRIES: Final = 10


@dataclass(slots=True, eq=False)
class Node:
    """A radio."""

    x_m: float
    y_m: float
    power_dbm: float
    aggregate: int = 32
    """Most frames of an aggregate."""
    airtime_s: float = 0.004
    inside: int = 1
    """Packets joined in one frame (A-MSDU)."""
    rates: int = 9
    saves_power: bool = False
    listen_beacons: int = 1
    idle_s: float = 0.15
    """Awake for so long behind its last frame."""
    number: int = -1
    busy_until_s: float = 0.0
    away_until_s: float = 0.0
    """On another channel, or its antenna lent to Bluetooth."""
    awake_until_s: float = 0.0
    contenders: dict[str, Contender] = field(default_factory=dict)
    taken: int = 0
    """Pictures."""
    shot_s: float | None = None
    shown: list[tuple[float, float]] = field(default_factory=list)
    """When a picture was taken, and when its first packet had crossed; above, when the one at hand was."""


class Link:
    """Frames of one access class from one radio to another."""

    def __init__(self, to: Node, queue: Fifo | FqCodel, minstrel: Minstrel) -> None:
        self.to, self.queue, self.minstrel = to, queue, minstrel
        self.again: list[Packet] = []
        self.in_order: deque[Packet] = deque()
        self.next_number = self.sent = self.given_up = 0
        self.heard: list[tuple[float, int, int]] = []
        """When, octets, sequence number."""

    def __len__(self) -> int:
        return len(self.again) + len(self.queue)


class Contender:
    """One access class of one radio."""

    def __init__(self, node: Node, name: str) -> None:
        self.node, self.name = node, name
        self.wait_s = SIFS_S + CLASSES[name][0] * SLOT_S
        self.window = CLASSES[name][1]
        self.from_s, self.planned_s = 0.0, inf
        self.links: deque[Link] = deque()
        self.is_sending = False


@dataclass(slots=True, eq=False)
class Sent:
    """A transmission on the air."""

    node: Node
    start_s: float
    end_s: float
    contender: Contender
    link: Link
    place: int
    frames: list[tuple[float, float, list[Packet]]]


class Medium:
    """The channel and its clock; `monitor` is the node that only listens."""

    def __init__(self, rng: Random, exponent: float, fade_db: float, fade_s: float) -> None:
        self.rng, self.exponent, self.fade_db, self.fade_s = rng, exponent, fade_db, fade_s
        self.now = 0.0
        self.events: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self.pushed = 0
        self.nodes: list[Node] = []
        self.monitor = Node(0.0, 0.0, 15.0)
        self.monitor_misses, self.monitor_rates = 0.01, len(RATES_MBPS)
        self.active: list[Contender] = []
        self.on_air: deque[Sent] = deque()
        self.mean_db: dict[tuple[int, int], float] = {}
        self.faded: dict[tuple[int, int], list[float]] = {}
        self.shadow_db: dict[int, float] = {}
        """What somebody before a radio takes away."""
        self.hearers: list[list[Node]] = []

    def at(self, t_s: float, what: Callable[[Any], None], value: Any = None) -> None:
        self.pushed += 1
        heapq.heappush(self.events, (t_s, self.pushed, what, value))

    def spawn(self, process: Iterator[float]) -> None:
        """A process that yields how long it waits."""
        wait_s = next(process, None)
        if wait_s is not None:
            self.at(self.now + wait_s, self.spawn, process)

    def run(self, until_s: float) -> None:
        events, active = self.events, self.active
        while True:
            first, planned_s = None, inf
            for one in active:
                if one.planned_s < planned_s:
                    first, planned_s = one, one.planned_s
            if events and events[0][0] <= planned_s:
                t_s, _, what, value = heapq.heappop(events)
                if t_s > until_s:
                    return
                self.now = t_s
                what(value)
            elif first is None or planned_s > until_s:
                return
            else:
                self.now = planned_s
                self._transmit(first)

    def add(self, node: Node) -> Node:
        node.number = len(self.nodes)
        self.nodes.append(node)
        return node

    def settle(self) -> None:
        """Once all nodes stand: walls, and who hears whom."""
        everyone = [*self.nodes, self.monitor]
        self.monitor.number = len(self.nodes)
        for a in everyone:
            for b in everyone[: a.number]:
                away_m = max(sqrt((a.x_m - b.x_m) ** 2 + (a.y_m - b.y_m) ** 2), 0.7)
                wall_db = self.rng.gauss(0, 4) if away_m > 3 else 0.0
                self.mean_db[b.number, a.number] = -40 - 10 * self.exponent * log10(away_m) - wall_db
        for a in self.nodes:
            self.hearers.append([b for b in self.nodes if b is a or self.level(a, b) > SENSE_DBM])

    def level(self, a: Node, b: Node) -> float:
        """Mean, in dBm."""
        pair = (a.number, b.number) if a.number < b.number else (b.number, a.number)
        return a.power_dbm + self.mean_db[pair] + self.shadow_db.get(a.number, 0.0)

    def faded_level(self, a: Node, b: Node) -> float:
        pair = (a.number, b.number) if a.number < b.number else (b.number, a.number)
        state = self.faded.setdefault(pair, [self.rng.gauss(0, 1), self.now])
        gone_s = self.now - state[1]
        if gone_s > 0.004:
            keep = exp(-gone_s / self.fade_s)
            state[0] = keep * state[0] + sqrt(1 - keep * keep) * self.rng.gauss(0, 1)
            state[1] = self.now
        return self.level(a, b) + self.fade_db * state[0]

    def link(self, a: Node, b: Node, name: str, queue: Fifo | FqCodel) -> Link:
        contender = a.contenders.setdefault(name, Contender(a, name))
        made = Link(b, queue, Minstrel(self.rng, min(a.rates, b.rates), self.level(a, b) - NOISE_DBM))
        contender.links.append(made)
        return made

    def put(self, node: Node, link: Link, name: str, packet: Packet) -> None:
        link.queue.put(packet, self.now)
        if link.to.saves_power and link.to.awake_until_s < self.now:
            self._buffer_for(link.to, node, name)
        else:
            self.contend(node.contenders[name])

    def _buffer_for(self, sleeper: Node, ap: Node, name: str) -> None:
        every_s = BEACON_S * sleeper.listen_beacons
        self.at((int(self.now / every_s) + 1) * every_s + 0.002, self._wake, (sleeper, ap, name))

    def _wake(self, value: tuple[Node, Node, str]) -> None:
        sleeper, ap, name = value
        sleeper.awake_until_s = max(sleeper.awake_until_s, self.now + sleeper.idle_s)
        self.contend(ap.contenders[name])

    def contend(self, one: Contender) -> None:
        if one.is_sending or one.planned_s < inf or not any(self._may_send(link) for link in one.links):
            return
        one.from_s = max(self.now, one.node.busy_until_s, one.node.away_until_s) + one.wait_s
        one.planned_s = one.from_s + self.rng.randint(0, one.window) * SLOT_S
        self.active.append(one)

    def _may_send(self, link: Link) -> bool:
        return len(link) > 0 and (not link.to.saves_power or link.to.awake_until_s >= self.now)

    # Transmissions
    def _transmit(self, one: Contender) -> None:
        now, node = self.now, one.node
        self._leave(one)
        if node.away_until_s > now:
            self.contend(one)
            return
        for _ in range(len(one.links)):
            link = one.links[0]
            one.links.rotate(-1)
            if self._may_send(link):
                sent = self._build(one, link)
                if sent is not None:
                    break
        else:
            return
        one.is_sending = True
        self.on_air.append(sent)
        self.at(sent.end_s, self._end, sent)
        if node.saves_power:
            self._stay_awake(node, link.to)
        for hearer in self.hearers[node.number]:
            hearer.busy_until_s = max(hearer.busy_until_s, sent.end_s)
            for other in hearer.contenders.values():
                if now + SLOT_S <= other.planned_s < inf:
                    left = round((other.planned_s - max(now, other.from_s)) / SLOT_S + 0.49)
                    other.from_s = max(hearer.busy_until_s, hearer.away_until_s) + other.wait_s
                    other.planned_s = other.from_s + left * SLOT_S

    def _leave(self, one: Contender) -> None:
        one.planned_s = inf
        if one in self.active:
            self.active.remove(one)

    def _stay_awake(self, node: Node, ap: Node) -> None:
        """Whoever sends is awake, and its frame asks for what waits (U-APSD)."""
        was_asleep = node.awake_until_s < self.now
        node.awake_until_s = self.now + node.idle_s
        if was_asleep:
            for contender in ap.contenders.values():
                self.contend(contender)

    def _build(self, one: Contender, link: Link) -> Sent | None:
        node, now = one.node, self.now
        again, queue = link.again, link.queue
        place = link.minstrel.choose(again[0].tries if again else 0, now)
        per_octet_s = 8e-6 / RATES_MBPS[place]
        at = now + (192e-6 if place == 0 else 40e-6)
        most = 1 if place == 0 else node.aggregate
        limit_s = now + (0.02 if most == 1 else node.airtime_s)
        frames: list[tuple[float, float, list[Packet]]] = []
        while len(frames) < most and (again or len(queue)) and (not frames or at < limit_s):
            if again:
                number = again[0].number
                inside = [again.pop(0)]
                while again and again[0].number == number:
                    inside.append(again.pop(0))
            else:
                inside = self._take_new(node, link)
                if not inside:
                    break
            octets = sum(packet.octets for packet in inside) + AROUND + 14 * (len(inside) - 1)
            begun = at
            at += octets * per_octet_s
            frames.append((begun, at, inside))
        if not frames:
            return None
        return Sent(node, now, at + SIFS_S + BLOCK_ACK_S, one, link, place, frames)

    def _take_new(self, node: Node, link: Link) -> list[Packet]:
        inside: list[Packet] = []
        while len(inside) < node.inside and sum(one.octets for one in inside) < 2_400:
            packet = link.queue.take(self.now)
            if packet is None:
                break
            packet.number = link.next_number
            link.in_order.append(packet)
            inside.append(packet)
        if inside:
            link.next_number = (link.next_number + 1) % 4_096
            link.sent += 1
        return inside

    def _end(self, sent: Sent) -> None:
        link, node, rng = sent.link, sent.node, self.rng
        self.on_air = deque(other for other in self.on_air if other.end_s > sent.start_s - 0.03)
        others = [o for o in self.on_air if o is not sent and o.start_s < sent.end_s and o.end_s > sent.start_s]
        snr_db = self.faded_level(node, link.to) - NOISE_DBM
        monitor_db = self.faded_level(node, self.monitor) - NOISE_DBM
        is_deaf = link.to.away_until_s > sent.start_s
        hears = sent.place < self.monitor_rates and rng.random() >= self.monitor_misses
        tried = arrived = 0
        again: list[Packet] = []
        for start_s, end_s, inside in sent.frames:
            hit = [o for o in others if o.start_s < end_s and o.end_s > start_s]
            octets = 0
            if (
                hears
                and not inside[0].is_heard
                and rng.random() < chance(sent.place, monitor_db - (self._loss_by(hit, self.monitor) if hit else 0.0))
            ):
                octets = sum(packet.octets for packet in inside) + AROUND + 14 * (len(inside) - 1)
                link.heard.append((end_s, octets, inside[0].number))
                inside[0].is_heard = True
            tried += 1
            if not is_deaf and rng.random() < chance(
                sent.place, snr_db - (self._loss_by(hit, link.to) if hit else 0.0)
            ):
                arrived += 1
                for packet in inside:
                    packet.is_over = packet.is_received = True
                continue
            for packet in inside:
                packet.tries += 1
                packet.is_over = packet.tries >= MOST_TRIES
                link.given_up += packet.is_over
            if not inside[0].is_over:
                again += inside
        link.minstrel.tell(sent.place, tried, arrived)
        link.again = again + link.again
        one = sent.contender
        one.is_sending = False
        one.window = min(2 * one.window + 1, CLASSES[one.name][2]) if not arrived else CLASSES[one.name][1]
        while link.in_order and link.in_order[0].is_over:  # the receiver hands over in order
            packet = link.in_order.popleft()
            if packet.is_received:
                packet.path.crossed(packet)
        if link.to.saves_power and arrived:
            link.to.awake_until_s = self.now + link.to.idle_s
        self.contend(one)

    def _loss_by(self, hit: list[Sent], at: Node) -> float:
        """By how many dB those who send at the same time raise the noise at a node."""
        power = noise = 10 ** (NOISE_DBM / 10)
        for other in hit:
            power += 1e6 if other.node is at else 10 ** (self.level(other.node, at) / 10)
        return 10 * log10(power / noise)
