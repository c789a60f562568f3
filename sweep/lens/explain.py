"""Why a point of a clip was or was not called: `sweep lens DIR --explain X,Y`.

Job: follow one place through the steps of the detector and name the first one that it did not pass. Input: a clip and
a pixel of one of its on_axis frames; output: an `Explanation` with what was seen in each triple and one conclusion.
Refuses to judge anew: every number is the detector's own, from a second run over the same frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from sweep.lens.clip.clips import Clip
from sweep.lens.clip.source import RecordedSource
from sweep.lens.evidence.judge import MIN_HITS, MIN_SHARE, candidate_score, evidence_of, judge_tracks
from sweep.lens.follow.align import Chain, place_triple
from sweep.lens.follow.follow import Followed, follow_clip
from sweep.lens.follow.glints import Glints, find_glints
from sweep.lens.pixels.detect import GLINT_Z, Peaks, worth_following
from sweep.lens.pixels.excess import PEAK_SNR, Indices
from sweep.lens.pixels.matched_filter import noise_of
from sweep.lens.pixels.register import apply
from sweep.lens.reasons import sentence
from sweep.lens.records import Detection
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP, conclude, scene_of
from sweep.lens.words import WORDS
from sweep.phrases import Phrase
from sweep.report.sentences import Sentence

NEAR_PX: Final = 4.0
"""How far a place may lie from the point asked for, at half size: what counts as a hit there."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one triple shows at the point."""

    frame: int
    """Index of its on_axis frame."""
    x: float
    """Where the point lies in that frame, by the motion of the scene."""
    y: float
    state: str
    """`outside`, `unusable`, `no_peak`, `shown_by_both`, `crowded_out` or `followed`."""
    snr: float
    """Of the strongest peak near the point, on_axis minus off_axis; of the matched filter where there is no peak."""
    z: float
    """Excess of that peak over the strongest off_axis light nearby, standard deviations; 0 without a peak."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One point of one clip."""

    clip: str
    outcome: str
    """Name of the step that decided."""
    said: Sentence
    looks: tuple[Look, ...]
    detection: Detection | None
    """The judged place nearest to the point, with its reasons."""
    is_simulated: bool
    """The clip says of itself that it was rendered."""


OUTCOMES: Final[dict[str, Sentence]] = {
    "called": Sentence("확인할 곳으로 표시됨: 렌즈 유사도 {score:.2f}(기준 {needed:.2f})",
                       "called a place to inspect: lens likeness {score:.2f}, {needed:.2f} is needed"),
    "below": Sentence("확인할 곳이 되기에 렌즈 유사도가 낮음: {score:.2f}(기준 {needed:.2f}). "
                      "가장 불리한 근거: {worst_ko}",
                      "judged and not called: lens likeness {score:.2f}, {needed:.2f} is needed; "
                      "most against it: {worst_en}"),
    "not_assessable": Sentence("영상을 판정할 수 없어 아무것도 표시하지 않음: {why_ko}",
                               "nothing is called in a clip that cannot be judged: {why_en}"),
    "part_of_another": Sentence("더 렌즈 같은 점({x:.0f}, {y:.0f})과 한 물체로 봄",
                                "taken for one object with the more lens-like place at {x:.0f}, {y:.0f}"),
    "beyond_the_best": Sentence("렌즈 유사도가 이 영상의 상위 {limit}곳에 들지 않음",
                                "its lens likeness is not among the best {limit} of the clip"),
    "too_rarely_found": Sentence("{lives}개 조합 가운데 {hits}개에서만 확인됨(최소 {least}개와 {share:.0f}%)",
                                 "found in {hits} of {lives} triples only; {least} and {share:.0f} % are needed"),
    "no_peak": Sentence("둘레보다 밝은 점이 없음: 잡음의 {snr:.1f}배(기준 {peak:.1f}배)",
                        "no point brighter than its surroundings: {snr:.1f} times the noise, {peak:.1f} are needed"),
    "no_point": Sentence("밝지만(잡음의 {snr:.1f}배) 둘레에서 가장 밝은 점은 아님",
                         "bright, {snr:.1f} times the noise, but not the brightest point of its surroundings"),
    "shown_by_both": Sentence("축외 조명에서도 같은 밝기로 보임: 차이가 {z:.1f} 표준편차(기준 {glint:.1f}). "
                              "반사형 적외선 차단 필터 뒤의 렌즈라면 이 방식으로 가려낼 수 없음",
                              "off axis shows it as well: {z:.1f} standard deviations apart, {glint:.1f} are needed; "
                              "a lens behind a reflective IR-cut filter would be out of reach"),
    "crowded_out": Sentence("더 두드러진 점이 많아 추적하지 못함", "not followed: too many places stand out more"),
    "not_followed": Sentence("점이 보이지만 조합 사이에서 이어지지 않음",
                             "there are peaks, but none continues from triple to triple"),
    "outside": Sentence("이 점은 쓸 수 있는 어느 조합에서도 시야에 없음",
                        "the point is in view in none of the usable triples"),
}  # fmt: skip


def explain_point(clip: Clip, x: float, y: float, frame: int | None = None) -> Explanation:
    """Why the point (x, y) of on_axis frame `frame` (default: the last one) was or was not called.

    Pixels, centres at integers, origin top left. Raises `ClipError` when a frame cannot be read, ValueError for a
    frame that is no on_axis frame of a triple or a point outside it.
    """
    followed = follow_clip(clip)
    frames = [triple.on_axis for triple in followed.triples]
    if not frames:
        raise ValueError(Phrase("clip_without_triple"))
    at = frames[-1] if frame is None else frame
    if at not in frames:
        raise ValueError(Phrase("frame_not_on_axis_of_a_triple", frame=at, frames=", ".join(map(str, frames))))
    if not (0 <= x < clip.meta.width and 0 <= y < clip.meta.height):
        raise ValueError(Phrase("point_outside_frame", width=clip.meta.width, height=clip.meta.height))
    ways = followed.chain.ways_from(frames.index(at))
    places = [apply(way, x, y) for way in ways]
    result = conclude(clip.name, clip.meta, followed, None)
    looks = _look(clip, followed, places)
    tracks = _tracks_near(followed, places, NEAR_PX * max(0.5, clip.meta.scale))
    detection = _detection_near(result.detections, frames, places, clip)
    reason = result.reason if result.verdict == "not_assessable" else ""
    outcome, said = _decide(followed, clip, tracks, looks, detection, reason)
    return Explanation(clip.name, outcome, said, looks, detection, clip.meta.is_simulated)


def _look(clip: Clip, followed: Followed, places: list[tuple[float, float]]) -> tuple[Look, ...]:
    chain = Chain(RecordedSource(clip), followed.triples)
    looks = []
    for index, (x, y) in enumerate(places):
        frame = followed.triples[index].on_axis
        placed = place_triple(chain, index)
        if not (0 <= x < clip.meta.width and 0 <= y < clip.meta.height):
            looks.append(Look(frame, round(x, 1), round(y, 1), "outside", 0.0, 0.0))
            continue
        if placed.fault:
            looks.append(Look(frame, round(x, 1), round(y, 1), "unusable", 0.0, 0.0))
            continue
        glints = find_glints(placed, clip.meta, seeks_eyes=False)
        state, snr, z = _state(glints, x, y, NEAR_PX * max(0.5, clip.meta.scale))
        looks.append(Look(frame, round(x, 1), round(y, 1), state, round(snr, 2), round(z, 2)))
    return tuple(looks)


def _state(glints: Glints, x: float, y: float, reach: float) -> tuple[str, float, float]:
    peaks = glints.peaks
    near = np.flatnonzero(np.hypot(peaks.x - x, peaks.y - y) <= reach)
    if not near.size:
        return "no_peak", _snr_at(glints, x, y), 0.0
    best = int(near[np.argmax(peaks.z[near])])
    return _state_of(peaks, best, worth_following(peaks)), float(peaks.snr[best]), float(peaks.z[best])


def _state_of(peaks: Peaks, best: int, fresh: Indices) -> str:
    if best in fresh:
        return "followed"
    return "crowded_out" if peaks.z[best] >= GLINT_Z else "shown_by_both"


def _snr_at(glints: Glints, x: float, y: float) -> float:
    level = glints.views.on_level
    height, width = level.flux.shape
    row, column = min(height - 1, round(y / level.step)), min(width - 1, round(x / level.step))
    noise = noise_of(level, glints.views.read_noise_e)
    return float(level.flux[row, column]) / float(noise[row, column])


def _tracks_near(followed: Followed, places: list[tuple[float, float]], reach: float) -> list[int]:
    """Rows of the tracks that came within reach of the point in a triple in which they were found."""
    tracks = followed.tracks
    if not len(tracks):
        return []
    where = np.array([places[int(k)] for k in tracks.triples], np.float32)
    gap = np.hypot(tracks.column("x") - where[:, 0], tracks.column("y") - where[:, 1])
    gap = np.where(tracks.column("found") > 0, gap, np.inf)
    closest = np.nan_to_num(gap, nan=np.inf).min(axis=1)
    return [int(i) for i in np.argsort(closest, kind="stable") if closest[i] <= reach]


def _detection_near(
    detections: tuple[Detection, ...], frames: list[int], places: list[tuple[float, float]], clip: Clip
) -> Detection | None:
    reach = NEAR_PX * max(0.5, clip.meta.scale)

    def gap(one: Detection) -> float:
        x, y = places[frames.index(one.frame)]
        return math.hypot(one.x - x, one.y - y)

    best = min(detections, key=gap, default=None)
    return best if best is not None and gap(best) <= reach else None


def _decide(
    followed: Followed, clip: Clip, tracks: list[int], looks: tuple[Look, ...], detection: Detection | None, reason: str
) -> tuple[str, Sentence]:
    if reason:
        why = WORDS.reasons[reason]
        return _say("not_assessable", why_ko=why.ko, why_en=why.en)
    if detection is not None:
        if detection.score >= candidate_score():
            return _say("called", score=detection.score, needed=candidate_score())
        worst = _worst(detection)
        return _say(
            "below", score=detection.score, needed=candidate_score(), worst_ko=worst.ko, worst_en=worst.en
        )  # fmt: skip
    if tracks:
        return _decide_track(followed, clip, tracks)
    inside = [look for look in looks if look.state not in ("outside", "unusable")]
    if not inside:
        return _say("outside")
    states = [look.state for look in inside]
    common = max(("no_peak", "shown_by_both", "crowded_out", "followed"), key=states.count)
    seen = [look for look in inside if look.state == common]
    middle = sorted(seen, key=lambda look: look.z if common == "shown_by_both" else look.snr)[len(seen) // 2]
    if common == "no_peak" and middle.snr >= PEAK_SNR:
        return common, _say("no_point", snr=middle.snr)[1]
    return _say(
        "not_followed" if common == "followed" else common, snr=middle.snr, z=middle.z, peak=PEAK_SNR, glint=GLINT_Z
    )


def _decide_track(followed: Followed, clip: Clip, tracks: list[int]) -> tuple[str, Sentence]:
    scene = scene_of(followed.progress, clip.meta)
    _, rows = evidence_of(followed.tracks, scene)
    judged = [i for i in tracks if i in rows]
    if not judged:
        found = followed.tracks.column("found")[tracks[0]]
        return _say(
            "too_rarely_found",
            hits=int((found > 0).sum()), lives=int(np.isfinite(found).sum()), least=MIN_HITS, share=100 * MIN_SHARE,
        )  # fmt: skip
    better = judge_tracks(followed.tracks, scene, MAX_DETECTIONS_PER_CLIP)
    x, y = (followed.tracks.column(name) for name in ("x", "y"))
    gaps = [float(np.nanmin(np.hypot(x[one.track] - x[judged[0]], y[one.track] - y[judged[0]]), initial=np.inf))
            for one in better]  # fmt: skip
    if gaps and min(gaps) <= 2.0 * NEAR_PX * max(0.5, clip.meta.scale):
        other = better[int(np.argmin(gaps))].track
        last = int(np.flatnonzero(followed.tracks.column("found")[other] > 0)[-1])
        return _say("part_of_another", x=float(x[other, last]), y=float(y[other, last]))
    return _say("beyond_the_best", limit=MAX_DETECTIONS_PER_CLIP)


def _worst(detection: Detection) -> Sentence:
    named = [one for one in detection.reasons if one.name != "rest"]
    against = min(named or detection.reasons, key=lambda one: one.weight)
    return sentence(against.name, against.value)


def _say(outcome: str, **numbers: object) -> tuple[str, Sentence]:
    both = OUTCOMES[outcome]
    return outcome, Sentence(both.ko.format(**numbers), both.en.format(**numbers))
