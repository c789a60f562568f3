"""KiCad's command line and its files, as the board tests read them. Without KiCad they fail, they do not skip."""

import json
import math
import os
import subprocess
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hardware.generate.sexpr import Node, child, children, parse

HARDWARE = Path(__file__).resolve().parents[2] / "hardware"
BOARDS = {
    "carrier": HARDWARE / "carrier/carrier",
    **{name: HARDWARE / "led" / name for name in ("ring", "bar", "white")},
}
Point = tuple[float, float]


def kicad(*arguments: str) -> None:
    """Runs `kicad-cli` with a home of its own, so that nobody's settings decide."""
    with TemporaryDirectory() as home:
        run = subprocess.run(
            ["kicad-cli", *arguments],
            check=False,
            env={**os.environ, "HOME": home, "XDG_CONFIG_HOME": home},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert run.returncode == 0, run.stdout + run.stderr


def rule_check(kind: str, file: Path, folder: Path) -> list[str]:
    """All findings of ERC (`sch`) or DRC with parity (`pcb`), whatever their severity."""
    report = folder / f"{kind}.json"
    checks = {"sch": ["erc"], "pcb": ["drc", "--schematic-parity"]}[kind]
    kicad(kind, *checks, "--severity-all", "--format", "json", "-o", str(report), str(file))
    found: dict[str, Any] = json.loads(report.read_text())
    groups = [sheet["violations"] for sheet in found["sheets"]] if kind == "sch" else []
    groups += [found[key] for key in ("violations", "unconnected_items", "schematic_parity") if kind == "pcb"]
    return [f"{v['type']}: {v['description']}" for group in groups for v in group]


@cache
def exported(board: str) -> ET.Element:
    """The netlist of a board's schematic as KiCad writes it."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "netlist.xml"
        kicad("sch", "export", "netlist", "--format", "kicadxml", "-o", str(out), f"{BOARDS[board]}.kicad_sch")
        return ET.parse(out).getroot()  # noqa: S314 - KiCad wrote it a moment ago


@cache
def netlist(board: str) -> tuple[dict[str, dict[str, str]], dict[tuple[str, str], str]]:
    """Parts (designator to value, MPN, footprint) and nets ((designator, pin) to name) of a board's schematic."""
    root = exported(board)
    parts = {}
    for comp in root.iter("comp"):
        fields = {f.get("name", ""): f.text or "" for f in comp.iter("field")}
        parts[comp.get("ref", "")] = {
            "value": comp.findtext("value", ""),
            "mpn": fields.get("MPN", ""),
            "footprint": comp.findtext("footprint", ""),
        }
    nets = {
        (n.get("ref", ""), n.get("pin", "")): net.get("name", "") for net in root.iter("net") for n in net.iter("node")
    }
    return parts, nets


def supply_pins(board: str) -> list[tuple[str, str]]:
    """(designator, pin) of every chip's supply inputs and outputs, ground left out."""
    return sorted(
        (node.get("ref", ""), node.get("pin", ""))
        for net in exported(board).iter("net")
        if net.get("name") != "GND"
        for node in net.iter("node")
        if node.get("ref", "").startswith("U") and node.get("pintype", "").startswith("power_")
    )


@cache
def board(name: str) -> Node:
    """The board file as nested lists."""
    return parse(Path(f"{BOARDS[name]}.kicad_pcb").read_text())


def place(name: str, node: Node) -> Point:
    """A point of the file in the board's own millimetres, from its lower left corner, y up."""
    at = child(node, "at") or node
    height = outline(name)[1]
    return round(float(at[1]) - 50, 4), round(height - (float(at[2]) - 50), 4)


def outline(name: str) -> Point:
    """Width and height of the board."""
    xs, ys = [], []
    for shape in ("gr_line", "gr_arc", "gr_circle"):
        for node in children(board(name), shape):
            if (child(node, "layer") or [""])[1] != "Edge.Cuts":
                continue
            if shape == "gr_circle":
                (cx, cy), (ex, ey) = ([float(v) for v in (child(node, key) or [])[1:3]] for key in ("center", "end"))
                radius = ((ex - cx) ** 2 + (ey - cy) ** 2) ** 0.5
                xs += [cx - radius, cx + radius]
                ys += [cy - radius, cy + radius]
            else:
                keys = ("start", "mid", "end") if shape == "gr_arc" else ("start", "end")
                points = [[float(v) for v in (child(node, key) or [])[1:3]] for key in keys]
                xs += [p[0] for p in points]
                ys += [p[1] for p in points]
    return round(max(xs) - min(xs), 4), round(max(ys) - min(ys), 4)


def footprints(name: str) -> dict[str, Node]:
    """Designator to footprint."""
    found = {}
    for node in children(board(name), "footprint"):
        reference = next(p for p in children(node, "property") if p[1] == "Reference")
        found[str(reference[2])] = node
    return found


def pads(name: str, part: Node) -> list[Node]:
    """`(at x y)` of the signal pads of a footprint, on the sheet; shields and holders are left out."""
    ax, ay, turn = ([float(v) for v in (child(part, "at") or [])[1:]] + [0.0])[:3]
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    found: list[Node] = []
    for pad in children(part, "pad"):
        if pad[1] and pad[1][0] not in "SM":
            x, y = (float(v) for v in (child(pad, "at") or [])[1:3])
            found.append(["at", str(ax + x * cos + y * sin), str(ay - x * sin + y * cos)])
    return found


def track_widths(name: str) -> dict[str, float]:
    """The narrowest track of each net (mm)."""
    numbers = {n[1]: n[2] for n in children(board(name), "net")}
    widths: dict[str, float] = {}
    for node in children(board(name), "segment"):
        net, width = str(numbers[(child(node, "net") or ["", ""])[1]]), float((child(node, "width") or [0, 0])[1])
        widths[net] = min(width, widths.get(net, width))
    return widths


def joined(ref: str, pin: str) -> set[tuple[str, str]]:
    """All pins on the net of a pin of the carrier, but itself."""
    _, nets = netlist("carrier")
    return {key for key, net in nets.items() if net == nets[ref, pin] and key != (ref, pin)}


def value_of(ref: str) -> float:
    """A resistor of the carrier in ohm or a capacitor in nF."""
    text = netlist("carrier")[0][ref]["value"].split()[0]
    factor = {"k": 1e3, "M": 1e6, "n": 1.0, "u": 1e3}.get(text[-1], 1.0)
    return float(text.rstrip("kMnup")) * factor


def on_net(net: str, kind: str) -> set[str]:
    """Designators of a kind (letters) on a net of the carrier."""
    return {ref for (ref, _), name in netlist("carrier")[1].items() if name == net and ref.rstrip("0123456789") == kind}
