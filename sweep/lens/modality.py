"""The lens modality at one position: a live camera or recorded clips in, a measurement out."""

from __future__ import annotations

import math
import shutil
import statistics
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from sweep.host.scratch import scratch_folder
from sweep.lens.evidence.chance import estimate_lens
from sweep.lens.evidence.judge import judge_by
from sweep.lens.live.observations import lens_observation
from sweep.lens.weigh import place_glint, weigh_lens, weigh_lens_spots
from sweep.lens.words import WORDS
from sweep.modality.checked_part import CheckedPart
from sweep.modality.evidence import Weigher
from sweep.modality.looks import AGAIN, is_close
from sweep.modality.measurement import MAX_OBSERVATIONS, Measurement, code_of
from sweep.modality.messages import Line
from sweep.modality.partial_results import PartialResultSender
from sweep.modality.protocol import Measure
from sweep.modality.task import Task, blind, unreadable
from sweep.report import LensObservation, LocalText, Modality
from sweep.report.crops import MAX_CROPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sweep.lens.camera.source import CameraSource
    from sweep.lens.clip.clips import Clip, ClipMeta
    from sweep.lens.evidence.decision_forest import Model
    from sweep.lens.evidence.detection import DetectionCurves, Kind
    from sweep.lens.live.pose import Mounting
    from sweep.lens.live.second_look import SecondLook
    from sweep.lens.live.wall_coverage import SeenWalls
    from sweep.lens.records import ClipResult, Detection

    Judge = Callable[[Clip], ClipResult]

KEPT_NAME = "lens"


@runtime_checkable
class ClipSource(Protocol):
    """A source of clips."""

    def open(self, folder: Path) -> Path:
        """The new folder `folder` with the clips of a position."""


@runtime_checkable
class LedSource(ClipSource, Protocol):
    """One to which a hand is led."""

    def on_the_way(self, folder: Path) -> Path | None:
        """The new folder `folder` with a clip from half the way; None where nobody has to be led."""


def read_glint(one: Measurement) -> float | None:
    """Signal of the most lens-like glint, in dB."""
    glints = [o for o in one.observations if isinstance(o, LensObservation) and o.snr]
    best = max(glints, key=lambda o: o.score, default=None)
    return None if best is None else 10.0 * math.log10(best.snr or 1.0)


def read_lamps(one: Measurement) -> float | None:
    """The lamps' light, in dB."""
    return 10.0 * math.log10(one.lamp_light) if one.lamp_light else None


class LensModality:
    """The lens finder; `limits`: codes of what must be said of the calibration of camera and lamps."""

    name: Modality = "lens"
    weigher = Weigher(
        weigh_lens, place_glint, estimate_lens, ("glint", "glint_again", "no_glint"), weigh_spots=weigh_lens_spots
    )
    parts = (CheckedPart("lens", "dB", 0.4, 1.76, read_glint), CheckedPart("lamp", "dB", 0.3, 1.76, read_lamps))
    """Twice what 12 rendered mornings spread (0.15 and 0.13 dB with the board 2 cm and 1 degree off), since lamps also
    follow the temperature; within 0.67 to 1.5 of the first (hardware/README)."""
    words = WORDS

    def __init__(
        self,
        limits: tuple[str, ...] = ("lens_uncalibrated",),
        calibration: str | None = None,
        forest: Model | None = None,
        curves: Mapping[Kind, DetectionCurves] | None = None,
    ) -> None:
        """`forest`: what judges; None: what ships. `curves`: what a field test measured of the lenses that it finds."""
        self._limits = limits
        self._forest = forest
        if forest is not None or curves:
            build = None if forest is None else forest.build
            self.weigher = replace(self.weigher, estimate=partial(estimate_lens, forest=build, measured=curves))
        self.calibration = calibration
        """What the report cites; None: nominal."""
        self._crops_left = MAX_CROPS
        self._mounting: Mounting | None = None
        self._look: SecondLook | None = None
        self._looks_at = ""

    def open(self) -> Measure:
        """It remembers how many crops the sweep may still make, what pictures showed of the inertial sensor, and what
        the first place of a second look saw while it goes on.
        """
        judge_by(self._forest)
        return self.measure

    def measure(self, task: Task[Path | ClipSource | CameraSource], line: Line) -> Measurement:
        """Lens candidates of what the camera sees here, or of the clips in a folder."""
        look = self._look_of(task)
        judge = None if look is None else look.judge
        if task.source is None:
            return blind(task, "lens", task.nothing_because)
        if not isinstance(task.source, Path | ClipSource):
            return self._film(task, task.source, line, look)
        if isinstance(task.source, LedSource):
            lead(task.source, line)
        teller = PartialResultSender(line)
        if task.keep is not None:
            kept = task.keep / KEPT_NAME
            folder = task.source.open(kept) if not isinstance(task.source, Path) else shutil.copytree(task.source, kept)
            is_led = not isinstance(task.source, Path)
            return measure_clips(task, folder, self._limits, judge, *((line, teller) if is_led else ()))
        if isinstance(task.source, Path):
            return measure_clips(task, task.source, self._limits, judge)
        with scratch_folder("lens") as scratch:
            folder = task.source.open(scratch / KEPT_NAME)
            return measure_clips(task, folder, self._limits, judge, line, teller)

    def _look_of(self, task: Task[Any]) -> SecondLook | None:
        """The detector at a place from which a spot is looked at again; None: the usual one."""
        at = AGAIN.match(task.position.position_id)
        if at is None:
            self._look = None
            return None
        from sweep.lens.live.second_look import SecondLook

        if self._look is None or at["zone"] != self._looks_at or at["view"] == "near":
            self._look, self._looks_at = SecondLook(), at["zone"]
        else:
            self._look.go_on()
        return self._look

    def _film(self, task: Task[Any], source: CameraSource, line: Line, look: SecondLook | None) -> Measurement:
        from sweep.lens.live.held_view import HeldView
        from sweep.lens.live.pose import Mounting
        from sweep.lens.live.records import CropBudget
        from sweep.lens.live.session import film_position

        hold = HeldView if look is None else look.hold
        self._mounting = self._mounting or Mounting()
        crops = CropBudget(self._crops_left)
        try:
            return film_position(task, line, source, crops, self._limits, mounting=self._mounting, hold=hold)
        finally:
            self._crops_left = crops.left


def walls_so_far(
    task: Task[Any], folder: Path, limits: tuple[str, ...], teller: PartialResultSender
) -> dict[str, SeenWalls]:
    """What each clip that can be read shows of the walls; told while it is worked out, before anything is judged."""
    from sweep.lens.clip.clips import ClipError, find_clips, read_clip
    from sweep.lens.live.wall_coverage import quality_of, walls_in

    blank = Measurement(
        zone_id=task.position.zone_id, position_id=task.position.position_id, modality="lens", dwell_s=task.dwell_s,
        samples=0, dropped=0, quality=0.0, blind_reason=None, limits=limits,
    )  # fmt: skip

    def tell(so_far: Callable[[], SeenWalls]) -> None:
        def judged() -> Measurement:
            seen = so_far()
            return replace(blank, quality=quality_of(seen.solid_angle_sr), seen=seen.directions)

        teller.offer(judged)

    seen: dict[str, SeenWalls] = {}
    with suppress(ClipError):  # whoever judges the clips says what is wrong with one
        for path in find_clips(folder):
            clip = read_clip(path)
            seen[path.name] = walls_in(clip, tell)
    return seen


def lead(source: LedSource, line: Line) -> None:
    """Tell where the spot lies while the hand is on its way to it."""
    from sweep import lens
    from sweep.lens.clip.clips import read_clip

    with scratch_folder("lens") as scratch:
        folder = source.on_the_way(scratch / KEPT_NAME)
        for result in () if folder is None else lens.scan_clips(folder).clips:
            tell_spot(result.candidates, read_clip(scratch / KEPT_NAME / result.clip).meta, line)


def tell_spot(candidates: Sequence[Detection], meta: ClipMeta, line: Line) -> None:
    """Where the best candidate lies, to whoever leads a hand; nothing where there is none."""
    from sweep.lens.live.position_line import spot_at

    best = max(candidates, key=lambda one: one.score, default=None)
    if best is not None:
        line.say(spot_at(best.x, best.y, meta, None, best.evidence.get("snr")))


def measure_clips(
    task: Task[Any],
    folder: Path,
    limits: tuple[str, ...],
    judge: Judge | None = None,
    line: Line | None = None,
    teller: PartialResultSender | None = None,
) -> Measurement:
    """Lens candidates of recorded clips; `judge`: the detector, None: the usual one; `line`: to a hand that is led;
    `teller`: tells what was seen so far.
    """
    from sweep import lens
    from sweep.lens.clip.clips import read_clip
    from sweep.lens.live.position_line import is_pointed_at
    from sweep.lens.live.wall_coverage import quality_of, walls_in, widest

    seen_early = {} if teller is None else walls_so_far(task, folder, limits, teller)
    try:
        scan = lens.scan_clips(folder, judge=judge)
    except (ValueError, OSError):
        return unreadable(task, "lens", folder)
    observations: list[LensObservation] = []
    crops: dict[str, bytes] = {}
    rejections: Counter[str] = Counter()
    samples, dropped, reasons = 0, 0, Counter[str]()
    walls: list[SeenWalls] = []
    lamp_light: list[float] = []
    guidance: dict[str, LocalText] = {}
    for result in scan.clips:
        if result.error is not None or result.quality is None or result.coverage is None:
            rejections[code_of(result.error or "input_unreadable")] += 1
            reasons[code_of(result.reason)] += 1
            continue
        samples += result.quality.triples_usable
        dropped += max(0, result.quality.triples - result.quality.triples_usable)
        rejections.update({code_of(name): count for name, count in result.quality.rejections.items()})
        rejections["glint_not_a_lens"] += len(result.detections) - len(result.candidates)
        guidance |= {name: WORDS.guidance[name].text() for name in result.quality.guidance}
        if result.verdict == "not_assessable":
            reasons[code_of(result.reason)] += 1
            continue
        clip = read_clip(folder / result.clip)
        walls.append(seen_early.get(result.clip) or walls_in(clip))
        lamp_light.append(result.quality.lamp_light_e / clip.meta.exposure_s)
        if line is not None:
            tell_spot(result.candidates, clip.meta, line)
        called = result.candidates
        if is_close(task.position.position_id):  # what lies elsewhere was seen from afar
            called = tuple(one for one in called if is_pointed_at(one.x, one.y, clip.meta))
            rejections["not_pointed_at"] += len(result.candidates) - len(called)
        for candidate in called[: MAX_OBSERVATIONS - len(observations)]:
            observation = lens_observation(
                task, len(observations), candidate, clip=result.clip, meta=clip.meta, range_m=result.coverage.range_m
            )
            observations.append(observation)
            crops[str(observation.observation_id)] = lens.crop(clip, candidate)
    seen = widest(walls)
    quality = quality_of(seen.solid_angle_sr)
    assessable = samples > 0 and quality > 0.0
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="lens",
        dwell_s=task.dwell_s,
        samples=samples,
        dropped=dropped,
        quality=quality,
        blind_reason=None if assessable or observations else (reasons.most_common(1) or [("too_few_triples", 1)])[0][0],
        observations=tuple(observations),
        rejections={name: count for name, count in rejections.items() if count},
        crops=crops,
        lamp_light=statistics.median(lamp_light) if lamp_light else None,
        guidance=tuple(guidance.values()),
        seen=seen.directions,
        limits=limits,
    )
