"""What a report calls clear rests on: where weights were measured, and the day's reference check."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sweep import report as r
from sweep.cli.config import Config
from sweep.cli.running import reference_of
from sweep.host.clock import WallClock
from sweep.judge.control_chart import BASELINE
from sweep.modality.evidence import Weigher
from sweep.modality.measurement import Measurement
from sweep.modality.protocol import SensingModality
from sweep.modality.targets import Chance, Estimate
from sweep.modality.weights import Weights, WeightsInForce
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.reference.reference import ReferenceFile
from sweep.run.reporting.report_builder import NO_BASIS, Basis, build_report
from sweep.sim.source import SimulatedSource, default_room
from tests.report_factory import uid
from tests.run.test_field_weights import field_test

CLOCK = WallClock(synchronised=True, max_error_ms=50)
SOURCE = SimulatedSource(default_room(), seed=1, camera_zone=None, probe_id="probe-1")
MANIFEST = SOURCE.manifest
STARTED = MANIFEST.started.replace(hour=3, minute=0)
"""Noon in Korea, so that no test meets a midnight there."""
ENDED = STARTED + timedelta(minutes=8)
ZONE = MANIFEST.plan.zones[0].zone_id
FIELD = WeightsInForce(Weights.model_validate_json(json.dumps(field_test()["weights"])))
LEVELS: dict[r.ReferencePartName, float] = {"lens": 20.0, "lamp": 60.0, "wifi": -40.0, "ble": -50.0, "rf": -38.0}


def sure_plug(code: str) -> SensingModality:
    """Wi-Fi that would surely have found a streaming camera, by a weight of this code."""
    seen = Estimate((Chance("wifi_streaming", "field", 0.97, 0.95, 0.99),))
    weigher = Weigher(lambda _view: (), estimate=lambda _looks: seen, rests_on=(code,))
    return cast(
        "SensingModality",
        SimpleNamespace(name="wifi", calibration=None, weigher=weigher, words=SENSING_MODALITIES[1].words),
    )


def check(file: ReferenceFile, when: datetime, loss_db: float = 0.0) -> r.ReferenceCheck:
    readings = {part: [level - loss_db * (part == "wifi")] * 3 for part, level in LEVELS.items()}
    return file.check(readings, CLOCK, when)


def report(
    reference: r.ReferenceCheck,
    *,
    code: str = "video_uplink",
    weights: WeightsInForce = FIELD,
) -> r.SweepReport:
    looked = Measurement(ZONE, "p1", "wifi", 30.0, 1_000, 0, 1.0, None, ())
    position = r.Position(position_id="p1", zone_id=ZONE, x_m=1.0, y_m=1.0, facing_deg=0.0, start_ns=0, end_ns=1)
    return build_report(
        MANIFEST.model_copy(update={"started": STARTED}), [position], [looked],
        modalities=(sure_plug(code),), sweep_id=uid(1), source="live", ended=ENDED, outcome="completed", limits=(),
        basis=Basis(reference, weights),
    )  # fmt: skip


def said(reference: r.ReferenceCheck, **changes: Any) -> tuple[str, str]:
    made = report(reference, **changes)
    (verdict,) = (v for v in made.verdicts if v.zone_id == ZONE and v.modality == "wifi")
    is_said = "uncalibrated" in {limit.code for limit in made.limits}
    assert is_said == (verdict.verdict != "clear"), "that nothing is called clear is said where nothing is"
    return verdict.verdict, verdict.reason


def test_with_measured_weights_and_a_check_of_today_a_zone_is_clear(tmp_path: Path) -> None:
    file = ReferenceFile(tmp_path / "reference.json")
    check(file, STARTED - timedelta(hours=2))
    assert said(file.today(STARTED)) == ("clear", "clear")
    check(file, STARTED + timedelta(minutes=1))
    assert said(file.today(STARTED)) == ("clear", "clear"), "made in the sweep, before its first zone"


def test_each_flaw_of_the_check_is_named(tmp_path: Path) -> None:
    file = ReferenceFile(tmp_path / "reference.json")
    assert said(file.today(STARTED)) == ("nothing_detected", "check_not_done")
    check(file, STARTED - timedelta(days=1))
    assert said(file.today(STARTED)) == ("nothing_detected", "check_stale")
    check(file, STARTED - timedelta(hours=2))
    file.fell(STARTED - timedelta(hours=1))
    assert said(file.today(STARTED)) == ("nothing_detected", "check_stale"), "the probe fell"
    check(file, STARTED - timedelta(minutes=30), loss_db=40.0)
    assert said(file.today(STARTED)) == ("nothing_detected", "check_failed")
    check(file, ENDED + timedelta(minutes=1))
    assert said(file.today(STARTED)) == ("nothing_detected", "check_not_done"), "made after the sweep"


def test_a_probe_out_of_control_clears_nothing_until_it_is_repaired(tmp_path: Path) -> None:
    file = ReferenceFile(tmp_path / "reference.json")
    for day in range(BASELINE):
        check(file, STARTED - timedelta(days=20 - day))
    for day in range(3):
        check(file, STARTED - timedelta(days=5 - day), loss_db=9.0)
    check(file, STARTED - timedelta(hours=1))
    assert said(file.today(STARTED)) == ("nothing_detected", "check_out_of_control")


@pytest.mark.parametrize(
    ("code", "weights", "reason"),
    [
        ("glint", FIELD, "clear"),
        ("glint", NO_BASIS.weights, "weights_not_field"),
        ("ble_camera_hint", NO_BASIS.weights, "weights_not_field"),
        ("warm_spot", FIELD, "weights_not_field"),
    ],
)
def test_where_weights_were_measured_decides(tmp_path: Path, code: str, weights: WeightsInForce, reason: str) -> None:
    file = ReferenceFile(tmp_path / "reference.json")
    passed = check(file, STARTED - timedelta(hours=2))
    assert said(passed, code=code, weights=weights)[1] == reason


def test_weights_of_a_field_test_long_ago_clear_nothing(tmp_path: Path) -> None:
    passed = check(ReferenceFile(tmp_path / "reference.json"), STARTED - timedelta(hours=2))
    ours = FIELD.weights
    fresh = WeightsInForce(ours, STARTED - timedelta(days=365))
    assert said(passed, weights=fresh)[0] == "clear"
    stale = WeightsInForce(ours, STARTED - timedelta(days=365, seconds=1))
    assert said(passed, weights=stale) == ("nothing_detected", "weights_stale")
    assert said(passed, weights=stale, code="warm_spot")[1] == "weights_not_field"


def test_a_simulated_probe_has_checks_of_its_own_and_a_replay_none(tmp_path: Path) -> None:
    settings = Config(state=str(tmp_path))
    live, simulated = reference_of(settings, "live"), reference_of(settings, "simulated")
    assert live is not None
    assert simulated is not None
    assert live.path != simulated.path
    assert reference_of(settings, "replay") is None
