"""`sweep doctor --head` on the real firmware in the emulator, and the judgement of readings one by one."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.link import messages
from sweep.link.decode import Losses
from sweep.link.reset_cause import POWER_ON, WORDS, words_of
from sweep.link.self_test import ALL_PARTS, PART_NAMES, SelfTestReadings, SelfTestRow, Verdict, count_faults, judge
from sweep.modality.motion import ImuSample
from sweep.phrases import words
from sweep.sim.head.emulated import EmulatedHead, RfScene
from sweep.sim.head.imu import Motion
from sweep.sim.head.pads import Assembly
from tests.sim.head_kit import built_elf

DECLARED = ("--declared-empty", "A-1", "--declared-empty", "A-2")
PRESSES_S = tuple((0.15 * n, 0.15 * n + 0.07) for n in range(60))


def doctor(scene: RfScene, *more: str) -> tuple[int, list[str], str]:
    """Exit code, rows of the table and what was said on the way; asked again on a machine too busy for the head."""
    tried = []
    for _ in range(3):
        with EmulatedHead(scene, built_elf(), paced=True) as emulated:
            result = CliRunner(env={"COLUMNS": "200"}).invoke(
                build_app(("doctor",)), ["doctor", "--head", emulated.port, "--step-s", "0.1", *more]
            )
        assert "Traceback" not in result.output
        if result.exit_code != 2 or "start it again" not in result.stderr:
            return result.exit_code, result.stdout.splitlines(), result.stderr
        tried.append(result.stderr)
    raise AssertionError(f"the lamps went off each time: {tried}")


def verdicts(lines: list[str]) -> dict[str, str]:
    """Verdict by name of the part."""
    under = next(n for n, line in enumerate(lines) if line.startswith("─"))
    at = [found.start() for found in re.finditer(r"\S+", lines[under - 1])]
    return {line[: at[1]].strip(): line[at[2] :].strip() for line in lines[under + 1 : -1] if line[at[2] :].strip()}


@pytest.mark.wall_clock("the emulated head keeps to wall time while its process shares the machine")
def test_a_good_head_has_no_fault_and_each_part_is_announced() -> None:
    code, lines, said = doctor(RfScene(assembly=Assembly(), presses_s=PRESSES_S), *DECLARED)
    assert code == 0
    found = verdicts(lines)
    assert "fault" not in found.values(), found
    looked_at = {part for part, verdict in found.items() if verdict == "look"}
    assert looked_at == {str(name) for name in (*PART_NAMES[:8], PART_NAMES[13])}
    assert {
        "button",
        "supply",
        "log detector",
        "sync separator",
        "inertial sensor",
        "line",
        "last reset",
    } <= found.keys()
    assert re.search("0 faults, 9 to be looked at", lines[-1])
    announced = [line.strip() for line in said.splitlines()[1:]]
    assert announced == [str(name) for name in PART_NAMES]


@pytest.mark.wall_clock("the emulated head keeps to wall time while its process shares the machine")
def test_a_badly_assembled_head_shows_what_is_wrong() -> None:
    wrong = Assembly(stuck_low=("select_red",), drags=(("select_on_axis", "select_off_axis"),))
    scene = RfScene(assembly=wrong, motion=Motion("absent"), battery_mv=4000, presses_s=((0.0, 60.0),))
    code, lines, _ = doctor(scene, *DECLARED)
    assert code == 0
    faults = {part for part, verdict in verdicts(lines).items() if verdict == "fault"}
    assert faults == {"off-axis lamps", "red lamps", "button", "supply", "inertial sensor"}


@pytest.mark.wall_clock("the emulated head keeps to wall time while its process shares the machine")
def test_the_bench_kit_is_walked_by_the_parts_that_it_has(tmp_path: Path) -> None:
    """No radio, inertial or temperature sensor: open inputs, which a probe would call faults."""
    (tmp_path / "kit.toml").write_text('carrier = "kit"\n', encoding="utf-8")
    scene = RfScene(assembly=Assembly(), motion=Motion("absent"), temperature_c=-50.0, presses_s=PRESSES_S)
    code, lines, said = doctor(scene, "--config", str(tmp_path / "kit.toml"))
    assert code == 0
    assert verdicts(lines) == {
        "on-axis lamps": "look", "off-axis lamps": "look", "camera trigger": "look", "strobe line": "ok",
        "button": "ok", "supply": "ok", "reference": "ok", "line": "ok", "last reset": "ok",
    }  # fmt: skip
    assert "red lamps" not in said
    print("\n".join(lines))


def test_no_head_is_one_line() -> None:
    result = CliRunner().invoke(build_app(("doctor",)), ["doctor", "--head", "/dev/null"])
    assert result.exit_code == 2
    assert result.stderr.startswith("sweep: ")
    assert "Traceback" not in result.output


# --- readings one by one ----------------------------------------------------------------------------------------------

GOOD = messages.SelfTestResult(9, ALL_PARTS, 0x2FFF, 0, 2, 0, 682, 450, 302, 839, 184, 2, 0x6C)
TUNER = messages.TunerWindow(9, 0, 5800, 6250, 250, 46_000, 180, 190, 0, 4500, 50, 70, 110)
WINDOW = messages.EnvelopeWindow(9, 0, 3125, 3125, 0, 2_600_000, 830, 845, 835, 838, 842, 0, 0, 1, 0, 3125)
COUNTERS = messages.Counters(9, *(0,) * 11)
REST = [ImuSample(0, (0.0, 0.0, 0.0), (0.02, -0.01, 1.0))] * 20
READINGS = SelfTestReadings(GOOD, TUNER, WINDOW, REST, COUNTERS, POWER_ON)


def row(readings: SelfTestReadings, part: str) -> SelfTestRow:
    return next(row for row in judge(readings, Losses()) if str(row.part) == part)


def test_good_readings_have_no_fault() -> None:
    rows = judge(READINGS, Losses())
    assert count_faults(rows) == 0
    assert [str(row.part) for row in rows[:11]] == [str(name) for name in PART_NAMES[:11]]


@pytest.mark.parametrize(
    ("changes", "part", "verdict"),
    [
        ({"lines_followed": 0x2FFF & ~(1 << 11)}, "strobe line", "fault"),
        ({"lines_followed": 0x2FFF & ~(1 << 7)}, "buzzer", "fault"),
        ({"lines_stray": 1 << 9}, "tuner select line", "fault"),
        ({"button_changes": 0}, "button", "look"),
        ({"is_pressed": 1, "button_changes": 0}, "button", "fault"),
        ({"is_pressed": 1, "button_changes": 5}, "button", "ok"),
        ({"battery_counts": 600}, "supply", "fault"),
        ({"bandgap_counts": 0}, "reference", "fault"),
        ({"bandgap_counts": 600}, "reference", "fault"),
        ({"temperature_counts": 0}, "temperature sensor", "fault"),
        ({"detector_counts": 1023}, "log detector", "fault"),
        ({"detector_counts": 0}, "log detector", "fault"),
        ({"rssi_counts": 20}, "tuner signal strength", "fault"),
        ({"imu_state": 3}, "inertial sensor", "fault"),
        ({"imu_state": 4}, "inertial sensor", "fault"),
        ({"imu_state": 5}, "inertial sensor", "fault"),
    ],
)
def test_each_reading_has_its_row(changes: dict[str, int], part: str, verdict: Verdict) -> None:
    readings = replace(READINGS, result=replace(GOOD, **changes))
    assert row(readings, part).verdict == verdict
    assert count_faults(judge(readings, Losses())) == (verdict == "fault")


@pytest.mark.parametrize(
    ("cause", "said", "verdict"),
    [
        (1, "power-on", "ok"),
        (5, "power-on", "ok"),
        (2, "RESET (a port", "ok"),
        (4, "its 5 V dipped", "fault"),
        (6, "its 5 V dipped", "fault"),
        (8, "watchdog: its program hung", "fault"),
        (10, "RESET or watchdog", "look"),
        (0, "unknown: its bootloader hid it", "look"),
    ],
)
def test_the_last_reset_is_said_in_words(cause: int, said: str, verdict: Verdict) -> None:
    told = row(replace(READINGS, reset_cause=cause), "last reset")
    assert (str(told.measured).startswith(said), told.verdict) == (True, verdict)
    assert re.search("[가-힣]", words(told.measured, "ko"))


def test_whatever_a_head_says_of_its_reset_has_words() -> None:
    assert {words_of(cause) for cause in range(256)} == set(WORDS.values())


def test_what_the_receivers_and_the_line_did_not_say_is_a_fault() -> None:
    silent = SelfTestReadings(GOOD)
    names = {str(row.part) for row in judge(silent, Losses()) if row.verdict == "fault"}
    assert names == {"sync separator", "detector samples", "inertial sensor", "line"}
    assert row(replace_tuner(lines=0), "sync separator").verdict == "fault"
    falling = [ImuSample(0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.4))] * 20
    assert row(SelfTestReadings(GOOD, TUNER, WINDOW, falling, COUNTERS), "inertial sensor").verdict == "fault"
    lost = Losses(missing_messages=1)
    assert [str(row.part) for row in judge(READINGS, lost) if row.verdict == "fault"] == ["line"]


def replace_tuner(**changes: int) -> SelfTestReadings:
    return SelfTestReadings(GOOD, replace(TUNER, **changes), WINDOW, REST, COUNTERS)


def test_a_part_that_was_not_walked_has_no_row() -> None:
    only = SelfTestReadings(replace(GOOD, parts=1 << 5, lines_followed=1 << 5), counters=COUNTERS)
    assert [str(row.part) for row in judge(only, Losses())] == ["white stimulus", "line", "last reset"]
