"""Which lamp phase each live frame belongs to, and which frames make a triple.

Job: match frames with the sensor head's triggers by time and group them by round of the lamps; sans-IO. Input:
triggers (CLOCK_BOOTTIME of the head's ticks) and frames (sensor time stamps), each in its own order; output:
`LiveTriple`s. Frames of a sensor that takes no trigger are explained by the lamps as read back (`whole_frame`). Refuses
to guess: a frame that fits no trigger or two is dropped and counted, and a round that lacks a frame gives no triple.
"""

from __future__ import annotations

from collections import Counter, deque

from sweep.lens.clip.clips import DARK, OFF_AXIS, ON_AXIS
from sweep.lens.clip.frames import LiveTriple, PhaseFrame, RawFrame
from sweep.lens.clip.whole_frame import lamp_of
from sweep.modality.strobe import PAIR_WITHIN_SHARE, Trigger

MAX_TRIGGERS = 64
"""A second of triggers: frames that come later than that are stale."""
WAIT_NS = 500_000_000
"""How long a frame waits to hear of its trigger, which comes through two processes that look up ten times a second
(guessed); 20 MB of half-size frames."""
LATENCY_BLEND = 0.05
"""Each frame moves the estimated latency by this share of what is left over; drift is microseconds a minute."""


class PhasePairer:
    """Matches frames with triggers; feed both, in any interleaving."""

    def __init__(self, *, period_ns: int, latency_ns: int) -> None:
        """`period_ns`: between triggers; `latency_ns`: from trigger to the sensor's time stamp, about the exposure."""
        self._period_ns = period_ns
        self._latency_ns = float(latency_ns)
        self._triggers: deque[Trigger] = deque()
        self._waiting: deque[RawFrame] = deque()
        self.dropped: Counter[str] = Counter()
        """Frames and triggers that led to nothing, by reason."""

    @property
    def latency_ns(self) -> float:
        """From trigger to time stamp, as learned so far."""
        return self._latency_ns

    def add_trigger(self, trigger: Trigger) -> list[PhaseFrame]:
        """Frames that this trigger explains."""
        self._triggers.append(trigger)
        while len(self._triggers) > MAX_TRIGGERS:
            self._triggers.popleft()
            self.dropped["trigger_without_frame"] += 1
        return self._match()

    def add_frame(self, frame: RawFrame) -> list[PhaseFrame]:
        """The frame with its phase, when its trigger is known already; else it waits for it, for a short time."""
        self._waiting.append(frame)
        while self._waiting[-1].sensor_ns - self._waiting[0].sensor_ns > WAIT_NS:
            self._waiting.popleft()
            self.dropped["frame_without_trigger"] += 1
        return self._match()

    def _match(self) -> list[PhaseFrame]:
        matched = []
        while self._waiting and self._triggers:
            frame = self._waiting[0]
            if frame.shutter is not None:
                found = lamp_of(frame, frame.shutter, self._triggers)
                if found is None:
                    break  # what its lamps did is not known yet
                self._waiting.popleft()
                if isinstance(found, str):
                    self.dropped[found] += 1
                else:
                    self._forget_before(found)
                    self._triggers.popleft()
                    matched.append(PhaseFrame(frame.pixels, found, frame.sensor_ns))
                continue
            began_ns = frame.sensor_ns - self._latency_ns
            best = min(self._triggers, key=lambda t: abs(t.t_ns - began_ns))
            off_ns = began_ns - best.t_ns
            if abs(off_ns) > PAIR_WITHIN_SHARE * self._period_ns:
                if best is self._triggers[-1] and off_ns > 0:
                    break  # its trigger has not been heard of yet
                self._waiting.popleft()
                self.dropped["frame_between_triggers"] += 1
                continue
            self._waiting.popleft()
            self._forget_before(best)
            self._triggers.popleft()
            self._latency_ns += LATENCY_BLEND * off_ns
            if not best.is_lit and best.phase != DARK:
                self.dropped["lamp_withheld"] += 1
                continue
            matched.append(PhaseFrame(frame.pixels, best, frame.sensor_ns))
        return matched

    def _forget_before(self, trigger: Trigger) -> None:
        while self._triggers[0] is not trigger:
            self._triggers.popleft()
            self.dropped["trigger_without_frame"] += 1


class TripleBuilder:
    """Groups frames with phases into triples, one for each round of the lamps."""

    def __init__(self, phases_per_round: int) -> None:
        """`phases_per_round`: triggers from one on_axis to the next, 3 with on_axis, off_axis and dark."""
        self._round = phases_per_round
        self._number = -1
        self._parts: dict[str, PhaseFrame] = {}
        self.dropped: Counter[str] = Counter()

    def add(self, frame: PhaseFrame) -> LiveTriple | None:
        """The triple that this frame completes."""
        number = frame.trigger.number // self._round
        if number < self._number:
            self.dropped["frame_out_of_order"] += 1
            return None
        if number > self._number:
            if self._parts:
                self.dropped["triple_incomplete"] += 1
            if self._number >= 0:
                self.dropped["triple_lost"] += number - self._number - 1
            self._number, self._parts = number, {}
        self._parts[frame.trigger.phase] = frame
        wanted = [self._parts.get(letter) for letter in (ON_AXIS, OFF_AXIS, DARK)]
        on_axis, off_axis, dark = wanted
        if on_axis is None or off_axis is None or dark is None:
            return None
        self._parts = {}
        return LiveTriple(number, on_axis, off_axis, dark)
