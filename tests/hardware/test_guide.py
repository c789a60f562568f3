"""The guide of a probe: its pictures exist, its numbers are those of the tables, its order is that of a bench."""

import re
from pathlib import Path

import pytest

from hardware import bom, budget, controller, documents, dry_run
from hardware.enclosure import printing, screws
from hardware.fabrication import harness
from hardware.safety import assess
from hardware.spice import bench
from tests.hardware.kicad import HARDWARE, netlist


@pytest.fixture
def guide(repo_root: Path) -> str:
    return (repo_root / "hardware" / "BUILD.md").read_text(encoding="utf-8")


def test_every_picture_and_link_of_the_folder_exists(repo_root: Path) -> None:
    for document in (repo_root / "hardware").rglob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document}: {target}"


def test_the_first_power_up_expects_what_the_tables_say(guide: str) -> None:
    table = assess.tables()
    tolerance = table["boards"]["limiter"]["one_shot_tolerance"]
    longest_ms = assess.hardware_pulse_s(table, "on_axis") * 1e3
    shortest_ms = longest_ms / (1 + tolerance) * (1 - tolerance)
    low, high = (float(v) for v in re.findall(r"pulse of ([\d.]+) to ([\d.]+) ms", guide)[0])
    assert low == pytest.approx(shortest_ms, abs=0.06)
    assert high == pytest.approx(longest_ms, abs=0.06)
    sense = table["boards"]["group"]["on_axis"]["sense_resistor_ohm"]
    assert f"over {sense:g} ohm" in guide
    for group, words in (("on_axis", r"(\d+) to (\d+) mA a string \("), ("white", r"(\d+) to (\d+) mA a string;")):
        least, most = (float(v) * 1e-3 for v in re.findall(words, guide)[0])
        assert least < bench.sink(group)["i_nominal"] < most
    least_s, most_s = (float(v) for v in re.findall(r"itself after ([\d.]+) to ([\d.]+) s", guide)[0])
    simulated_s = bench.run("counter", bench.counter("white"))["period"] / 4 * 8192
    assert least_s < simulated_s < most_s
    assert least_s > table["firmware"]["light"]["white"]["max_on_ms"] * 1e-3


def test_step_four_can_be_done_on_the_board_and_fulfils_each_condition_of_the_gate(guide: str) -> None:
    """Each point that it names is printed beside a pad of that net; select, strobe and window are all brought up."""
    (step,) = re.findall(r"^\| 4\. (.+)$", guide, re.MULTILINE)
    printed = {"SEL ON": "SELECT_ON_AXIS", "SEL RED": "SELECT_RED", "STROBE": "STROBE", "RESET": "RESET", "+5V": "+5V"}
    nets = netlist("carrier")[1]
    pads = {net for (ref, _), net in nets.items() if ref.startswith("TP")}
    board = (HARDWARE / "carrier/carrier.kicad_pcb").read_text()
    for word, net in printed.items():
        assert word in step
        assert f'(gr_text "{word}"' in board
        assert net in pads
    (window,) = {net for (ref, pin), net in nets.items() if (ref, pin) == ("U6", "6")}
    gate = {nets["U7", pin] for pin in ("1", "2", "13", "12")}
    assert gate == {"SELECT_ON_AXIS", "STROBE", window, "GATE_ON_AXIS"}
    assert (nets["J6", "1"], nets["J6", "2"]) == ("ON_AXIS_A", "ON_AXIS_K1")
    hand = bench.hand()
    assert f"{hand['rload']:g} ohm" in step
    assert f"{hand['cstrobe'] * 1e6:g} uF" in step
    left_v = hand["v_rail"] - hand["rload"] * hand["i_nominal"]
    assert float(re.findall(r"falling to about (\d+) V", step)[0]) == pytest.approx(left_v, abs=0.5)


def test_step_nine_finds_a_line_that_floats_or_is_high(guide: str) -> None:
    """It measures R102 by itself, then with nobody driving: a Pi that pulls the line down would hide its absence."""
    camera = assess.tables()["boards"]["camera"]
    (step,) = re.findall(r"^\| 9\. (.+)$", guide, re.MULTILINE)
    assert "ribbon J17 pulled" in step and "nothing running, GPIO17 left alone" in step
    least, most = (1e3 * float(v) for v in re.findall(r"([\d.]+) to ([\d.]+) kohm", step)[0])
    assert least < camera["enable_pulldown_ohm"] < most < 0.1 * 100e3
    (most_v,) = (float(v) for v in re.findall(r"below ([\d.]+) V", step))
    assert most_v == camera["switch_off_below_v"]
    board, nets = (HARDWARE / "carrier/carrier.kicad_pcb").read_text(), netlist("carrier")[1]
    for word, net in (("EN", "CAM_ENABLE"), ("CAM", "CAM_3V3")):
        assert f'(gr_text "{word}"' in board and net in {n for (ref, _), n in nets.items() if ref.startswith("TP")}


def test_korean_comes_first_and_nobody_is_promised_anything(guide: str, repo_root: Path) -> None:
    room = (repo_root / "hardware" / "README.md").read_text(encoding="utf-8")
    assert room.index("요약") < room.index("What is here")
    assert "아직 아무도 만들어 보지 않았습니다" in room
    assert guide.index("아직 아무도 만들어 보지 않았으며") < guide.index("Nobody has built one yet")
    for heading in re.findall(r"^## (.+)$", guide, re.MULTILINE):
        assert re.match("[가-힣]", heading) and re.search("[A-Za-z]", heading), heading


def test_everything_works_on_the_bench_before_the_case_closes(guide: str) -> None:
    """Fuses, supply without Nano and Pi, Nano, lamps, Pi, camera, case: one after the other."""
    marks = (
        "<!-- table fuses -->",
        "no Pi, Nano out, no lamps",
        "| 1. Nano out of its sockets",
        "| 2. Nano in, reset held",
        "| 5. Resistor off, ring board on, facing away",
        "| 8. Supply off, limit to 3 A. Pi on the bench",
        "| 9d. Supply off. Ohmmeter before any camera cable goes in",
        "| 9e. Cables in",
        "## 케이스 / Into the case",
    )
    places = [guide.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "**pin 15 is 3.3 V, pin 1 ground at both ends**" in guide
    nets = netlist("carrier")[1]
    assert (nets["J14", "1"], nets["J14", "15"]) == ("GND", "CAM_3V3")
    assert (nets["J13", "1"], nets["J13", "15"]) == ("GND", "PI_CAM_3V3")


def test_the_fuses_stop_the_controller_before_its_clock_is_out_of_specification(repo_root: Path) -> None:
    table = controller.nano()
    assert controller.brown_out_v() == 4.3
    assert controller.brown_out_v() > controller.least_v(table["clock_mhz"]) == pytest.approx(3.78)
    assert controller.BROWN_OUT_V[0xFD & 7] == 2.7 < controller.least_v(table["clock_mhz"])
    assert int(table["lfuse"], 16) & 0xF == controller.CRYSTAL and int(table["lfuse"], 16) & 0x80
    high = int(table["hfuse"], 16)
    assert controller.boot_octets() == 512
    assert high & 0x01 == 0, "starts in the boot section"
    assert high & 0x20 == 0, "SPI programming stays on"
    said = [
        path
        for path in (repo_root / "hardware").rglob("*")
        if path.suffix in (".md", ".py", ".toml", ".svg") and "efuse" in path.read_text(encoding="utf-8")
    ]
    for path in said:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"efuse:w:(0x\w\w)|efuse (0x\w\w)", text)) <= {(table["efuse"], ""), ("", table["efuse"])}


def test_hours_add_up_and_what_is_ordered_is_written_by_the_program(guide: str, repo_root: Path) -> None:
    rows = [
        line.strip("| ").split(" | ") for line in guide.splitlines() if re.search(r"\| \d+\.\d \| \d+\.\d \|", line)
    ]
    own, bought = (sum(float(row[k]) for row in rows) for k in (2, 3))
    assert f"| **one probe** | | **{own:.1f}** | **{bought:.1f}** | |" in guide
    assert len(rows) == 10 and bought < own
    for name in ("INTRODUCING.md", "INTRODUCING.ko.md", "BUDGET.md"):
        office = (repo_root / "server" / name).read_text(encoding="utf-8")
        assert all(f"{hours:.1f}" in office for hours in (own, bought))
    assert f"{harness.contacts(with_options=False)} crimps" in guide
    assert f"printing, {len(printing.JOBS)} parts" in guide
    order = (repo_root / "hardware/fabrication/README.md").read_text(encoding="utf-8")
    for name in (
        "carrier.zip",
        "lamps.zip",
        "white.zip",
        "*-bom.csv",
        "*-positions.csv",
        "*-by-hand.csv",
        "cables.csv",
    ):
        assert f"`{name}`" in guide and f"`{name}`" in order, name
    for word in ("reflow", "crimps", "IR-cut", "oscilloscope", "fuses", "IEC 62471", "KC"):
        assert word in guide


def test_ten_measurements_stay_each_with_instrument_and_limit(guide: str) -> None:
    section = guide[guide.index("## 재야만 아는 열 가지") :]
    ten = [row.strip("| ").split(" | ") for row in re.findall(r"^\| \d+ \| .+$", section, re.MULTILINE)]
    assert [row[0] for row in ten] == [str(number) for number in range(1, 11)]
    assert all(len(row) >= 4 and all(row[1:4]) for row in ten)


def test_the_dry_run_beside_the_guide_is_what_simulation_gives_and_each_line_is_met(guide: str) -> None:
    shown = dry_run.steps(guide)
    readings = dry_run.cells(dry_run.CALCULATED)
    assert set(readings) <= set(shown)
    for step, reading in readings.items():
        assert reading.is_met, (step, reading)
        assert shown[step].startswith(dry_run.cell([reading])), f"{step}: run python -m hardware.dry_run write"
    assert all(words == dry_run.NOT_SIMULATED for step, words in shown.items() if step not in dry_run_steps())


def dry_run_steps() -> set[str]:
    return {*dry_run.CALCULATED, *dry_run.EMULATED}


@pytest.mark.soak
def test_the_emulated_head_reads_what_stands_beside_the_guide(guide: str) -> None:
    shown = dry_run.steps(guide)
    for step, reading in dry_run.cells(dry_run.EMULATED).items():
        assert reading.is_met, (step, reading)
        assert shown[step].endswith(dry_run.cell([reading])), step


def test_the_dry_run_tells_when_a_line_is_not_met_and_touches_no_other_column(guide: str) -> None:
    late = dry_run.Reading("white off 300 ms after the last word", "emulator", False)
    text = dry_run.with_cells(guide, {"7": dry_run.cell([late])})
    assert "| **not met**: white off 300 ms after the last word (emulator) | |" in text
    changed = [(a, b) for a, b in zip(guide.splitlines(), text.splitlines(), strict=True) if a != b]
    assert len(changed) == 1


def test_assembly_names_every_screw(guide: str) -> None:
    steps = guide[guide.index("## 케이스") :]
    for held in screws.fastenings().values():
        assert f"{held.thread} x {held.length_mm:g}" in " ".join(steps.split()), held.what


PRICED = ("hardware/BUILD.md", "hardware/fabrication/README.md", "server/INTRODUCING.md", "server/INTRODUCING.ko.md")


@pytest.mark.parametrize("name", [*PRICED, "README.md", "sweep/README.ko.md"])
def test_every_document_gives_the_cost_that_the_bill_gives(name: str, repo_root: Path) -> None:
    text, bill = (repo_root / name).read_text(encoding="utf-8"), bom.lines()
    one, each, options = (
        f"{usd:,.0f} USD"
        for usd in (
            bom.cost_usd(bill, 1),
            bom.cost_usd(bill, 10) / 10,
            (bom.cost_usd(bill, 10, with_options=True) - bom.cost_usd(bill, 10)) / 10,
        )
    )
    assert one in text
    assert each in text or name not in PRICED
    assert options in text or name != "hardware/fabrication/README.md"


def test_the_budget_is_the_sum_of_the_bills_and_names_what_nobody_knows(repo_root: Path) -> None:
    text = (repo_root / "server" / "BUDGET.md").read_text(encoding="utf-8")
    assert documents.tables_in(text) == {"budget": budget.markdown()}, "run: python -m hardware.documents"
    kit, probe, both, *_ = (
        [int(n.replace(",", "")) for n in re.findall(r"[\d,]{3,}", row.split("|")[3])] for row in budget.markdown()[2:]
    )
    assert both == [kit[0] + usd for usd in probe]
    assert text.count(f"{budget.WON_PER_USD:,}") == 2 and text.count(budget.RATE_DATE) == 2
    unknown = [row for row in budget.markdown() if "| 모름 | 모름 |" in row]
    assert any("KC" in row for row in unknown) and not any(re.search(r"\d", row) for row in unknown)
    short = (repo_root / "sweep" / "README.ko.md").read_text(encoding="utf-8")
    assert all(f"{won:,}원" in short for won in budget.kit_and_probe_won())
    assert f"1달러 {budget.WON_PER_USD:,}원" in short
