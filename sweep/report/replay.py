"""What whoever listens only now has to hear of a sweep that goes on: of each thing the last word, in the order sent.

The server tells it to a page that opens late, the probe to a server that began anew.

Input is a probe's live messages; output is the few of them that still hold.  A page that folds them shows what one
shows that heard them all, however long the sweep has gone on.  Nothing is kept of an earlier sweep.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from .live import (
    CommandEvent,
    FindingEvent,
    LiveEvent,
    LiveMessage,
    LookAnsweredEvent,
    LookAskedEvent,
    NoticeEvent,
    ProgressEvent,
    SecondLookEvent,
    StateEvent,
    ZoneEvent,
)
from .live_room import CoverageEvent, NearEvent

MAX_KEPT = 900
"""Derived: a verdict of four modalities and the coverage of each of 100 zones, 200 findings, and what was said else."""
MAX_ANSWERS = 50
"""To commands, as many as the page remembers (guessed)."""


class Replay:
    """One for a probe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, LiveMessage] = OrderedDict()
        self._added_s: dict[Hashable, float] = {}
        self._answers: OrderedDict[Hashable, None] = OrderedDict()

    def add(self, message: LiveMessage, at_s: float = 0.0) -> None:
        """A newer message, which takes the place of what it makes void; what holds for a moment only is left out.

        `at_s`: when, by a clock that only goes on.
        """
        if isinstance(message.event, NearEvent):
            return
        thing = thing_of(message.event)
        self._kept[thing] = message
        self._added_s[thing] = at_s
        self._kept.move_to_end(thing)
        if isinstance(message.event, CommandEvent):
            self._answers[thing] = None
            if len(self._answers) > MAX_ANSWERS:
                self._forget(self._answers.popitem(last=False)[0])
        if len(self._kept) > MAX_KEPT:
            self._forget(next(iter(self._kept)))

    def _forget(self, thing: Hashable) -> None:
        self._kept.pop(thing, None)
        self._added_s.pop(thing, None)

    def clear(self) -> None:
        """Another sweep begins."""
        self._kept.clear()
        self._added_s.clear()
        self._answers.clear()

    def messages(self) -> tuple[LiveMessage, ...]:
        """In the order sent."""
        return tuple(self._kept.values())

    def messages_at(self, now_s: float) -> tuple[LiveMessage, ...]:
        """The same with their age at `now_s`, by the clock of `add`: what counts down in them goes on from there."""
        return tuple(
            message.model_copy(update={"age_s": message.age_s + max(0.0, now_s - self._added_s[thing])})
            for thing, message in self._kept.items()
        )


def thing_of(event: LiveEvent) -> Hashable:
    """What an event speaks of: a later one of the same makes it void."""
    match event:
        case StateEvent(state=state):  # leaving a state ends more than the state: each is folded in its turn
            return event.type, state
        case ProgressEvent(modality=modality):  # without a modality it begins a position
            return event.type, modality is None
        case ZoneEvent(zone_id=zone_id, modality=modality):
            return event.type, zone_id, modality
        case CoverageEvent(zone_id=zone_id):
            return event.type, zone_id
        case NoticeEvent(code=code):
            return event.type, code
        case SecondLookEvent(finding_id=finding_id, kind=kind):
            return event.type, finding_id, kind
        case LookAskedEvent(look_id=look_id) | LookAnsweredEvent(look_id=look_id):
            return event.type, look_id
        case FindingEvent(finding_id=finding_id):
            return event.type, finding_id
        case CommandEvent(command_id=command_id):
            return event.type, command_id
        case _:
            return event.type
