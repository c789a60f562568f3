"""The times of one report come from one clock: what was done in a sweep never took longer than the sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sweep import report as r
from sweep.modality.measurement import Measurement
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.reporting.report_builder import build_report
from sweep.sim.source import SimulatedSource, default_room
from tests.report_factory import uid

MANIFEST = SimulatedSource(default_room(), seed=1, camera_zone=None, probe_id="probe-1").manifest
TOOK = timedelta(seconds=34)
"""By the clock of the machine; the simulated room's had gone on by minutes."""


def listened(number: int, dwell_s: float, light_s: float = 0.0) -> Measurement:
    zone = MANIFEST.plan.zones[number].zone_id
    return Measurement(
        zone, f"p{number}", "wifi", dwell_s, 1_000, 0, 1.0, None, (), light_s=light_s, light_open_s=light_s
    )


@pytest.mark.parametrize(
    ("source", "lasted"), [("simulated", timedelta(seconds=282)), ("live", TOOK), ("practice", TOOK)]
)
def test_a_simulated_sweep_ends_by_the_clock_of_what_it_measured(source: r.Source, lasted: timedelta) -> None:
    measurements = [
        listened(0, 252.0, 189.0),
        Measurement(MANIFEST.plan.zones[0].zone_id, "p0", "ble", 10.0, 5, 0, 1.0, None, ()),
        listened(1, 30.0),
    ]
    positions = [
        r.Position(
            position_id=f"p{k}", zone_id=MANIFEST.plan.zones[k].zone_id, x_m=1.0, y_m=1.0, facing_deg=0.0,
            start_ns=k, end_ns=k + 1,
        )
        for k in (0, 1)
    ]  # fmt: skip
    made = build_report(
        MANIFEST, positions, measurements, modalities=SENSING_MODALITIES, sweep_id=uid(1), source=source,
        ended=MANIFEST.started + TOOK, outcome="completed", limits=(),
    )  # fmt: skip
    assert made.light_time is not None
    assert made.light_time.light_s == 189.0
    assert made.ended.utc - made.started.utc == lasted
