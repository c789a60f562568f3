"""The simulated city beside whole sweeps through the real pipeline: camera, air, lamps, second looks, report.

The simulated room is one room of the demonstration with a neighbour's camera and its own fittings, and its cameras
stream at good levels, so that shares are not those of the city; what is compared is that candidates are rare where
there is no camera and usual where there is. `sweep/judge/FIGURES.md` has both side by side.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sweep.cli.output import CameraKind
from sweep.lab.scoring.intervals import clopper_pearson
from tests.forked import forked
from tests.simulators.city_end_to_end import SWEEPS, counted, first_seed, in_turns, sweep, table

WITHOUT_CAMERA_PER_ROOM = 0.06
"""Candidates in the city (`city_figures.CANDIDATES_PER_1000`): of this room no more are to be told from that."""


def test_wherever_a_run_ends_its_kinds_are_in_proportion() -> None:
    assert set(SWEEPS) == {"none", *CameraKind}
    order = in_turns(SWEEPS)
    assert Counter(kind for kind, _ in order) == Counter(SWEEPS)
    assert len(order) == len(set(order)) == 100
    half = Counter(kind for kind, _ in order[:50])
    assert all(abs(half[kind] - many / 2) <= 1 for kind, many in SWEEPS.items())


def test_the_table_counts_sweeps_and_not_zones() -> None:
    nothing = dict.fromkeys(("asked", "found", "strong", "called", "looks", "answered", "by_eye"), 0)
    took: dict[str, Any] = {"looks_s": 12.0, "minutes": 5.0}
    lines = [
        {"kind": "wifi", "there": nothing | {"asked": 1}, "elsewhere": nothing | {"asked": 3}, **took},
        {"kind": "wifi", "there": nothing | {"looks": 2, "answered": 1}, "elsewhere": nothing, **took},
        {"kind": "none", "there": nothing | {"asked": 2, "called": 5}, "elsewhere": nothing, **took},
    ]
    _, _, none, wifi = table(lines).splitlines()
    assert none.split(" | ")[:3] == ["| none", "1", "5"]
    assert none.split(" | ")[5] == "1 (0.05-1.00)"
    assert wifi.split(" | ")[3:7] == ["1 (0.03-0.97)", "0 (0.00-0.78)", "1 (0.03-0.97)", "0 (0.00-0.78)"]
    assert wifi.endswith("| 3 | 1.00, 1 | 12.0, 5.0 |")


@pytest.mark.soak
@pytest.mark.parametrize("kind", SWEEPS)
def test_whole_sweeps_beside_the_city(kind: str, tmp_path: Path) -> None:
    total, elsewhere, asked = Counter[str](), Counter[str](), 0
    with forked():
        for seed in range(SWEEPS[kind]):
            told = counted(sweep(tmp_path / str(seed), first_seed(kind) + seed, kind), kind)
            total.update(told["there"])
            elsewhere.update(told["elsewhere"])
            asked += told["there"]["asked"] > 0
            print(f"{kind}: {dict(total)} in {seed + 1} sweeps; in zones without it {dict(elsewhere)}", flush=True)
    sweeps = SWEEPS[kind]
    assert elsewhere["strong"] == 0
    assert total["looks"] == total["answered"], "the simulated eye answers"
    if kind == "none":
        assert total["strong"] == 0
        assert clopper_pearson(asked, sweeps)[0] <= WITHOUT_CAMERA_PER_ROOM
    if kind == "wifi":
        assert total["found"] >= 0.6 * sweeps
