"""A transmitter at 5.8 GHz somewhere in the simulated room: the zone with the highest inside-minus-outside level is
where it was planted, through the emulated sensor head, the judgement and the report.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.addresses import AddressKey
from sweep.cli import build_app
from sweep.link.head import read_windows
from sweep.measure import Task, measure_rf
from sweep.report import Position, RfObservation, derived_id
from sweep.sim import source, world
from tests.sim.head_kit import built_elf


def heard_in(zone_id: str, folder: Path, seed: int) -> dict[str, list[RfObservation]]:
    """RF observations by zone in the demonstration room with an analogue camera in `zone_id`."""
    built_elf()
    room = source.default_room()
    made = world.make_world(room.plan, seed, zone_id, "analog_camera")
    source._record_rf(folder / "baseline", made, None, seed * 100)
    baseline = tuple(read_windows(str(folder / "baseline"), 60.0))
    found: dict[str, list[RfObservation]] = {}
    for number, stand in enumerate(made.standpoints, start=1):
        path = folder / stand.position_id
        source._record_rf(path, made, stand, seed * 100 + number)
        position = Position(
            position_id=stand.position_id,
            zone_id=stand.zone_id,
            x_m=stand.x_m,
            y_m=stand.y_m,
            facing_deg=stand.facing_deg,
            start_ns=0,
            end_ns=4_000_000_000,
        )
        key = AddressKey.random("sweep")
        windows = tuple(read_windows(str(path), 60.0))
        task = Task(derived_id(room.room_id, "rf"), position, path, 4.0, key, key, windows=windows, baseline=baseline)
        measured = measure_rf(task).observations
        found[stand.zone_id] = [one for one in measured if isinstance(one, RfObservation)]
    return found


@pytest.mark.parametrize(("zone_id", "seed"), [("stall-2", 5), ("stall-1", 6), ("basins", 7)])
def test_the_highest_level_is_where_the_transmitter_is(zone_id: str, seed: int, tmp_path: Path) -> None:
    found = heard_in(zone_id, tmp_path, seed)
    excess = {zone: max((one.excess_db or 0.0 for one in heard), default=0.0) for zone, heard in found.items()}
    assert max(excess, key=excess.__getitem__) == zone_id, excess
    (camera,) = [one for one in found[zone_id] if one.kind == "analog_video"]
    assert camera.centre_mhz == pytest.approx(5800, abs=8)


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
