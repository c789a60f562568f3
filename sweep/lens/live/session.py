"""One position filmed here and now: camera and lamp triggers in, what the lens modality measured out.

Input is an opened camera (which needs a permit), the sensor head's triggers and the calibrated numbers of the frames;
output is a `Measurement` with observations, coverage and guidance.  `film_position` asks for the triggers first and
opens the camera once they run, since a camera without triggers times out.  Frames stay in this process and are let go;
when the permit ends, filming stops at once and what was seen until then counts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sweep.lens.camera.camera_reader import CameraReader
from sweep.lens.camera.exposure import exposure_at
from sweep.lens.camera.ranging import Ranging
from sweep.lens.camera.source import RINGS, CameraSource, ExtraLamp
from sweep.lens.clip.bursts import RED_EVERY_S, RoundSieve, burst_of, red_of
from sweep.lens.clip.clips import ClipMeta
from sweep.lens.clip.frames import Camera, CameraError
from sweep.lens.clip.hot_pixels import HotPixels
from sweep.lens.clip.pairing import PhasePairer, TripleBuilder
from sweep.lens.live.held_view import HeldView
from sweep.lens.live.live import LiveScan
from sweep.lens.live.observations import lens_observation
from sweep.lens.live.pose import MotionTrack, Mounting, Pose
from sweep.lens.live.position_line import Ear, PageTeller, is_pointed_at
from sweep.lens.live.records import CropBudget, LiveSummary, LiveUpdate
from sweep.lens.live.wall_coverage import quality_of
from sweep.lens.words import WORDS
from sweep.modality.lease import RoomNotEmptyError
from sweep.modality.liveness import boottime_ns
from sweep.modality.looks import is_close
from sweep.modality.measurement import Measurement, code_of
from sweep.modality.messages import Line
from sweep.modality.partial_results import PartialResultSender
from sweep.modality.strobe import (
    FILMED_OUT,
    ORDER,
    SHORT_EVERY,
    SHORTEST_S,
    VARIED_ORDER,
    Phase,
    StopStrobe,
    Strobe,
    Trigger,
    round_of,
)
from sweep.modality.task import Task
from sweep.phrases import Phrase
from sweep.report import Gap

LEAST_TRIPLES = 8
QUEUE_TRIPLES = 11
"""Half a second and its short triples, 26 MB of half-size frames, that wait while the detector judges; what comes after
that is dropped, and tracks go on behind the gap."""
LOOK_EVERY_S = 0.1
"""While the head has something else to do."""
LEAST_FILM_S = 10.0
"""Of a position, or all of its dwell where that is less: 160 triples, in which a person turns once (guessed)."""
SPARED_SHARE = 0.5
"""Of the usual rate where the processor has to be spared: half the pictures are half the work, and a triple still spans
less than an eighth of a second (guessed)."""
MOST_BEGINNINGS = 3
"""Times the lamps are begun at a position (guessed)."""
LEAST_S = 1.0
"""For less they are not begun again (guessed)."""
REFUSED = "lamp_refused"
"""By a head whose firmware has a lamp once a group only, where the order was varied."""
BEGIN_AGAIN = frozenset({"lamp_went_off", "no_triggers", "head_restarted"})
"""Why a strobe may have ended that is worth beginning again: a host or a cable that was held up for 0.1 s."""


@dataclass
class _Run:
    """One run of the lamps, filmed or not."""

    stopped: str | None = None
    """Why it ended before it was time, a code."""
    ended_ns: int | None = None
    lost: Counter[str] = field(default_factory=Counter)
    filmed_s: float = 0.0


def film_position(
    task: Task[Any],
    line: Line,
    source: CameraSource,
    crops: CropBudget,
    limits: tuple[str, ...],
    room: int = QUEUE_TRIPLES,
    mounting: Mounting | None = None,
    hold: Callable[[ClipMeta, HotPixels], HeldView] = HeldView,
) -> Measurement:
    """Film until the dwell of the task is over: ask for the lamps, wait for their triggers, open the camera, film.
    Where the head had something else to do first, it films for `LEAST_FILM_S` at least. `room`: triples that wait for
    the detector.

    Whatever keeps it from filming is a code and a gap: no leave (`room_not_declared_empty`), a head that is away or
    does not strobe, a camera that is away, silent or another one. Lamps that went off by themselves begin again.
    `mounting`: what earlier positions showed of the inertial sensor. `hold`: makes the detector of one view.
    """
    if task.range_m is not None:
        source = source.exposed(exposure_at(task.range_m, source.meta.exposure_s))
    if task.is_spared:
        source, limits = source.paced(source.meta.fps * SPARED_SHARE), (*limits, "lens_rate_lowered")
    track = MotionTrack()
    pose = Pose(source.meta.focal_px, track, mounting)
    ranging = Ranging(source.ranging)
    scan = LiveScan(source.meta, crops=crops, pose=pose, range_m=ranging.scene_m, hold=hold)
    page = PageTeller(line, task.dwell_s, meta=source.meta, range_m=ranging.scene_m)
    journal = PartialResultSender(line)
    lost: Counter[str] = Counter()

    def tell(update: LiveUpdate) -> None:
        page.tell(update)
        journal.offer(lambda: measurement_of(task, scan.so_far(), source.meta, lost, None, None, limits))

    filmed_s, run, is_varied = 0.0, _Run(), True
    for beginnings in range(1, MOST_BEGINNINGS + 1):
        strobe = strobe_for(source.meta, task.dwell_s - filmed_s, source.lamps, is_varied=is_varied)
        run = _film_once(task, Ear(line, track), line, source, scan, ranging, tell, strobe, room)
        lost += run.lost
        filmed_s += run.filmed_s
        is_old_head = run.stopped == REFUSED and strobe.order == VARIED_ORDER
        is_varied = is_varied and not is_old_head
        may_begin_again = beginnings < MOST_BEGINNINGS and task.dwell_s - filmed_s >= LEAST_S
        if run.stopped is None or not may_begin_again or not (run.stopped in BEGIN_AGAIN or is_old_head):
            break
        lost[run.stopped] += 1
        scan.begin_again()
    summary, limits = scan.finish(), (*limits, *ranging.limits)
    summary = replace(summary, rejections=Counter(summary.rejections) + ranging.counts)
    return measurement_of(task, summary, source.meta, lost, run.stopped, run.ended_ns, limits)


def strobe_for(meta: ClipMeta, longest_s: float, lamps: tuple[ExtraLamp, ...], *, is_varied: bool = True) -> Strobe:
    """What is asked of the lamps: every fourth group short, unless all are hardly longer (a close look); the middle
    rings that are fitted in each round, and where red is, a burst now and then. It is asked with a permit only, so in a
    room that is declared empty.

    `is_varied`: two rounds in a group that no light locks to, where neither rings nor red leave it no room.
    """
    order: tuple[Phase, ...] = (*ORDER, *(one for one in RINGS if one in lamps))
    if not lamps and is_varied:
        order = VARIED_ORDER
    short_every = SHORT_EVERY if meta.exposure_s >= 2.0 * SHORTEST_S else 0
    strobe = Strobe(meta.fps, meta.exposure_s, longest_s, order, short_every)
    red_count = burst_of(order)
    return replace(strobe, red_every_s=RED_EVERY_S, red_count=red_count) if "R" in lamps and red_count else strobe


def _film_once(
    task: Task[Any],
    ear: Ear,
    line: Line,
    source: CameraSource,
    scan: LiveScan,
    ranging: Ranging,
    on_update: Callable[[LiveUpdate], None],
    strobe: Strobe,
    room: int,
) -> _Run:
    meta = source.meta
    run = _Run()
    try:
        if task.lease is None:
            raise RoomNotEmptyError(Phrase("no_lease_given"))
        permit = task.lease.permit()
        line.say(strobe)
        while not ear.has_begun and ear.ended is None and permit.holds():
            ear.hear(LOOK_EVERY_S)
        permit.check()
        if ear.has_begun:
            begun_s = time.monotonic()
            camera = source.open_camera(permit)
            left_s = (task.position.end_ns - boottime_ns()) / 1e9
            until_s = begun_s + min(strobe.longest_s, max(left_s, LEAST_FILM_S))
            with ranging.measuring(permit):
                run = film(
                    camera, ear.triggers, scan, meta,
                    goes_on=lambda: ear.ended is None and time.monotonic() < until_s, on_update=on_update, room=room,
                    strobe=strobe,
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


def film(
    camera: Camera,
    triggers: Callable[[], Iterable[Trigger]],
    scan: LiveScan,
    meta: ClipMeta,
    goes_on: Callable[[], bool],
    on_update: Callable[[LiveUpdate], None],
    room: int = QUEUE_TRIPLES,
    strobe: Strobe | None = None,
) -> _Run:
    """Film until `goes_on` says no or the permit ends; the camera is closed then, whatever happened. `triggers` gives
    those that came since it was last asked; it and `goes_on` are asked in the camera's thread. `strobe`: as it was
    asked for; None: rounds of three phases.
    """
    order = ORDER if strobe is None else strobe.order
    pairer = PhasePairer(period_ns=round(1e9 / meta.fps), latency_ns=round(meta.exposure_s * 1e9))
    builder = TripleBuilder(round_of(order))
    sieve = RoundSieve(order, 0 if strobe is None else red_of(strobe))
    shutter = CameraReader(camera, triggers, pairer, builder, goes_on, room, sieve)
    shutter.start()
    for triple in shutter.triples():
        on_update(scan.add(triple))
    shutter.join()
    lost = pairer.dropped + builder.dropped + shutter.dropped - Counter(triple_lost=sieve.rounds)
    return _Run(shutter.stopped, shutter.ended_ns, lost)


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
    is_led = is_close(task.position.position_id)
    aside = [one for one in summary.confirmed if is_led and not is_pointed_at(one.detection.x, one.detection.y, meta)]
    for number, one in enumerate(summary.confirmed):
        if one in aside:  # it was seen from afar
            continue
        observation = lens_observation(
            task,
            number,
            one.detection,
            clip=f"live-{one.triple}",
            meta=meta,
            range_m=summary.range_m,
            is_measured=summary.is_range_measured,
            direction=one.direction,
        )
        observations.append(observation)
        if one.crop_png is not None:
            crops[str(observation.observation_id)] = one.crop_png
    rejections = Counter(summary.rejections) + lost + Counter(summary.dropped) + Counter(not_pointed_at=len(aside))
    if stopped is not None and not summary.triples:
        rejections[stopped] += 1
    since_ns = task.middle_ns if stopped_ns is None else stopped_ns
    gaps = () if stopped is None else (
        Gap(start_ns=since_ns, end_ns=max(since_ns, task.position.end_ns), reason=stopped),
    )  # fmt: skip
    blind_because = None
    if summary.looks == 0:
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
        seen=summary.seen if summary.triples and blind_because is None else None,
        lamp_light=None if summary.lamp_light_e is None else summary.lamp_light_e / meta.exposure_s,
        guidance=tuple(WORDS.guidance[name].text() for name in summary.guidance if name in WORDS.guidance),
        limits=limits,
    )
