"""What the sources that are loaded say of the simulated city and of recorded sweeps, as levels that can be compared.

Job: judge the same rooms and recordings, whatever constant was moved. Each room of the city is drawn from a seed of its
own, so that what a moved constant draws more or less of shifts no other room. Input: counts and folders; output: plain
records. Refuses to choose operating points: those that ship hold.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from sweep.lab.city.rooms import FIRST, KINDS, CameraKind, World
from sweep.lab.city.samples import Curves, load_curves
from sweep.lab.guesses.moving import THRESHOLDS, WEIGHTS, moved

SEED: Final = 1
PRIOR: Final = "prior"
KINDS_MOVED: Final = frozenset({kind.name for kind in KINDS})


def judge_all(
    *,
    rooms: int,
    per_kind: int,
    recorded: Sequence[str],
    makes_weights: bool,
    places_anew: int,
    assumed: str,
    factor: float,
    trace: str,
) -> dict[str, Any]:
    """Levels of the city's rooms and of the recorded sweeps' zones.

    `assumed`: PRIOR, or what of the first world is moved before the weights are made.  `places_anew`: transmitters
    inside each kind of room that `locate` places.  `trace`: a file to which every function that runs is written.
    """
    if trace:
        _trace(trace)
    curves = load_curves("first")
    if assumed == PRIOR:
        points = json.loads(Path(THRESHOLDS).read_text("utf-8"))
        Path(THRESHOLDS).write_text(json.dumps(points | {PRIOR: points[PRIOR] + math.log10(factor)}), encoding="utf-8")
    elif makes_weights or assumed:
        _make_weights(curves, assumed, factor)
    if places_anew:
        curves = _placed_anew(curves, places_anew)
    return {
        "city": _city(curves, rooms, per_kind) if rooms else {},
        "recorded": {folder: _recorded(folder) for folder in recorded},
    }


def _trace(file: str) -> None:
    out = Path(file).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115  # until the process ends
    monitoring = sys.monitoring
    monitoring.use_tool_id(monitoring.PROFILER_ID, "guesses")

    def tell(code: Any, _offset: int) -> Any:
        if "/sweep/" in code.co_filename:
            out.write(f"{code.co_filename.rpartition('/sweep/')[2]}\t{code.co_name}\n")
        return monitoring.DISABLE

    monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, tell)
    monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)


def _make_weights(curves: Curves, assumed: str, factor: float) -> None:
    from sweep.lab.weights import from_runs, radio, transmitter

    world = FIRST
    if assumed in KINDS_MOVED:
        kinds = tuple(_share_moved(kind, factor) if kind.name == assumed else kind for kind in KINDS)
        for module in (from_runs, radio, transmitter):
            vars(module)["KINDS"] = kinds
    elif assumed:
        world = _world_moved(world, assumed, factor)
    text = from_runs.make_weights(curves, world).model_dump_json()
    Path(WEIGHTS).write_text(text, encoding="utf-8")


def _share_moved(kind: CameraKind, factor: float) -> CameraKind:
    return replace(kind, share=moved(kind.share, factor, "share"))


def _world_moved(world: World, assumed: str, factor: float) -> World:
    """`clutter.screw` moves that thing in every zone, any other name that field."""
    field, _, thing = assumed.partition(".")
    if field != "clutter":
        fields: dict[str, Any] = {field: moved(getattr(world, field), factor, field + "_m")}
        return replace(world, **fields)
    rooms = tuple(
        replace(room, clutter={
            zone: {kind: mean * (factor if kind == thing else 1.0) for kind, mean in table.items()}
            for zone, table in room.clutter.items()
        })
        for room in world.rooms
    )  # fmt: skip
    return replace(world, rooms=rooms)


def _placed_anew(curves: Curves, placed: int) -> Curves:
    from sweep.lab.city.places import place

    rng = np.random.default_rng([7, 0])
    return replace(curves, places={room.name: place(FIRST, room.plan, rng, placed)[0] for room in FIRST.rooms})


def _city(curves: Curves, rooms: int, per_kind: int) -> dict[str, list[list[int]]]:
    """By kind of camera, `none` first: of each room the levels of its zones, 1 candidate, 2 finding, 3 strong; a
    camera's own zone last.
    """
    from sweep.lab.city.simulation import AT, rows_of, sweep_room
    from sweep.lab.city.sweeps import Sampler
    from sweep.lab.city.zone_judgement import points_in_force

    points, _ = points_in_force()
    rng = np.random.default_rng(SEED)
    sampler = Sampler(FIRST, curves, rng)
    told: dict[str, list[list[int]]] = {}
    jobs: list[tuple[CameraKind | None, int]] = [(None, rooms), *((kind, per_kind) for kind in KINDS)]
    for number, (kind, count) in enumerate(jobs):
        levels_of_all = told.setdefault("none" if kind is None else kind.name, [])
        for n in range(count):
            rng.bit_generator.state = np.random.default_rng([SEED, number, n]).bit_generator.state
            own, others = 0, []
            for row, _ in rows_of(sweep_room(sampler.room(kind), sampler.dark), sampler):
                at = partial(_value, [0.0, 0.0, *row], AT)
                level = 0
                if at("first") >= points.first_look:
                    is_strong = at("second") >= points.strong and at("second_low") >= points.strong_low
                    level = 1 if at("second") < points.second_look else 3 if is_strong else 2
                if at("is_camera"):
                    own = level
                elif level:
                    others.append(level)
            levels_of_all.append([*sorted(others), own])
    return told


def _value(row: list[float], at: dict[str, int], name: str) -> float:
    return row[at[name]]


def _sensed(observation: dict[str, Any]) -> str:
    """What was observed where, and what it was called."""
    called = [(observation.get(test) or {}).get("verdict") for test in ("video", "stimulus")]
    return f"{observation['zone_id']} {observation['modality']} {observation.get('kind')} {called}"


def _recorded(folder: str) -> dict[str, Any]:
    """Verdicts by zone and modality, findings by zone, probabilities by zone and target, and what was observed."""
    from sweep.cli import build_app

    fork = multiprocessing.get_context("fork")  # else every modality loads the program anew, at each sweep
    vars(multiprocessing)["get_context"] = lambda _method=None: fork
    with tempfile.TemporaryDirectory() as state:
        out = Path(state) / "report.json"
        with redirect_stdout(StringIO()):
            build_app(("replay",))(
                ["replay", folder, "--state", state, "--json", str(out), "--quiet"], standalone_mode=False
            )
        report = json.loads(out.read_text("utf-8"))
    return {
        "verdicts": {f"{v['zone_id']} {v['modality']}": f"{v['verdict']} {v['reason']}" for v in report["verdicts"]},
        "findings": {f["zone_id"]: f"{f['strength']} {f['stage']}" for f in report["findings"]},
        "posterior": {f["zone_id"]: f["posterior_log10_odds"] for f in report["findings"]},
        "chances": {f"{t['zone_id']} {t['target']}": t["probability"] for t in report["targets"]},
        "observed": [_sensed(one) for one in report["observations"]],
    }
