"""One sweep from start to finish: source in, signed entries and a report out.

It writes `sweep.opened` before anything is measured, gives each position to a process per modality, and closes with the
report, whatever died on the way.  Live events go to a callback and are never evidence.  It knows no simulation and no
server: a source gives the input and an outbox takes the entries.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from typing import Literal
from uuid import UUID

from sweep.addresses import AddressKey
from sweep.deliver.journal import Journal, JournalFile
from sweep.deliver.outbox import Outbox
from sweep.entry.dsse import SignedEntry
from sweep.host.clock import WallClock, boottime_ns, read_wall_clock
from sweep.link.head_process import HeadProcess
from sweep.plug.control import Answer, Control
from sweep.plug.lease_pipe import LeaseGiver
from sweep.plug.light_ahead import LIGHT_LEFT_OUT, LightAhead, light_ahead
from sweep.plug.looks import Look, is_again
from sweep.plug.measurement import Measurement
from sweep.plug.mode import SHORT_LEAVES_OUT, SHORT_OF_TIME
from sweep.plug.outside import OUTSIDE_ID, BeforeTarget, Outside
from sweep.plug.plug import Plug
from sweep.plug.weights import WeightsInForce
from sweep.power.keeper import CameraPower
from sweep.power.sensor import SensorDriver
from sweep.report import (
    ExplainedByEye,
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
    TransmitterPlace,
    ZoneEvent,
)
from sweep.run.budget import StandPlan
from sweep.run.camera_supply import CameraSupply
from sweep.run.condition_watch import ConditionWatch, is_strained, watch_of
from sweep.run.coordinator import Coordinator
from sweep.run.day_check import DayCheck
from sweep.run.journalling import Journalling
from sweep.run.keeping import Keeping
from sweep.run.light_stands import chances_of
from sweep.run.looking_again import LookingAgain
from sweep.run.outside import SKIPPED, failed_limits, outside_position
from sweep.run.pace import Pace, quick_limits
from sweep.run.parts import ProbeParts
from sweep.run.plugs import PLUGS
from sweep.run.recovery import Now, measurements_of
from sweep.run.report_of import NO_BASIS, Basis, is_measured, judge_of, never_measured, report_of
from sweep.run.rooms import LiveSource, SourceError, SweepSource
from sweep.run.second_looks import first_of, is_recording, looked_again_of, looks_of, recorded_of
from sweep.run.stand_tasks import StandTasks
from sweep.run.supply_watch import SupplyWatch
from sweep.run.sweep_entries import EntryIds, SweepEntries, journal_header
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
        weights: WeightsInForce = NO_BASIS.weights,
        now_ns: Callable[[], int] = boottime_ns,
        read_clock: Callable[[], WallClock] = read_wall_clock,
    ) -> None:
        """`plugs`: the modalities.  `live`: what else the probe has where the source is the room itself.
        `limits`: codes of what the report has to say besides what was measured.  `keeping`: keeps what is sampled.
        `journal`: keeps what is measured until the report is safe.  `resumed`: what it tells
        of the sweep that goes on here.  `weights`: what evidence is weighed by.  `now_ns` is CLOCK_BOOTTIME.
        """
        self._source = source
        self._manifest = source.manifest
        self._total = max(1, sum(not is_again(one.id) for one in source.manifest.positions))
        """Positions of the first looks."""
        self._outbox = outbox
        self._control = control
        self._on_event = self._told = Told(on_event)
        self._plugs = tuple(plugs)
        self._keeping = keeping
        self._journal = Journalling(journal, now_ns=now_ns, on_trouble=self._tell_of_journal)
        self._resumed = resumed
        self._weights = weights
        self._sweep_id = sweep_id or source.manifest.sweep_id
        self._kind: Source = "live" if source.is_live else source_of(source.manifest)
        self._entries = SweepEntries(
            outbox, self._journal, EntryIds.of(resumed), self._sweep_id, self._manifest.room_id, self._kind, read_clock
        )
        self._tasks = StandTasks(
            source, self._plugs, self._sweep_id, AddressKey.random(), room_key, now_ns, self._is_strained
        )
        self._again = LookingAgain(control.looks, self._on_event, self._has_time)
        self._room = source if isinstance(source, LiveSource) else None
        self._live = (live or ProbeParts()) if source.is_live else ProbeParts()
        self._day_check = DayCheck(
            None if live is None else live.reference, outbox, control, self._tasks, self._on_event, now_ns, read_clock
        )
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
        """The whole sweep.  Raises SourceError, LineError; OutboxError when the disk has no room to begin.

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
            quiet = self._live.quiet_air
            if quiet is not None:
                stack.callback(quiet.close)
            coordinator = Coordinator(
                self._control,
                head_process,
                workers.say,
                self._on_event,
                supply=self._supply(),
                own=self._live.own_transmissions,
                quiet=quiet,
                condition=self._condition,
                left_s=self._left_s,
                on_fall=self._fell,
            )
            stack.enter_context(coordinator.listening())
            supply = CameraSupply(power, SensorDriver(self._live.camera_sensor))
            stack.callback(supply.put_away)
            answer = self._control.wait()
            self._begin_pace()
            opened = self._open() if self._resumed is None else self._go_on_with(self._resumed, made, answer)
            for recorded in self._stands():
                answer = self._control.wait()
                if answer != "go":
                    break
                if isinstance(recorded, Outside):
                    self._measure_outside(recorded, workers, coordinator)
                elif isinstance(recorded, BeforeTarget):
                    self._check(recorded, workers, coordinator, supply)
                else:
                    self._measure(self._done(made, recorded.zone), recorded, workers, coordinator, supply, made)
            outcome = self._outcome(answer, coordinator.closed_because, made.measurements)
            restarts = workers.restarts
            if coordinator.firmware is not None:
                self._manifest = self._manifest.model_copy(update={"firmware": coordinator.firmware})
        self._control.enter("closing")
        self._note_what_was_seen()
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

    def _stands(self) -> Iterator[RecordedPosition | Outside | BeforeTarget]:
        """Where it is measured: first looks, then what they ask to be looked at again, where a source can do so by
        itself; in a room the inspector goes there in between.
        """
        yield from self._source.positions()
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

    def _go_on_with(self, before: Journal, made: _Made, answer: Answer) -> tuple[SignedEntry, ...]:
        """Take over what an interrupted process measured; the stand that it was at is over."""
        self._limits |= {*before.header.limits, "resumed_after_restart" if answer == "go" else "closed_probe_restarted"}
        self._outside_limits = set(before.outside_limits)
        if self._condition is not None and before.stands:
            self._condition.take_up(before.stands[-1].condition)
        self._journal.resumed(before)
        made.positions += before.positions
        if self._pace is not None:
            self._pace.take_up({one.zone_id for one in before.positions if not is_again(one.position_id)})
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
        self._note_what_was_seen()
        self._journal.stand(
            position, is_over=is_over, firmware=firmware, condition=condition, seen_by_eye=self._manifest.seen_by_eye,
            explained_by_eye=self._manifest.explained_by_eye,
        )  # fmt: skip

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
        position = self._tasks.position(recorded)
        look = self._control.looks.at(recorded.id)
        if look is not None:
            self._control.looks.begin(look[0])
        recorded_rf = self._source.recorded_rf(recorded, position)
        keep = None if self._keeping is None else self._keeping.stand(recorded.id)
        keep_rf = None if self._keeping is None else partial(self._keeping.heard_rf, recorded.id)
        because = supply.bring_up(
            lambda: self._control.declaration,
            workers.process_id("lens"),
            lambda: self._control.standing in {"go", "moved_on"},
        )
        plan, light = self._plan_of(recorded)
        closed: dict[Modality, str] = {} if because is None else {"lens": because}
        if "bluetooth" in plan.leaves_out:
            closed["ble"] = SHORT_OF_TIME
        tasks = self._tasks.inside(recorded, position, keep, closed, plan, None if look is None else look[1], light)
        coordinator.begin(recorded.zone, index, self._total, recorded_rf, keep_rf, tasks.keys())
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
        made.positions.append(self._tasks.ended_now(position))
        made.done.append(recorded)
        if look is not None and self._control.standing not in {"paused", "undeclared", "moved_on"}:
            self._control.looks.viewed(*look)
        self._tell_journal_of(made.positions[-1], coordinator.firmware, is_over=True)
        self._on_event(self._progress(self._done(made), None))  # nobody measures now
        self._judge_so_far(made)

    def _begin_pace(self) -> None:
        if self._live.durations is not None:
            self._pace = Pace(self._manifest.mode, self._manifest.plan, self._live.durations)
            self._pace.follow(self._control)

    def _left_s(self) -> float | None:
        return None if self._pace is None else self._pace.left_s()

    def _has_time(self, look: Look) -> bool:
        """For a second look, after the stands to come and the looks before it."""
        if self._pace is None:
            return True
        before = itertools.takewhile(lambda one: one != look, self._control.looks.pending)
        return self._pace.has_time(look.longest_s + sum(one.longest_s for one in before))

    def _plan_of(self, recorded: RecordedPosition) -> tuple[StandPlan, LightAhead | None]:
        """What the stand may take, and for whom the light is to which somebody went back; that something goes for want
        of time is told once.
        """
        if self._pace is None:
            return StandPlan(None), None
        if is_again(recorded.id):
            return self._pace.look(), None
        self._pace.hold(sum(look.longest_s for look in self._control.looks.pending))
        light = self._control.lights.at(recorded.zone)
        if light is not None and not (self._room is not None and self._room.is_walk(recorded)):
            self._control.lights.begin(light)
            return self._pace.light_ahead(), light
        plan = self._pace.stand(recorded.zone)
        if "bluetooth" in plan.leaves_out:
            self._limits.add(SHORT_LEAVES_OUT["bluetooth"])
        if plan.leaves_out and not self._is_short:
            self._is_short = True
            self._on_event(notice_event(SHORT_OF_TIME))
        return plan, None

    def _check(self, stand: BeforeTarget, workers: Workers, coordinator: Coordinator, supply: CameraSupply) -> None:
        """The day's reference check; nothing of it is in the report but what it came to."""
        self._day_check.make(
            stand,
            workers,
            coordinator,
            supply,
            positions=self._total,
            probe_id=self._manifest.probe_id,
            source=self._kind,
            on_measured=lambda: self._on_event(self._progress(0, None)),
        )

    def _fell(self) -> None:
        """Somebody dropped the probe."""
        self._day_check.fell()
        self._on_event(notice_event("fell"))

    def _measure_outside(self, outside: Outside, workers: Workers, coordinator: Coordinator) -> None:
        """What inside is compared with; each modality remembers what it needs of it."""
        position = outside_position(self._now_ns() if self._room is not None else 0, outside.dwell_s)
        keep = None if self._keeping is None else self._keeping.stand(OUTSIDE_ID)
        keep_rf = None if self._keeping is None else partial(self._keeping.heard_rf, OUTSIDE_ID)
        tasks = self._tasks.outside(outside, position, keep)
        coordinator.begin(OUTSIDE_ID, 0, self._total, None, keep_rf, tasks.keys(), is_outside=True)
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
        elif is_aborted and (code := self._live.why_stopped()) is not None:
            self._limits.add(f"closed_{code}")
        elif not is_aborted and not any(is_measured(one) for one in measurements):
            is_aborted = True
            self._limits.add("nothing_measured")
        if self._source.is_live:  # a recording says per position what it lacks
            self._limits |= never_measured(measurements) | self._outside_limits
        visited = {one.zone_id for one in measurements}
        self._limits |= {LIGHT_LEFT_OUT} if self._control.lights.pending else set()
        self._limits |= quick_limits(self._manifest.mode, self._manifest.plan, visited)
        return "aborted" if is_aborted else "completed"

    def _close(self, made: _Made, outcome: Outcome) -> tuple[SweepReport, SignedEntry]:
        """Write the report; the journal goes once that is safe."""
        if self._journal.had_trouble:
            self._limits.add("journal_unsaved")
        ended = self._source.ended(made.positions[-1:])
        self._note_what_was_seen()
        self._journal.closing(
            outcome, ended, frozenset(self._limits), self._manifest.seen_by_eye, self._manifest.explained_by_eye
        )
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
            basis=Basis(self._day_check.holds_at(self._manifest.started), self._weights),
        )
        return self._entries.close(report, made.measurements)

    def _note_what_was_seen(self) -> None:
        """Where persons looked by eye and saw nothing, or could name what is there."""
        before = {one.zone_id: one.seen_as for one in self._manifest.explained_by_eye}
        named = before | self._control.looks.seen_as
        update = {
            "seen_by_eye": tuple(sorted({*self._manifest.seen_by_eye, *self._control.looks.by_eye} - named.keys())),
            "explained_by_eye": tuple(ExplainedByEye(zone_id=k, seen_as=v) for k, v in sorted(named.items())),
        }
        self._manifest = self._manifest.model_copy(update=update)

    def _keep(self, keeping: Keeping, done: Sequence[RecordedPosition], ended: datetime) -> None:
        kept = self._manifest.model_copy(update={"ended": ended})
        if self._room is not None:
            absent = tuple(plug.name for plug in self._plugs if plug.name not in self._room.doors_here)
            kept = kept.model_copy(update={"not_connected": absent})
        keeping.finish(kept, done)

    def _is_strained(self) -> bool:
        machine = self._live.machine
        return machine is not None and is_strained(machine.read())

    def _supply(self) -> SupplyWatch:
        alarm = None if self._live.machine is None else self._live.machine.alarm
        bank = self._live.bank
        return SupplyWatch(alarm, read_bank=None if bank is None else partial(bank.read, is_sweeping=True))

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

    def _done(self, made: _Made, zone_id: str | None = None) -> int:
        """How many positions are through, but for the one in `zone_id`; in a room a zone counts once however often
        somebody stands there.
        """
        first = [one for one in made.positions if not is_again(one.position_id)]
        if self._room is None:
            return len(first)
        return len({one.zone_id for one in first} - {zone_id})

    def _progress(self, index: int, zone_id: str | None) -> ProgressEvent:
        total = self._total
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
                verdict="candidate"
                if one.modality == "lens" and one.observations
                else "nothing_detected"
                if one.blind_reason is None
                else "not_assessable",
                quality=0.0 if one.blind_reason is not None else min(max(one.quality, 0.0), 1.0),
            )
        )
        for text in one.guidance[:2]:
            self._on_event(GuidanceEvent(type="guidance", text=text))

    def _judge_so_far(self, made: _Made) -> None:
        """While a transmitter that sends video may be anywhere: the place that would tell most about it; and what asks
        for a second look, or came of it.
        """
        first = first_of(made.measurements)
        judged = judge_of(
            self._manifest, made.positions, first, plugs=self._plugs, sweep_id=self._sweep_id, source=self._kind,
            weights=self._weights.weights,
        )  # fmt: skip
        wanted = [place.next_stand for place in judged.places if place.next_stand is not None]
        if wanted:
            best = max(wanted, key=lambda stand: stand.gain_bits)
            self._on_event(GuidanceEvent(type="guidance", text=best.text))
        self._offer_light(made.positions, first, judged.places)
        observations = [o for one in made.measurements for o in one.observations]
        looks = looks_of(judged.findings, self._manifest.plan, made.positions, observations, judged.places)
        if is_recording(self._manifest):
            looks = recorded_of(looks, {one.id for one in self._manifest.positions})
        self._control.looks.offer(looks)
        everything = judged.findings
        if len(first) < len(made.measurements):
            everything = judge_of(
                self._manifest, made.positions, made.measurements, plugs=self._plugs, sweep_id=self._sweep_id,
                source=self._kind, weights=self._weights.weights,
            ).findings  # fmt: skip
        looked = looked_again_of(judged.findings, everything, made.positions, made.measurements)
        self._again.judged(made.measurements, looked)

    def _offer_light(
        self, positions: Sequence[Position], first: Sequence[Measurement], places: Sequence[TransmitterPlace]
    ) -> None:
        """Where somebody should go back for the light, once every zone was heard; that there is no time left for it is
        said in the report.
        """
        if self._pace is None or not self._pace.is_through:
            return
        ahead = light_ahead(chances_of(self._manifest.plan, positions, first, places))
        self._pace.hold(sum(look.longest_s for look in self._control.looks.pending))
        if not self._pace.has_light_ahead and ahead:
            self._limits.add(SHORT_LEAVES_OUT["light_test"])
            ahead = ()
        self._control.lights.offer(ahead)

    def _tell_of_journal(self, is_failing: bool) -> None:
        self._on_event(notice_event("journal_unsaved", is_over=not is_failing))
