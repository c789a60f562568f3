"""The simulated city beside whole sweeps through the real pipeline: camera, air, lamps, second looks, report.

The simulated room is one room of the demonstration with a neighbour's camera and its own fittings, so that shares are
not those of the city; what is compared is that candidates are rare where there is no camera and usual where there is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app

SWEEPS = 20


def sweep(folder: Path, seed: int, *more: str) -> dict[str, Any]:
    out = folder / "report.json"
    arguments = ["run", "--sim", "--seed", str(seed), "--state", str(folder / "state"), "--json", str(out), "--quiet"]
    done = CliRunner().invoke(build_app(("run",)), [*arguments, *more])
    assert done.exit_code == 0, done.output
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return report


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["none", "wifi", "analog"])
def test_whole_sweeps_beside_the_city(kind: str, tmp_path: Path) -> None:
    asked = found = strong = 0
    for seed in range(SWEEPS):
        more = () if kind == "none" else ("--camera-in", "stall-2", "--camera-kind", kind)
        report = sweep(tmp_path / str(seed), 900 + seed, *more)
        zones = {f["zone_id"]: f for f in report["findings"]}
        looked = {one["zone_id"] for one in report["looked_again"]}
        if kind == "none":
            asked += len(looked | set(zones))
            hits = list(zones.values())
        else:
            asked += "stall-2" in looked | set(zones)
            hits = [zones["stall-2"]] if "stall-2" in zones else []
        found += sum(f["stage"] == "second_look" for f in hits)
        strong += sum(f["strength"] == "strong" for f in hits)
        print(
            f"{kind}: {asked} asked for a second look, {found} found, {strong} strong in {seed + 1} sweeps", flush=True
        )
    if kind == "none":
        assert strong == 0
        assert found <= 0.1 * SWEEPS
    if kind == "wifi":
        assert asked >= 0.6 * SWEEPS
