"""Training of the lens judge on rendered clips.

Job: render clips of the tuning mode by seed, follow their glints, label them with the truth, fit a boosted forest,
calibrate it on folds it was not fitted to and write `judge_model.json`. Input: seeds; output: tables of followed
places, one file per clip, and the model. Same seeds, same model. Refuses the held-out mode of the renderer for
fitting: that one only measures. Needs LightGBM, which is a development dependency.

    python -m sweep.sim.lens_train rows --first 1 --count 1200 --out ROWS
    python -m sweep.sim.lens_train fit ROWS --out sweep/lens/judge_model.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.clips import Clip
from sweep.lens.evidence import AT as AT_FEATURE
from sweep.lens.evidence import FEATURES, MOTION_FEATURES, Scene
from sweep.lens.judge import evidence_of
from sweep.lens.scan import follow_clip, scene_of
from sweep.lens.track import AT, Tracks
from sweep.sim.lens_tiers import render_tier_clip

Mode = Literal["tuning", "held_out"]
FULL_SIZE = (1456, 1088)
HALF_SIZE = (728, 544)
FULL_SHARE = 0.06
"""Share of clips rendered at full size: they cost four times as much and measure the same numbers."""
LENS_SHARE = 0.7
"""Share of clips with a lens: more than in the world or in the tests, for likelihood ratios do not depend on it."""
SMALL_SIZE = (320, 240)
SMALL_SHARE = 0.1
"""Clips that ship with recordings are this small."""
WEIGHTS = {"drops": 0.3, "tape_frag": 0.4}
"""Flakes and drops that return light as a lens does are three times as dense in rendered clips as in the sample clips
of the clip document.
"""
STILL_EVERY = 3
"""In every third clip the forest does not see what motion tells, so that it can judge a hand at rest."""
BLAME_PX = 8.0
FOLDS = 5
ROUNDS = 300
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.06,
    "num_leaves": 16,
    "max_depth": 6,
    "min_child_samples": 30,
    "lambda_l2": 8.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 20,
    "verbosity": -1,
}
MONOTONE = {
    "persistence": 1,
    "longest_gap": -1,
    "dark_ratio": -1,
    "twins": -1,
    "twin": -1,
    "variation_excess": -1,
    "ratio_spread": -1,
    "overshadowed": -1,
}
"""What physics fixes: a lens does not get likelier by flickering, shining in the dark or having twins."""


@dataclass(frozen=True)
class Rows:
    """Followed places of one clip with their truth."""

    clip: str
    tracks: Tracks
    scene: Scene
    frames: tuple[int, ...]
    """Index of the on_axis frame of each triple."""
    truth: dict[str, Any]


def render_rows(seed: int, *, mode: Mode, textures: Path | None) -> Rows:
    """Render the clip of a seed and follow its glints."""
    rng = np.random.default_rng([seed, 0x7A1])
    draw = rng.random()
    size = FULL_SIZE if draw < FULL_SHARE else SMALL_SIZE if draw < FULL_SHARE + SMALL_SHARE else HALF_SIZE
    triples = 8 if rng.random() < 0.7 else int(rng.integers(3, 17))
    with_lens = bool(rng.random() < LENS_SHARE) if mode == "tuning" else None
    rendered = render_tier_clip(
        seed, with_lens=with_lens, tier=None, size=size, triples=triples, mode=mode, textures=textures
    )
    frames = rendered.frames
    clip = Clip(rendered.meta.clip, rendered.meta, lambda index: frames[index])
    followed = follow_clip(clip)
    return Rows(
        rendered.meta.clip,
        followed.tracks,
        scene_of(followed.progress, clip.meta),
        tuple(t.on_axis for t in followed.triples),
        rendered.truth,
    )


def save(rows: Rows, path: Path) -> None:
    """Keep the rows of a clip."""
    about = {"clip": rows.clip, "scene": vars(rows.scene), "frames": rows.frames, "truth": rows.truth}
    np.savez(path, rows=rows.tracks.rows, triples=rows.tracks.triples, about=json.dumps(about, default=_plain))


def _plain(value: Any) -> Any:
    return value.item()  # numbers of numpy


def load(path: Path) -> Rows:
    """Read them back."""
    with np.load(path) as data:
        about = json.loads(str(data["about"]))
        tracks = Tracks(data["rows"], data["triples"])
    return Rows(about["clip"], tracks, Scene(**about["scene"]), tuple(about["frames"]), about["truth"])


def places_of(rows: Rows, which: npt.NDArray[np.intp]) -> list[tuple[int, float, float]]:
    """Frame, x and y of the last sighting of tracks, as the detector reports them."""
    found = rows.tracks.column("found") > 0
    result = []
    for i in which:
        last = int(np.flatnonzero(found[i])[-1])
        row = rows.tracks.rows[i, last]
        result.append((rows.frames[int(rows.tracks.triples[last])], float(row[AT["x"]]), float(row[AT["y"]])))
    return result


def label(rows: Rows, which: npt.NDArray[np.intp]) -> npt.NDArray[np.int8]:
    """1 at the place that followed a lens that counts best, -1 at others on a lens, 0 elsewhere."""
    radius = 6.0 if rows.truth["width"] > FULL_SIZE[0] / 2 + 1 else 4.0
    out = np.zeros(which.size, np.int8)
    hits = (rows.tracks.column("found") > 0).sum(axis=1)[which]
    places = places_of(rows, which)
    for lens in rows.truth["lenses"]:
        track = {place["frame"]: place for place in lens["track"]}
        best, best_merit = -1, -np.inf
        for k, (frame, x, y) in enumerate(places):
            if frame not in track:
                continue
            gap = float(np.hypot(track[frame]["x"] - x, track[frame]["y"] - y))
            if gap > max(radius, track[frame].get("rad", 0.0) + 3.0):
                continue
            out[k] = -1
            if lens["detectable"] and hits[k] - gap > best_merit:
                best, best_merit = k, float(hits[k] - gap)
        if best >= 0:
            out[best] = 1
    return out


def weigh(rows: Rows, which: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """Weight of each place in the fit: 1, less on confusers that the renderer strews more densely than rooms do."""
    out = np.ones(which.size, np.float32)
    sparks: dict[int, list[tuple[float, float, float]]] = {}
    for thing in rows.truth["confusers"]:
        if (weight := WEIGHTS.get(thing["type"])) is not None:
            for place in thing["track"]:
                sparks.setdefault(place["frame"], []).append((place["x"], place["y"], weight))
    for k, (frame, x, y) in enumerate(places_of(rows, which)):
        near = [w for px, py, w in sparks.get(frame, []) if np.hypot(px - x, py - y) < BLAME_PX]
        if near:
            out[k] = min(near)
    return out


@dataclass(frozen=True)
class Places:
    """All places worth judging of many clips; places on lenses too weak to count are left out."""

    features: npt.NDArray[np.float32]
    """N x F."""
    labels: npt.NDArray[np.int8]
    weights: npt.NDArray[np.float32]
    clips: npt.NDArray[np.int32]
    """Number of the clip of each place."""


def gather(paths: Sequence[Path]) -> Places:
    """Read the rows of all clips."""
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    for number, path in enumerate(paths):
        rows = load(path)
        table, which = evidence_of(rows.tracks, rows.scene)
        marks = label(rows, which)
        keep = marks >= 0
        if number % STILL_EVERY == 0:
            table[:, [AT_FEATURE[name] for name in MOTION_FEATURES]] = np.nan
        weights = np.where(marks == 1, np.float32(1.0), weigh(rows, which))
        parts.append((table[keep], marks[keep], weights[keep], np.full(int(keep.sum()), number, np.int32)))
    return Places(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def fit(places: Places, rounds: int = ROUNDS) -> Any:
    """One boosted forest."""
    import lightgbm

    constraints = [MONOTONE.get(name, 0) for name in FEATURES]
    data = lightgbm.Dataset(places.features, places.labels, weight=places.weights, feature_name=list(FEATURES))
    return lightgbm.train(PARAMETERS | {"monotone_constraints": constraints}, data, rounds)


def out_of_fold(places: Places) -> npt.NDArray[np.float64]:
    """Raw score of each place by a forest that never saw its clip."""
    raw = np.zeros(places.labels.size)
    for fold in range(FOLDS):
        held = places.clips % FOLDS == fold
        seen = Places(*(getattr(places, name)[~held] for name in places.__dataclass_fields__))
        raw[held] = fit(seen).predict(places.features[held], raw_score=True)
    return raw


def calibrate(places: Places, raw: npt.NDArray[np.float64]) -> dict[str, list[float]]:
    """Knots of log10 (share of lenses / share of other places) against the raw score, rising."""
    is_lens = places.labels == 1
    low, high = float(np.quantile(raw[~is_lens], 0.5)), float(np.quantile(raw[is_lens], 0.9))
    edges = np.linspace(low, high, 15)
    lenses = np.histogram(raw[is_lens], edges)[0]
    others = np.histogram(raw[~is_lens], edges, weights=places.weights[~is_lens])[0]
    # half a place each keeps an empty bin finite
    ratio = np.log10((lenses + 0.5) / (is_lens.sum() + 1)) - np.log10(
        (others + 0.5) / (places.weights[~is_lens].sum() + 1)
    )
    rising = _isotonic(ratio)
    middles = (edges[:-1] + edges[1:]) / 2
    return {"raw": [round(float(m), 4) for m in middles], "log10_ratio": [round(float(r), 4) for r in rising]}


def to_table(booster: Any, calibration: dict[str, list[float]], about: dict[str, Any]) -> dict[str, Any]:
    """The model file's content."""
    trees = [_flat(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
    depth = max(tree.pop("depth") for tree in trees)
    return {"features": list(FEATURES), "about": about, "calibration": calibration, "depth": depth, "trees": trees}


def _flat(root: dict[str, Any]) -> dict[str, Any]:
    """A LightGBM tree as columns; values of inner nodes are weighted means of their leaves."""
    names = ("feature", "threshold", "left", "right", "nan_left", "value")
    table: dict[str, Any] = {name: [] for name in names}
    deepest = 0

    def visit(node: dict[str, Any], depth: int) -> tuple[int, float, float]:
        nonlocal deepest
        deepest = max(deepest, depth)
        index = len(table["value"])
        for name in names:
            table[name].append(0)
        if "leaf_value" in node:
            value, weight = float(node["leaf_value"]), float(node.get("leaf_count", 1) or 1)
            table["left"][index] = table["right"][index] = index
        else:
            left, value_l, weight_l = visit(node["left_child"], depth + 1)
            right, value_r, weight_r = visit(node["right_child"], depth + 1)
            weight = weight_l + weight_r
            value = (value_l * weight_l + value_r * weight_r) / weight
            table["feature"][index] = int(node["split_feature"])
            table["threshold"][index] = float(f"{min(1e30, node['threshold']):.6g}")
            table["left"][index], table["right"][index] = left, right
            table["nan_left"][index] = int(bool(node["default_left"]))
        table["value"][index] = float(f"{value:.4g}")
        return index, value, weight

    visit(root, 0)
    table["depth"] = deepest
    return table


def _isotonic(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Pool adjacent violators; a hair of slope keeps the order of scores."""
    blocks: list[list[float]] = []
    for value in values:
        blocks.append([float(value), 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            top = blocks.pop()
            mean = (blocks[-1][0] * blocks[-1][1] + top[0] * top[1]) / (blocks[-1][1] + top[1])
            blocks[-1] = [mean, blocks[-1][1] + top[1]]
    flat = np.concatenate([np.full(int(n), v) for v, n in blocks])
    return np.asarray(flat + 1e-3 * np.arange(flat.size))


def _row_files(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.npz"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    rows = commands.add_parser("rows", help="render, follow and keep the places of each clip")
    rows.add_argument("--first", type=int, default=1)
    rows.add_argument("--count", type=int, default=1200)
    rows.add_argument("--mode", choices=("tuning", "held_out"), default="tuning")
    rows.add_argument("--textures", type=Path)
    rows.add_argument("--out", type=Path, required=True)
    trees = commands.add_parser("fit", help="fit and calibrate the forest")
    trees.add_argument("rows", type=Path)
    trees.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    if args.command == "rows":
        return _make_rows(args)
    return _make_model(args)


def _make_rows(args: argparse.Namespace) -> int:
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in range(args.first, args.first + args.count):
        path = args.out / f"{args.mode}-{seed:06d}.npz"
        if not path.exists():
            save(render_rows(seed, mode=args.mode, textures=args.textures), path)
        if seed % 20 == 0:
            print(f"{seed - args.first + 1} of {args.count} clips", file=sys.stderr, flush=True)
    return 0


def _make_model(args: argparse.Namespace) -> int:
    paths = list(_row_files(args.rows))
    if any(path.name.startswith("held_out") for path in paths):
        print("error: the held-out renderer never takes part in fitting", file=sys.stderr)
        return 2
    places = gather(paths)
    raw = out_of_fold(places)
    about = {
        "trained_on": "rendered clips, tuning mode",
        "clips": len(paths),
        "lenses_followed": int((places.labels == 1).sum()),
        "other_places": int((places.labels == 0).sum()),
        "rounds": ROUNDS,
    }
    table = to_table(fit(places), calibrate(places, raw), about)
    args.out.write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")
    print(json.dumps(about))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
