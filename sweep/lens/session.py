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
from dataclasses import replace
from typing import Any

from sweep.lens.camera_door import CameraDoor
from sweep.lens.clips import ClipMeta
from sweep.lens.frames import CameraError, FrameDoor, LiveTriple, RawFrame
from sweep.lens.live import LiveScan
from sweep.lens.live_records import CropBudget, LiveSummary, LiveUpdate
from sweep.lens.observations import lens_observation
from sweep.lens.pairing import PhasePairer, TripleBuilder
from sweep.lens.words import WORDS
from sweep.plug.lease import RoomNotEmptyError
from sweep.plug.liveness import boottime_ns
from sweep.plug.measurement import Measurement, code_of
from sweep.plug.sofar import Teller
from sweep.plug.strobe import FILMED_OUT, StopStrobe, Strobe, StrobeEnded, Trigger, Triggers
from sweep.plug.talk import FirstWord, Guide, Leave, Line
from sweep.plug.task import Task, blind
from sweep.report import Gap

FULL_SR = 2.0
"""Solid angle of a stall's walls and ceiling from its middle that a sweep should show: about a third of the sphere
(guessed; a person turns twice through it)."""
WALL_M = 1.0
"""Distance of the walls for which coverage is stated: a stall is 0.9 to 1.2 m wide (guessed)."""
LEAST_TRIPLES = 8
QUEUE_TRIPLES = 8
"""Derived: half a second, a window of the detector; 19 MB of half-size frames at most."""
LEASE_CODES = {"not_declared": "room_not_declared_empty"}
"""The lens has a sentence of its own for a lease that is over."""
LOOK_EVERY_S = 0.1
"""While the head has something else to do."""
TELL_EVERY_S = 1.0
"""The page draws no faster (guessed)."""


def quality_of(seen_sr: float) -> float:
    """Share of what should be seen at a stand that was seen."""
    return min(1.0, seen_sr / FULL_SR)


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
            while self._goes_on():
                self._take(self._camera.read())
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

    def _take(self, frame: RawFrame) -> None:
        frames = self._pairer.add_frame(frame)
        for trigger in self._triggers():
            frames += self._pairer.add_trigger(trigger)
        for one in frames:
            triple = self._builder.add(one)
            if triple is None:
                continue
            with self._condition:
                self._triples.append(triple)
                if len(self._triples) > self._room:
                    self._triples.popleft()
                    self.dropped["triple_dropped"] += 1
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

    def __init__(self, line: Line) -> None:
        self._line = line
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
                case StrobeEnded(because=because) | Leave(reason=because):
                    self.ended = self.ended or LEASE_CODES.get(because, because)
                case _:
                    pass

    def triggers(self) -> list[Trigger]:
        """Those that came since it was last asked."""
        self.hear()
        found, self._triggers = self._triggers, []
        return found


class _Teller:
    """Tells the runner what the inspector should know, once a second or at once where it is news."""

    def __init__(self, line: Line, longest_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._line = line
        self._longest_s = longest_s
        self._clock_s = clock_s
        self._begun_s = self._told_s = clock_s()
        self._has_candidate = False

    def tell(self, update: LiveUpdate) -> None:
        for name in update.guidance:
            if name in WORDS.guidance:
                self._line.say(Guide(WORDS.guidance[name].text()))
        is_news = bool(update.confirmed) and not self._has_candidate
        self._has_candidate |= bool(update.confirmed)
        now_s = self._clock_s()
        if is_news or now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            share = min(1.0, (now_s - self._begun_s) / self._longest_s)
            self._line.say(FirstWord(self._has_candidate, quality_of(update.seen_sr), share))


def film_stand(
    task: Task[Any], line: Line, door: CameraDoor, crops: CropBudget, limits: tuple[str, ...]
) -> Measurement:
    """Film for the dwell of the task: ask for the lamps, wait for their triggers, open the camera, film.

    Whatever keeps it from filming is a code and a gap: no leave (`room_not_declared_empty`), a head that is away or
    does not strobe, a camera that is away, silent or another one.
    """
    ear = _Ear(line)
    meta = door.meta
    try:
        if task.lease is None:
            return _not_filmed(task, "room_not_declared_empty", limits)
        permit = task.lease.permit()
        line.say(Strobe(meta.fps, meta.exposure_s, task.dwell_s))
        while not ear.has_begun and ear.ended is None and permit.holds():
            ear.hear(LOOK_EVERY_S)
        if not ear.has_begun:
            because = ear.ended if ear.ended not in {None, FILMED_OUT} else None
            because = because or ("no_triggers" if permit.holds() else "room_not_declared_empty")
            return _not_filmed(task, because, limits, ear.dropped)
        camera = door.open_camera(permit)
        teller = _Teller(line, task.dwell_s)
        filmed = film(
            task, camera, ear.triggers, LiveScan(meta, range_m=WALL_M, crops=crops), meta,
            goes_on=lambda: ear.ended is None, on_update=teller.tell, on_sofar=Teller(line).offer, limits=limits,
            why_ended=lambda: None if ear.ended == FILMED_OUT else ear.ended,
        )  # fmt: skip
        lost = Counter(filmed.rejections) + ear.dropped
        return replace(filmed, rejections=dict(sorted(lost.items())), dropped=filmed.dropped + ear.dropped.total())
    except RoomNotEmptyError:
        return _not_filmed(task, "room_not_declared_empty", limits)
    except CameraError as error:
        return _not_filmed(task, error.code, limits, ear.dropped)
    finally:
        line.say(StopStrobe())


def _not_filmed(
    task: Task[Any], because: str, limits: tuple[str, ...], dropped: Counter[str] | None = None
) -> Measurement:
    now_ns = boottime_ns()
    gap = Gap(start_ns=now_ns, end_ns=max(now_ns, task.position.end_ns), reason=because)
    counts = Counter({because: 1}) + (dropped or Counter())
    return replace(blind(task, "lens", because, dict(sorted(counts.items()))), gaps=(gap,), limits=limits)


def film(
    task: Task[Any],
    camera: FrameDoor,
    triggers: Callable[[], Iterable[Trigger]],
    scan: LiveScan,
    meta: ClipMeta,
    *,
    goes_on: Callable[[], bool],
    on_update: Callable[[LiveUpdate], None],
    on_sofar: Callable[[Callable[[], Measurement]], None] = lambda _: None,
    phases_per_round: int = 3,
    room: int = QUEUE_TRIPLES,
    limits: tuple[str, ...] = ("lens_uncalibrated",),
    why_ended: Callable[[], str | None] = lambda: None,
) -> Measurement:
    """Film until `goes_on` says no or the permit ends. `on_sofar` may ask after each triple what there is so far.
    `triggers` gives those that came since it was last asked; it and `goes_on` are asked in the camera's thread.
    `limits`: codes of what must be said of the calibration. `why_ended`: a code that says why `goes_on` said no; None
    where it was time. The camera is closed at the end, whatever happened.
    """
    pairer = PhasePairer(period_ns=round(1e9 / meta.fps), latency_ns=round(meta.exposure_s * 1e9))
    builder = TripleBuilder(phases_per_round)
    shutter = _Shutter(camera, triggers, pairer, builder, goes_on, room)
    shutter.start()
    for triple in shutter.triples():
        on_update(scan.add(triple))
        on_sofar(lambda: measurement_of(task, scan.so_far(), meta, Counter(), None, None, limits))
    shutter.join()
    lost = pairer.dropped + builder.dropped + shutter.dropped
    stopped = shutter.stopped or why_ended()
    return measurement_of(task, scan.finish(), meta, lost, stopped, shutter.ended_ns, limits)


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
            task, number, one.detection, clip=f"live-{one.triple}", meta=meta, range_m=summary.range_m
        )
        observations.append(observation)
        if one.crop_png is not None:
            crops[str(observation.observation_id)] = one.crop_png
    rejections = Counter(summary.rejections) + lost + Counter(summary.dropped)
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
        dwell_s=task.dwell_s,
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
