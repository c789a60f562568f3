"""Queues before a radio: CoDel in one queue per conversation (RFC 8289, 8290), and a plain one with a limit.

Input is packets with a time, output is packets in the order in which they are sent; what a queue drops or marks it
counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

CODEL_TARGET_S: Final = 0.005
"""Delay that may stand (RFC 8289, 4.3); access points allow slow stations more."""
CODEL_INTERVAL_S: Final = 0.1
"""For how long, before the first drop (RFC 8289, 4.2)."""
QUANTUM: Final = 1_514
"""Octets a queue may send before it is another's turn (RFC 8290, 5.2.4)."""


@dataclass(slots=True, eq=False)
class Packet:
    """One IP packet on its way between a station and who it talks to."""

    octets: int
    conversation: int
    path: Any
    """Of `air_paths`: told when the packet has crossed the air."""
    arrive: Callable[[Any], None]
    """Called with the packet at its end."""
    note: Any = None
    is_up: bool = True
    is_markable: bool = False
    is_marked: bool = False
    queued_s: float = 0.0
    number: int = -1
    """Sequence number of its 802.11 frame."""
    tries: int = 0
    is_heard: bool = False
    """By the monitor receiver."""
    is_over: bool = False
    """Received or given up."""
    is_received: bool = False
    shot_s: float | None = None
    """When the picture was taken that begins in it."""


class Fifo:
    """As cheap drivers do it: what comes behind the last place is dropped."""

    def __init__(self, most: int) -> None:
        self.most, self.packets, self.drops, self.marks = most, deque[Packet](), 0, 0

    def __len__(self) -> int:
        return len(self.packets)

    def put(self, packet: Packet, now: float) -> None:
        if len(self.packets) >= self.most:
            self.drops += 1
            return
        packet.queued_s = now
        self.packets.append(packet)

    def take(self, now: float) -> Packet | None:
        return self.packets.popleft() if self.packets else None


class Codel:
    """One queue and the state of RFC 8289, 5.3."""

    __slots__ = ("above_s", "count", "credit", "drop_next_s", "is_dropping", "last_count", "octets", "packets")

    def __init__(self) -> None:
        self.packets: deque[Packet] = deque()
        self.octets = self.count = self.last_count = self.credit = 0
        self.above_s = self.drop_next_s = 0.0
        self.is_dropping = False


class FqCodel:
    """Conversations in turn, new ones first, each under CoDel."""

    def __init__(self, target_s: float = CODEL_TARGET_S, most: int = 4_096) -> None:
        self.target_s, self.most = target_s, most
        self.queues: dict[int, Codel] = {}
        self.new: deque[Codel] = deque()
        self.old: deque[Codel] = deque()
        self.waiting = self.drops = self.marks = 0

    def __len__(self) -> int:
        return self.waiting

    def put(self, packet: Packet, now: float) -> None:
        queue = self.queues.setdefault(packet.conversation, Codel())
        if self.waiting >= self.most:  # the fattest loses its head (RFC 8290, 4.1)
            fat = max(self.queues.values(), key=lambda one: one.octets)
            fat.octets -= fat.packets.popleft().octets
            self.waiting, self.drops = self.waiting - 1, self.drops + 1
        if not queue.packets and queue not in self.new and queue not in self.old:
            queue.credit = QUANTUM
            self.new.append(queue)
        packet.queued_s = now
        queue.packets.append(packet)
        queue.octets += packet.octets
        self.waiting += 1

    def take(self, now: float) -> Packet | None:
        """The next to be sent; None when nothing waits (any more)."""
        while self.new or self.old:
            turn = self.new or self.old
            queue = turn[0]
            if queue.credit <= 0:
                queue.credit += QUANTUM
                turn.popleft()
                self.old.append(queue)
                continue
            packet = self._take_from(queue, now)
            if packet is None:
                turn.popleft()
                if turn is self.new and self.old:
                    self.old.append(queue)  # an emptied new queue waits its turn once (RFC 8290, 4.2)
                continue
            queue.credit -= packet.octets
            return packet
        return None

    def _pop(self, queue: Codel, now: float) -> tuple[Packet | None, bool]:
        """The head, and whether the delay has stood above the target for an interval."""
        if not queue.packets:
            queue.above_s = 0.0
            return None, False
        packet = queue.packets.popleft()
        queue.octets -= packet.octets
        self.waiting -= 1
        if now - packet.queued_s < self.target_s or queue.octets <= QUANTUM:
            queue.above_s = 0.0
            return packet, False
        if queue.above_s == 0.0:
            queue.above_s = now + CODEL_INTERVAL_S
            return packet, False
        return packet, now >= queue.above_s

    def _take_from(self, queue: Codel, now: float) -> Packet | None:
        packet, is_late = self._pop(queue, now)
        if queue.is_dropping:
            if not is_late:
                queue.is_dropping = False
            while queue.is_dropping and now >= queue.drop_next_s and packet is not None:
                queue.count += 1
                if self._mark_or_drop(packet):
                    queue.drop_next_s += CODEL_INTERVAL_S / sqrt(queue.count)
                    return packet
                packet, is_late = self._pop(queue, now)
                if is_late:
                    queue.drop_next_s += CODEL_INTERVAL_S / sqrt(queue.count)
                else:
                    queue.is_dropping = False
        elif is_late and packet is not None:
            if not self._mark_or_drop(packet):
                packet, _ = self._pop(queue, now)
            queue.is_dropping = True
            recent = queue.count - queue.last_count
            queue.count = recent if recent > 1 and now - queue.drop_next_s < 16 * CODEL_INTERVAL_S else 1
            queue.last_count = queue.count
            queue.drop_next_s = now + CODEL_INTERVAL_S / sqrt(queue.count)
        return packet

    def _mark_or_drop(self, packet: Packet) -> bool:
        """Whether the packet lives, marked."""
        if packet.is_markable:
            packet.is_marked = True
            self.marks += 1
            return True
        self.drops += 1
        return False
