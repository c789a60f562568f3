"""One position filmed here and now: camera and lamp triggers in, what the lens modality measured out.

Input is an opened camera (which needs a permit), the sensor head's triggers and the calibrated numbers of the frames;
output is a `Measurement` with observations, coverage and guidance.  Frames stay in this process and are let go; when
the permit ends, filming stops at once and what was seen until then counts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sweep.lens.clips import ClipMeta
from sweep.lens.frames import CameraError, FrameDoor, LiveTriple, RawFrame
from sweep.lens.live import LiveScan
from sweep.lens.live_records import LiveSummary, LiveUpdate
from sweep.lens.observations import lens_observation
from sweep.lens.pairing import PhasePairer, TripleBuilder
from sweep.lens.words import WORDS
from sweep.plug.lease import RoomNotEmptyError
from sweep.plug.measurement import Measurement, code_of
from sweep.plug.strobe import Trigger
from sweep.plug.task import Task
from sweep.report import Gap

FULL_SR = 2.0
"""Solid angle of a stall's walls and ceiling from its middle that a sweep should show: about a third of the sphere
(guessed; a person turns twice through it)."""
LEAST_TRIPLES = 8
QUEUE_TRIPLES = 8
"""Derived: 0.8 s, twice what a window of the detector may take; 57 MB of full-size frames at most."""


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
        self.stopped_ns: int | None = None
        """When it did, by CLOCK_BOOTTIME."""
        self.fault: BaseException | None = None
        self.dropped: Counter[str] = Counter()

    def run(self) -> None:
        """Read until told to stop, until the permit ends or the camera fails."""
        try:
            while self._goes_on():
                self._take(self._camera.read())
        except RoomNotEmptyError:
            self.stopped = "room_not_declared_empty"
        except CameraError:
            self.stopped = "camera_failed"
        except BaseException as fault:  # noqa: BLE001  # handed to the caller's thread, which raises it
            self.fault = fault
        finally:
            if self.stopped is not None:
                self.stopped_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
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
    pairer = PhasePairer(period_ns=round(1e9 / meta.fps), latency_ns=round(meta.exposure_s * 1e9))
    builder = TripleBuilder(phases_per_round)
    shutter = _Shutter(camera, triggers, pairer, builder, goes_on, room)
    shutter.start()
    for triple in shutter.triples():
        on_update(scan.add(triple))
    shutter.join()
    lost = pairer.dropped + builder.dropped + shutter.dropped
    return measurement_of(task, scan.finish(), meta, lost, shutter.stopped, shutter.stopped_ns, limits)


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
    blind = None
    if summary.windows == 0:
        blind = stopped or ("too_few_triples" if summary.triples < LEAST_TRIPLES else "too_fast")
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="lens",
        dwell_s=task.dwell_s,
        samples=summary.triples,
        dropped=sum(lost.values()),
        quality=min(1.0, summary.seen_sr / FULL_SR) if blind is None else 0.0,
        blind_reason=None if observations else blind,
        observations=tuple(observations),
        rejections={code_of(name): count for name, count in sorted(rejections.items()) if count},
        gaps=gaps,
        crops=crops,
        guidance=tuple(WORDS.guidance[name].text() for name in summary.guidance if name in WORDS.guidance),
        limits=limits,
    )
