"""One sweep from start to finish: source in, signed entries and a report out.

It writes `sweep.opened` before anything is measured, gives each position to a process per modality, and closes with the
report, whatever died on the way.  Live events go to a callback and are never evidence.  It knows no simulation and no
server: a source gives the input and an outbox takes the entries.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sweep.addresses import AddressKey
from sweep.deliver.journal import Journal, JournalFile
from sweep.deliver.journal_records import JOURNAL_VERSION, JournalHeader
from sweep.deliver.outbox import Outbox, OutboxError
from sweep.deliver.report_bodies import with_bodies
from sweep.entry import Body, SignedEntry, make_body
from sweep.host.clock import WallClock, boottime_ns, read_boot_id, read_wall_clock
from sweep.judge.locate import locate_uplinks
from sweep.link.head_owner import HeadProcess
from sweep.plug.control import Answer, Control
from sweep.plug.lease_pipe import LeaseGiver
from sweep.plug.measurement import Measurement
from sweep.plug.mode import QUICK, SHORT_LEAVES_OUT, SHORT_OF_TIME
from sweep.plug.outside import OUTSIDE_ID, Outside
from sweep.plug.plug import Plug
from sweep.plug.task import Task
from sweep.power.keeper import CameraPower
from sweep.power.sensor import SensorDriver
from sweep.report import (
    FindingEvent,
    GuidanceEvent,
    LiveEvent,
    Modality,
    Position,
    ProgressEvent,
    RecordedPosition,
    RecordedSweep,
    Source,
    SweepReport,
    ZoneEvent,
    kinds,
    new_id,
    to_json,
)
from sweep.run.budget import StandPlan
from sweep.run.camera_supply import CameraSupply
from sweep.run.condition_watch import ConditionWatch, watch_of
from sweep.run.coordinator import Coordinator
from sweep.run.journalling import Journalling
from sweep.run.keeping import Keeping
from sweep.run.outside import SKIPPED, failed_limits, outside_position
from sweep.run.pace import Pace, quick_limits
from sweep.run.parts import ProbeParts
from sweep.run.plugs import PLUGS
from sweep.run.recovery import Now, measurements_of
from sweep.run.report_of import is_measured, never_measured, opened_of, report_of, software_name
from sweep.run.rooms import LiveSource, SourceError, SweepSource
from sweep.run.supply_watch import SupplyWatch
from sweep.run.told import Told
from sweep.run.words import notice_event, state_event
from sweep.run.workers import Workers

OnEvent = Callable[[LiveEvent], None]
Outcome = Literal["completed", "aborted"]


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep left behind."""

    report: SweepReport
    entries: tuple[SignedEntry, ...]
    restarts: int
    """How often a modality's process had to be started again."""


@dataclass(slots=True)
class _Made:
    """What a sweep has come to so far."""

    measurements: list[Measurement] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    done: list[RecordedPosition] = field(default_factory=list)


def source_of(manifest: RecordedSweep) -> Source:
    """What a report made from this manifest must call itself: a recording is never live."""
    return "simulated" if manifest.source == "simulated" else "replay"


class Runner:
    """Runs one sweep; its parts are given so that a replay, a simulation and a probe share it."""

    def __init__(
        self,
        source: SweepSource,
        outbox: Outbox,
        *,
        room_key: AddressKey,
        control: Control,
        on_event: OnEvent,
        sweep_id: UUID | None = None,
        plugs: Sequence[Plug] = PLUGS,
        live: ProbeParts | None = None,
        limits: Collection[str] = (),
        keeping: Keeping | None = None,
        journal: JournalFile | None = None,
        resumed: Journal | None = None,
        now_ns: Callable[[], int] = boottime_ns,
        read_clock: Callable[[], WallClock] = read_wall_clock,
    ) -> None:
        """`plugs`: the modalities.  `live`: what else the probe has where the source is the room itself.
        `limits`: codes of what the report has to say besides what was measured.  `keeping`: keeps what is sampled.
        `journal`: keeps what is measured until the report is safe.  `resumed`: what it tells
        of the sweep that goes on here.  `now_ns` is CLOCK_BOOTTIME.
        """
        self._source = source
        self._manifest = source.manifest
        self._outbox = outbox
        self._room_key = room_key
        self._sweep_key = AddressKey.random()
        self._control = control
        self._on_event = self._told = Told(on_event)
        self._plugs = tuple(plugs)
        self._keeping = keeping
        self._journal = Journalling(journal, now_ns=now_ns, on_trouble=self._tell_of_journal)
        self._resumed = resumed
        self._opened_id = new_id() if resumed is None else resumed.header.opened_entry_id
        self._report_id = new_id() if resumed is None else resumed.header.report_entry_id
        self._sweep_id = sweep_id or source.manifest.sweep_id
        self._kind: Source = "live" if source.is_live else source_of(source.manifest)
        self._room = source if isinstance(source, LiveSource) else None
        self._live = (live or ProbeParts()) if source.is_live else ProbeParts()
        self._tripwire: Callable[[], Connection] | None = None
        """Gives a line on which the head's process says that it is there, and cuts the camera's power."""
        self._limits = set(limits)
        """What must be said of the sweep as a whole."""
        can_compare = self._room is not None and (self._room.doors_here or self._live.head_port is not None)
        self._outside_limits = {SKIPPED} if can_compare else set[str]()
        """What must be said of the stand outside the door."""
        self._condition: ConditionWatch | None = None
        """How the probe itself is; None where there is no probe in the room."""
        self._pace: Pace | None = None
        self._is_short = False
        self._now_ns = now_ns
        self._read_clock = read_clock

    def run(self) -> SweepResult:
        """The whole sweep.  Raises SourceError, PowerLineError; OutboxError when the disk has no room to begin.

        A modality that fails is a gap, not an error; a report that the disk does not take is among `outbox.unsaved`.
        """
        if self._source.is_live and not self._control.needs_persons:
            raise SourceError("a live sweep needs two persons who declare the room empty")
        with self._open_power() as power, self._journal:  # the line is low before anything else
            return self._run(power)

    def _run(self, power: CameraPower | None) -> SweepResult:
        self._outbox.reserve()
        self._control.announce(lambda state: self._on_event(state_event(state)))
        made = _Made()
        if self._room is not None:
            self._condition = watch_of(self._live, self._control, power, films="lens" in self._room.doors_here)
        with contextlib.ExitStack() as stack:
            lease = stack.enter_context(self._control.lease()) if self._room is not None else None
            films = lease is not None and self._room is not None and "lens" in self._room.doors_here
            workers = stack.enter_context(
                Workers(
                    {plug.name: plug.open for plug in self._plugs},
                    leases={"lens": lease.end} if lease is not None and films else {},
                )
            )
            head_process = stack.enter_context(self._open_head(lease))
            coordinator = Coordinator(
                self._control,
                head_process,
                workers.say,
                self._on_event,
                supply=self._supply(),
                own=self._live.own_transmissions,
                condition=self._condition,
                left_s=self._left_s,
            )
            stack.enter_context(coordinator.listening())
            supply = CameraSupply(power, SensorDriver(self._live.camera_sensor))
            stack.callback(supply.put_away)
            answer = self._control.wait()
            self._begin_pace()
            opened = self._open() if self._resumed is None else self._go_on_with(self._resumed, made, answer)
            for recorded in self._source.positions():
                answer = self._control.wait()
                if answer != "go":
                    break
                if isinstance(recorded, Outside):
                    self._measure_outside(recorded, workers, coordinator)
                else:
                    self._measure(self._done(made, recorded.zone), recorded, workers, coordinator, supply, made)
            outcome = self._outcome(answer, coordinator.closed_because, made.measurements)
            restarts = workers.restarts
            if coordinator.firmware is not None:
                self._manifest = self._manifest.model_copy(update={"firmware": coordinator.firmware})
        self._control.enter("closing")
        if self._keeping is not None:
            self._keep(self._keeping, made.done, max(self._manifest.started, self._source.ended(made.positions[-1:])))
        report, closed = self._close(made, outcome)
        for finding in report.findings:
            self._on_event(
                FindingEvent(
                    type="finding",
                    finding_id=finding.finding_id,
                    zone_id=finding.zone_id,
                    strength=finding.strength,
                )
            )
        self._on_event(self._progress(self._done(made), None))
        self._control.enter("done" if outcome == "completed" else "aborted")
        self._told.end_notices()
        return SweepResult(report, (*opened, closed), restarts)

    def _open(self) -> tuple[SignedEntry, ...]:
        self._journal.begin(self._journal_header())
        opened = self._append_opened()
        self._journal.outside(self._outside_limits)
        return (opened,)

    def _go_on_with(self, before: Journal, made: _Made, answer: Answer) -> tuple[SignedEntry, ...]:
        """Take over what an interrupted process measured; the stand that it was at is over."""
        self._limits |= {*before.header.limits, "resumed_after_restart" if answer == "go" else "closed_probe_restarted"}
        self._outside_limits = set(before.outside_limits)
        if self._condition is not None and before.stands:
            self._condition.take_up(before.stands[-1].condition)
        self._journal.resumed(before)
        made.positions += before.positions
        made.measurements += measurements_of(before, self._plugs, Now(self._now_ns(), before.header.boot_id))
        for stand, position in zip(before.stands, before.positions, strict=True):
            if not stand.is_over:
                for one in made.measurements:
                    if one.position_id == position.position_id:
                        self._journal.measured(one)
                self._tell_journal_of(position, stand.firmware, is_over=True)
        return ()

    def _tell_journal_of(self, position: Position, firmware: str | None, *, is_over: bool) -> None:
        condition = None if self._condition is None else self._condition.summary()
        self._journal.stand(position, is_over=is_over, firmware=firmware, condition=condition)

    def _measure(
        self,
        index: int,
        recorded: RecordedPosition,
        workers: Workers,
        coordinator: Coordinator,
        supply: CameraSupply,
        made: _Made,
    ) -> None:
        """One stand by all modalities."""
        self._on_event(self._progress(index, recorded.zone))
        position = self._position(recorded)
        recorded_rf = self._source.recorded_rf(recorded, position)
        keep = None if self._keeping is None else self._keeping.stand(recorded.id)
        keep_rf = None if self._keeping is None else partial(self._keeping.heard_rf, recorded.id)
        because = supply.bring_up(
            lambda: self._control.declaration,
            workers.process_id("lens"),
            lambda: self._control.standing in {"go", "moved_on"},
        )
        plan = self._plan_of(recorded)
        closed: dict[Modality, str] = {} if because is None else {"lens": because}
        if "bluetooth" in plan.leaves_out:
            closed["ble"] = SHORT_OF_TIME
        tasks = self._tasks(recorded, position, keep, closed, plan)
        coordinator.begin(recorded.zone, index, len(self._manifest.positions), recorded_rf, keep_rf, tasks.keys())
        coordinator.attend()
        self._tell_journal_of(position, coordinator.firmware, is_over=False)
        for measurement in workers.measure(
            tasks, on_word=coordinator.on_word, on_sofar=self._journal.sofar, attend=coordinator.attend
        ):
            coordinator.ended(measurement.modality)
            made.measurements.append(measurement)
            self._journal.measured(measurement)
            self._tell(measurement)
        coordinator.rest()
        made.positions.append(self._ended_now(position))
        made.done.append(recorded)
        self._tell_journal_of(made.positions[-1], coordinator.firmware, is_over=True)
        self._on_event(self._progress(self._done(made), None))  # nobody measures now
        self._tell_where_to_stand(made.positions, made.measurements)

    def _begin_pace(self) -> None:
        if self._live.durations is not None:
            self._pace = Pace(self._manifest.mode, self._manifest.plan, self._live.durations)
            self._pace.follow(self._control)

    def _left_s(self) -> float | None:
        return None if self._pace is None else self._pace.left_s()

    def _plan_of(self, recorded: RecordedPosition) -> StandPlan:
        """What the stand may take; that something goes for want of time is told once."""
        if self._pace is None:
            return StandPlan(None)
        plan = self._pace.stand(recorded.zone)
        if "bluetooth" in plan.leaves_out:
            self._limits.add(SHORT_LEAVES_OUT["bluetooth"])
        if plan.leaves_out and not self._is_short:
            self._is_short = True
            self._on_event(notice_event(SHORT_OF_TIME))
        return plan

    def _measure_outside(self, outside: Outside, workers: Workers, coordinator: Coordinator) -> None:
        """What inside is compared with; each modality remembers what it needs of it."""
        position = outside_position(self._now_ns() if self._room is not None else 0, outside.dwell_s)
        keep = None if self._keeping is None else self._keeping.stand(OUTSIDE_ID)
        keep_rf = None if self._keeping is None else partial(self._keeping.heard_rf, OUTSIDE_ID)
        tasks: dict[Modality, Task[Any]] = {
            name: replace(self._task(name, position, outside.dwell_s, outside.doors, keep), is_outside=True)
            for name in (plug.name for plug in self._plugs)
            if name in outside.measures
        }
        coordinator.begin(OUTSIDE_ID, 0, len(self._manifest.positions), None, keep_rf, tasks.keys(), is_outside=True)
        measured = []
        for measurement in workers.measure(tasks, on_word=coordinator.on_word, attend=coordinator.attend):
            coordinator.ended(measurement.modality)
            measured.append(measurement)
            for text in measurement.guidance[:2]:
                self._on_event(GuidanceEvent(type="guidance", text=text))
        coordinator.rest()
        self._on_event(self._progress(0, None))
        self._outside_limits = failed_limits(measured)
        self._journal.outside(self._outside_limits)

    def _outcome(self, answer: Answer, closed_because: str | None, measurements: list[Measurement]) -> Outcome:
        """How the sweep ended; what must be said of that is among its limits."""
        is_aborted = answer in {"abort", "expired"} or self._control.standing == "abort"
        if closed_because is not None:
            is_aborted = True
            self._limits.add(f"closed_{closed_because}")
        elif not is_aborted and not any(is_measured(one) for one in measurements):
            is_aborted = True
            self._limits.add("nothing_measured")
        if self._source.is_live:  # a recording says per position what it lacks
            self._limits |= never_measured(measurements) | self._outside_limits
        visited = {one.zone_id for one in measurements}
        self._limits |= quick_limits(self._manifest.mode, self._manifest.plan, visited)
        return "aborted" if is_aborted else "completed"

    def _close(self, made: _Made, outcome: Outcome) -> tuple[SweepReport, SignedEntry]:
        """Write the report; the journal goes once that is safe."""
        if self._journal.had_trouble:
            self._limits.add("journal_unsaved")
        ended = self._source.ended(made.positions[-1:])
        self._journal.closing(outcome, ended, frozenset(self._limits))
        report = report_of(
            self._manifest,
            made.positions,
            made.measurements,
            plugs=self._plugs,
            sweep_id=self._sweep_id,
            source=self._kind,
            ended=ended,
            outcome=outcome,
            limits=self._limits,
            condition=None if self._condition is None else self._condition.summary(),
        )
        report, bodies = with_bodies(report, made.measurements)
        return report, self._append(kinds.REPORT, bodies, entry_id=self._report_id, when_safe=self._journal.remove)

    def _keep(self, keeping: Keeping, done: Sequence[RecordedPosition], ended: datetime) -> None:
        kept = self._manifest.model_copy(update={"ended": ended})
        if self._room is not None:
            absent = tuple(plug.name for plug in self._plugs if plug.name not in self._room.doors_here)
            kept = kept.model_copy(update={"not_connected": absent})
        keeping.finish(kept, done)

    def _supply(self) -> SupplyWatch:
        return SupplyWatch(None if self._live.machine is None else self._live.machine.alarm)

    @contextmanager
    def _open_power(self) -> Iterator[CameraPower | None]:
        """The camera's supply follows the persons' declaration."""
        if self._live.camera_power is None:
            yield None
            return
        with CameraPower(self._live.camera_power, lambda: self._control.declaration) as power:
            if self._live.head_port is not None:
                power.need("head")  # without it nobody has a button
                self._tripwire = partial(power.tripwire, "head")
            self._control.watch(power.follow)
            yield power

    def _open_head(self, lease: LeaseGiver | None) -> AbstractContextManager[HeadProcess | None]:
        if self._live.head_port is None:
            return nullcontext()
        return HeadProcess(self._live.head_port, lease=None if lease is None else lease.end, tripwire=self._tripwire)

    def _ended_now(self, position: Position) -> Position:
        """Live, a position takes as long as it takes."""
        if self._room is None:
            return position
        return position.model_copy(update={"end_ns": max(position.start_ns, self._now_ns())})

    def _done(self, made: _Made, zone_id: str | None = None) -> int:
        """How many positions are through, but for the one in `zone_id`; in a room a zone counts once however often
        somebody stands there.
        """
        if self._room is None:
            return len(made.positions)
        return len({one.zone_id for one in made.positions} - {zone_id})

    def _progress(self, index: int, zone_id: str | None) -> ProgressEvent:
        total = len(self._manifest.positions)
        return ProgressEvent(
            type="progress",
            position_index=index,
            positions=total,
            zone_id=zone_id,
            modality=None,
            fraction=min(1.0, index / total),
            step="inside",
            left_s=self._left_s(),
        )

    def _tell(self, one: Measurement) -> None:
        if self._condition is not None:
            self._condition.take_measurement(one)
        self._told.measured(
            ZoneEvent(
                type="zone",
                zone_id=one.zone_id,
                modality=one.modality,
                verdict="candidate" if one.modality == "lens" and one.observations else "not_assessable",
                quality=0.0 if one.blind_reason is not None else min(max(one.quality, 0.0), 1.0),
            )
        )
        for text in one.guidance[:2]:
            self._on_event(GuidanceEvent(type="guidance", text=text))

    def _tell_where_to_stand(self, positions: list[Position], measurements: list[Measurement]) -> None:
        """While a transmitter that sends video may be anywhere: the place that would tell most about it."""
        heard = [o for one in measurements if one.modality == "wifi" for o in one.observations]
        places = locate_uplinks(self._manifest.plan, positions, heard)
        wanted = [place.next_stand for place in places if place.next_stand is not None]
        if wanted:
            best = max(wanted, key=lambda stand: stand.gain_bits)
            self._on_event(GuidanceEvent(type="guidance", text=best.text))

    def _position(self, recorded: RecordedPosition) -> Position:
        if self._room is not None:  # the wall clock may be set while a sweep goes on
            start_ns = self._now_ns()
            end_ns = start_ns + round((recorded.end - recorded.start).total_seconds() * 1e9)
        else:
            start_ns, end_ns = self._since_start_ns(recorded.start), self._since_start_ns(recorded.end)
        return Position(
            position_id=recorded.id,
            zone_id=recorded.zone,
            x_m=recorded.x_m,
            y_m=recorded.y_m,
            facing_deg=recorded.facing_deg,
            start_ns=start_ns,
            end_ns=end_ns,
        )

    def _since_start_ns(self, moment: datetime) -> int:
        """Recordings carry no CLOCK_BOOTTIME: their time counts from the start of the sweep."""
        return max(0, round((moment - self._manifest.started).total_seconds() * 1e9))

    def _tasks(
        self,
        recorded: RecordedPosition,
        position: Position,
        keep: Path | None,
        closed: Mapping[Modality, str],
        plan: StandPlan,
    ) -> dict[Modality, Task[Any]]:
        """`closed`: doors that are not opened here, and why."""
        doors = {name: door for name, door in self._source.doors(recorded, position).items() if name not in closed}
        dwell_s = (recorded.end - recorded.start).total_seconds()
        is_walk = self._room is not None and self._room.is_walk(recorded)
        tasks = {plug.name: self._task(plug.name, position, dwell_s, doors, keep) for plug in self._plugs}
        return {
            name: replace(
                task,
                is_walk=is_walk,
                light_s=plan.light_s,
                open_light_s=plan.open_light_s,
                no_light_because=QUICK if self._manifest.mode == "quick" else None,
                nothing_because=closed.get(name) or task.nothing_because,
            )
            for name, task in tasks.items()
        }

    def _task(
        self, name: Modality, position: Position, dwell_s: float, doors: Mapping[Modality, object], keep: Path | None
    ) -> Task[Any]:
        return Task(
            sweep_id=self._sweep_id,
            position=position,
            dwell_s=dwell_s,
            sweep_key=self._sweep_key,
            room_key=self._room_key,
            door=doors.get(name),
            nothing_because=self._why_nothing(name),
            keep=keep,
        )

    def _why_nothing(self, modality: Modality) -> str:
        is_absent = self._room is not None or modality in self._manifest.not_connected
        return "not_connected" if is_absent else "not_recorded"

    def _append(
        self,
        kind: str,
        bodies: tuple[Body, ...],
        *,
        entry_id: UUID,
        must_save: bool = False,
        when_safe: Callable[[], None] = lambda: None,
    ) -> SignedEntry:
        return self._outbox.append(
            kind,
            bodies,
            source=self._kind,
            room_id=self._manifest.room_id,
            sweep_id=self._sweep_id,
            clock=self._read_clock(),
            must_save=must_save,
            entry_id=entry_id,
            when_safe=when_safe,
        )

    def _append_opened(self) -> SignedEntry:
        opened = opened_of(
            self._manifest, sweep_id=self._sweep_id, source=self._kind, is_declared=self._control.is_declared
        )
        body = make_body(kinds.OPENED_TYPE, to_json(opened))
        try:
            entry = self._append(kinds.OPENED, (body,), entry_id=self._opened_id, must_save=True)
        except OutboxError:
            self._journal.remove()
            raise
        self._journal.opened()
        return entry

    def _journal_header(self) -> JournalHeader:
        return JournalHeader(
            v=JOURNAL_VERSION,
            sweep_id=self._sweep_id,
            opened_entry_id=self._opened_id,
            report_entry_id=self._report_id,
            boot_id=read_boot_id(),
            begun_ns=self._now_ns(),
            begun=self._source.ended(()),
            source=self._kind,
            manifest=self._manifest,
            limits=tuple(sorted(self._limits)),
            software=software_name(),
        )

    def _tell_of_journal(self, is_failing: bool) -> None:
        self._on_event(notice_event("journal_unsaved", is_over=not is_failing))
