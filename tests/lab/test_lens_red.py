"""The table of what red frames add."""

from __future__ import annotations

from typing import Any

from sweep.lab.lens.red import WAYS, outcomes_of, tell

PLACES = {"clear": (50.0, 60.0), "absorptive": (200.0, 90.0)}


def lens(kind: str, snr: float, red_snr: float) -> dict[str, Any]:
    x, y = PLACES[kind]
    row = {"frame": 0, "x": x, "y": y, "inside": True, "e": 100.0, "snr": snr, "peak_dn": 300, "rad": 0.5}
    return {
        "kind": kind, "aperture_mm": 1.0, "range_m": 1.0, "snr": snr, "red_snr": red_snr, "ba_ratio": 0.0,
        "detectable": snr >= 5.0, "track": [row],
    }  # fmt: skip


def kept() -> dict[str, Any]:
    truth = {
        "clip": "made", "version": "made-1", "tier": 2, "mode": "training", "width": 364, "last_A": 0,
        "lenses": [lens("clear", 20.0, 5.0), lens("absorptive", 0.1, 12.0)], "confusers": [], "conf_counts": {},
    }  # fmt: skip
    infrared = [[*PLACES["clear"], 2.0, 0, False]]
    return {"truth": truth, "claims": {WAYS[0]: infrared, WAYS[1]: [*infrared, [*PLACES["absorptive"], 1.5, 0, True]]}}


def test_a_lens_that_red_alone_shows_counts_where_red_is_asked_for() -> None:
    for absorptive, hits in ((False, [{0}, {0}]), (True, [{0}, {0, 1}])):
        outcomes = outcomes_of(kept(), absorptive=absorptive)
        assert [{m.lens for m in one.matched} for one in outcomes] == hits
    told = tell([kept()])
    assert [line for line in told if line.startswith("candidates")][2:] == [
        "candidates: absorptive 0 of 1 (0.00-0.95), others 1 of 1 (0.05-1.00), 0.00 FA/clip",
        "candidates: absorptive 1 of 1 (0.05-1.00), others 1 of 1 (0.05-1.00), 0.00 FA/clip",
    ]
