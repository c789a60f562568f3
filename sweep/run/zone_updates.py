"""What persons were told of a sweep so far, so that a later word takes nothing back that still holds.

Input is live events on their way to them; output is the same events, but that a zone which was measured at several
stands keeps its candidate and what was seen of it before, by the rule of the report's coverage.  In the end what would
have been found is told as the report has it, and each notice that still stands is said to be over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sweep.modality.measurement import Measurement
from sweep.report import (
    CoverageEvent,
    DevicesEvent,
    FindingEvent,
    GuidanceEvent,
    LiveEvent,
    Modality,
    NoticeEvent,
    ProgressEvent,
    SweepReport,
    VerdictName,
    ZoneEvent,
)

MOST_GUIDANCE = 2
"""Sentences of one measurement that are told; more than two nobody reads while walking."""


@dataclass(slots=True)
class _Seen:
    """Of a zone by a modality, at positions that are over."""

    missed: float = 1.0
    """Share that no position has seen; views from several positions overlap at random (`judge/coverage`)."""
    is_candidate: bool = False


class ZoneUpdates:
    """One for a sweep; events may come from several threads, those of zones and of coverage from one at a time."""

    def __init__(self, on_event: Callable[[LiveEvent], None]) -> None:
        self._on_event = on_event
        self._seen: dict[tuple[str, Modality], _Seen] = {}
        self._standing: dict[str, NoticeEvent] = {}
        self._covered: dict[str, CoverageEvent] = {}
        """As last told of each zone."""
        self.led_tags: tuple[str, ...] = ()
        """Of the Wi-Fi transmitters that persons were told of last as asking for a look, the surest first."""

    def __call__(self, event: LiveEvent) -> None:
        """Hand an event on; one of a zone tells of the position that goes on."""
        if isinstance(event, NoticeEvent):
            self._standing.pop(event.code, None)
            if not event.is_over:
                self._standing[event.code] = event
        if isinstance(event, DevicesEvent):
            self.led_tags = tuple(one.tag for one in event.devices if one.modality == "wifi" and one.tag is not None)
        if isinstance(event, CoverageEvent):
            self._covered[event.zone_id] = event
        self._on_event(self._with_earlier(event) if isinstance(event, ZoneEvent) else event)

    def measured(self, event: ZoneEvent) -> None:
        """The same, as the last word of a stand on this zone and modality."""
        self(event)
        seen = self._seen.setdefault((event.zone_id, event.modality), _Seen())
        seen.missed *= 1.0 - event.quality
        seen.is_candidate |= event.verdict == "candidate"

    def _with_earlier(self, event: ZoneEvent) -> ZoneEvent:
        seen = self._seen.get((event.zone_id, event.modality))
        if seen is None:
            return event
        quality = 1.0 - seen.missed * (1.0 - event.quality)
        return event.model_copy(
            update={"quality": quality, "verdict": "candidate" if seen.is_candidate else event.verdict}
        )

    def reported(self, report: SweepReport) -> None:
        """The report is there: tell what would have been found in each zone of which it says another number than was
        told, for a later position sees into zones that were left.
        """
        for zone in report.plan.zones:
            targets = tuple(one for one in report.targets if one.zone_id == zone.zone_id)
            walls = tuple(wall for one in report.coverage if one.zone_id == zone.zone_id for wall in one.walls)
            is_told = zone.zone_id in self._covered or any(one.probability is not None for one in targets)
            event = CoverageEvent(type="coverage", zone_id=zone.zone_id, targets=targets, walls=walls)
            if is_told and event != self._covered.get(zone.zone_id):
                self(event)

    def end_notices(self) -> None:
        """The sweep is over; what holds on, others tell anew."""
        for event in list(self._standing.values()):
            self(event.model_copy(update={"is_over": True}))


def zone_event(one: Measurement) -> ZoneEvent:
    """What a modality saw of a zone, as a first word."""
    verdict: VerdictName = "candidate" if one.modality == "lens" and one.observations else "nothing_detected"
    is_blind = one.blind_reason is not None
    return ZoneEvent(
        type="zone",
        zone_id=one.zone_id,
        modality=one.modality,
        verdict="not_assessable" if is_blind and verdict != "candidate" else verdict,
        quality=0.0 if is_blind else min(max(one.quality, 0.0), 1.0),
    )


def guidance_events(one: Measurement) -> list[GuidanceEvent]:
    """What to do better at the next position."""
    return [GuidanceEvent(type="guidance", text=text) for text in one.guidance[:MOST_GUIDANCE]]


def finding_events(report: SweepReport) -> list[FindingEvent]:
    """What the report found, without what it says of it."""
    return [
        FindingEvent(type="finding", finding_id=one.finding_id, zone_id=one.zone_id, strength=one.strength)
        for one in report.findings
    ]


def progress_event(index: int, positions: int, zone_id: str | None, left_s: float | None) -> ProgressEvent:
    """The position that is measured inside the room, or None while somebody walks; `left_s`: seconds at most."""
    return ProgressEvent(
        type="progress",
        position_index=index,
        positions=positions,
        zone_id=zone_id,
        modality=None,
        fraction=min(1.0, index / positions),
        step="inside",
        left_s=left_s,
    )
