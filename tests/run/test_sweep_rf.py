"""A transmitter at 5.8 GHz somewhere in the simulated room: the zone with the highest inside-minus-outside level is
where it was planted, through the emulated sensor head, the judgement and the report.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lab.bench.rf_laws import to_toml
from sweep.link.rf_recording import recorded_rf
from sweep.modality.addresses import AddressKey
from sweep.modality.messages import MeasureRf
from sweep.modality.task import Task
from sweep.report import (
    MANIFEST_NAME,
    OwnTransmission,
    Position,
    RecordedPosition,
    RecordedSweep,
    RfObservation,
    SweepReport,
    derived_id,
    new_id,
    parse_json,
    to_json,
)
from sweep.rf.calibration import DetectorFit, RfCalibration
from sweep.rf.channels import tuner_frequencies
from sweep.rf.modality import judge_rf
from sweep.sim import source, world
from sweep.sim.head.emulated import record_serial
from sweep.sim.head.scene import Detector, Emitter, RfScene
from sweep.sim.sources import rf_source
from tests.sim.head_kit import built_elf

BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def heard_in(zone_id: str, folder: Path, seed: int) -> dict[str, list[RfObservation]]:
    """RF observations by zone in the demonstration room with an analogue camera in `zone_id`."""
    built_elf()
    room = source.default_room()
    made = world.make_world(room.plan, seed, zone_id, "analog_camera")
    rf_source(made, None, seed * 100).open(folder / "baseline", tuner_frequencies())
    outside = recorded_rf(MeasureRf(0.0, is_outside=True), folder / "baseline", (), 0, 0)
    found: dict[str, list[RfObservation]] = {}
    for number, place in enumerate(made.positions, start=1):
        path = folder / place.position_id
        rf_source(made, place, seed * 100 + number).open(path, tuner_frequencies())
        position = Position(
            position_id=place.position_id,
            zone_id=place.zone_id,
            x_m=place.x_m,
            y_m=place.y_m,
            facing_deg=place.facing_deg,
            start_ns=0,
            end_ns=4_000_000_000,
        )
        key = AddressKey.random("sweep")
        task: Task[object] = Task(derived_id(room.room_id, "rf"), position, 4.0, key, key)
        here = recorded_rf(MeasureRf(4.0), path, (), 0, position.end_ns)
        measured = judge_rf(task, here, outside).observations
        found[place.zone_id] = [one for one in measured if isinstance(one, RfObservation)]
    return found


@pytest.mark.parametrize(
    ("zone_id", "seed"),
    [
        pytest.param("stall-2", 5, marks=pytest.mark.soak),  # one from the command line is below
        pytest.param("stall-1", 6, marks=pytest.mark.soak),
        pytest.param("basins", 7, marks=pytest.mark.soak),
    ],
)
def test_the_highest_level_is_where_the_transmitter_is(zone_id: str, seed: int, tmp_path: Path) -> None:
    found = heard_in(zone_id, tmp_path, seed)
    excess = {zone: max((one.excess_db or 0.0 for one in heard), default=0.0) for zone, heard in found.items()}
    assert max(excess, key=excess.__getitem__) == zone_id, excess
    (camera,) = [one for one in found[zone_id] if one.kind == "analog_video"]
    assert camera.centre_mhz == pytest.approx(5800, abs=8)


@pytest.mark.soak
def test_a_sweep_from_the_command_line_finds_it(tmp_path: Path) -> None:
    built_elf()
    report_file = tmp_path / "report.json"
    arguments = ["run", "--sim", "--seed", "3", "--camera-in", "stall-2", "--camera-kind", "analog"]
    arguments += ["--state", str(tmp_path / "state"), "--json", str(report_file), "--quiet"]
    result = CliRunner().invoke(build_app(("run",)), arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(report_file.read_text(encoding="utf-8"))
    rf = [one for one in report["observations"] if one["modality"] == "rf"]
    assert max(rf, key=lambda one: one["excess_db"])["zone_id"] == "stall-2"
    (finding,) = report["findings"]
    assert finding["zone_id"] == "stall-2"
    assert "analog_video" in {evidence["code"] for evidence in finding["evidence_for"]}


# --- own transmissions and calibration, through the runner ------------------------------------------------------------

NEIGHBOUR = Emitter("wifi", -50.0, duty_cycle=0.08)
OWN_SCAN = Emitter("continuous", -30.0, starts_s=1.0, ends_s=2.2)
"""The probe's own radio, 30 cm from the detector."""
OWN_LOG = (OwnTransmission(radio="ble_scan", start_s=1.0, end_s=2.2),)


def sweep_of(
    folder: Path, scene: RfScene, own: tuple[OwnTransmission, ...] | None, calibration: RfCalibration | None = None
) -> SweepReport:
    """A sweep of one stall in which only the emulated head listened, with `own` as its log."""
    built_elf()
    room = source.default_room()
    place = world.make_world(room.plan, 1, None).positions[0]
    folder.mkdir()
    record_serial(folder / "baseline.serial", RfScene(emitters=(NEIGHBOUR,), seed=1), 2.0)
    record_serial(folder / "head.serial", scene, 4.0)
    position = RecordedPosition(
        id="p1",
        zone=place.zone_id,
        x_m=place.x_m,
        y_m=place.y_m,
        facing_deg=place.facing_deg,
        start=BEGIN + timedelta(seconds=10),
        end=BEGIN + timedelta(seconds=14),
        rf="head.serial",
        own=own,
    )
    manifest = RecordedSweep(
        v=1,
        sweep_id=new_id(),
        room_id=room.room_id,
        facility_name=room.facility_name,
        room_name=room.room_name,
        room_kind=room.room_kind,
        plan=room.plan,
        source="simulated",
        mode="full",
        inspectors=("점검자-01", "점검자-02"),
        probe_id="probe-demo-1",
        clock_synchronised=True,
        clock_max_error_ms=1_000,
        started=BEGIN,
        ended=BEGIN + timedelta(seconds=20),
        baseline_rf="baseline.serial",
        baseline_own=(),
        positions=(position,),
    )
    (folder / MANIFEST_NAME).write_bytes(to_json(manifest))
    report_file = folder / "report.json"
    settings = folder / "sweep.toml"
    settings.write_text('rf_calibration = "missing.toml"\n', encoding="utf-8")
    if calibration is not None:
        (folder / "rf.toml").write_text(to_toml(calibration), encoding="utf-8")
        settings.write_text(f'rf_calibration = "{folder.as_posix()}/rf.toml"\n', encoding="utf-8")
    arguments = ["replay", str(folder), "--state", str(folder / "state"), "--json", str(report_file), "--quiet"]
    result = CliRunner().invoke(build_app(("replay",)), [*arguments, "--config", str(settings)])
    assert result.exit_code == 0, result.output
    return parse_json(SweepReport, report_file.read_bytes())


def heard_by(report: SweepReport) -> dict[str, float]:
    return {one.kind: one.level_dbm for one in report.observations if isinstance(one, RfObservation)}


@pytest.mark.soak
def test_an_own_transmission_is_no_emitter_and_the_same_outside_its_time_is(tmp_path: Path) -> None:
    logged = sweep_of(tmp_path / "logged", RfScene(emitters=(NEIGHBOUR, OWN_SCAN), seed=2), OWN_LOG)
    alone = sweep_of(tmp_path / "alone", RfScene(emitters=(NEIGHBOUR,), seed=2), ())
    assert heard_by(logged).keys() == heard_by(alone).keys() == {"wifi"}
    assert heard_by(logged)["wifi"] == pytest.approx(heard_by(alone)["wifi"], abs=1.0)
    (covered,) = [c for c in logged.coverage if c.modality == "rf" and c.status != "not_looked"]
    assert 12 <= covered.rejections["own_transmission"] <= 15
    assert covered.samples == 40 - covered.rejections["own_transmission"]
    assert "rf_own_transmissions_blanked" in {limit.code for limit in logged.limits}
    assert "rf_own_transmissions_unlogged" not in {limit.code for limit in logged.limits}

    late = replace(OWN_SCAN, starts_s=2.4, ends_s=3.6)
    elsewhere = sweep_of(tmp_path / "elsewhere", RfScene(emitters=(NEIGHBOUR, late), seed=2), OWN_LOG)
    assert max(heard_by(elsewhere).values()) > -35.0

    unlogged = sweep_of(tmp_path / "unlogged", RfScene(emitters=(NEIGHBOUR, OWN_SCAN), seed=2), None)
    assert max(heard_by(unlogged).values()) > -35.0
    assert "rf_own_transmissions_unlogged" in {limit.code for limit in unlogged.limits}


def test_a_radio_that_never_pauses_leaves_the_zone_unjudged(tmp_path: Path) -> None:
    always = (OwnTransmission(radio="hotspot", start_s=0.0, end_s=60.0),)
    report = sweep_of(tmp_path / "hotspot", RfScene(emitters=(NEIGHBOUR,), seed=3), always)
    assert heard_by(report) == {}
    (covered,) = [c for c in report.coverage if c.modality == "rf" and c.status != "not_looked"]
    assert covered.blind_reason == "own_transmissions"
    assert covered.rejections["own_transmission"] == 40


@pytest.mark.soak
def test_the_report_cites_the_calibration_that_made_its_levels(tmp_path: Path) -> None:
    law = Detector(slope_v_per_db=0.0238, intercept_dbm=23.5)
    scene = RfScene(emitters=(Emitter("continuous", -30.0),), seed=4, detector=law)
    fit = DetectorFit(
        slope_v_per_db=0.0238,
        intercept_dbm=23.5,
        lowest_dbm=-60.0,
        highest_dbm=-5.0,
        rms_db=0.1,
        worst_db=0.2,
        points=10,
    )
    calibration = RfCalibration(
        v=1,
        probe_serial="probe-demo-1",
        measured=BEGIN.date(),
        method="made up",
        done_by="lab-01",
        reference="none",
        detector={"5.8GHz": fit},
    )
    report = sweep_of(tmp_path / "own", scene, (), calibration)
    assert report.versions.calibration == calibration.version
    assert heard_by(report)["continuous"] == pytest.approx(-30.0, abs=0.5)
    codes = {limit.code for limit in report.limits}
    assert "rf_levels_nominal" not in codes
    assert "rf_tuner_levels_nominal" in codes
    nominal = sweep_of(tmp_path / "nominal", scene, ())
    assert nominal.versions.calibration is None
    assert abs(heard_by(nominal)["continuous"] + 30.0) > 0.9
    assert "rf_levels_nominal" in {limit.code for limit in nominal.limits}
