"""From a station to who it talks to: its queue, the air, the access point's queue and the line behind it.

A path carries packets both ways and says when they arrive; the line has a rate, a delay, a queue that is cut, losses.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.simulators.air_codel import Fifo, FqCodel, Packet
from tests.simulators.air_contention import Link, Medium, Node

LOCAL_S: Final = 0.0004


class Line:
    """One direction of an access line, all its users together."""

    def __init__(self, medium: Medium, rng: Random, octets_s: float, queue_s: float) -> None:
        self.medium, self.rng, self.octets_s, self.queue_s, self.free_s = medium, rng, octets_s, queue_s, 0.0

    def carry(self, packet: Packet, delay_s: float, loss: float, then: Callable[[Packet], None]) -> None:
        now = self.medium.now
        if self.free_s - now > self.queue_s or self.rng.random() < loss:
            return
        self.free_s = max(self.free_s, now) + packet.octets / self.octets_s
        self.medium.at(self.free_s + delay_s, then, packet)


class Cell:
    """An access point, its stations' queues and its line."""

    def __init__(self, medium: Medium, rng: Random, ap: Node, octets_s: tuple[float, float], queue_s: float) -> None:
        self.medium, self.rng, self.ap = medium, rng, ap
        self.up = Line(medium, rng, octets_s[0], queue_s)
        self.down = Line(medium, rng, octets_s[1], queue_s)
        self.has_codel, self.codel_s = True, 0.005
        self.links: dict[tuple[int, str, bool], Link] = {}

    def link(self, station: Node, name: str, *, is_up: bool) -> Link:
        key = (station.number, name, is_up)
        if key not in self.links:
            if is_up:
                queue: Fifo | FqCodel = Fifo(self.rng.choice([32, 64, 128, 256, 1_000]))
                self.links[key] = self.medium.link(station, self.ap, name, queue)
            else:
                queue = FqCodel(self.codel_s) if self.has_codel else Fifo(512)
                self.links[key] = self.medium.link(self.ap, station, name, queue)
        return self.links[key]


class Path:
    """Between a station and a server, or a viewer on the same network (`delay_s` None)."""

    conversations = 0

    def __init__(self, cell: Cell, station: Node, delay_s: float | None, name: str = "be", loss: float = 0.0) -> None:
        self.cell, self.station, self.delay_s, self.name, self.loss = cell, station, delay_s, name, loss
        self.medium = cell.medium
        self.is_markable = False
        Path.conversations += 1
        self.conversation = Path.conversations

    @property
    def waiting(self) -> int:
        """Packets in the station's own queue."""
        return len(self.cell.link(self.station, self.name, is_up=True))

    def send(self, octets: float, arrive: Callable[[Packet], None], note: Any = None, *, is_up: bool) -> None:
        packet = Packet(int(octets), self.conversation, self, arrive, note, is_up, self.is_markable)
        if is_up:
            packet.shot_s, self.station.shot_s = self.station.shot_s, None
            self._to_air(packet)
        elif self.delay_s is None:
            self.medium.at(self.medium.now + LOCAL_S, self._to_air, packet)
        else:
            self.cell.down.carry(packet, self.delay_s, self.loss, self._to_air)

    def _to_air(self, packet: Packet) -> None:
        node = self.station if packet.is_up else self.cell.ap
        link = self.cell.link(self.station, self.name, is_up=packet.is_up)
        self.medium.put(node, link, self.name, packet)

    def crossed(self, packet: Packet) -> None:
        """The packet has come over the air."""
        if packet.shot_s is not None:
            self.station.shown.append((packet.shot_s, self.medium.now))
        if not packet.is_up:
            packet.arrive(packet)
        elif self.delay_s is None:
            self.medium.at(self.medium.now + LOCAL_S, packet.arrive, packet)
        else:
            self.cell.up.carry(packet, self.delay_s, self.loss, packet.arrive)


def ignore(packet: Packet) -> None:
    """For packets that nobody answers."""
