"""One position filmed here and now: camera and lamp triggers in, what the lens modality measured out.

Input is an opened camera (which needs a permit), the sensor head's triggers and the calibrated numbers of the frames;
output is a `Measurement` with observations, coverage and guidance.  `film_stand` asks for the triggers first and opens
the camera once they run, since a camera without triggers times out.  Frames stay in this process and are let go; when
the permit ends, filming stops at once and what was seen until then counts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sweep.lens.camera_door import CameraDoor
from sweep.lens.clips import ClipMeta
from sweep.lens.frames import CameraError, FrameDoor, LiveTriple, PhaseFrame, RawFrame, next_frame
from sweep.lens.live import LiveScan
from sweep.lens.live_records import CropBudget, LiveSummary, LiveUpdate
from sweep.lens.observations import lens_observation
from sweep.lens.pairing import PhasePairer, TripleBuilder
from sweep.lens.pose import MotionTrack, Mounting, Pose
from sweep.lens.seen import quality_of
from sweep.lens.words import WORDS
from sweep.plug.lease import RoomNotEmptyError
from sweep.plug.liveness import boottime_ns
from sweep.plug.measurement import Measurement, code_of
from sweep.plug.motion import Moved
from sweep.plug.sofar import Teller
from sweep.plug.strobe import FILMED_OUT, StopStrobe, Strobe, StrobeEnded, Trigger, Triggers
from sweep.plug.talk import FirstWord, Guide, Leave, Line
from sweep.plug.task import Task
from sweep.report import Gap

LEAST_TRIPLES = 8
QUEUE_TRIPLES = 8
"""A window of the detector, 19 MB of half-size frames: while it judges one, the next waits whole, and what comes after
that is dropped; so a machine that is too slow judges fewer windows, all of them without a hole."""
LEASE_CODES = {"not_declared": "room_not_declared_empty"}
"""The lens has a sentence of its own for a lease that is over."""
LOOK_EVERY_S = 0.1
"""While the head has something else to do."""
LEAST_FILM_S = 10.0
"""Of a stand, or all of its dwell where that is less: 160 triples, in which a person turns once (guessed)."""
MOST_BEGINNINGS = 3
"""Times the lamps are begun at a stand (guessed)."""
LEAST_S = 1.0
"""For less they are not begun again (guessed)."""
BEGIN_AGAIN = frozenset({"lamp_went_off", "no_triggers", "head_restarted"})
"""Why a strobe may have ended that is worth beginning again: a host or a cable that was held up for 0.1 s."""
TELL_EVERY_S = 1.0
"""The page draws no faster (guessed)."""


class _Shutter(threading.Thread):
    """Reads the camera without ever waiting for the detector; what the detector has no time for is dropped."""

    def __init__(
        self,
        camera: FrameDoor,
        triggers: Callable[[], Iterable[Trigger]],
        pairer: PhasePairer,
        builder: TripleBuilder,
        goes_on: Callable[[], bool],
        room: int,
    ) -> None:
        super().__init__(name="shutter", daemon=True)
        self._camera, self._triggers, self._pairer, self._builder = camera, triggers, pairer, builder
        self._goes_on = goes_on
        self._room = room
        self._triples: deque[LiveTriple] = deque()
        self._condition = threading.Condition()
        self._is_over = False
        self.stopped: str | None = None
        """Why it ended before it was asked to."""
        self.ended_ns: int | None = None
        """When it ended, by CLOCK_BOOTTIME."""
        self.fault: BaseException | None = None
        self.dropped: Counter[str] = Counter()

    def run(self) -> None:
        """Read until told to stop, until the permit ends or the camera fails."""
        try:
            while self._goes_on() and (frame := next_frame(self._camera, self._looks_up)) is not None:
                self._take(frame)
        except RoomNotEmptyError:
            self.stopped = "room_not_declared_empty"
        except CameraError as error:
            self.stopped = error.code
        except BaseException as fault:  # noqa: BLE001  # handed to the caller's thread, which raises it
            self.fault = fault
        finally:
            self.ended_ns = boottime_ns()
            self._camera.close()
            with self._condition:
                if self.stopped == "room_not_declared_empty":
                    self.dropped["triple_after_stop"] += len(self._triples)
                    self._triples.clear()
                self._is_over = True
                self._condition.notify_all()

    def _looks_up(self) -> bool:
        """While no frame comes: whoever gives triggers also says when it is over."""
        self._hear()
        return self._goes_on()

    def _take(self, frame: RawFrame) -> None:
        self._build(self._pairer.add_frame(frame))
        self._hear()

    def _hear(self) -> None:
        for trigger in self._triggers():
            self._build(self._pairer.add_trigger(trigger))

    def _build(self, frames: Iterable[PhaseFrame]) -> None:
        for one in frames:
            triple = self._builder.add(one)
            if triple is None:
                continue
            with self._condition:
                if len(self._triples) >= self._room:
                    self.dropped["triple_dropped"] += 1
                    continue
                self._triples.append(triple)
                self._condition.notify_all()

    def triples(self) -> Iterator[LiveTriple]:
        """Triples as they come, until there are no more."""
        while True:
            with self._condition:
                while not self._triples and not self._is_over:
                    self._condition.wait()
                if not self._triples:
                    break
                triple = self._triples.popleft()
            yield triple
        if self.fault is not None:
            raise self.fault


class _Ear:
    """What the runner says while a stand is filmed: triggers, and that it is over."""

    def __init__(self, line: Line, track: MotionTrack) -> None:
        self._line = line
        self._track = track
        self._triggers: list[Trigger] = []
        self.has_begun = False
        self.ended: str | None = None
        """Why no more is to be filmed, a code; FILMED_OUT when it was time."""
        self.dropped: Counter[str] = Counter()

    def hear(self, wait_s: float = 0.0) -> None:
        for word in self._line.hear(wait_s):
            match word:
                case Triggers(triggers=triggers, dropped=dropped):
                    self.has_begun = self.has_begun or bool(triggers)
                    self._triggers += triggers
                    self.dropped.update(dict(dropped))
                case Moved(samples=samples):
                    self._track.add(samples)
                case StrobeEnded(because=because) | Leave(reason=because):
                    self.ended = self.ended or LEASE_CODES.get(because, because)
                case _:
                    pass

    def triggers(self) -> list[Trigger]:
        """Those that came since it was last asked."""
        self.hear()
        found, self._triggers = self._triggers, []
        return found


class _PageTeller:
    """Tells the runner what the inspector should know, once a second or at once where it is news."""

    def __init__(self, line: Line, longest_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._longest_s = longest_s
        self._clock_s = clock_s
        self._begun_s: float | None = None
        self._told_s = 0.0
        self._has_candidate = False

    def tell(self, update: LiveUpdate) -> None:
        for name in update.guidance:
            if name in WORDS.guidance:
                self._line.say(Guide(WORDS.guidance[name].text()))
        is_news = bool(update.confirmed) and not self._has_candidate
        self._has_candidate |= bool(update.confirmed)
        now_s = self._clock_s()
        self._begun_s = now_s if self._begun_s is None else self._begun_s
        if is_news or now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            share = min(1.0, (now_s - self._begun_s) / self._longest_s)
            self._line.say(FirstWord(self._has_candidate, quality_of(update.seen_sr), share))


@dataclass
class _Run:
    """One run of the lamps, filmed or not."""

    stopped: str | None = None
    """Why it ended before it was time, a code."""
    ended_ns: int | None = None
    lost: Counter[str] = field(default_factory=Counter)
    filmed_s: float = 0.0


def film_stand(
    task: Task[Any],
    line: Line,
    door: CameraDoor,
    crops: CropBudget,
    limits: tuple[str, ...],
    room: int = QUEUE_TRIPLES,
    mounting: Mounting | None = None,
) -> Measurement:
    """Film until the dwell of the task is over: ask for the lamps, wait for their triggers, open the camera, film.
    Where the head had something else to do first, it films for `LEAST_FILM_S` at least. `room`: triples that wait for
    the detector.

    Whatever keeps it from filming is a code and a gap: no leave (`room_not_declared_empty`), a head that is away or
    does not strobe, a camera that is away, silent or another one. Lamps that went off by themselves begin again.
    `mounting`: what earlier stands showed of the inertial sensor.
    """
    track = MotionTrack()
    scan = LiveScan(door.meta, crops=crops, pose=Pose(door.meta.focal_px, track, mounting))
    page, journal = _PageTeller(line, task.dwell_s), Teller(line)
    lost: Counter[str] = Counter()

    def tell(update: LiveUpdate) -> None:
        page.tell(update)
        journal.offer(lambda: measurement_of(task, scan.so_far(), door.meta, lost, None, None, limits))

    filmed_s, run = 0.0, _Run()
    for beginnings in range(1, MOST_BEGINNINGS + 1):
        run = _film_once(task, _Ear(line, track), line, door, scan, tell, task.dwell_s - filmed_s, room)
        lost += run.lost
        filmed_s += run.filmed_s
        if run.stopped not in BEGIN_AGAIN or beginnings == MOST_BEGINNINGS or task.dwell_s - filmed_s < LEAST_S:
            break
        lost[run.stopped] += 1
        scan.begin_again()
    return measurement_of(task, scan.finish(), door.meta, lost, run.stopped, run.ended_ns, limits)


def _film_once(
    task: Task[Any],
    ear: _Ear,
    line: Line,
    door: CameraDoor,
    scan: LiveScan,
    on_update: Callable[[LiveUpdate], None],
    longest_s: float,
    room: int,
) -> _Run:
    meta = door.meta
    run = _Run()
    try:
        if task.lease is None:
            raise RoomNotEmptyError("nobody gave this process a lease")
        permit = task.lease.permit()
        line.say(Strobe(meta.fps, meta.exposure_s, longest_s))
        while not ear.has_begun and ear.ended is None and permit.holds():
            ear.hear(LOOK_EVERY_S)
        permit.check()
        if ear.has_begun:
            begun_s = time.monotonic()
            camera = door.open_camera(permit)
            left_s = (task.position.end_ns - boottime_ns()) / 1e9
            until_s = begun_s + min(longest_s, max(left_s, LEAST_FILM_S))
            run = _film(
                camera, ear.triggers, scan, meta,
                goes_on=lambda: ear.ended is None and time.monotonic() < until_s, on_update=on_update, room=room,
            )  # fmt: skip
            run.filmed_s = time.monotonic() - begun_s
        run.stopped = run.stopped or (None if ear.ended == FILMED_OUT and ear.has_begun else ear.ended)
    except RoomNotEmptyError:
        run.stopped = "room_not_declared_empty"
    except CameraError as error:
        run.stopped = error.code
    finally:
        line.say(StopStrobe())
    if run.stopped == FILMED_OUT:  # no trigger of it could be used
        run.stopped = "no_triggers"
    run.ended_ns = run.ended_ns or boottime_ns()
    run.lost += ear.dropped
    return run


def _film(
    camera: FrameDoor,
    triggers: Callable[[], Iterable[Trigger]],
    scan: LiveScan,
    meta: ClipMeta,
    goes_on: Callable[[], bool],
    on_update: Callable[[LiveUpdate], None],
    phases_per_round: int = 3,
    room: int = QUEUE_TRIPLES,
) -> _Run:
    """Film until `goes_on` says no or the permit ends; the camera is closed then, whatever happened."""
    pairer = PhasePairer(period_ns=round(1e9 / meta.fps), latency_ns=round(meta.exposure_s * 1e9))
    builder = TripleBuilder(phases_per_round)
    shutter = _Shutter(camera, triggers, pairer, builder, goes_on, room)
    shutter.start()
    for triple in shutter.triples():
        on_update(scan.add(triple))
    shutter.join()
    return _Run(shutter.stopped, shutter.ended_ns, pairer.dropped + builder.dropped + shutter.dropped)


def film(
    task: Task[Any],
    camera: FrameDoor,
    triggers: Callable[[], Iterable[Trigger]],
    scan: LiveScan,
    meta: ClipMeta,
    *,
    goes_on: Callable[[], bool],
    on_update: Callable[[LiveUpdate], None],
    phases_per_round: int = 3,
    room: int = QUEUE_TRIPLES,
    limits: tuple[str, ...] = ("lens_uncalibrated",),
) -> Measurement:
    """Film until `goes_on` says no or the permit ends. `triggers` gives those that came since it was last asked; it and
    `goes_on` are asked in the camera's thread. `limits`: codes of what must be said of the calibration. The camera is
    closed at the end, whatever happened.
    """
    run = _film(camera, triggers, scan, meta, goes_on, on_update, phases_per_round, room)
    return measurement_of(task, scan.finish(), meta, run.lost, run.stopped, run.ended_ns, limits)


def measurement_of(
    task: Task[Any],
    summary: LiveSummary,
    meta: ClipMeta,
    lost: Counter[str],
    stopped: str | None,
    stopped_ns: int | None = None,
    limits: tuple[str, ...] = ("lens_uncalibrated",),
) -> Measurement:
    """What a filmed position amounts to; `stopped`: why it ended early, `stopped_ns`: when, where that is known."""
    observations, crops = [], {}
    for number, one in enumerate(summary.confirmed):
        observation = lens_observation(
            task,
            number,
            one.detection,
            clip=f"live-{one.triple}",
            meta=meta,
            range_m=summary.range_m,
            direction=one.direction,
        )
        observations.append(observation)
        if one.crop_png is not None:
            crops[str(observation.observation_id)] = one.crop_png
    rejections = Counter(summary.rejections) + lost + Counter(summary.dropped)
    if stopped is not None and not summary.triples:
        rejections[stopped] += 1
    since_ns = task.middle_ns if stopped_ns is None else stopped_ns
    gaps = () if stopped is None else (
        Gap(start_ns=since_ns, end_ns=max(since_ns, task.position.end_ns), reason=stopped),
    )  # fmt: skip
    blind_because = None
    if summary.windows == 0:
        blind_because = stopped or ("too_few_triples" if summary.triples < LEAST_TRIPLES else "too_fast")
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="lens",
        dwell_s=task.dwell_s if summary.triples else 0.0,
        samples=summary.triples,
        dropped=sum(lost.values()),
        quality=quality_of(summary.seen_sr) if blind_because is None else 0.0,
        blind_reason=None if observations else blind_because,
        observations=tuple(observations),
        rejections={code_of(name): count for name, count in sorted(rejections.items()) if count},
        gaps=gaps,
        crops=crops,
        guidance=tuple(WORDS.guidance[name].text() for name in summary.guidance if name in WORDS.guidance),
        limits=limits,
    )
