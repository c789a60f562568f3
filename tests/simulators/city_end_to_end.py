"""Whole sweeps of the simulated room, one line a sweep: camera, air, emulated head, lamps, looks by eye, second looks,
report.

Job: make the sweeps that a file lacks and append what each came to. Input: `--out FILE`, until when; output: a line of
JSON a sweep, and its report where `--reports` says. What is there is not made again, so that a run may end at any time;
sweeps without a camera and of each kind take turns, so that it ends in proportion. Each is the command `sweep run
--sim`; only the start of its processes is cheaper: they are forked from one that has loaded the program, which was a
third of a sweep's time.

    nice -n 19 python -m tests.simulators.city_end_to_end --out SWEEPS.jsonl --until 14:20
    python -m tests.simulators.city_end_to_end --out SWEEPS.jsonl --table
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lab.scoring.intervals import clopper_pearson
from sweep.modality.looks import is_again, is_close
from tests.forked import forked

FIRST_SEED: Final = 900
CAMERA_IN: Final = "stall-2"
SEEDS_APART: Final = 100
"""From kind to kind: the same seed is the same room, with the lens in the same place."""
SWEEPS: Final = {
    "none": 56, "wifi": 8, "analog": 4, "analog_1200": 4, "analog_2400": 4, "ble_setup": 4, "wifi_on_motion": 4,
    "recorder_1mm": 4, "recorder_1mm_ircut": 4, "recorder_2mm": 4, "lte": 4,
}  # fmt: skip
"""A hundred: those without a camera carry what is said of a flood."""
SEEN: Final = {"hole", "camera_like"}
PLACES: Final = ("there", "elsewhere")
Line = dict[str, Any]


def sweep(folder: Path, seed: int, kind: str) -> dict[str, Any]:
    """The report of a sweep of that seed, with a camera of that kind in CAMERA_IN or with `none`."""
    out = folder / "report.json"
    arguments = ["run", "--sim", "--seed", str(seed), "--state", str(folder / "state"), "--json", str(out), "--quiet"]
    if kind != "none":
        arguments += ["--camera-in", CAMERA_IN, "--camera-kind", kind]
    done = CliRunner().invoke(build_app(("run",)), arguments)
    if done.exit_code:
        raise RuntimeError(done.output)
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return report


def count(report: dict[str, Any], zones: set[str]) -> Counter[str]:
    """Candidates, findings and strong ones in some zones of a sweep; glints that the detector called; places that were
    looked at by eye, those that were answered, and those of which the eye said a hole or a camera.
    """
    found = {f["zone_id"]: f for f in report["findings"] if f["zone_id"] in zones}
    looked = {one["zone_id"] for one in report["looked_again"]} & zones
    looks: dict[tuple[str, str | None], set[str]] = {}
    for one in report["eye_looks"]:
        if one["zone_id"] in zones:
            looks.setdefault((one["zone_id"], one["observation_id"]), set()).add(one["answer"])
    called = [o for o in report["observations"] if o["modality"] == "lens" and o["zone_id"] in zones]
    return Counter(
        asked=len(looked | found.keys()),
        found=sum(f["stage"] == "second_look" for f in found.values()),
        strong=sum(f["strength"] == "strong" for f in found.values()),
        called=sum(not is_again(o["position_id"]) for o in called),
        looks=len(looks),
        answered=sum("not_answered" not in said for said in looks.values()),
        by_eye=sum(bool(said & SEEN) for said in looks.values()),
    )


def took(report: dict[str, Any]) -> dict[str, float]:
    """Seconds of looks by eye, and minutes of the sweep with them: the simulated room does not wait for an eye."""
    looks_s = sum(one["seconds"] for one in report["eye_looks"])
    ends = [at["end_ns"] for at in report["positions"] if not is_close(at["position_id"])]  # those are the looks' own
    sweep_s = (max(ends) - min(at["start_ns"] for at in report["positions"])) / 1e9
    return {"looks_s": round(looks_s, 1), "minutes": round((sweep_s + looks_s) / 60.0, 2)}


def counted(report: dict[str, Any], kind: str) -> dict[str, dict[str, int]]:
    """What was counted where the camera is, and in all other zones; without a camera in the whole room."""
    zones = {zone["zone_id"] for zone in report["plan"]["zones"]}
    ours = zones if kind == "none" else {CAMERA_IN}
    return {"there": dict(count(report, ours)), "elsewhere": dict(count(report, zones - ours))}


def first_seed(kind: str) -> int:
    """Of the sweeps of a kind."""
    return FIRST_SEED + SEEDS_APART * list(SWEEPS).index(kind)


def in_turns(sweeps: Mapping[str, int]) -> list[tuple[str, int]]:
    """Kind and seed of all sweeps, each kind spread evenly over the run."""
    turns = [
        ((number + 0.5) / many, kind, first_seed(kind) + number)
        for kind, many in sweeps.items()
        for number in range(many)
    ]
    return [(kind, seed) for _, kind, seed in sorted(turns, key=lambda turn: turn[0])]


def lines_of(out: Path) -> list[Line]:
    """The sweeps that are there."""
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []


def run(out: Path, reports: Path | None, until: str | None) -> None:
    """Make what is missing, up to a time of day in UTC."""
    there = {(line["kind"], line["seed"]) for line in lines_of(out)}
    with forked():
        for kind, seed in in_turns(SWEEPS):
            if (kind, seed) in there:
                continue
            if until is not None and datetime.now(UTC).strftime("%H:%M") >= until:
                return
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                report = sweep(Path(folder), seed, kind)
            if reports is not None:
                reports.mkdir(parents=True, exist_ok=True)
                (reports / f"{kind}-{seed}.json").write_text(json.dumps(report), encoding="utf-8")
            line = {"kind": kind, "seed": seed, "wall_s": round(time.monotonic() - began, 1), **took(report),
                    **counted(report, kind)}  # fmt: skip
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def table(lines: list[Line]) -> str:
    """Counts by kind: sweeps with a candidate, with a finding, with a strong one, each with its 90 % interval."""
    names = ("kind", "sweeps", "called", "looked at by eye", "the eye saw it", "candidate", "found", "strong",
             "candidates elsewhere", "looks a sweep, not answered", "seconds of looks, minutes")  # fmt: skip
    rows = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for kind in SWEEPS:
        ours = [line for line in lines if line["kind"] == kind]
        if not ours:
            continue
        cells = [kind, str(len(ours)), str(sum(line["there"]["called"] for line in ours))]
        for what in ("looks", "by_eye", "asked", "found", "strong"):
            hits = sum(line["there"][what] > 0 for line in ours)
            low, high = clopper_pearson(hits, len(ours))
            cells.append(f"{hits} ({low:.2f}-{high:.2f})")
        cells.append(str(sum(line["elsewhere"]["asked"] for line in ours)))
        made, said = (sum(line[at][what] for line in ours for at in PLACES) for what in ("looks", "answered"))
        cells.append(f"{made / len(ours):.2f}, {made - said}")
        cells.append(
            ", ".join(f"{sum(line[what] for line in ours) / len(ours):.1f}" for what in ("looks_s", "minutes"))
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="lines of JSON, one a sweep; made or added to")
    parser.add_argument("--reports", type=Path, help="folder for the reports")
    parser.add_argument("--until", help="time of day in UTC from which no sweep is begun, as 14:20")
    parser.add_argument("--table", action="store_true", help="print what the file comes to and make nothing")
    given = parser.parse_args()
    if given.table:
        print(table(lines_of(given.out)))
    else:
        run(given.out, given.reports, given.until)
