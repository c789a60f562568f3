"""One recorded clip from frames to verdict, and a folder of them.

Job: register, subtract, track and judge each clip of a folder. Input: clip folders; output: `LensScan`. Refuses to
judge what is no strobed recording (lamp phases that do not differ, frames that do not register, too few triples):
such a clip comes out `not_assessable` with a named reason, a broken folder with a named error, and the others go on.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sweep.lens import coverage
from sweep.lens.align import Chain, PlacedTriple, place_triple
from sweep.lens.clip_source import RecordedSource, Triple, pair_triples
from sweep.lens.clips import Clip, ClipError, ClipMeta, ClipReason, find_clips, read_clip
from sweep.lens.detect import worth_following
from sweep.lens.evidence import Scene
from sweep.lens.glints import find_glints
from sweep.lens.judge import CANDIDATE_SCORE, Judgement, judge_tracks
from sweep.lens.optics import load_optics
from sweep.lens.phases import LampCheck, TripleLight, check_lamps
from sweep.lens.records import ClipCoverage, ClipQuality, ClipResult, Detection, LensScan, Verdict
from sweep.lens.track import AT, Tracker, Tracks

MIN_TRIPLES = 3
MAX_DETECTIONS_PER_CLIP = 40


@dataclass
class Progress:
    """What accumulates while one clip is read."""

    lights: list[TripleLight] = field(default_factory=list)
    grids: list[npt.NDArray[np.float32]] = field(default_factory=list)
    saturated: list[float] = field(default_factory=list)
    ambient: list[float] = field(default_factory=list)
    rejections: Counter[str] = field(default_factory=Counter)
    used: list[int] = field(default_factory=list)
    work_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Followed:
    """A clip before it is judged."""

    triples: tuple[Triple, ...]
    chain: Chain
    tracks: Tracks
    progress: Progress


def scan_clips(folder: Path, *, range_m: float | None = None) -> LensScan:
    """Judge every clip folder under `folder` (or `folder` itself). Raises `ClipError` when it holds no folder.

    `range_m`: distance for which coverage is stated; without it, it is estimated from the light of the wall.
    """
    paths = find_clips(folder)
    if not paths:
        raise ClipError(ClipReason.NO_CLIPS, "no clip folders here: give a folder that holds folders with meta.json")
    return LensScan(tuple(_scan_or_refuse(path, range_m) for path in paths))


def _scan_or_refuse(path: Path, range_m: float | None) -> ClipResult:
    try:
        return scan_clip(read_clip(path), range_m=range_m)
    except ClipError as error:
        return ClipResult(
            path.name, str(error.reason), str(error), "not_assessable", str(error.reason), None, None, (), 0
        )


def scan_clip(clip: Clip, *, range_m: float | None = None) -> ClipResult:
    """Judge one clip. Raises `ClipError` when a frame cannot be read."""
    return _conclude(clip, follow_clip(clip), range_m)


def follow_clip(clip: Clip) -> Followed:
    """Register, measure and follow one clip, without judging it. Raises `ClipError` when a frame cannot be read."""
    source = RecordedSource(clip)
    triples, rejected = pair_triples(clip.meta.phases)
    progress = Progress(rejections=rejected)
    chain = Chain(source, triples)
    tracker = Tracker(clip.meta.scale, (clip.meta.height, clip.meta.width))
    for index in range(len(triples)):
        started = time.perf_counter()
        placed = place_triple(chain, index)
        _take(placed, index, source, tracker, progress)
        progress.work_s.append(time.perf_counter() - started - placed.read_s)
    return Followed(triples, chain, tracker.finish(), progress)


def _take(placed: PlacedTriple, index: int, source: RecordedSource, tracker: Tracker, progress: Progress) -> None:
    """Measure one placed triple and hand its peaks to the tracker."""
    meta = source.meta
    progress.lights.append(placed.light)
    progress.saturated.append(placed.light.saturated)
    progress.ambient.append(placed.light.dark_e)
    if placed.fault:
        progress.rejections[placed.fault] += 1
        return
    glints = find_glints(placed, meta)
    tracker.step(index, glints.peaks, worth_following(glints.peaks), placed.motion_since_last, glints.measure)
    progress.grids.append(coverage.noise_grid(glints))
    progress.used.append(index)


def _conclude(clip: Clip, followed: Followed, range_m: float | None) -> ClipResult:
    started = time.perf_counter()
    meta, progress, triples, chain = clip.meta, followed.progress, followed.triples, followed.chain
    check = check_lamps(progress.lights)
    motion = chain.median_motion_px()
    reason, message = _assessability(triples, progress, check)
    judged = progress.used and not check.reason
    judgements = judge_tracks(followed.tracks, scene_of(progress, meta), MAX_DETECTIONS_PER_CLIP) if judged else []
    assessable = not reason
    detections = tuple(_detection(clip.name, j, followed.tracks, triples, assessable) for j in judgements)
    judge_s = time.perf_counter() - started
    has_candidate = any(d.verdict == "lens_candidate" for d in detections)
    if assessable and has_candidate:
        reason, message = "lens_candidate", "at least one glint behaves like a lens: inspect by eye"
    elif assessable:
        reason, message = "not_calibrated", "no candidate, but the detector is not calibrated on real lenses"
    quality = _quality(clip, triples, progress, check, motion, assessable)
    seen = _coverage(clip, progress, check, chain, assessable, range_m)
    verdict: Verdict = "candidate" if assessable and has_candidate else "not_assessable"
    each = statistics.median(progress.work_s[1:] or progress.work_s or [0.0])
    milliseconds = (each + judge_s / max(1, len(triples))) * 1e3
    return ClipResult(clip.name, None, message, verdict, reason, quality, seen, detections, round(milliseconds, 3))


def _assessability(triples: tuple[Triple, ...], progress: Progress, check: LampCheck) -> tuple[str, str]:
    """Named reason and one line why the clip cannot be judged; empty when it can."""
    if check.reason and len(triples) > 0:
        return check.reason, check.message
    if len(triples) < MIN_TRIPLES:
        return "too_few_triples", f"{len(triples)} triples of lamp phases, at least {MIN_TRIPLES} are needed"
    if len(progress.used) < MIN_TRIPLES or len(progress.used) < 0.4 * len(triples):
        worst = progress.rejections.most_common(1)
        name = worst[0][0] if worst else "too_few_triples"
        return name, f"only {len(progress.used)} of {len(triples)} triples are usable, most often: {name}"
    return "", ""


def scene_of(progress: Progress, meta: ClipMeta) -> Scene:
    """What the clip as a whole tells the judge."""
    lights = [progress.lights[i] for i in progress.used]
    ratios = [t.on_axis_e / t.off_axis_e for t in lights if t.on_axis_e > 1.0 and t.off_axis_e > 1.0]
    return Scene(len(progress.used), meta.scale, float(np.median(ratios)) if ratios else 1.0)


def _detection(
    name: str, judgement: Judgement, tracks: Tracks, triples: tuple[Triple, ...], assessable: bool
) -> Detection:
    row = tracks.rows[judgement.track]
    last = int(np.flatnonzero(row[:, AT["found"]] > 0)[-1])
    called = assessable and judgement.score >= CANDIDATE_SCORE
    return Detection(
        clip=name,
        x=round(float(row[last, AT["x"]]), 2),
        y=round(float(row[last, AT["y"]]), 2),
        frame=triples[int(tracks.triples[last])].on_axis,
        score=judgement.score,
        verdict="lens_candidate" if called else "glint",
        evidence={key: round(value, 4) for key, value in judgement.evidence.items()},
        reasons=judgement.reasons,
    )


def _quality(
    clip: Clip, triples: tuple[Triple, ...], progress: Progress, check: LampCheck, motion: float, assessable: bool
) -> ClipQuality:
    meta = clip.meta
    blur = motion * meta.exposure_s * meta.fps
    saturated = float(np.median(progress.saturated)) if progress.saturated else 0.0
    failures = sum(n for name, n in progress.rejections.items() if name in ("no_common_scene", "too_fast"))
    guidance = []
    if failures > 0.2 * max(1, len(triples)) or blur > 2.0 * max(1.0, meta.scale):
        guidance.append("slower")
    if saturated > 0.05:
        guidance.append("farther")
    if assessable and check.on_axis_e < 8.0:
        guidance.append("closer")
    if progress.ambient and float(np.median(progress.ambient)) > 20.0 * max(check.on_axis_e, 1.0):
        guidance.append("less_light")
    if len(triples) < 2 * MIN_TRIPLES:
        guidance.append("hold_longer")
    return ClipQuality(
        frames=len(meta.phases),
        triples=len(triples),
        triples_usable=len(progress.used),
        registration_failures=failures,
        rejections=dict(sorted(progress.rejections.items())),
        saturated_share=round(saturated, 5),
        lamp_light_e=round(check.on_axis_e, 2),
        lamp_off_axis_light_e=round(check.off_axis_e, 2),
        ambient_e=round(float(np.median(progress.ambient)) if progress.ambient else 0.0, 2),
        motion_px_per_frame=round(motion, 3),
        motion_blur_px=round(blur, 3),
        guidance=tuple(guidance),
    )


def _coverage(
    clip: Clip, progress: Progress, check: LampCheck, chain: Chain, assessable: bool, range_m: float | None
) -> ClipCoverage:
    optics = load_optics()
    stated = range_m if range_m is not None else coverage.estimate_range_m(optics, clip.meta, check.on_axis_e)
    if not assessable:
        return ClipCoverage(0.0, round(stated, 3), range_m is None, 0.0, 0.0, 0.0)
    share = coverage.seen_share(optics, clip.meta, progress.grids, stated)
    nearest, farthest = coverage.range_span_m(optics, clip.meta, progress.grids)
    overlap = chain.overlap_share(progress.used)
    return ClipCoverage(round(share, 4), round(stated, 3), range_m is None, nearest, farthest, round(overlap, 4))
