"""Somebody nearby who sends in another one's name: frame logs of a victim, an attacker, and of what is neither.

Input is a stream as the attacker sends it, a habit of the victim and an attack; output is a `FrameLog` as a receiver
hears both.  The attacker may number his frames as he likes, wait for the victim to fall silent, mark repeats, and be as
loud as the victim.  `log_of` makes a log of any frames: of made-up senders beside a camera, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.frames.control_frames import join_control_frames
from sweep.wifi.frames.dot11 import (
    BEACON,
    BROADCAST,
    COLUMNS,
    DATA,
    FROM_DS,
    MANAGEMENT,
    RETRY,
    TO_DS,
    UNPROTECTED,
    UNREAD,
    Dot11Frames,
)
from sweep.wifi.frames.framelog import FrameLog, number_transmitters
from sweep.wifi.frames.management import Management
from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.shared_addresses import MORE_FRAGMENTS, PACKETS, SEQUENCES

VICTIM, NETWORK, MADE_UP, SOURCE = 0x3C5A_B400_0011, 0x3C5A_B400_0001, 0x3C5A_B400_0012, 0x3C5A_B400_0002
MHZ: Final = 2_437
QOS_DATA: Final = 8
Floats = NDArray[np.float64]
Numbers = Literal["own", "continues", "went_on", "offset_100", "offset_1000", "random", "constant", "leaps", "none"]
NUMBERS: Final[tuple[Numbers, ...]] = (
    "own", "continues", "went_on", "offset_100", "offset_1000", "random", "constant",
)  # fmt: skip
"""How the attacker numbers: by a counter of his own; each time on from the last number heard, whosever it was; on from
the victim's number when he began; so many numbers after the victim's last one; anyhow; always alike.  Only packets also
`leaps`: from anywhere after each frame of the victim, or are not encrypted."""
NUMBERS_OF_PACKETS: Final[tuple[Numbers, ...]] = (*NUMBERS, "leaps", "none")


@dataclass(frozen=True)
class Sent:
    """Frames of one address to one other; columns of equal length."""

    t_s: Floats
    octets: NDArray[Any]
    number: NDArray[Any]
    level_dbm: float = -55.0
    spread_db: float = 1.5
    sender: int = VICTIM
    receiver: int = NETWORK
    source: int = 0
    """0: the sender."""
    flags: int = TO_DS
    fragment: int = 0
    tid: int = 0
    kind: int = DATA
    subtype: int = QOS_DATA
    is_retry: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    packet_number: NDArray[Any] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Of encrypted frames, or one of what stands in its place; none: not read."""

    def keep(self, wanted: NDArray[np.bool_]) -> Sent:
        """Some of the frames."""
        retry = self.is_retry[wanted] if len(self.is_retry) else self.is_retry
        packets = self.packet_number[wanted] if len(self.packet_number) else self.packet_number
        return replace(
            self, t_s=self.t_s[wanted], octets=self.octets[wanted], number=self.number[wanted], is_retry=retry,
            packet_number=packets,
        )  # fmt: skip


@dataclass(frozen=True)
class Attack:
    """How somebody sends in the victim's name."""

    numbers: Numbers = "own"
    louder_db: float = 20.0
    waits_s: float = 0.0
    """Sends nothing within this of a frame of the victim."""
    marks_retries: bool = False
    tid: int = 0
    packets: Numbers = "own"
    """How he numbers what he encrypts where the victim does."""
    receiver: int = NETWORK
    has_more: bool = False
    """Says that more fragments follow."""
    fragment: int = 0
    is_ap: bool = False
    """The victim is an access point, and the attacker sends to a client that there is not."""


def sent_of(flow: Flow, **changes: Any) -> Sent:
    """The frames of a flow, numbered as it says; what comes late was a repeat."""
    numbers: NDArray[np.int64] = np.arange(len(flow.t_ns))
    if len(flow.sequence_number):
        numbers = flow.sequence_number.astype(np.int64)
    step = ((np.diff(numbers) + 2048) & 4095) - 2048
    serial = np.concatenate([[0], np.cumsum(step)])
    is_late = serial < np.maximum.accumulate(serial)
    return Sent(flow.t_ns / 1e9, flow.frame_len, numbers, is_retry=is_late, **changes)


def log_of(sent: Sequence[Sent], rng: np.random.Generator, *, heard: float = 1.0) -> FrameLog:
    """What a receiver hears of all that was sent, a share `heard` of it, in the order of time."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in COLUMNS}
    for one in sent:
        count = len(one.t_s)
        retry = one.is_retry if len(one.is_retry) else np.zeros(count, dtype=bool)
        row: dict[str, Any] = {
            "t_ns": np.rint(one.t_s * 1e9), "kind": one.kind, "subtype": one.subtype,
            "flags": one.flags + RETRY * retry.astype(np.int64), "frame_len": one.octets,
            "rssi_dbm": np.clip(np.rint(one.level_dbm + rng.normal(0, one.spread_db, count)), -120, -1),
            "channel_mhz": MHZ, "ra": one.receiver, "ta": one.sender, "sa": one.source or one.sender,
            "sequence_control": (np.asarray(one.number) % 4096).astype(np.int64) << 4 | one.fragment,
            "da": SOURCE, "bssid": NETWORK, "tid": one.tid, "start": 0, "captured": 32,
            "packet_number": np.where(one.packet_number < 0, one.packet_number, one.packet_number % PACKETS)
            if len(one.packet_number) else UNREAD,
        }  # fmt: skip
        for name, kind in COLUMNS.items():
            parts[name].append(np.broadcast_to(np.asarray(row[name]), (count,)).astype(kind))
    columns = {name: np.concatenate(found) for name, found in parts.items()}
    order = np.argsort(columns["t_ns"], kind="stable")
    order = order[rng.random(len(order)) < heard]
    frames = Dot11Frames(**{name: column[order] for name, column in columns.items()})
    return number_transmitters(frames, join_control_frames([]), Management(), Counter())


def beacons(seconds: float, rng: np.random.Generator, *, level_dbm: float = -55.0, sender: int = VICTIM) -> Sent:
    """An access point's announcements."""
    t_s = np.arange(float(rng.uniform(0, 0.1)), seconds, 0.1024)
    number = int(rng.integers(4096)) + np.arange(len(t_s))
    return Sent(
        t_s, np.full(len(t_s), 220), number, level_dbm, sender=sender, receiver=BROADCAST, flags=0, tid=-1,
        kind=MANAGEMENT, subtype=BEACON,
    )  # fmt: skip


Habit = Literal["asleep", "idle", "messages", "browsing", "call"]
HABITS: Final[tuple[Habit, ...]] = ("asleep", "idle", "messages", "browsing", "call")
"""What the victim does: nothing at all; some frames every few seconds; the same each second; pages; a call."""


def phone(habit: Habit, seconds: float, rng: np.random.Generator, **changes: Any) -> Sent:
    """What a phone sends, of its own counter."""
    times: list[float] = []
    if habit == "call":
        times = list(np.arange(float(rng.uniform(0, 0.02)), seconds, 0.02))
    else:
        pause_s, most = {"asleep": (np.inf, 0), "idle": (6.0, 3), "messages": (1.0, 4), "browsing": (4.0, 60)}[habit]
        at_s = float(rng.exponential(pause_s)) if most else seconds
        while at_s < seconds:
            burst = int(rng.integers(1, most + 1))
            times += list(at_s + np.cumsum(rng.exponential(0.004 if habit != "browsing" else 0.015, burst)))
            at_s = times[-1] + float(rng.exponential(pause_s))
    t_s = np.array([one for one in times if one < seconds])
    number = int(rng.integers(4096)) + np.arange(len(t_s))
    return Sent(t_s, rng.integers(60, 420, len(t_s)), number, **changes)


def frame_up(flow: Flow, victim: Sent, attack: Attack, rng: np.random.Generator) -> Sent:
    """The attacker's frames: a stream in the victim's name."""
    t_s, octets = flow.t_ns / 1e9, flow.frame_len
    if attack.waits_s and len(victim.t_s):
        after = np.searchsorted(victim.t_s, t_s)
        since = t_s - victim.t_s[np.maximum(after - 1, 0)]
        until = victim.t_s[np.minimum(after, len(victim.t_s) - 1)] - t_s
        is_free = (np.abs(since) > attack.waits_s) & (np.abs(until) > attack.waits_s)
        t_s, octets = t_s[is_free], octets[is_free]
    its = Sent(
        t_s, octets, _number(attack.numbers, t_s, victim, rng), victim.level_dbm + attack.louder_db, tid=attack.tid,
        is_retry=np.full(len(t_s), attack.marks_retries), flags=TO_DS | MORE_FRAGMENTS * attack.has_more,
        fragment=attack.fragment, receiver=attack.receiver,
    )  # fmt: skip
    if len(victim.packet_number) and attack.packets == "none":
        its = replace(its, packet_number=np.full(len(t_s), UNPROTECTED))
    elif len(victim.packet_number):
        counted = replace(victim, number=victim.packet_number)
        its = replace(its, packet_number=_number(attack.packets, t_s, counted, rng, PACKETS))
    if attack.is_ap:
        its = replace(its, sender=VICTIM, receiver=MADE_UP, flags=FROM_DS)
    return its


def encrypt(sent: Sequence[Sent], rng: np.random.Generator) -> list[Sent]:
    """The frames of one sender to one receiver, of whatever identifiers, numbered in the order of time."""
    counts = [len(one.t_s) for one in sent]
    order = np.argsort(np.concatenate([one.t_s for one in sent]), kind="stable")
    number = np.empty(sum(counts), dtype=np.int64)
    number[order] = int(rng.integers(PACKETS)) + np.arange(len(order))
    parts = np.split(number, np.cumsum(counts)[:-1])
    return [replace(one, packet_number=part) for one, part in zip(sent, parts, strict=True)]


def over_two_links(
    rate_hz: float, seconds: float, rng: np.random.Generator, *, fails: float, again_s: float, pauses: int = 0
) -> list[Sent]:
    """A multi-link device (802.11be) that sends full frames by one counter, and one of packets, over two links in turn.

    A share `fails`, and what falls into `pauses` of its first link, is sent again after up to `again_s`, on either.
    """
    turn_s = 0.004
    t_s = np.floor(np.sort(rng.uniform(0, seconds, int(rate_hz * seconds))) / turn_s) * turn_s
    link = rng.integers(0, 2, int(seconds / turn_s) + 1)[np.rint(t_s / turn_s).astype(np.int64)]
    is_again = rng.random(len(t_s)) < fails
    for pause_s in rng.uniform(0, seconds, pauses):
        is_again |= (link == 0) & (t_s > pause_s) & (t_s < pause_s + again_s)
    sent_s = t_s + is_again * again_s * rng.uniform(0.5, 1.0, len(t_s))
    link = np.where(is_again, rng.integers(0, 2, len(t_s)), link)
    order, number = np.argsort(sent_s, kind="stable"), int(rng.integers(PACKETS)) + np.arange(len(t_s))
    rows = [order[link[order] == one] for one in (0, 1)]
    return [
        Sent(
            sent_s[its], np.full(len(its), 1_530), number[its], sender=sender, receiver=receiver,
            is_retry=is_again[its], packet_number=number[its],
        )
        for its, sender, receiver in zip(rows, (VICTIM, MADE_UP), (NETWORK, SOURCE), strict=True)
    ]  # fmt: skip


def _number(
    how: Numbers, t_s: Floats, victim: Sent, rng: np.random.Generator, circle: int = SEQUENCES
) -> NDArray[np.int64]:
    """The attacker's numbers; of a victim that was not heard yet he begins anywhere."""
    own = np.arange(len(t_s)) + int(rng.integers(circle))
    if not len(t_s):
        return own
    before = np.searchsorted(victim.t_s, t_s) - 1
    last = np.where(before >= 0, np.asarray(victim.number)[np.maximum(before, 0)], own[0]) if len(victim.t_s) else own
    since = np.arange(len(t_s)) - np.searchsorted(before, before)
    match how:
        case "continues":
            return last + 1 + since
        case "went_on":
            return int(last[0]) + 1 + np.arange(len(t_s))
        case "offset_100":
            return last + 100 + since
        case "offset_1000":
            return last + 1_000 + since
        case "random":
            return rng.integers(0, circle, len(t_s))
        case "constant":
            return np.full(len(t_s), 7)
        case "leaps":
            return rng.integers(0, circle, len(victim.t_s) + 1)[before + 1] + since
        case _:
            return own
