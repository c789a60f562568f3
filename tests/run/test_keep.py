"""A sweep that was kept is replayed to the same report, simulated; a live one in `test_light_sweep`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.run.reporting.sweep_recorder import SweepRecorder, SweepRecorderError
from tests.run.same_report import APP, command, of_file, replayed
from tests.run.test_live_sweep import live_command
from tests.sim.head_kit import built_elf


@pytest.mark.soak
@pytest.mark.parametrize("camera", ["none", "stall-2"])
@pytest.mark.parametrize("seed", range(1, 21))
def test_a_simulated_sweep_that_was_kept_gives_the_same_report(seed: int, camera: str, tmp_path: Path) -> None:
    built_elf()
    kept, report = tmp_path / "kept", tmp_path / "report.json"
    command(
        "run", "--sim", "--seed", seed, "--camera-in", camera, "--state", tmp_path / "state", "--json", report,
        "--keep", kept,
    )  # fmt: skip
    first, again = of_file(report), of_file(replayed(kept, tmp_path))
    assert again == first
    shutil.rmtree(tmp_path)
    found = [one["zone_id"] for one in first["findings"]]
    tested = sum(one["stimulus"] is not None for one in first["observations"] if one["modality"] == "wifi")
    print(f"seed {seed}, camera in {camera}: found {found}, {tested} light tests")


@pytest.mark.parametrize(("setting", "why"), [("", "laboratory"), ('server = "http://127.0.0.1:9"\n', "a server")])
def test_nothing_of_a_room_is_kept_that_is_no_laboratory_or_by_a_probe_with_a_server(
    setting: str, why: str, tmp_path: Path
) -> None:
    arguments = live_command(tmp_path, "--keep", str(tmp_path / "kept"))
    (tmp_path / "sweep.toml").write_text((tmp_path / "sweep.toml").read_text() + setting)
    done = CliRunner().invoke(APP, arguments[arguments.index("run") :])
    assert done.exit_code == 2
    assert not (tmp_path / "kept").exists() or not any((tmp_path / "kept").iterdir())
    del why


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(SweepRecorderError, match="not empty"):
        SweepRecorder(tmp_path)
    with pytest.raises(SweepRecorderError, match="cannot be made"):
        SweepRecorder(tmp_path / "mine" / "below")


def test_a_kept_answer_of_the_head_that_is_damaged_is_said(tmp_path: Path) -> None:
    from sweep.link.rf_recording import read_kept
    from sweep.modality.messages import MeasureRf

    for text in ("", "{", json.dumps({"v": 2}), "\x00"):
        (tmp_path / "rf.json").write_text(text)
        assert read_kept(tmp_path / "rf.json", MeasureRf(3.0)).because == "input_unreadable"
