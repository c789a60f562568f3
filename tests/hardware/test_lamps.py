"""The lamp boards: each LED the right way round by the source that the lamp table names, and each at its place."""

from __future__ import annotations

import math
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from hardware.generate.sexpr import Node, child, children, parse
from tests.hardware.kicad import HARDWARE, Point, footprints, netlist, outline, place

TABLE: dict[str, Any] = tomllib.loads((HARDWARE / "interfaces.toml").read_text())
FITTED = {"ring": ("ir", "red"), "bar": ("ir",), "white": ("white",)}
CURRENT_ENTERS = {"ring": {"A", "MA", "RA"}, "bar": {"A"}, "white": {"A"}}
"""Nets that come from a reservoir (pin 1 of each connector); the K nets go to the sinks."""
NEAR_MM = 0.15  # lands are longer than the metal of the part, outwards


def footprint(kind: str) -> Node:
    return parse((HARDWARE / f"lib/ansim.pretty/{TABLE['led'][kind]['footprint']}.kicad_mod").read_text())


def pad_places(part: Node) -> dict[str, list[Point]]:
    """Pads with copper by number."""
    found: dict[str, list[Point]] = {}
    for pad in children(part, "pad"):
        if pad[1] and "F.Cu" in (child(pad, "layers") or []):
            x, y = (float(v) for v in (child(pad, "at") or [])[1:3])
            found.setdefault(str(pad[1]), []).append((x, y))
    return found


def marked_side(part: Node) -> float:
    """Mean x of the silkscreen: its frame is open on the other side. Negative: at pad 1."""
    ends = [
        float((child(line, end) or [])[1])
        for line in children(part, "fp_line")
        if (child(line, "layer") or ["", ""])[1] == "F.SilkS"
        for end in ("start", "end")
    ]
    return sum(ends) / len(ends)


def wrong_pads(part: Node, row: dict[str, Any]) -> list[str]:
    """Pads that are not where the source of the part has them, and a mark at the anode."""
    places = pad_places(part)
    said = [
        number
        for number, pad in row["pads"].items()
        if not any(math.dist(at, pad["at"]) <= NEAR_MM for at in places.get(number, []))
    ]
    (cathode,) = [pad["at"][0] for pad in row["pads"].values() if pad["is"] == "K"]
    return [*said, *(["mark"] if marked_side(part) * cathode <= 0 else [])]


@pytest.mark.parametrize("kind", ["ir", "white", "red"])
def test_the_footprint_has_cathode_anode_and_mark_where_the_source_has_them(kind: str) -> None:
    row = TABLE["led"][kind]
    assert row["source"]
    assert {pad["is"] for pad in row["pads"].values()} == {"K", "A"}
    assert wrong_pads(footprint(kind), row) == []
    turned = deepcopy(row)
    turned["pads"]["1"]["at"], turned["pads"]["2"]["at"] = row["pads"]["2"]["at"], row["pads"]["1"]["at"]
    assert wrong_pads(footprint(kind), turned) == ["1", "2", "mark"]


def ends_of_strings(board: str, nets: dict[tuple[str, str], str], row: dict[str, Any], leds: list[str]) -> list[str]:
    """LEDs through which no current can flow: walks from each reservoir through anode and cathode to a sink."""
    anode = next(n for n, pad in row["pads"].items() if pad["is"] == "A")
    cathode = next(n for n, pad in row["pads"].items() if pad["is"] == "K")
    at_anode: dict[str, list[str]] = {}
    for ref in leds:
        at_anode.setdefault(nets[ref, anode], []).append(ref)
    lit, todo = set(), [net for net in at_anode if net in CURRENT_ENTERS[board]]
    while todo:
        for ref in at_anode.pop(todo.pop(), []):
            lit.add(ref)
            todo.append(nets[ref, cathode])
    return sorted(set(leds) - lit)


@pytest.mark.parametrize("board", FITTED)
def test_current_finds_its_way_through_every_led(board: str) -> None:
    parts, nets = netlist(board)
    for kind in FITTED[board]:
        row = TABLE["led"][kind]
        leds = [ref for ref, part in parts.items() if part["mpn"] == row["part"]]
        assert leds
        assert ends_of_strings(board, nets, row, leds) == []
        for ref in leds:
            assert parts[ref]["footprint"].endswith(f":{row['footprint']}")
        other = {**row, "pads": {"1": row["pads"]["2"], "2": row["pads"]["1"]}}
        assert ends_of_strings(board, nets, other, leds)
        if row["thermal"] == "neutral":
            assert all(nets.get((ref, "3"), "unconnected").startswith(("unconnected", "A")) for ref in leds)


SOCKETS = {"J6": "ON_AXIS", "J7": "MIDDLE_RING", "J8": "RED"}
SENSING_MODALITIES = {("ring", "J1"): "ir", ("ring", "J2"): "ir", ("ring", "J3"): "red"}


def lights(socket: str, group: str, board: str, modality: str, kind: str) -> bool:
    """Whether a straight cable from a socket of the carrier lights LEDs of a lamp board."""
    at_socket, at_plug = netlist("carrier")[1], netlist(board)[1]
    level = {at_plug[modality, pin]: at_socket[socket, pin] for pin in ("1", "2", "3")}
    parts, row = netlist(board)[0], TABLE["led"][kind]
    anode, cathode = (next(n for n, pad in row["pads"].items() if pad["is"] == side) for side in "AK")
    through: dict[str, set[str]] = {}
    for ref, part in parts.items():
        if part["mpn"] == row["part"]:
            through.setdefault(at_plug[ref, anode], set()).add(at_plug[ref, cathode])
    todo = [net for net, source in level.items() if source == f"{group}_A"]
    seen = set()
    while todo:
        net = todo.pop()
        seen.add(net)
        todo += through.get(net, set()) - seen
    return any(source.startswith(f"{group}_K") for net, source in level.items() if net in seen)


def test_red_stays_dark_in_every_socket_but_its_own_where_it_would_flicker_at_20_hz() -> None:
    for socket, group in SOCKETS.items():
        for (board, modality), kind in SENSING_MODALITIES.items():
            assert lights(socket, group, board, modality, kind) == ((group == "RED") == (kind == "red")), (
                socket,
                modality,
            )


def test_option_leds_stand_where_the_phases_say() -> None:
    middle = TABLE["middle"]
    parts, centre = footprints("ring"), outline("ring")[0] / 2
    for first, start in ((9, middle["middle_first_angle_deg"]), (17, middle["red_first_angle_deg"])):
        turns = []
        for number in range(first, first + middle["led_count"]):
            x, y = (v - centre for v in place("ring", parts[f"D{number}"]))
            assert math.hypot(x, y) == pytest.approx(middle["led_radius_mm"], abs=0.01)
            turns.append(round(math.degrees(math.atan2(y, x)) % 360, 1))
        assert sorted(turns) == [start + 45 * k for k in range(8)]
    for number, at in enumerate(middle["connectors_mm"], 2):
        assert tuple(v - centre for v in place("ring", parts[f"J{number}"])) == pytest.approx(at, abs=0.01)


def test_leds_are_bought_by_the_piece_and_the_document_names_each_source(repo_root: Path) -> None:
    text = (repo_root / "hardware/led/README.md").read_text(encoding="utf-8")
    for kind in ("ir", "white", "red"):
        assert TABLE["led"][kind]["part"] in text
        assert TABLE["led"][kind]["footprint"] in text
