"""The bench kit: one table is circuit, breadboard, drawings, printed holder, bill, eye safety and guide at once."""

import copy
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from hardware.enclosure import mesh, walls
from hardware.kit import board_drawing, breadboard, pictures, safety, table
from hardware.safety import assess
from sweep.link.supply import REFERENCE_V

KIT = table.kit()
GUIDE = table.HERE / "README.md"
WORDS = 1_200


def wanted(circuit: dict[str, list[str]]) -> set[frozenset[str]]:
    return {frozenset(pins) for pins in circuit.values()}


def test_the_filled_breadboard_is_the_circuit() -> None:
    assert breadboard.nets(KIT) == wanted(KIT["net"])


@pytest.mark.parametrize(
    ("kind", "name", "place", "hole"),
    [("wire", "W18", 1, "b22"), ("resistor", "R12", 1, "B+30"), ("lead", "L10", 0, "b37"), ("wire", "W27", 1, "T+17")],
)
def test_a_wire_in_the_wrong_hole_is_found(kind: str, name: str, place: int, hole: str) -> None:
    broken = copy.deepcopy(KIT)
    broken[kind][name][place] = hole
    assert breadboard.nets(broken) != wanted(KIT["net"])


def test_two_things_in_one_hole_are_refused() -> None:
    broken = copy.deepcopy(KIT)
    broken["wire"]["W18"][1] = "a20"
    with pytest.raises(breadboard.BoardError, match="a20: R9 and W18"):
        breadboard.nets(broken)


@pytest.mark.parametrize("hole", ["k3", "a64", "T+70", "", "a0", "a1; b2"])
def test_a_hole_that_no_board_has_is_refused(hole: str) -> None:
    with pytest.raises(breadboard.BoardError):
        breadboard.contact(hole)


def test_every_pin_of_the_firmware_is_wired_or_open_and_never_both() -> None:
    labels = table.head_pins()
    on_board = {pin.removeprefix("A1.") for pins in KIT["net"].values() for pin in pins if pin.startswith("A1.")}
    wired = {name for name, label in labels.items() if label in on_board}
    assert wired | set(KIT["open"]) == set(labels)
    assert not wired & set(KIT["open"])
    own = {"battery": "battery"} | {name: name for name in wired}
    assert {name: f"A1.{labels[name]}" in KIT["net"][own[name]] for name in wired} == dict.fromkeys(wired, True)
    assert on_board - {labels[name] for name in wired} == {"5V", "GND", "GND2", "AREF"}


def test_each_gate_is_strobe_and_its_select_line() -> None:
    """74HC08: pins 1 and 2 give 3, pins 4 and 5 give 6; unused inputs are at ground."""
    where = {pin: net for net, pins in KIT["net"].items() for pin in pins}
    assert {where["U1.1"], where["U1.2"], where["U1.3"]} == {"select_on_axis", "strobe", "gate_on_axis"}
    assert {where["U1.4"], where["U1.5"], where["U1.6"]} == {"select_off_axis", "strobe", "gate_off_axis"}
    assert {where[f"U1.{pin}"] for pin in (7, 9, 10, 12, 13)} == {"ground"}
    for net in ("strobe", "select_on_axis", "select_off_axis", "gate_on_axis", "gate_off_axis"):
        pulled = [pin for pin in KIT["net"][net] if pin.startswith("R")]
        assert [where[pin.replace(".1", ".2")] for pin in pulled] == ["ground"], f"{net} floats without a Nano"


def test_the_dividers_give_what_head_and_camera_bear() -> None:
    trigger, ohm = KIT["trigger"], {name: row[0] for name, row in KIT["resistor"].items()}
    assert (ohm["R15"], ohm["R16"]) == (trigger["series_ohm"], trigger["ground_ohm"])
    for supply_v in (4.75, 5.25):
        at_xtr = supply_v * ohm["R16"] / (ohm["R15"] + ohm["R16"])
        assert trigger["least_v"] < at_xtr < trigger["most_v"]
    assert 5.25 * ohm["R19"] / (ohm["R18"] + ohm["R19"]) < REFERENCE_V
    assert (ohm["R18"] + ohm["R19"]) / ohm["R19"] == 3, "firmware: a third of the supply"


def test_the_multimeter_is_told_what_the_circuit_gives() -> None:
    rows = {tuple(row["between"]): row for row in KIT["measure"]}
    lamp, string = KIT["lamp"], KIT["string"]
    for hole in ("h29", "h39"):
        row = rows["T+", hole]
        typical = table.string_current_a() * string["resistor_ohm"]
        largest = string["supply_most_v"] - string["leds"] * lamp["forward_least_v"]
        assert row["least"] < typical < largest <= row["most"]
    ohm = {name: value[0] for name, value in KIT["resistor"].items()}
    idle_v = 5.0 * ohm["R16"] / (ohm["R14"] + ohm["R15"] + ohm["R16"])
    assert rows["h54", "T-"]["least"] < idle_v < rows["h54", "T-"]["most"]
    holes = [hole for pair in rows for hole in pair if hole not in ("T+", "T-")]
    assert all(breadboard.contact(hole) for hole in holes)


def test_no_lamp_is_driven_beyond_its_data_sheet_by_more_than_a_twentieth_when_it_stays_on() -> None:
    assert table.string_current_a() < KIT["lamp"]["current_max_dc_a"]
    assert table.string_most_a() < 1.05 * KIT["lamp"]["current_max_dc_a"]


def test_the_lamps_are_exempt_in_order_and_when_they_stay_on() -> None:
    found = safety.findings()
    assert all(one.is_within and one.must_hold for one in found)
    both = {one.hazard: one for one in found if one.group == "both"}
    assert both["cornea, 1000 s"].value == pytest.approx(16 * 0.125 * table.string_most_a() / 0.1 / 0.04)
    assert both["cornea, 1000 s"].share < 0.6


def test_a_lamp_twice_as_bright_would_break_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KIT["lamp"], "intensity_most_w_sr", 0.25)
    assert [one.hazard for one in safety.findings() if not one.is_within] == ["cornea, 1000 s"]


@pytest.fixture(scope="module")
def printed() -> mesh.Corners:
    return mesh.read_stl(table.HERE / "export" / "holder.stl")


def test_the_holder_was_made_from_todays_numbers(printed: mesh.Corners) -> None:
    record = json.loads((table.HERE / "export" / "parameters.json").read_text(encoding="utf-8"))
    assert record["parameters"] == {name: KIT[name] for name in ("holder", "group")}
    solid = mesh.solid_of(printed, "holder")
    assert solid.volume() == pytest.approx(record["volume_mm3"], rel=2e-3)
    assert "ISO-10303-21" in (table.HERE / "export" / "holder.step").read_text(encoding="ascii")[:40]


def test_the_holder_is_one_watertight_piece_with_walls_and_prints_without_support(printed: mesh.Corners) -> None:
    solid = mesh.solid_of(printed, "holder")
    assert mesh.open_edges(printed) == 0
    assert len(solid.decompose()) == 1
    assert walls.thinnest_mm(printed, solid) >= walls.LEAST_MM
    low, high = printed.reshape(-1, 3).min(axis=0), printed.reshape(-1, 3).max(axis=0)
    assert all(high - low <= (180.0, 180.0, 180.0))
    assert mesh.unsupported_mm2(printed, (0.0, 0.0, 1.0)) < 50.0, "the bolt's hole alone bridges"


def test_a_thin_wall_is_found(printed: mesh.Corners) -> None:
    """The same holder with its lens bore a millimetre wider: the wall to the lamps is 0.8 mm."""
    from manifold3d import Manifold

    h = KIT["holder"]
    wider = Manifold.cylinder(40.0, h["lens_bore"] / 2 + 0.5, circular_segments=128).translate((0.0, 0.0, -20.0))
    thin = mesh.solid_of(printed, "holder") - wider
    made = thin.to_mesh()
    corners = np.asarray(made.vert_properties)[:, :3][np.asarray(made.tri_verts)].astype(np.float32)
    assert walls.thinnest_mm(corners, thin) < 0.85


def test_the_holes_of_the_lamps_are_where_the_optics_say_and_fit_a_lamp_of_5_mm(printed: mesh.Corners) -> None:
    """From the mesh: the points of each hole's rim lie round its centre at the hole's radius."""
    rim = np.unique(np.round(printed.reshape(-1, 3)[np.abs(printed.reshape(-1, 3)[:, 2]) < 1e-3][:, :2], 3), axis=0)
    lamp, h = KIT["lamp"], KIT["holder"]
    assert lamp["body_mm"] + 0.1 <= h["hole"] < lamp["flange_mm"] - 0.4, "it goes in and its flange stops it"
    for group in KIT["group"]:
        for place in table.lamp_places_mm(group):
            away = np.hypot(*(rim - place).T)
            ring = away[away < h["hole"] / 2 + 0.02]
            assert len(ring) >= 16
            assert ring == pytest.approx(h["hole"] / 2, abs=0.02)
    assert {round(math.hypot(*place), 6) for place in table.lamp_places_mm("on_axis")} == {
        KIT["group"]["on_axis"]["radius_mm"]
    }
    assert 10.0 <= KIT["group"]["on_axis"]["radius_mm"] <= 11.0
    assert np.mean([x for x, _ in table.lamp_places_mm("off_axis") if x > 0]) == pytest.approx(70.0)


def test_no_lamp_shines_on_the_lens_and_the_hood_is_not_in_the_picture() -> None:
    h, camera, lamp = KIT["holder"], KIT["camera"], KIT["lamp"]
    tip = -h["thickness"] + lamp["length_mm"] - 1.0
    assert tip < h["hood_length"] - camera["lens_recess_mm"], "the lens looks out farther than any lamp"
    half = math.atan(camera["diagonal_mm"] / 2 / camera["focal_mm"])
    pupil = camera["focal_mm"] / 2.8 / 2
    assert pupil + camera["lens_recess_mm"] * math.tan(half) < h["lens_bore"] / 2
    assert h["lens_bore"] > camera["lens_diameter"]


def test_the_parts_on_the_bill_are_those_on_the_board_and_cost_less_than_the_limit() -> None:
    assert table.bill_usd() <= KIT["bill"]["most_usd"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", KIT["bill"]["date"]) and "estimate" in KIT["bill"]["price_from"]
    count = {part["mpn"]: part["count"] for part in KIT["part"]}
    assert count[KIT["lamp"]["part"]] == 2 * KIT["string"]["strings"] * KIT["string"]["leds"]
    kinds = [place["value"] for place in KIT["place"].values()]
    assert (kinds.count("IRLZ44N"), kinds.count("74HC08"), kinds.count("LM4040-2.5")) == (2, 1, 1)
    ohms = [row[0] for row in KIT["resistor"].values()]
    assert ohms.count(KIT["string"]["resistor_ohm"]) == 8
    (small,) = (part for part in KIT["part"] if part["en"].startswith("resistors"))
    said = dict(zip((1_000, 5_600, 10_000, 20_000), (1, 1, 9, 1), strict=True))
    assert {ohm: ohms.count(ohm) for ohm in said} == said
    assert small["count"] == sum(said.values())
    assert table.BILL.read_text(encoding="utf-8") == table.bill_csv(), "run python -m hardware.kit.table"
    assert GUIDE.read_text(encoding="utf-8").count(f"[bill.csv](bill.csv): {table.bill_usd():.0f} USD") == 2
    for name in ("README.md", "sweep/README.ko.md", "server/INTRODUCING.md", "server/INTRODUCING.ko.md"):
        assert f"{table.bill_usd():.0f} USD" in (GUIDE.parents[2] / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("name", sorted(pictures.PICTURES))
def test_a_picture_is_what_the_table_says_today(name: str) -> None:
    committed = (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert committed == pictures.PICTURES[name](), "run python -m hardware.kit.pictures"


def test_a_picture_shows_every_wire_of_its_step_and_each_colour_is_drawn() -> None:
    drawn = pictures.whole()
    for start, end, colour, _ in KIT["wire"].values():
        for hole in (start, end):
            x, y = board_drawing.at(hole)
            assert f'cx="{x:g}" cy="{y:g}" r="3.8" fill="{board_drawing.COLOURS[colour]}"' in drawn


def test_each_step_of_the_guide_has_its_picture_and_both_languages() -> None:
    steps = re.split(r"^### ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert [step.split(".")[0] for step in steps] == [str(number) for number in range(1, 9)]
    for step in steps:
        heading = step.splitlines()[0]
        assert re.search("[가-힣]", heading) and re.search("[A-Za-z]", heading)
        assert "](pictures/" in step, heading
    measured, nano = (next(k for k, s in enumerate(steps) if word in s) for word in ("table measure", "efuse:w:0xfc"))
    assert measured < nano, "measured before the Nano is in"


def test_the_guide_is_short_and_promises_nothing() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    plain = re.sub(r"<!-- table .*?<!-- end -->|```.*?```", "", text, flags=re.DOTALL)
    assert sum(bool(re.search("[가-힣]", word)) for word in plain.split()) <= WORDS
    assert sum(bool(re.search("[A-Za-z]", word)) for word in plain.split()) <= WORDS
    assert "아직 아무도 만들어 보지 않았으며" in text and "Nobody has built one yet" in text
    assert "never for a real restroom" in text


def test_the_firmware_drives_the_lamps_that_the_kit_has() -> None:
    lamps = assess.tables()["firmware"]["lamp"]
    assert set(KIT["group"]) <= set(lamps)
    assert all(lamps[group]["duty_divisor"] >= 20 for group in KIT["group"])


def test_the_step_file_and_the_pictures_are_small_enough_to_keep(repo_root: Path) -> None:
    kept = sum(path.stat().st_size for path in (repo_root / "hardware" / "kit").rglob("*") if path.is_file())
    assert kept < 2_500_000
