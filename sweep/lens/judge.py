"""Lens or not: one number and its reasons for each followed glint.

Job: turn a track into evidence (ratio of off_axis to on_axis, persistence, constancy, size, slide, twin along the
lamp baseline, light without lamp, neighbours) and add the weights to a score that means the same in every clip.
Input: tracks; output: `Judgement`s. Refuses to be a probability: the weights are set by hand on rendered scenes and
nothing here is calibrated on real lenses, so no glint and no absence of one is called clear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sweep.lens.records import Reason
from sweep.lens.track import Track

CANDIDATE_SCORE = 2.0
"""Measured on rendered scenes: see the bench of the lens detector."""
MIN_HITS = 3


@dataclass(frozen=True)
class Judgement:
    """A track with its evidence."""

    track: Track
    score: float
    evidence: dict[str, float]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Scene:
    """What the clip as a whole tells the judge."""

    triples: int
    scale: float
    """Pixels per pixel of the half-size frame."""
    scene_motion_px: float
    """Median motion of the scene between on_axis frames."""


def judge_tracks(tracks: list[Track], scene: Scene) -> list[Judgement]:
    """Judge every track that was found at least `MIN_HITS` times (or in every triple of a shorter clip)."""
    least = min(MIN_HITS, max(1, scene.triples))
    worth = [t for t in tracks if t.hits >= least and t.hits >= 0.4 * scene.triples]
    places = np.array([[t.rows[-1][0], t.rows[-1][1]] for t in worth]) if worth else np.zeros((0, 2))
    fluxes = np.array([_median(t, "flux_e") for t in worth])
    judgements = []
    for i, track in enumerate(worth):
        distance = np.hypot(*(places - places[i]).T)
        radius = 30.0 * scene.scale
        near = (distance < radius) & (distance > 3.0 * scene.scale) & (fluxes > 0.15 * fluxes[i])
        judgements.append(_judge(track, scene, int(near.sum())))
    return sorted(judgements, key=lambda j: -j.score)


def _judge(track: Track, scene: Scene, neighbours: int) -> Judgement:
    evidence = measure(track, scene, neighbours)
    reasons = tuple(r for r in _weigh(evidence) if abs(r.weight) >= 0.05)
    score = sum(r.weight for r in reasons)
    return Judgement(track, round(score, 4), evidence, reasons)


def measure(track: Track, scene: Scene, neighbours: int) -> dict[str, float]:
    """The numbers the score rests on; all finite."""
    flux = np.maximum(track.column("flux_e"), 1.0)
    off = np.maximum(track.column("flux_off_axis_e"), 0.0)
    found = np.array(track.found)
    z = track.column("z")
    stacked = float(np.clip(z, -5.0, 40.0).sum() / math.sqrt(len(z)))
    ratio = float(np.median(off / flux))
    seen = flux[found]
    variation = float(np.std(seen) / np.mean(seen)) if seen.size > 1 else 1.0
    snr = _median(track, "snr")
    expected = math.sqrt((1.0 / max(snr, 1.0)) ** 2 + 0.12**2)
    slides = np.array(track.slides) if track.slides else np.zeros((1, 2))
    slide = float(np.hypot(*np.median(slides, axis=0))) / scene.scale
    jitter = float(np.median(np.hypot(*(slides - np.median(slides, axis=0)).T))) / scene.scale
    return {
        "stacked_z": stacked,
        "z": float(np.median(z)),
        "snr": snr,
        "flux_e": float(np.median(seen)),
        "off_on_ratio": ratio,
        "persistence": track.hits / max(1, scene.triples),
        "variation": variation,
        "variation_excess": variation / expected,
        "width_px": _median(track, "width_px") / scene.scale,
        "elongation": _median(track, "elongation"),
        "saturated": _median(track, "saturated"),
        "dark_ratio": float(np.median(track.column("flux_dark_e") / flux)),
        "contrast": float(np.median(flux / np.maximum(track.column("surround_e"), 1.0))),
        "surround_ratio": _median(track, "surround_ratio"),
        "partner": _median(track, "partner"),
        "slide_px": slide,
        "jitter_px": jitter,
        "scene_motion_px": scene.scene_motion_px,
        "neighbours": float(neighbours),
    }


def _weigh(e: dict[str, float]) -> list[Reason]:
    """Weights by hand (guessed, checked on rendered scenes), each a bounded ramp of one number."""
    return [
        _reason("stacked_z", e["stacked_z"], 2.5 * _ramp(math.log10(max(e["stacked_z"], 1.0)), 0.7, 1.7) - 0.5,
                "on_axis exceeds off_axis by {:.1f} standard deviations over all triples"),
        _reason("off_on_ratio", e["off_on_ratio"], 1.5 - 4.0 * _ramp(e["off_on_ratio"], 0.1, 0.8),
                "off_axis shows {:.2f} of the on_axis light"),
        _reason("persistence", e["persistence"], -3.0 * (1.0 - _ramp(e["persistence"], 0.4, 0.95)),
                "found in a share of {:.2f} of the triples"),
        _reason("variation", e["variation_excess"], 0.5 - 2.0 * _ramp(e["variation_excess"], 1.0, 4.0),
                "light varies {:.1f} times as much as noise explains"),
        _reason("width_px", e["width_px"], -2.5 * _ramp(e["width_px"], 1.8, 3.2),
                "{:.1f} px wide at half size"),
        _reason("elongation", e["elongation"], -1.5 * _ramp(e["elongation"], 1.6, 3.0),
                "{:.1f} times as long as wide"),
        _reason("dark_ratio", e["dark_ratio"], -4.0 * _ramp(e["dark_ratio"], 0.15, 0.5),
                "shines without lamp, {:.2f} of the on_axis light"),
        _reason("partner", e["partner"], -3.0 * _ramp(e["partner"], 0.08, 0.4),
                "off_axis twins left and right hold {:.2f} of the light: a mirror image of the lamps"),
        _reason("slide_px", e["slide_px"], -2.0 * _ramp(e["slide_px"], 0.7, 2.5),
                "slides {:.1f} px per triple over the surface"),
        _reason("jitter_px", e["jitter_px"], -1.5 * _ramp(e["jitter_px"], 0.7, 2.0),
                "jumps {:.1f} px between triples"),
        _reason("neighbours", e["neighbours"], -0.5 * math.log2(1.0 + min(e["neighbours"], 15.0)),
                "{:.0f} similar glints close by"),
    ]  # fmt: skip


def _reason(name: str, value: float, weight: float, text: str) -> Reason:
    return Reason(name, round(value, 4), round(weight, 4), text.format(value))


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _median(track: Track, name: str) -> float:
    return float(np.median(track.column(name)))
