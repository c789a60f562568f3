"""One sweep from start to finish: source in, signed entries and a report out.

It writes `sweep.opened` before anything is measured, gives each position to a process per modality, and closes with the
report, whatever died on the way.  Live events go to a callback and are never evidence.  It knows no simulation and no
server: a source gives the input and an outbox takes the entries.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from sweep.deliver.journal import Journal, JournalFile
from sweep.deliver.outbox import Outbox
from sweep.entry.dsse import SignedEntry
from sweep.host.clock import WallClock, read_wall_clock
from sweep.judge.eye_looks import EyeLookPolicy, load_policy
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Answer, Control
from sweep.modality.liveness import boottime_ns
from sweep.modality.looks import is_again, is_close
from sweep.modality.measurement import Measurement
from sweep.modality.mode import SHORT_OF_TIME
from sweep.modality.next_position import BeforeTarget, Outside
from sweep.modality.pending_light import LIGHT_LEFT_OUT
from sweep.modality.protocol import SensingModality
from sweep.modality.weights import WeightsInForce
from sweep.phrases import Phrase
from sweep.power.keeper import CameraPower
from sweep.power.sensor import SensorDriver
from sweep.report import (
    LiveEvent,
    Modality,
    Position,
    ProgressEvent,
    RecordedPosition,
    Source,
    SweepReport,
)
from sweep.run.daily_check import DailyCheck
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.open_devices import is_strained_now, open_head, open_power, supply_of
from sweep.run.outside_baseline import SKIPPED, failed_limits
from sweep.run.plan.eye_look_planner import Eye
from sweep.run.plan.planner import Made, SweepPlanner
from sweep.run.plan.sweep_timer import quick_limits
from sweep.run.position.coordinator import Coordinator
from sweep.run.position.coverage_so_far import CoverageSoFar
from sweep.run.position.outside import OutsideMeasuring
from sweep.run.position.tasks import PositionTasks
from sweep.run.reporting.journal_writer import JournalWriter
from sweep.run.reporting.outcome import (
    Outcome,
    SweepResult,
    manifest_to_keep,
    outcome_of,
    said_of_persons,
    with_what_was_seen,
)
from sweep.run.reporting.recovery import Now, eye_looks_of, measurements_of
from sweep.run.reporting.report_builder import NO_BASIS, Basis, build_report, never_measured
from sweep.run.reporting.sweep_entries import EntryIds, SweepEntries, journal_header
from sweep.run.reporting.sweep_recorder import SweepRecorder
from sweep.run.sweep_sources import LiveSource, SourceError, SweepSource, measured_as
from sweep.run.watch.camera_supply import CameraSupply
from sweep.run.watch.condition_watch import ConditionWatch, watch_of
from sweep.run.watch.probe_parts import ProbeParts
from sweep.run.words import notice_event, state_event
from sweep.run.workers import Workers
from sweep.run.zone_updates import ZoneUpdates, finding_events, guidance_events, progress_event, zone_event

OnEvent = Callable[[LiveEvent], None]


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
        modalities: Sequence[SensingModality] = SENSING_MODALITIES,
        live: ProbeParts | None = None,
        limits: Collection[str] = (),
        keeping: SweepRecorder | None = None,
        journal: JournalFile | None = None,
        resumed: Journal | None = None,
        weights: WeightsInForce = NO_BASIS.weights,
        eye_looks: EyeLookPolicy | None = None,
        eye: Eye | None = None,
        now_ns: Callable[[], int] = boottime_ns,
        read_clock: Callable[[], WallClock] = read_wall_clock,
    ) -> None:
        """`modalities`: the modalities.  `live`: what else the probe has where the source is the room itself.
        `limits`: codes of what the report has to say besides what was measured.  `keeping`: keeps what is sampled.
        `journal`: keeps what is measured until the report is safe.  `resumed`: what it tells
        of the sweep that goes on here.  `weights`: what evidence is weighed by.  `eye_looks`: what looks by eye may
        cost, None: as ships; `eye` looks where nobody stands in a room.  `now_ns` is CLOCK_BOOTTIME.
        """
        self._source = source
        self._manifest = source.manifest
        self._total = max(1, sum(not is_again(one.id) for one in source.manifest.positions))
        """Positions of the first looks."""
        self._outbox = outbox
        self._control = control
        self._on_event = self._told = ZoneUpdates(on_event)
        self._modalities = tuple(modalities)
        self._keeping = keeping
        self._journal = JournalWriter(journal, now_ns=now_ns, on_trouble=self._tell_of_journal)
        self._resumed = resumed
        self._weights = weights
        self._sweep_id = sweep_id or source.manifest.sweep_id
        self._kind: Source = measured_as(source)
        self._entries = SweepEntries(
            outbox, self._journal, EntryIds.of(resumed), self._sweep_id, self._manifest.room_id, self._kind, read_clock
        )
        self._live = (live or ProbeParts()) if source.is_live else ProbeParts()
        self._tasks = PositionTasks(
            source,
            self._modalities,
            self._sweep_id,
            AddressKey.random(),
            room_key,
            now_ns,
            partial(is_strained_now, self._live),
        )
        self._next = SweepPlanner(control, self._told, self._sweep_id, self._modalities, self._kind, weights,
                                  eye_looks or load_policy(), now_ns if source.is_live else None, eye)  # fmt: skip
        self._coverage = CoverageSoFar(self._modalities, self._told, may_tell=lambda: control.standing == "go")
        self._room = source if isinstance(source, LiveSource) else None
        self._day_check = DailyCheck(
            None if live is None else live.reference, outbox, control, self._tasks, self._on_event, now_ns, read_clock,
            self._total, self._manifest.probe_id, self._kind, lambda: self._on_event(self._progress(0, None)),
        )  # fmt: skip
        self._limits = {*limits, *(["radio_earphone"] if self._manifest.has_radio_earphone else ())}
        """What must be said of the sweep as a whole."""
        can_compare = self._room is not None and (self._room.sources_here or self._live.head_port is not None)
        self._outside_limits = {SKIPPED} if can_compare else set[str]()
        """What must be said of the position outside the door."""
        self._condition: ConditionWatch | None = None
        """How the probe itself is; None where there is no probe in the room."""
        self._now_ns = now_ns
        self._read_clock = read_clock

    def run(self) -> SweepResult:
        """The whole sweep.  Raises SourceError, LineError; OutboxError when the disk has no room to begin.

        A modality that fails is a gap, not an error; a report that the disk does not take is among `outbox.unsaved`.
        """
        if self._source.is_live and not self._control.needs_persons:
            raise SourceError(Phrase("live_sweep_needs_declaration"))
        with open_power(self._live, self._control) as power, self._journal:  # the line is low before anything else
            return self._run(power)

    def _run(self, power: CameraPower | None) -> SweepResult:
        self._outbox.reserve()
        self._control.announce(lambda state: self._on_event(state_event(state)))
        made = Made()
        if self._room is not None:
            self._condition = watch_of(self._live, self._control, power, films="lens" in self._room.sources_here)
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._coverage)
            if self._manifest.has_radio_earphone and self._live.own_transmissions is not None:
                stack.enter_context(self._live.own_transmissions.sending("earphone"))
            lease = stack.enter_context(self._control.lease()) if self._room is not None else None
            films = lease is not None and self._room is not None and "lens" in self._room.sources_here
            workers = stack.enter_context(
                Workers(
                    {modality.name: modality.open for modality in self._modalities},
                    leases={"lens": lease.end} if lease is not None and films else {},
                )
            )
            head_process = stack.enter_context(open_head(self._live, lease, power))
            quiet = self._live.hotspot_pause
            if quiet is not None:
                stack.callback(quiet.close)
            coordinator = Coordinator(
                self._control,
                head_process,
                workers.say,
                self._on_event,
                supply=supply_of(self._live),
                own=self._live.own_transmissions,
                quiet=quiet,
                condition=self._condition,
                left_s=self._next.left_s,
                on_fall=self._fell,
            )
            stack.enter_context(coordinator.listening())
            supply = CameraSupply(power, SensorDriver(self._live.camera_sensor))
            stack.callback(supply.put_away)
            answer = self._control.wait()
            self._next.begin(self._manifest, self._live.durations)
            opened = self._open() if self._resumed is None else self._go_on_with(self._resumed, made, answer)
            for recorded in self._positions():
                answer = self._control.wait()
                if answer != "go":
                    break
                if isinstance(recorded, Outside):
                    self._measure_outside(recorded, workers, coordinator)
                elif isinstance(recorded, BeforeTarget):
                    self._day_check.make(recorded, workers, coordinator, supply)
                else:
                    index = self._done(made, recorded.zone) - (is_close(recorded.id) and self._room is None)
                    self._measure(index, recorded, workers, coordinator, supply, made)
            outcome = self._outcome(answer, coordinator.closed_because, made.measurements)
            restarts = workers.restarts
            if coordinator.firmware is not None:
                self._manifest = self._manifest.model_copy(update={"firmware": coordinator.firmware})
        self._next.eye.leave()
        self._control.enter("closing")
        self._note_what_was_seen()
        if self._keeping is not None:
            ended = max(self._manifest.started, self._source.ended(made.positions[-1:]))
            self._keeping.finish(manifest_to_keep(self._manifest, ended, self._modalities, self._room), made.done)
        report, closed = self._close(made, outcome)
        self._told.reported(report)
        for event in finding_events(report):
            self._on_event(event)
        self._on_event(self._progress(self._done(made), None))
        self._control.enter("done" if outcome == "completed" else "aborted")
        self._told.end_notices()
        return SweepResult(report, (*opened, closed), restarts)

    def _positions(self) -> Iterator[RecordedPosition | Outside | BeforeTarget]:
        """Where it is measured: first looks, then what they ask to be looked at again, where a source can do so by
        itself; in a room the inspector goes there in between.
        """
        for recorded in self._source.positions():
            yield recorded
            while self._room is None and (close := self._control.take_close_look()) is not None:
                yield from self._source.close(close)
        for look in self._control.looks.pending:
            yield from self._source.again(look)

    def _open(self) -> tuple[SignedEntry, ...]:
        ids = self._entries.ids
        self._journal.begin(journal_header(ids, self._source, self._kind, self._sweep_id, self._now_ns(), self._limits))
        opened = self._entries.open(
            self._manifest, is_declared=self._control.is_declared, identified=self._control.identified
        )
        self._journal.outside(self._outside_limits)
        return (opened,)

    def _go_on_with(self, before: Journal, made: Made, answer: Answer) -> tuple[SignedEntry, ...]:
        """Take over what an interrupted process measured; the position that it was at is over."""
        self._limits |= {*before.header.limits, "resumed_after_restart" if answer == "go" else "closed_probe_restarted"}
        self._outside_limits = set(before.outside_limits)
        if self._condition is not None and before.position_records:
            self._condition.take_up(before.position_records[-1].condition)
        self._journal.resumed(before)
        made.positions += before.positions
        self._next.take_up(before.positions)
        looks = eye_looks_of(before)
        self._manifest = self._manifest.model_copy(update={"eye_looks": looks})
        self._next.eye.take_up(looks)
        made.measurements += measurements_of(before, self._modalities, Now(self._now_ns(), before.header.boot_id))
        for record, position in zip(before.position_records, before.positions, strict=True):
            if not record.is_over:
                for one in made.measurements:
                    if one.position_id == position.position_id:
                        self._journal.measured(one)
                self._tell_journal_of(position, record.firmware, is_over=True)
        return ()

    def _tell_journal_of(self, position: Position, firmware: str | None, *, is_over: bool) -> None:
        condition = None if self._condition is None else self._condition.summary()
        self._note_what_was_seen()
        self._journal.write_position(position, self._manifest, is_over=is_over, firmware=firmware, condition=condition)

    def _measure(
        self,
        index: int,
        recorded: RecordedPosition,
        workers: Workers,
        coordinator: Coordinator,
        supply: CameraSupply,
        made: Made,
    ) -> None:
        """One position by all modalities."""
        if not is_close(recorded.id):
            self._next.eye.leave()
        stand_s = max(0.0, (recorded.end - recorded.start).total_seconds())
        self._on_event(self._progress(index, recorded.zone).model_copy(update={"stand_s": stand_s}))
        position = self._tasks.position(recorded)
        look = self._control.looks.at(recorded.id)
        if look is not None:
            self._control.looks.begin(look[0])
        recorded_rf = self._source.recorded_rf(recorded, position)
        keep = None if self._keeping is None else self._keeping.keep_position(recorded.id)
        keep_rf = None if self._keeping is None else partial(self._keeping.heard_rf, recorded.id)
        because = supply.bring_up(self._control, workers.process_id("lens"))
        plan, light = self._next.plan_of(recorded, is_walk=self._room is not None and self._room.is_walk(recorded))
        closed: dict[Modality, str] = {} if because is None else {"lens": because}
        if "bluetooth" in plan.leaves_out:
            closed["ble"] = SHORT_OF_TIME
        tasks = self._tasks.inside(recorded, position, keep, closed, plan, None if look is None else look[1], light)
        if "wifi" in tasks:
            tasks["wifi"] = replace(tasks["wifi"], led_tags=self._told.led_tags)
        coordinator.begin(recorded.zone, index, self._total, recorded_rf, keep_rf, tasks.keys())
        coordinator.attend()
        self._tell_journal_of(position, coordinator.firmware, is_over=False)
        self._coverage.begin(self._manifest.plan, (*made.positions, position), made.measurements)
        for measurement in workers.measure(
            tasks, on_message=coordinator.on_message, on_partial_result=self._has_so_far, attend=coordinator.attend
        ):
            coordinator.ended(measurement.modality)
            made.measurements.append(measurement)
            self._journal.measured(measurement)
            self._coverage.take(measurement)
            self._tell(measurement)
        self._coverage.end()
        coordinator.rest()
        made.positions.append(self._tasks.ended_now(position))
        made.done.append(recorded)
        if look is not None and self._control.standing not in {"paused", "undeclared", "moved_on"}:
            self._control.looks.viewed(*look)
        self._tell_journal_of(made.positions[-1], coordinator.firmware, is_over=True)
        self._on_event(self._progress(self._done(made), None))  # nobody measures now
        self._next.judged(self._manifest, made)

    def _has_so_far(self, one: Measurement) -> None:
        self._journal.partial_result(one)
        self._coverage.take(one)

    def _fell(self) -> None:
        """Somebody dropped the probe."""
        self._day_check.fell()
        self._on_event(notice_event("fell"))

    def _measure_outside(self, outside: Outside, workers: Workers, coordinator: Coordinator) -> None:
        """What inside is compared with; each modality remembers what it needs of it."""
        start_ns = self._now_ns() if self._room is not None else 0
        by = OutsideMeasuring(self._tasks, self._keeping, self._on_event)
        measured = by.make(outside, workers, coordinator, start_ns=start_ns, positions=self._total)
        self._on_event(self._progress(0, None))
        self._outside_limits = failed_limits(measured)
        self._journal.outside(self._outside_limits)

    def _outcome(self, answer: Answer, closed_because: str | None, measurements: list[Measurement]) -> Outcome:
        """How the sweep ended; what must be said of that is among its limits."""
        outcome, said = outcome_of(answer, self._control.standing, closed_because, self._live.why_stopped, measurements)
        self._limits |= self._next.limits | said
        if self._source.is_live:  # a recording says per position what it lacks
            self._limits |= never_measured(measurements) | self._outside_limits
        visited = {one.zone_id for one in measurements}
        self._limits |= {LIGHT_LEFT_OUT} if self._control.lights.pending else set()
        self._limits |= said_of_persons(self._manifest.inspectors, self._control.proved_by)
        self._limits |= quick_limits(self._manifest.mode, self._manifest.plan, visited)
        return outcome

    def _close(self, made: Made, outcome: Outcome) -> tuple[SweepReport, SignedEntry]:
        """Write the report; the journal goes once that is safe."""
        if self._journal.had_trouble:
            self._limits.add("journal_unsaved")
        ended = self._source.ended(made.positions[-1:])
        self._note_what_was_seen()
        self._journal.closing(self._manifest, outcome, ended, self._limits)
        report = build_report(
            self._manifest,
            made.positions,
            made.measurements,
            modalities=self._modalities,
            sweep_id=self._sweep_id,
            source=self._kind,
            ended=ended,
            outcome=outcome,
            limits=self._limits,
            condition=None if self._condition is None else self._condition.summary(),
            basis=Basis(self._day_check.holds_at(self._manifest.started), self._weights),
        )
        return self._entries.close(report, made.measurements)

    def _note_what_was_seen(self) -> None:
        self._manifest = with_what_was_seen(self._manifest, self._control)

    def _done(self, made: Made, but: str | None = None) -> int:
        return made.through(is_room=self._room is not None, but=but)

    def _progress(self, index: int, zone_id: str | None) -> ProgressEvent:
        return progress_event(index, self._total, zone_id, self._next.left_s())

    def _tell(self, one: Measurement) -> None:
        if self._condition is not None:
            self._condition.take_measurement(one)
        self._told.measured(zone_event(one))
        for event in guidance_events(one):
            self._on_event(event)

    def _tell_of_journal(self, is_failing: bool) -> None:
        self._on_event(notice_event("journal_unsaved", is_over=not is_failing))
