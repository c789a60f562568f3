"""The reference check: what a worn probe is told, how long a check holds, and what a sound one suffers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.entry.envelope import from_wire, parse_envelope
from sweep.host.clock import WallClock
from sweep.judge.control_chart import (
    BASELINE,
    REPEATS,
    WANTED_ARL,
    Chart,
    H,
    K,
    arl_of,
    read_morning,
    threshold_for,
)
from sweep.modality.measurement import Measurement
from sweep.report import ReferenceChecked, ReferencePartName, parse_json
from sweep.run.reference.reference import NOT_DONE, PARTS, ReferenceFile, ReferenceFileError, readings_of
from tests.report_factory import make_glint, uid
from tests.simulators.reference_runs import figures

CLOCK = WallClock(synchronised=True, max_error_ms=50)
MORNING = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
"""8:30 the next day in Korea."""
WIFI = PARTS["wifi"]


def test_worn_probes_are_called_in_time_and_sound_ones_hardly_ever() -> None:
    told = figures(12, 0.5)
    for fault, within in (("lamp", "5"), ("adapter", "2"), ("lens", "2")):
        assert told[fault]["within"][within] == 12, fault  # type: ignore[index]  # a table in a table
    assert float(str(told["false_alarms_per_probe_and_year"])) <= 1.0


@pytest.mark.soak
def test_a_fleet_of_100_over_three_years() -> None:
    told = figures(100, 3.0)
    print(told)
    for fault, within in (("lamp", "5"), ("adapter", "2"), ("lens", "2")):
        assert told[fault]["within"][within] >= 98, fault  # type: ignore[index]  # a table in a table
    assert float(str(told["false_alarms_per_probe_and_year"])) <= 1.0


def test_k_and_h_follow_from_the_wanted_run_length() -> None:
    assert arl_of(threshold_for(WANTED_ARL)) == pytest.approx(WANTED_ARL, rel=1e-3)
    assert arl_of(4.77 - 0.0, 0.5) == pytest.approx(740.0, rel=0.02), "one side of Montgomery's table 9.4: 2 x 370"


def test_a_reading_far_off_fails_by_itself_and_teaches_nothing() -> None:
    chart, _ = read_morning(WIFI, Chart(), [-40.0, -41.0, -39.0])
    after, status = read_morning(WIFI, chart, [-55.0, -55.0, -54.0])
    assert (status, after) == ("failed", chart)
    assert read_morning(WIFI, chart, []) == (chart, "not_done")
    louder = replace(chart, first=(-40.0,) * BASELINE)
    for _ in range(50):
        louder, status = read_morning(WIFI, louder, [-33.0])
    assert (status, louder.cusum) == ("passed", 0.0), "more than expected hides no loss and is none"
    assert K == 1.5


def check(file: ReferenceFile, when: datetime, loss_db: float = 0.0) -> str:
    levels: dict[ReferencePartName, float] = {"lens": 20.0, "lamp": 60.0, "wifi": -40.0, "ble": -50.0, "rf": -38.0}
    readings = {part: [level - loss_db * (part == "lamp")] * 3 for part, level in levels.items()}
    return file.check(readings, CLOCK, when).status


def test_a_check_holds_for_its_day_and_until_the_probe_falls(tmp_path: Path) -> None:
    file = ReferenceFile(tmp_path / "state" / "reference.json")
    assert file.today(MORNING) == NOT_DONE
    assert check(file, MORNING) == "passed"
    assert file.today(MORNING + timedelta(hours=9)).status == "passed"
    assert file.today(MORNING + timedelta(hours=16)).status == "not_done", "midnight in Korea has passed"
    file.fell(MORNING + timedelta(hours=1))
    assert file.today(MORNING + timedelta(hours=2)).status == "not_done"
    assert check(file, MORNING + timedelta(hours=3)) == "passed"


def test_a_probe_out_of_control_stays_so_until_it_is_repaired(tmp_path: Path) -> None:
    file = ReferenceFile(tmp_path / "reference.json")
    for day in range(BASELINE):
        assert check(file, MORNING + timedelta(days=day)) == "passed"
    assert check(file, MORNING + timedelta(days=BASELINE), 1.55) == "out_of_control"
    (lamp,) = (part for part in file.today(MORNING + timedelta(days=BASELINE)).parts if part.part == "lamp")
    assert (lamp.status, lamp.value, lamp.expected) == ("out_of_control", 58.45, 60.0)
    assert file.today(MORNING + timedelta(days=BASELINE + 3)).status == "out_of_control", "also unchecked"
    assert check(file, MORNING + timedelta(days=BASELINE + 4)) == "out_of_control"
    file.renew()
    assert check(file, MORNING + timedelta(days=BASELINE + 5)) == "passed"


def test_a_file_that_is_damaged_proves_nothing(tmp_path: Path) -> None:
    file = ReferenceFile(tmp_path / "reference.json")
    file.path.write_text("{")
    assert file.today(MORNING) == NOT_DONE
    with pytest.raises(ReferenceFileError):
        check(file, MORNING)


def test_readings_are_the_glint_the_lamps_and_the_loudest_of_each_radio() -> None:
    glint = make_glint(uid(1), 1).model_copy(update={"snr": 100.0})
    lens = Measurement("reference", "reference-1", "lens", 10.0, 30, 0, 0.2, None, (glint,), lamp_light=1_000.0)
    assert readings_of([[lens], [lens]]) == {"lens": [20.0, 20.0], "lamp": [30.0, 30.0]}
    assert readings_of([[replace(lens, observations=(), lamp_light=None)]]) == {}


def test_each_simulated_morning_is_an_entry_that_waits_for_its_server(tmp_path: Path) -> None:
    arguments = ["reference", "--sim", "--mornings", "2", "--state", str(tmp_path)]
    assert CliRunner().invoke(build_app(["reference"]), arguments).exit_code == 0
    waiting = sorted((tmp_path / "outbox").glob("*.entry"))
    told = []
    for path in waiting:
        entry, (body,) = from_wire(path.read_bytes())
        envelope = parse_envelope(entry.payload)
        assert (envelope.kind, envelope.source, envelope.sweep_id) == ("reference.checked", "simulated", None)
        assert envelope.room_id is None
        told.append(parse_json(ReferenceChecked, body.data))
    assert len(told) == 2
    assert [one.part for one in told[1].readings] == list(PARTS)
    assert all(len(one.repeats) == REPEATS for one in told[1].readings)
    assert {part.part: part.value for part in told[1].check.parts} == {
        one.part: pytest.approx(sorted(one.repeats)[1], abs=1e-3) for one in told[1].readings
    }
    assert [told[1].cusum_k, told[1].cusum_h] == pytest.approx([K, H], abs=1e-3)


def test_the_command_shows_a_simulated_probe_that_wears(tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(build_app(["reference"]), ["reference", "--state", str(tmp_path), *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    assert "not_done" not in said("--sim", "--mornings", "20")
    assert "out of control" in " ".join(said("--sim", "--mornings", "5", "--fault", "lamp").split())
    assert "passed" in said("--sim", "--renew", "--mornings", "1")
    assert "No reference check was made today" in " ".join(said().split()), "a simulation proves nothing of this probe"
