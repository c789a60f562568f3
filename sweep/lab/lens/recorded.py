"""Recorded clips with their truth, followed: what a forest is fitted to instead of rendered ones, or beside them.

Job: read the clips of a campaign and their truth files, carry marks over the frames, follow each clip, keep its places.
Input: a folder in the clip format and one of truths; output: `Sample`s. Refuses with `FitError`, in one line, what
would make a fit meaningless: a clip without truth or that cannot be read, clips of one class only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sweep.lab.campaign.folder import CAMPAIGN, Campaign, now, open_campaign
from sweep.lab.lens.forest import Earlier, Places, clip_places
from sweep.lab.lens.rows import Rows, places_of
from sweep.lab.scoring.marks import carried
from sweep.lab.scoring.score import Claim, ClipOutcome, match_clip
from sweep.lab.scoring.truth import ClipTruth, TrueLens, TruthError, read_truth
from sweep.lens.clip.clips import Clip, ClipError, find_clips, read_clip
from sweep.lens.clip.source import Triple
from sweep.lens.evidence.detection import load_curves
from sweep.lens.evidence.evidence import Matrix
from sweep.lens.evidence.judge import best_places, by_rule, evidence_of
from sweep.lens.follow.coverage import expected_flux_e
from sweep.lens.follow.follow import follow_clip
from sweep.lens.follow.view import COLUMNS, ROWS, view_of
from sweep.lens.optics import load_optics
from sweep.lens.scan import MAX_DETECTIONS_PER_CLIP, scene_of
from sweep.phrases import Phrase

RECORDED = "recorded"
"""World of such clips."""
CLIPS_NAME, TRUTH_NAME = "clips", "truth"
"""Folders inside a campaign's."""


class FitError(ValueError):
    """Clips that no forest can be fitted to; one line."""


@dataclass(frozen=True, eq=False)
class FollowedClip:
    """One recorded clip, followed, with its truth."""

    rows: Rows
    truth: ClipTruth
    reference_snr: tuple[float | None, ...]
    """Of each lens: the signal-to-noise ratio that the reference lens would have there, of its aperture and angle; None
    where the truth does not say these, or the place was saturated."""

    @property
    def group(self) -> str:
        """The camera or thing that was filmed; a clip without one is a group of its own."""
        return self.truth.thing


@dataclass(frozen=True, eq=False)
class Sample:
    """One clip, followed."""

    truth: ClipTruth
    places: Places
    """What is learnt; places on lenses too weak to count are left out."""
    features: Matrix
    """Of all places worth judging, M x F."""
    said: npt.NDArray[np.float64]
    """Raw score of each by the forest that ships."""
    found: list[tuple[int, float, float]]
    """Frame, x and y of each of them, as the detector reports it."""
    x: Matrix
    """M x T."""
    y: Matrix
    scale: float

    @property
    def group(self) -> str:
        """The camera or thing that was filmed; a clip without one is a group of its own."""
        return self.truth.thing

    @property
    def has_lens(self) -> bool:
        """One that counts."""
        return self.truth.is_positive

    def outcome(self, score: Callable[[Matrix], Any], knows: frozenset[str]) -> ClipOutcome:
        """The clip as the detector would report it by that score, rules included."""
        if not self.found:
            return match_clip(self.truth, [])
        every = np.asarray(score(self.features)) + by_rule(self.features, knows).sum(axis=1)
        best = best_places(self.x, self.y, self.scale, every, MAX_DETECTIONS_PER_CLIP)
        claims = [Claim(x, y, float(every[i]), frame) for i in best for frame, x, y in (self.found[i],)]
        return match_clip(self.truth, claims)


def sample_of(rows: Rows, truth: ClipTruth, number: int, earlier: Earlier) -> Sample:
    """A followed clip; `number`: its place among all."""
    features, which = evidence_of(rows.tracks, rows.scene)
    x, y = rows.tracks.column("x")[which], rows.tracks.column("y")[which]
    places = clip_places(rows, number, earlier)
    said = earlier.model.forest.scores(features)
    return Sample(truth, places, features, said, places_of(rows, which), x, y, rows.scene.scale)


def follow(clip: Clip, truth: ClipTruth) -> FollowedClip:
    """A recorded clip followed, with its truth as rows have it. Raises `ClipError`."""
    followed = follow_clip(clip)
    frames = tuple(triple.on_axis for triple in followed.triples)
    scene = scene_of(followed.progress, clip.meta)
    rows = Rows(clip.name, followed.tracks, scene, frames, _as_rows_have_it(truth))
    middle = followed.triples[len(followed.triples) // 2]
    snr = reference_snr(clip, middle, truth.lenses)
    return FollowedClip(rows, truth, snr)


def reference_snr(clip: Clip, triple: Triple, lenses: Sequence[TrueLens]) -> tuple[float | None, ...]:
    """By lens what the reference lens of its aperture, range and angle would show against the noise of its place, by
    the map of directions that a sweep makes of the same triple.
    """
    optics, meta = load_optics(clip.meta.eye), clip.meta
    frame = clip.frame(triple.on_axis)
    lit, unlit = (
        (pixels.astype(np.float32) - np.float32(meta.black_level)) * np.float32(meta.e_per_dn)
        for pixels in (frame, clip.frame(triple.dark))
    )
    saturated = (frame >= meta.saturation_dn).astype(np.uint8) * np.uint8(255)
    farthest = view_of(optics, meta, lit, unlit, saturated, 0.0).farthest_m
    told: list[float | None] = []
    for lens in lenses:
        place = min(lens.track, key=lambda one: abs(one.frame - triple.on_axis))
        column, line = (min(max(int(at), 0), most - 1) for at, most in (
            (place.x / meta.width * COLUMNS, COLUMNS), (place.y / meta.height * ROWS, ROWS),
        ))  # fmt: skip
        reach_m = float(farthest[line, column])
        if reach_m <= 0.0 or lens.aperture_mm is None or lens.range_m is None:
            told.append(None)
            continue
        at_floor = expected_flux_e(optics, meta, reach_m)
        noise_e = math.sqrt(max((at_floor / optics.snr_floor) ** 2 - at_floor, 1.0))
        left = load_curves().entrance(np.array([lens.off_angle_deg]), np.array([0.5]))
        aperture = (lens.aperture_mm / optics.reference_aperture_mm) ** 2 * 10.0 ** float(left[0])
        told.append(expected_flux_e(optics, meta, lens.range_m) * aperture / noise_e)
    return tuple(told)


def _as_rows_have_it(truth: ClipTruth) -> dict[str, Any]:
    """As renderers write it."""
    lenses = [
        {"kind": lens.kind, "snr": lens.snr, "detectable": lens.counts,
         "track": [place.model_dump() for place in lens.track]}
        for lens in truth.lenses
    ]  # fmt: skip
    sparks = [
        {"type": spark.kind, "track": [{"frame": spark.frame, "x": spark.x, "y": spark.y}]} for spark in truth.confusers
    ]
    return {"mode": RECORDED, "width": truth.width, "lenses": lenses, "confusers": sparks}


def read_campaign(folder: Path, truth: Path | None, earlier: Earlier, tell: Callable[[int, int], None]) -> list[Sample]:
    """The clips of a folder as `follow_campaign` reads them, for a forest to be fitted to.

    Raises `FitError`, `ClipError`, `TruthError`, `CampaignError`.
    """
    followed = enumerate(follow_campaign(folder, truth, tell))
    samples = [sample_of(one.rows, one.truth, number, earlier) for number, one in followed]
    check_classes(samples)
    return samples


def follow_campaign(
    folder: Path,
    truth: Path | None,
    tell: Callable[[int, int], None],
    check: Callable[[Sequence[ClipTruth]], object] = bool,
) -> Iterator[FollowedClip]:
    """The clips of a folder with their truths, followed one by one; `tell` hears how many of how many, `check` refuses
    truths before anything is followed.

    truth: None: the folder `truth` in that of the clips or beside it, or the one whose name ends in `-truth`.

    Raises `FitError`, `ClipError`, `TruthError`, `CampaignError`.
    """
    clips = folder / CLIPS_NAME if (folder / CLIPS_NAME).is_dir() else folder
    where = truth or _truth_beside(folder)
    paths = [path for path in find_clips(clips) if path != where]
    campaign = _campaign_of(folder)
    if campaign is not None:  # what was recorded again does not count
        counted = {one.clip for one in campaign.last_of_each}
        paths = [path for path in paths if path.name in counted]
    if not paths:
        raise FitError(Phrase("no_clip_folders_here"))
    opened = [_opened(path) for path in paths]
    files = {clip.name: where / f"{clip.name}.json" for clip in opened}
    lacking = [name for name, file in files.items() if not file.is_file()]
    if len(lacking) == len(files):
        raise TruthError(Phrase("folder_without_truth", folder=where))
    if lacking:
        raise FitError(Phrase("clips_without_truth", count=len(lacking), first=lacking[0], folder=where))
    truths = [read_truth(files[clip.name], {clip.name: clip.meta.width}) for clip in opened]
    check(truths)
    for number, (clip, told) in enumerate(zip(opened, truths, strict=True)):
        try:
            yield follow(clip, carried(told, clip))
        except ClipError as error:
            raise FitError(Phrase("clip_not_usable", clip=clip.name, why=error)) from error
        tell(number + 1, len(opened))


def recorded_at(folder: Path) -> datetime:
    """When the last clip of a field test was recorded; now, where nobody kept that. Raises CampaignError."""
    campaign = _campaign_of(folder)
    return max((one.recorded for one in campaign.tries), default=now()) if campaign is not None else now()


def _campaign_of(folder: Path) -> Campaign | None:
    """The field test of its folder, or of that of its clips; None: there is none. Raises CampaignError."""
    home = next((one for one in (folder, folder.parent) if (one / CAMPAIGN).is_file()), None)
    return None if home is None else open_campaign(home)


def check_classes(samples: Sequence[Sample]) -> None:
    """Raise `FitError` where there is nothing to tell apart."""
    lenses, others = (sum(int((s.places.labels == mark).sum()) for s in samples) for mark in (1, 0))
    without = sum(not sample.truth.lenses for sample in samples)
    if not lenses or not others or not without:
        raise FitError(Phrase("clips_of_one_class", lenses=lenses, others=others, without=without))


def _opened(path: Path) -> Clip:
    try:
        return read_clip(path)
    except ClipError as error:
        raise FitError(Phrase("clip_not_usable", clip=path.name, why=error)) from error


def _truth_beside(folder: Path) -> Path:
    beside = (folder / TRUTH_NAME, folder.with_name(f"{folder.name}-truth"), folder.parent / TRUTH_NAME)
    found = next((path for path in beside if path.is_dir()), None)
    if found is None:
        raise TruthError(Phrase("folder_without_truth", folder=folder))
    return found
