"""One recorded clip from frames to verdict, and a folder of them.

Job: register, subtract, track and judge each clip of a folder. Input: clip folders; output: `LensScan`. Refuses to
judge what is no strobed recording (lamp phases that do not differ, frames that do not register, too few triples):
such a clip comes out `not_assessable` with a named reason, a broken folder with a named error, and the others go on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from sweep.lens.clip.clips import Clip, ClipError, ClipMeta, ClipReason, find_clips, read_clip
from sweep.lens.clip.phases import LampCheck, check_lamps
from sweep.lens.clip.source import Triple
from sweep.lens.evidence.evidence import Scene
from sweep.lens.evidence.judge import Judgement, candidate_score, judge_tracks, load_judge
from sweep.lens.evidence.red_light import joined, seen_in_red_alone
from sweep.lens.follow import coverage
from sweep.lens.follow.align import Chain
from sweep.lens.follow.follow import Followed, Progress, follow_clip
from sweep.lens.follow.track import AT
from sweep.lens.optics import load_optics
from sweep.lens.records import ClipCoverage, ClipQuality, ClipResult, Detection, LensScan, Verdict
from sweep.phrases import Phrase

MIN_TRIPLES = 3
MAX_DETECTIONS_PER_CLIP = 40


def scan_clips(
    folder: Path,
    *,
    range_m: float | None = None,
    judge: Callable[[Clip], ClipResult] | None = None,
    tell: Callable[[int, int], object] | None = None,
) -> LensScan:
    """Judge every clip folder under `folder` (or `folder` itself). Raises `ClipError` when it holds no folder.

    `range_m`: distance for which coverage is stated; without it, it is estimated from the light of the wall. `judge`:
    the detector; None: `scan_clip`. `tell` hears how many of how many are judged.
    """
    paths = find_clips(folder)
    if not paths:
        raise ClipError(ClipReason.NO_CLIPS, Phrase("no_clip_folders_here"))
    results = list[ClipResult]()
    for path in paths:
        results.append(scan_or_refuse(path, range_m, judge))
        if tell is not None:
            tell(len(results), len(paths))
    return LensScan(tuple(results), load_judge().build)


def scan_or_refuse(path: Path, range_m: float | None, judge: Callable[[Clip], ClipResult] | None = None) -> ClipResult:
    """Judge the clip in a folder; one that cannot be read comes back with the reason."""
    try:
        clip = read_clip(path)
        return scan_clip(clip, range_m=range_m) if judge is None else judge(clip)
    except ClipError as error:
        return ClipResult(
            path.name, str(error.reason), str(error), "not_assessable", str(error.reason), None, None, (), 0
        )


def scan_clip(clip: Clip, *, range_m: float | None = None) -> ClipResult:
    """Judge one clip. Raises `ClipError` when a frame cannot be read."""
    return conclude(clip.name, clip.meta, follow_clip(clip), range_m)


def conclude(
    name: str, meta: ClipMeta, followed: Followed, range_m: float | None, limit: int = MAX_DETECTIONS_PER_CLIP
) -> ClipResult:
    """Judge a clip that was followed; `range_m` as in `scan_clips`, `limit`: detections at most."""
    started = time.perf_counter()
    progress, triples, chain = followed.progress, followed.triples, followed.chain
    check = check_lamps(progress.lights)
    motion = chain.median_motion_px()
    reason, message = _assessability(triples, progress, check)
    judged = progress.used and not check.reason
    judgements = judge_tracks(followed.tracks, scene_of(progress, meta), limit) if judged else []
    assessable = not reason
    detections = tuple(_detection(name, j, *_last_seen(j, followed), assessable) for j in judgements)
    if judged and followed.red is not None:
        found = seen_in_red_alone(followed, scene_of(followed.red.progress, meta), limit)
        red = [_detection(name, one.judgement, one.x, one.y, one.frame, assessable) for one in found]
        detections = joined(detections, red, followed, meta, limit)
    judge_s = time.perf_counter() - started
    has_candidate = any(d.verdict == "lens_candidate" for d in detections)
    if assessable and has_candidate:
        reason, message = "lens_candidate", "at least one glint behaves like a lens: inspect by eye"
    elif assessable:
        reason, message = "not_calibrated", "no candidate, but the detector is not calibrated on real lenses"
    quality = _quality(meta, followed, check, motion, assessable)
    seen = _coverage(meta, progress, check, chain, assessable, range_m)
    verdict: Verdict = "not_assessable"
    if assessable:
        verdict = "candidate" if has_candidate else "nothing_detected"
    each = statistics.median(progress.work_s[1:] or progress.work_s or [0.0])
    judge_s += 0.0 if followed.red is None else sum(followed.red.progress.work_s)
    milliseconds = (each + judge_s / max(1, len(triples))) * 1e3
    return ClipResult(
        name, None, message, verdict, reason, quality, seen, detections, round(milliseconds, 3), meta.is_simulated
    )


def _assessability(triples: Sequence[Triple], progress: Progress, check: LampCheck) -> tuple[str, str]:
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
    rings = (meta.led[name].offset_m if name in meta.led else None for name in ("M", "N"))
    return Scene(len(progress.used), meta.scale, float(np.median(ratios)) if ratios else 1.0, *rings)


def _last_seen(judgement: Judgement, followed: Followed) -> tuple[float, float, int]:
    """Place and on_axis frame."""
    row = followed.tracks.rows[judgement.track]
    last = int(np.flatnonzero(row[:, AT["found"]] > 0)[-1])
    frame = followed.triples[int(followed.tracks.triples[last])].on_axis
    return float(row[last, AT["x"]]), float(row[last, AT["y"]]), frame


def _detection(name: str, judgement: Judgement, x: float, y: float, frame: int, assessable: bool) -> Detection:
    called = assessable and judgement.score >= candidate_score()
    return Detection(
        clip=name,
        x=round(x, 2),
        y=round(y, 2),
        frame=frame,
        score=judgement.score,
        verdict="lens_candidate" if called else "glint",
        evidence={key: round(value, 4) for key, value in judgement.evidence.items()},
        reasons=judgement.reasons,
    )


def _quality(meta: ClipMeta, followed: Followed, check: LampCheck, motion: float, assessable: bool) -> ClipQuality:
    triples, progress = followed.triples, followed.progress
    blur = motion * meta.exposure_s * meta.fps
    saturated = float(np.median([light.saturated for light in progress.lights] or [0.0]))
    ambient_e = float(np.median([light.dark_e for light in progress.lights] or [0.0]))
    failures = sum(n for name, n in progress.rejections.items() if name in ("no_common_scene", "too_fast"))
    guidance = []
    if failures > 0.2 * max(1, len(triples)) or blur > 2.0 * max(1.0, meta.scale):
        guidance.append("slower")
    if saturated > 0.05:
        guidance.append("farther")
    if assessable and check.on_axis_e < 8.0:
        guidance.append("closer")
    if ambient_e > 20.0 * max(check.on_axis_e, 1.0):
        guidance.append("less_light")
    if len(triples) < 2 * MIN_TRIPLES:
        guidance.append("hold_longer")
    return ClipQuality(
        frames=followed.frames,
        triples=len(triples),
        triples_usable=len(progress.used),
        registration_failures=failures,
        rejections=dict(sorted(progress.rejections.items())),
        saturated_share=round(saturated, 5),
        lamp_light_e=round(check.on_axis_e, 2),
        lamp_off_axis_light_e=round(check.off_axis_e, 2),
        ambient_e=round(ambient_e, 2),
        motion_px_per_frame=round(motion, 3),
        motion_blur_px=round(blur, 3),
        guidance=tuple(guidance),
    )


def _coverage(
    meta: ClipMeta, progress: Progress, check: LampCheck, chain: Chain, assessable: bool, range_m: float | None
) -> ClipCoverage:
    optics = load_optics(meta.eye)
    stated = range_m if range_m is not None else coverage.estimate_range_m(optics, meta, check.on_axis_e)
    if not assessable:
        return ClipCoverage(0.0, round(stated, 3), range_m is None, 0.0, 0.0, 0.0)
    share = coverage.seen_share(optics, meta, progress.grids, stated)
    nearest, farthest = coverage.range_span_m(optics, meta, progress.grids)
    overlap = chain.overlap_share(progress.used)
    return ClipCoverage(round(share, 4), round(stated, 3), range_m is None, nearest, farthest, round(overlap, 4))
