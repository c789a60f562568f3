"""Where a sweep's input comes from: a recorded folder, the room itself, or positions made by a simulation.

A source gives the manifest first and then each position when its recording is complete; it never looks into the
captures.  Replay is a source, not a mode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol
from uuid import UUID

from pydantic import ValidationError

from sweep.host.clock import WallClock, is_unset, read_wall_clock
from sweep.link.rf_recording import recorded_rf
from sweep.modality.liveness import boottime_ns
from sweep.modality.looks import CLOSE_S, VIEW_S, CloseLook, Look, is_close, modality_of
from sweep.modality.messages import MeasureRf, RfHeard
from sweep.modality.next_position import REFERENCE, BeforeTarget, NextPosition, Outside
from sweep.modality.room import Room
from sweep.phrases import Phrase
from sweep.report import (
    MANIFEST_NAME,
    Modality,
    Mode,
    Position,
    RecordedPosition,
    RecordedSweep,
    Source,
    Zone,
    centre_of,
    first_problem,
    new_id,
    utc_now,
)
from sweep.report.files import read_json
from sweep.wifi.capture.sources import RecordedWifi

MAX_MANIFEST_BYTES = 4 * 1024 * 1024


class SourceError(ValueError):
    """The input of a sweep cannot be used; one line that says what to do."""


class SweepSource(Protocol):
    """Input of one sweep."""

    is_live: bool
    """The room itself, now; anything else is a recording or made up."""

    manifest: RecordedSweep

    def positions(self) -> Iterator[RecordedPosition | Outside | BeforeTarget]:
        """Each position once its files are complete, in the order of the sweep, after the position outside if there is
        one.
        """

    def again(self, look: Look) -> Sequence[RecordedPosition]:
        """Stands of a second look that it makes by itself; none where persons go there, or it is recorded."""

    def close(self, look: CloseLook) -> Sequence[RecordedPosition]:
        """The stand of a close look that it makes by itself; none where persons go there, or it is recorded."""

    def sources(self, recorded: RecordedPosition, position: Position) -> Mapping[Modality, object]:
        """Where the samples of a position come from, by modality; without one nothing measures it there."""

    def recorded_rf(self, recorded: RecordedPosition, position: Position) -> Callable[[MeasureRf], RfHeard] | None:
        """Answers instead of the sensor head; None: the head is asked."""

    def ended(self, done: Sequence[Position]) -> datetime:
        """When the sweep ended, `done` being the positions that were measured (at least the last of them)."""


def source_of(manifest: RecordedSweep) -> Source:
    """What a report made from this manifest must call itself: a recording is never live."""
    return "simulated" if manifest.source == "simulated" else "replay"


def measured_as(source: SweepSource) -> Source:
    """What everything that comes of a source is signed as."""
    if not source.is_live:
        return source_of(source.manifest)
    return "practice" if source.manifest.source == "practice" else "live"


class RecordedSource:
    """A folder with `sweep.json`, complete from the start."""

    is_live = False

    def __init__(self, folder: Path) -> None:
        """Raises SourceError when the folder holds no usable manifest or a named file is missing."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        for position in self.manifest.positions:
            for name in (self.manifest.baseline_wifi, position.stimulus, *position.paths.values()):
                if name is not None and not (folder / name).resolve().is_relative_to(folder.resolve()):
                    raise SourceError(Phrase("path_leads_out_of_folder", path=name, folder=folder))

    def positions(self) -> Iterator[RecordedPosition | Outside | BeforeTarget]:
        """The manifest's positions; what the head measured outside, each of them asks for."""
        name = self.manifest.baseline_wifi
        if name is not None:
            yield Outside(0.0, {"wifi": RecordedWifi(self.folder / name)}, frozenset({"wifi"}))
        yield from self.manifest.positions

    def again(self, look: Look) -> Sequence[RecordedPosition]:  # noqa: ARG002  what was recorded of it are positions
        """None: those that were recorded are among its positions."""
        return ()

    def close(self, look: CloseLook) -> Sequence[RecordedPosition]:  # noqa: ARG002  as above
        """None, for the same reason."""
        return ()

    def sources(self, recorded: RecordedPosition, position: Position) -> Mapping[Modality, object]:  # noqa: ARG002  the files know nothing of it
        """The position's captures."""
        return recorded_sources(self.folder, recorded)

    def recorded_rf(self, recorded: RecordedPosition, position: Position) -> Callable[[MeasureRf], RfHeard]:
        """The position's windows, and those from outside the door."""
        return partial(recorded_answer, self.folder, self.manifest, recorded, position)

    def ended(self, done: Sequence[Position]) -> datetime:
        """The end that was recorded; of a sweep cut short, the end of its last position."""
        if done and done[-1].position_id == self.manifest.positions[-1].id:
            return self.manifest.ended
        ends = {position.id: position.end for position in self.manifest.positions}
        return ends[done[-1].position_id] if done else self.manifest.started


REFERENCE_S: Final = 10.0
"""Of one repeat before the reference target (guessed: 160 triples, and 100 beacons of the known transmitter)."""
LIVE_OUTSIDE: Final[frozenset[Modality]] = frozenset({"wifi", "rf"})
"""What is compared with outside the door: nothing optical is, and Bluetooth is a hint wherever it is."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A live sweep that goes on in another process."""

    manifest: RecordedSweep
    begun_ns: int
    """`manifest.started` on CLOCK_BOOTTIME."""
    stood: tuple[str, ...]
    """Ids of the positions it has already."""


class LiveSource:
    """The room itself: each position is made when the inspector stands there; the probe's own radios measure it."""

    is_live = True

    def __init__(
        self,
        room: Room,
        *,
        inspectors: tuple[str, ...],
        probe_id: str,
        dwell_s: float,
        positions: Iterable[NextPosition],
        sweep_id: UUID | None = None,
        mode: Mode = "full",
        sources: Mapping[Modality, object] = MappingProxyType({}),
        clock: WallClock | None = None,
        now_ns: Callable[[], int] = boottime_ns,
        time_of_day: Callable[[], datetime] = utc_now,
        interrupted: Interrupted | None = None,
        told_time: datetime | None = None,
        is_practice: bool = False,
        has_radio_earphone: bool = False,
    ) -> None:
        """`sources`: what measures here.  `positions` waits until the inspector stands somewhere and ends with the
        sweep. `clock`: how far the time of day is to be trusted, by default as the system says; `now_ns` is
        CLOCK_BOOTTIME, and `time_of_day` is read once.  `interrupted`: the sweep that goes on here, under its own
        manifest and clock.  `told_time`: the phone's, which counts where nobody set the clock here.  `is_practice`:
        what is measured is real, and counts as no inspection.  `has_radio_earphone`: declared at the start.  Raises
        SourceError.
        """
        self._now_ns = now_ns
        self._begun_ns = now_ns()
        self._dwell = timedelta(seconds=dwell_s)
        self._positions = positions
        self.sources_here = sources
        """The probe's own devices, by modality."""
        self._walks: set[str] = set()
        clock = clock or read_wall_clock()
        now = time_of_day()
        self.limits: tuple[str, ...] = ()
        """Codes of what the report has to say of its clock."""
        if told_time is not None and interrupted is None and is_unset(clock, now, told_time):
            now, self.limits = told_time, ("clock_from_phone",)
        try:
            self.manifest = RecordedSweep(
                v=1,
                sweep_id=sweep_id or new_id(),
                **{name: getattr(room, name) for name in Room.model_fields if name in RecordedSweep.model_fields},
                source="practice" if is_practice else "live",
                mode=mode,
                inspectors=inspectors,
                probe_id=probe_id,
                clock_synchronised=clock.synchronised,
                clock_max_error_ms=clock.max_error_ms,
                started=now,
                ended=now,
                has_radio_earphone=has_radio_earphone,
                positions=tuple(self._record(f"at-{zone.zone_id}", middle_of(zone), now) for zone in room.plan.zones),
            )
        except ValidationError as error:
            raise SourceError(first_problem(error)) from None
        self._stood: frozenset[str] = frozenset()
        if interrupted is not None:
            self.manifest, self._begun_ns = interrupted.manifest, interrupted.begun_ns
            self._stood = frozenset(interrupted.stood)

    def _record(self, name: str, asked: NextPosition, now: datetime) -> RecordedPosition:
        dwell = timedelta(seconds=VIEW_S) if modality_of(name) == "lens" else self._dwell
        dwell = timedelta(seconds=CLOSE_S) if is_close(name) else dwell
        return RecordedPosition(
            id=name,
            zone=asked.zone_id,
            x_m=asked.x_m,
            y_m=asked.y_m,
            facing_deg=asked.facing_deg,
            start=now,
            end=now + dwell,
        )

    def positions(self) -> Iterator[RecordedPosition | Outside | BeforeTarget]:
        """Where the inspector stands, one after the other; a zone off the plan is left out."""
        zones = {zone.zone_id for zone in self.manifest.plan.zones}
        visits: Counter[str] = Counter()
        for asked in self._positions:
            if asked.is_outside:
                yield Outside(self._dwell.total_seconds(), self.sources_here, LIVE_OUTSIDE)
                continue
            if asked == REFERENCE:
                yield BeforeTarget(REFERENCE_S, self.sources_here)
                continue
            if asked.zone_id not in zones:
                continue
            name = asked.again or f"{'walk' if asked.is_walk else 'at'}-{asked.zone_id}"[:60]
            visits[name] += 1
            while (visited := name if visits[name] == 1 else f"{name}-{visits[name]}") in self._stood:
                visits[name] += 1
            name = visited
            if asked.is_walk:
                self._walks.add(name)
            yield self._record(name, asked, self._moment())

    def again(self, look: Look) -> Sequence[RecordedPosition]:  # noqa: ARG002  a person goes there
        """None: the inspector goes there."""
        return ()

    def close(self, look: CloseLook) -> Sequence[RecordedPosition]:  # noqa: ARG002  as above
        """None: `positions` says that the inspector stands there."""
        return ()

    def is_walk(self, recorded: RecordedPosition) -> bool:
        """Whether a person walks there instead of the light."""
        return recorded.id in self._walks

    def sources(self, recorded: RecordedPosition, position: Position) -> Mapping[Modality, object]:  # noqa: ARG002  the same everywhere
        """The probe's own devices."""
        return self.sources_here

    def recorded_rf(self, recorded: RecordedPosition, position: Position) -> None:
        """The head is asked."""

    def ended(self, done: Sequence[Position]) -> datetime:  # noqa: ARG002  the room needs no record to know it
        """Now."""
        return self._moment()

    def _moment(self) -> datetime:
        """The time of day at the start and what CLOCK_BOOTTIME counted since."""
        return self.manifest.started + timedelta(microseconds=(self._now_ns() - self._begun_ns) // 1_000)


def recorded_sources(folder: Path, recorded: RecordedPosition) -> dict[Modality, object]:
    """The captures of a recorded position."""
    sources: dict[Modality, object] = {name: folder / path for name, path in recorded.paths.items()}
    sources.pop("rf", None)  # the head answers for it
    if recorded.wifi is not None:
        stimulus = None if recorded.stimulus is None else folder / recorded.stimulus
        sources["wifi"] = RecordedWifi(folder / recorded.wifi, stimulus)
    return sources


def recorded_answer(
    folder: Path, manifest: RecordedSweep, recorded: RecordedPosition, position: Position, ask: MeasureRf
) -> RfHeard:
    """What the sensor head measured at a recorded position, or outside the door."""
    name, own = (manifest.baseline_rf, manifest.baseline_own) if ask.is_outside else (recorded.rf, recorded.own)
    start_ns = 0 if ask.is_outside else position.start_ns
    return recorded_rf(ask, None if name is None else folder / name, own, start_ns, position.end_ns)


def middle_of(zone: Zone) -> NextPosition:
    """The inspector in the middle of a zone."""
    x_m, y_m = centre_of(zone)
    return NextPosition(zone.zone_id, x_m, y_m, 0.0)


def read_room(path: Path) -> Room:
    """A room with its plan; raises SourceError with one line."""
    return read_json(Room, path, SourceError, max_bytes=MAX_MANIFEST_BYTES)


def read_manifest(folder: Path) -> RecordedSweep:
    """The manifest of a recorded sweep; raises SourceError with one line when there is none or it is broken."""
    if not folder.is_dir():
        raise SourceError(Phrase("not_a_recorded_sweep", folder=folder))
    advice = Phrase("give_recorded_sweep")
    return read_json(RecordedSweep, folder / MANIFEST_NAME, SourceError, max_bytes=MAX_MANIFEST_BYTES, advice=advice)
