"""Makes a board from its schematic: netlist out of kicad-cli, footprints and places, tracks from the router, planes, labels.
Runs with the Python that KiCad brings (`/usr/bin/python3`).
"""

import itertools
import json
import math
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pcbnew
from router import PITCH_MM, Klass, Net, Pad, Router
from sexpr import Node, parse, stable_id, write

HARDWARE = Path(__file__).resolve().parent.parent
KICAD_FOOTPRINTS = Path("/usr/share/kicad/footprints")
MODELS = "${KIPRJMOD}/../lib/models/"
LAYERS = (pcbnew.F_Cu, pcbnew.B_Cu)
OFF_BY_DEFAULT = {
    "erc": (
        "four_way_junction",
        "footprint_filter",
        "label_multiple_wires",
        "simulation_model_issue",
        "single_global_label",
    ),
    "drc": (
        "footprint_filters_mismatch",
        "footprint_type_mismatch",
        "missing_courtyard",
        "npth_inside_courtyard",
        "pth_inside_courtyard",
        "track_segment_length",
        "mirrored_text_on_front_layer",
        "nonmirrored_text_on_back_layer",
    ),
}
"""Rules that KiCad leaves off; here they count."""
Place = tuple[float, float, float]
"""x, y (mm from the upper left corner, y down), angle (degrees, counter-clockwise)."""


@dataclass(slots=True)
class Plan:
    """Everything about a board that its schematic does not say. Lengths in mm, origin at the upper left corner, y down."""

    name: str
    size: tuple[float, float]
    places: dict[str, Place]
    klasses: list[Klass]
    klass_of: dict[str, int]
    """Net name to class; absent nets are of class 0."""
    back: set[str] = field(default_factory=set)
    """Designators on the back."""
    corner_mm: float = 3.0
    circle: bool = False
    bore_mm: float = 0.0
    holes: list[tuple[float, float, float]] = field(default_factory=list)
    """Bare holes: x, y, diameter."""
    zones: list[tuple[str, int, list[tuple[float, float]]]] = field(default_factory=list)
    """Filled areas besides the ground planes: net, layer (0 front, 1 back), corners."""
    tracks: list[tuple[str, int, float, list[tuple[float, float]]]] = field(default_factory=list)
    """Tracks drawn by hand: net, layer, width, corners."""
    vias: list[tuple[str, int, float, float]] = field(default_factory=list)
    """Vias set by hand: net, class, x, y."""
    texts: list[tuple[str, float, float, float, float, bool]] = field(default_factory=list)
    """Words on the board: text, x, y, height, angle, on the back."""
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """Words beside the pins of a header: designator, pin number, text."""
    label_side: dict[str, str] = field(default_factory=dict)
    """Where a header's words stand: up, down, left or right of it."""
    planes: tuple[int, ...] = (0, 1)
    plane_net: str = "GND"
    two_sided: bool = True
    thickness_mm: float = 1.6
    keep_outs: list[tuple[float, float, float, float, int]] = field(default_factory=list)
    """Rectangles (x0, y0, x1, y1) on a layer without tracks and vias."""
    hidden_refs: set[str] = field(default_factory=set)


def netlist(schematic: Path) -> ET.Element:
    """The netlist as KiCad sees it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "netlist.xml"
        subprocess.run(["kicad-cli", "sch", "export", "netlist", "--format", "kicadxml", "-o", str(out), str(schematic)],
                       check=True, capture_output=True)  # fmt: skip
        return ET.parse(out).getroot()  # noqa: S314 - made by KiCad a moment ago


def footprint(name: str) -> pcbnew.FOOTPRINT:
    """A footprint of the project's library, copied from KiCad's when it is not there yet; models are looked for beside it."""
    library = HARDWARE / "lib/ansim.pretty"
    library.mkdir(exist_ok=True)
    item = name.rsplit(":", maxsplit=1)[-1]
    own = library / f"{item}.kicad_mod"
    if not own.exists():
        text = next(KICAD_FOOTPRINTS.glob(f"*/{item}.kicad_mod")).read_text()
        own.write_text(re.sub(r'\(model "[^"]*/([^/"]+)\.(?:wrl|step)"', rf'(model "{MODELS}\1.step"', text))
    loaded = pcbnew.FootprintLoad(str(library), item)
    loaded.SetFPID(pcbnew.LIB_ID("ansim", item))
    return loaded


def mm(x: float, y: float) -> pcbnew.VECTOR2I:
    """A point of the plan on KiCad's sheet."""
    return pcbnew.VECTOR2I(pcbnew.FromMM(round(x + 50, 4)), pcbnew.FromMM(round(y + 50, 4)))


class Maker:
    """Builds one board."""

    def __init__(self, plan: Plan, folder: Path, patterns: dict[int, list[str]]) -> None:
        self.plan, self.folder, self.patterns = plan, folder, patterns
        self.schematic = folder / f"{plan.name}.kicad_sch"
        self.path = folder / f"{plan.name}.kicad_pcb"
        self.board = pcbnew.NewBoard(str(self.path))
        self.nets: dict[str, pcbnew.NETINFO_ITEM] = {}
        self.parts: dict[str, pcbnew.FOOTPRINT] = {}

    def make(self) -> None:
        """Schematic in, finished board out."""
        project_file(self.folder, self.plan.name, self.plan.klasses, self.patterns)
        self._settings()
        self._outline()
        self._parts()
        bad = self._route()
        self._zones()
        self._words()
        self.board.BuildConnectivity()
        pcbnew.ZONE_FILLER(self.board).Fill(self.board.Zones())
        pcbnew.SaveBoard(str(self.path), self.board)
        _settle_ids(self.path, self.plan.name)
        project_file(self.folder, self.plan.name, self.plan.klasses, self.patterns)  # KiCad has put its own defaults in
        print(f"{self.plan.name}: {len(self.parts)} parts, {len(self.nets)} nets, not routed: {list(bad)}")

    def _settings(self) -> None:
        settings = self.board.GetDesignSettings()
        settings.m_TrackMinWidth = pcbnew.FromMM(0.2)
        settings.m_MinClearance = pcbnew.FromMM(0.2)
        settings.m_ViasMinSize = pcbnew.FromMM(0.6)
        settings.m_MinThroughDrill = pcbnew.FromMM(0.3)
        settings.m_HoleClearance = pcbnew.FromMM(0.25)
        settings.m_CopperEdgeClearance = pcbnew.FromMM(0.4)
        settings.SetBoardThickness(pcbnew.FromMM(self.plan.thickness_mm))
        block = self.board.GetTitleBlock()
        block.SetTitle(f"Sweep probe: {self.plan.name}")
        block.SetDate("2026-11-24")
        block.SetRevision("A")
        block.SetCompany("Ansim Sweep")
        settings.SetAuxOrigin(mm(0, self.plan.size[1]))
        settings.SetGridOrigin(mm(0, self.plan.size[1]))

    def _shape(self, layer: int, kind: int, width: float = 0.1) -> pcbnew.PCB_SHAPE:
        shape = pcbnew.PCB_SHAPE(self.board, kind)
        shape.SetLayer(layer)
        shape.SetWidth(pcbnew.FromMM(width))
        self.board.Add(shape)
        return shape

    def _circle(self, x: float, y: float, radius: float) -> None:
        shape = self._shape(pcbnew.Edge_Cuts, pcbnew.SHAPE_T_CIRCLE)
        shape.SetCenter(mm(x, y))
        shape.SetEnd(mm(x + radius, y))

    def _outline(self) -> None:
        (w, h), r = self.plan.size, self.plan.corner_mm
        if self.plan.circle:
            self._circle(w / 2, h / 2, w / 2)
            self._circle(w / 2, h / 2, self.plan.bore_mm / 2)
            return
        for a, b in (((r, 0), (w - r, 0)), ((w, r), (w, h - r)), ((w - r, h), (r, h)), ((0, h - r), (0, r))):
            line = self._shape(pcbnew.Edge_Cuts, pcbnew.SHAPE_T_SEGMENT)
            line.SetStart(mm(*a))
            line.SetEnd(mm(*b))
        s = r * (1 - math.sqrt(0.5))
        for start, middle, end in (
            ((0, r), (s, s), (r, 0)),
            ((w - r, 0), (w - s, s), (w, r)),
            ((w, h - r), (w - s, h - s), (w - r, h)),
            ((r, h), (s, h - s), (0, h - r)),
        ):
            arc = self._shape(pcbnew.Edge_Cuts, pcbnew.SHAPE_T_ARC)
            arc.SetArcGeometry(mm(*start), mm(*middle), mm(*end))

    def _parts(self) -> None:
        root = netlist(self.schematic)
        pins: dict[tuple[str, str], str] = {}
        for net in root.iter("net"):
            name = net.get("name", "")
            info = pcbnew.NETINFO_ITEM(self.board, name)
            self.board.Add(info)
            self.nets[name] = info
            for node in net.iter("node"):
                pins[node.get("ref", ""), node.get("pin", "")] = name
        for comp in root.iter("comp"):
            ref = comp.get("ref", "")
            part = footprint(comp.findtext("footprint", ""))
            part.SetReference(ref)
            part.SetValue(comp.findtext("value", ""))
            sheets = comp.find("sheetpath")
            path = (sheets.get("tstamps", "/") if sheets is not None else "/") + comp.findtext("tstamps", "").split()[0]
            part.SetPath(pcbnew.KIID_PATH(path))
            for item in comp.iter("field"):
                if item.get("name") == "MPN" and item.text:
                    part.SetField("MPN", item.text)
                    part.GetFieldByName("MPN").SetVisible(False)
            text = comp.findtext("datasheet", "")
            part.SetField("Datasheet", text)
            part.GetFieldByName("Datasheet").SetVisible(False)
            if not comp.findtext("fields/field[@name='MPN']"):
                part.SetExcludedFromBOM(True)
                part.SetExcludedFromPosFiles(True)
            x, y, angle = self.plan.places[ref]
            self.board.Add(part)
            part.SetPosition(mm(x, y))
            if ref in self.plan.back:
                part.Flip(mm(x, y), pcbnew.FLIP_DIRECTION_LEFT_RIGHT)
            part.SetOrientationDegrees(angle)
            for pad in part.Pads():
                name = pins.get((ref, pad.GetNumber()))
                if name is not None:
                    pad.SetNet(self.nets[name])
            self.parts[ref] = part
        for i, (x, y, diameter) in enumerate(self.plan.holes):
            hole = footprint(
                "MountingHole:MountingHole_2.2mm_M2" if diameter < 3 else "MountingHole:MountingHole_3.2mm_M3"
            )
            hole.SetReference(f"H{i + 1}")
            hole.SetPosition(mm(x, y))
            hole.Reference().SetVisible(False)
            hole.Value().SetVisible(False)
            hole.SetBoardOnly(True)
            if self.plan.planes:
                hole.SetLocalClearance(pcbnew.FromMM(1.6))  # the head of the screw stays off the copper
            self.board.Add(hole)

    def _pads(self) -> list[Pad]:
        number = {name: i for i, name in enumerate(self.nets, 1)}
        pads = []
        for part in self.board.GetFootprints():
            for pad in part.Pads():
                layers = tuple(i for i, layer in enumerate(LAYERS) if pad.IsOnLayer(layer))
                at, size = (
                    pad.GetPosition(),
                    pad.GetBoundingBox() if pad.GetShape() == pcbnew.PAD_SHAPE_CUSTOM else pad.GetSize(),
                )
                if pad.GetShape() == pcbnew.PAD_SHAPE_CUSTOM:
                    at, size = size.GetCenter(), size.GetSize()
                w, h = pcbnew.ToMM(size.x), pcbnew.ToMM(size.y)
                net = number.get(pad.GetNetname(), -1) if pad.GetNetname() else -1
                if not layers or pad.GetAttribute() == pcbnew.PAD_ATTRIB_NPTH:
                    layers, net = (0, 1), -1
                    drill = pad.GetDrillSize()
                    w, h = max(w, pcbnew.ToMM(drill.x)), max(h, pcbnew.ToMM(drill.y))
                angle = 0 if pad.GetShape() == pcbnew.PAD_SHAPE_CUSTOM else pad.GetOrientationDegrees()
                pads.append(Pad(pcbnew.ToMM(at.x) - 50, pcbnew.ToMM(at.y) - 50, w, h, angle, net, layers))
        return pads

    def _route(self) -> list[str]:
        plan, pads = self.plan, self._pads()
        numbers = {name: i for i, name in enumerate(self.nets, 1)}
        fixed = list(pads)
        for name, layer, width, corners in plan.tracks:
            for (x0, y0), (x1, y1) in itertools.pairwise(corners):
                self._track(name, layer, width, x0, y0, x1, y1)
                fixed.append(Pad((x0 + x1) / 2, (y0 + y1) / 2, math.hypot(x1 - x0, y1 - y0) + width, width,
                                 -math.degrees(math.atan2(y1 - y0, x1 - x0)), numbers[name], (layer,)))  # fmt: skip
        for name, k, x, y in plan.vias:
            klass = plan.klasses[k]
            self._via(name, klass, x, y)
            fixed.append(Pad(x, y, klass.via, klass.via, 0, numbers[name], (0, 1)))
        router = Router(plan.size, plan.klasses, fixed, self._inside())
        done = {name for name, *_ in plan.tracks}
        for name, layer, corners in plan.zones:
            router.block_area(layer, corners, numbers[name])
        for x0, y0, x1, y1, layer in plan.keep_outs:
            router.keep_out(x0, y0, x1, y1, (layer,))
        if not plan.two_sided:
            router.fixed[:, 1] = -1
        nets, ground = [], None
        for name, number in numbers.items():
            own = [pad for pad in pads if pad.net == number]
            if name == plan.plane_net and plan.planes:
                ground = Net(number, plan.klass_of.get(name, 0), own)
            elif len(own) > 1 and name not in done:
                areas = [corners for zone, _, corners in plan.zones if zone == name]
                nets.append(
                    Net(
                        number,
                        plan.klass_of.get(name, 0),
                        own,
                        [p for p in own if any(_contains(a, p.x, p.y) for a in areas)],
                    )
                )
        names = {number: name for name, number in numbers.items()}
        if ground and plan.two_sided:
            print("ground pads without a via:", router.stitch(ground))
        bad = router.run(nets)
        for net in [*nets, *([ground] if ground else [])]:
            klass = plan.klasses[net.klass]
            lines, vias = router.segments(net)
            for x0, y0, x1, y1, layer in lines:
                self._track(names[net.number], layer, klass.track, x0, y0, x1, y1)
            for x, y in vias:
                self._via(names[net.number], klass, x, y)
        if ground and plan.two_sided:
            for x, y in router.room_for_vias(ground, 8.0):
                self._via(plan.plane_net, plan.klasses[ground.klass], x, y)
        return [names[net.number] for net in bad]

    def _inside(self) -> np.ndarray | None:
        if not self.plan.circle:
            return None
        side = round(self.plan.size[0] / PITCH_MM) + 1
        ys, xs = np.mgrid[0:side, 0:side] * PITCH_MM - self.plan.size[0] / 2
        radius = np.hypot(xs, ys)
        return (radius < self.plan.size[0] / 2 - 0.9) & (radius > self.plan.bore_mm / 2 + 0.9)

    def _track(self, name: str, layer: int, width: float, x0: float, y0: float, x1: float, y1: float) -> None:
        track = pcbnew.PCB_TRACK(self.board)
        track.SetStart(mm(x0, y0))
        track.SetEnd(mm(x1, y1))
        track.SetWidth(pcbnew.FromMM(width))
        track.SetLayer(LAYERS[layer])
        track.SetNet(self.nets[name])
        self.board.Add(track)

    def _via(self, name: str, klass: Klass, x: float, y: float) -> None:
        via = pcbnew.PCB_VIA(self.board)
        via.SetPosition(mm(x, y))
        via.SetWidth(pcbnew.F_Cu, pcbnew.FromMM(klass.via))
        via.SetDrill(pcbnew.FromMM(klass.drill))
        via.SetNet(self.nets[name])
        self.board.Add(via)

    def _zones(self) -> None:
        w, h = self.plan.size
        edge = 0.5
        areas = [(name, layer, corners, 1) for name, layer, corners in self.plan.zones]
        ground = [(edge, edge), (w - edge, edge), (w - edge, h - edge), (edge, h - edge)]
        areas += [(self.plan.plane_net, layer, ground, 0) for layer in self.plan.planes]
        for name, layer, corners, priority in areas:
            zone = pcbnew.ZONE(self.board)
            zone.SetLayer(LAYERS[layer])
            zone.SetNet(self.nets[name])
            outline = zone.Outline()
            outline.NewOutline()
            for x, y in corners:
                outline.Append(mm(x, y))
            zone.SetAssignedPriority(priority)
            zone.SetLocalClearance(pcbnew.FromMM(0.25))
            zone.SetMinThickness(pcbnew.FromMM(0.25))
            zone.SetThermalReliefGap(pcbnew.FromMM(0.3))
            zone.SetThermalReliefSpokeWidth(pcbnew.FromMM(0.5))
            zone.SetPadConnection(
                pcbnew.ZONE_CONNECTION_THERMAL if priority == 0 and self.plan.two_sided else pcbnew.ZONE_CONNECTION_FULL
            )
            zone.SetIslandRemovalMode(pcbnew.ISLAND_REMOVAL_MODE_ALWAYS)
            self.board.Add(zone)

    def word(self, text: str, x: float, y: float, height: float = 1.0, angle: float = 0, *, back: bool = False) -> None:
        """A word on the silkscreen."""
        item = pcbnew.PCB_TEXT(self.board)
        item.SetText(text)
        item.SetPosition(mm(x, y))
        item.SetTextSize(pcbnew.VECTOR2I(pcbnew.FromMM(height), pcbnew.FromMM(height)))
        item.SetTextThickness(pcbnew.FromMM(max(0.12, height * 0.15)))
        item.SetLayer(pcbnew.B_SilkS if back else pcbnew.F_SilkS)
        item.SetMirrored(back)
        item.SetTextAngleDegrees(angle)
        self.board.Add(item)

    def _words(self) -> None:
        for ref, part in self.parts.items():
            part.Value().SetVisible(False)
            text = part.Reference()
            text.SetTextSize(pcbnew.VECTOR2I(pcbnew.FromMM(0.8), pcbnew.FromMM(0.8)))
            text.SetTextThickness(pcbnew.FromMM(0.12))
            if ref in self.plan.hidden_refs or ref.startswith("H"):
                text.SetVisible(False)
        for words in self.plan.texts:
            text, x, y, height, angle, back = words
            self.word(text, x, y, height, angle, back=back)
        for ref, labels in self.plan.labels.items():
            side = self.plan.label_side.get(ref, "right")
            for pad in self.parts[ref].Pads():
                word = labels.get(pad.GetNumber())
                if word is None:
                    continue
                x, y = pcbnew.ToMM(pad.GetPosition().x) - 50, pcbnew.ToMM(pad.GetPosition().y) - 50
                lying_body = 1.3 if side == "down" and "JST_PH" in self.parts[ref].GetFPIDAsString() else 0
                away = 1.9 + 0.42 * len(word) + lying_body
                dx, dy = {"left": (-away, 0), "right": (away, 0), "up": (0, -away), "down": (0, away)}[side]
                turned = side in {"up", "down"} and ref not in self.plan.back
                self.word(word, x + dx, y + dy, 0.9, 90 if turned else 0, back=ref in self.plan.back)
        settle_references(self)


def settle_references(maker: Maker) -> None:
    """Puts each visible designator where it covers neither pads nor other words, trying the sides of its part."""
    taken: list[tuple[float, float, float, float]] = []
    for part in maker.board.GetFootprints():
        for pad in part.Pads():
            b = pad.GetBoundingBox()
            taken.append((b.GetLeft(), b.GetTop(), b.GetRight(), b.GetBottom()))
    for item in maker.board.GetDrawings():
        if isinstance(item, pcbnew.PCB_TEXT):
            b = item.GetBoundingBox()
            taken.append((b.GetLeft(), b.GetTop(), b.GetRight(), b.GetBottom()))
    if maker.plan.circle:
        (w, h), r = maker.plan.size, maker.plan.bore_mm / 2 + 0.4
        a, b = mm(w / 2 - r, h / 2 - r), mm(w / 2 + r, h / 2 + r)
        taken.append((a.x, a.y, b.x, b.y))
    bodies = {}
    for ref, part in maker.parts.items():
        b = part.GetBoundingBox(False)
        bodies[ref] = (b.GetLeft(), b.GetTop(), b.GetRight(), b.GetBottom())
    w, h = maker.plan.size
    for ref, part in sorted(maker.parts.items()):
        text = part.Reference()
        if not text.IsVisible():
            continue
        body = bodies[ref]
        text.SetTextAngleDegrees(0)
        half_w, half_h = pcbnew.FromMM(0.36 * len(ref) + 0.15), pcbnew.FromMM(0.55)
        cx, cy = (body[0] + body[2]) // 2, (body[1] + body[3]) // 2
        gap = pcbnew.FromMM(0.1)
        spots = [
            (cx, body[1] - half_h - gap, 0), (cx, body[3] + half_h + gap, 0),
            (body[0] - half_w - gap, cy, 0), (body[2] + half_w + gap, cy, 0),
            (body[0] - half_h - gap, cy, 90), (body[2] + half_h + gap, cy, 90),
            (body[0] + half_w, body[1] - half_h - gap, 0), (body[2] - half_w, body[3] + half_h + gap, 0),
        ]  # fmt: skip
        for far in (0.7, 1.3, 1.9, 2.6):
            step = pcbnew.FromMM(far)
            for aside in (0, -step, step):
                spots += [(cx + aside, body[1] - half_h - step, 0), (cx + aside, body[3] + half_h + step, 0)]
                spots += [(body[0] - half_w - step, cy + aside, 0), (body[2] + half_w + step, cy + aside, 0)]
        choice = None
        for x, y, angle in spots:
            hw, hh = (half_w, half_h) if angle == 0 else (half_h, half_w)
            box = (x - hw, y - hh, x + hw, y + hh)
            edge = pcbnew.FromMM(0.4)
            on = (
                box[0] > mm(0, 0).x + edge
                and box[1] > mm(0, 0).y + edge
                and box[2] < mm(w, h).x - edge
                and box[3] < mm(w, h).y - edge
            )
            others = taken + [b for r, b in bodies.items() if r != ref]
            if on and not any(_overlap(box, other) for other in others):
                choice = (x, y, angle, box)
                break
        if choice is None:
            text.SetVisible(False)
            print("no room for the designator of", ref)
            continue
        x, y, angle, box = choice
        text.SetPosition(pcbnew.VECTOR2I(int(x), int(y)))
        text.SetTextAngleDegrees(angle)
        text.SetHorizJustify(pcbnew.GR_TEXT_H_ALIGN_CENTER)
        text.SetVertJustify(pcbnew.GR_TEXT_V_ALIGN_CENTER)
        taken.append(box)


def _contains(corners: list[tuple[float, float]], x: float, y: float) -> bool:
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


ITEMS = {"footprint", "segment", "via", "zone", "pad", "filled_polygon", "model"}


def _without_ids(node: Node) -> Node:
    return [
        _without_ids(part) if isinstance(part, list) else part
        for part in node
        if not (isinstance(part, list) and part[:1] == ["uuid"])
    ]


def _in_order(node: Node) -> Node:
    """Items of a board or footprint by what they say; KiCad writes them by their random ids."""
    node = [_in_order(part) if isinstance(part, list) else part for part in node]
    if node[0] not in {"kicad_pcb", "footprint", "zone"}:
        return node
    movable = [
        i
        for i, part in enumerate(node)
        if isinstance(part, list) and (part[0] in ITEMS or str(part[0])[:3] in {"gr_", "fp_"})
    ]
    ordered = sorted((node[i] for i in movable), key=lambda part: (str(part[0]), write(_without_ids(part))))
    for i, part in zip(movable, ordered, strict=True):
        node[i] = part
    return node


def _settle_ids(path: Path, name: str) -> None:
    """Orders the file and gives every item an id that depends on its place in it: generating again changes nothing."""
    seen: dict[str, str] = {}

    def stable(match: re.Match[str]) -> str:
        old = match.group(1)
        if old not in seen:
            seen[old] = str(stable_id(name, "pcb", len(seen)))
        return f'(uuid "{seen[old]}")'

    text = write(_in_order(parse(path.read_text()))) + "\n"
    path.write_text(re.sub(r'\(uuid "([0-9a-f-]{36})"\)', stable, text))


def project_file(folder: Path, name: str, klasses: list[Klass], patterns: dict[int, list[str]]) -> None:
    """The KiCad project: rules, net classes, nothing ignored."""
    names = ["Default", *(f"W{klass.track:g}mm" for klass in klasses[1:])]
    classes = [
        {"name": names[i], "track_width": k.track, "via_diameter": k.via, "via_drill": k.drill, "clearance": 0.2, "wire_width": 6, "bus_width": 12,
         "diff_pair_gap": 0.25, "diff_pair_width": 0.2, "diff_pair_via_gap": 0.25, "microvia_diameter": 0.3, "microvia_drill": 0.1, "line_style": 0,
         "pcb_color": "rgba(0, 0, 0, 0.000)", "schematic_color": "rgba(0, 0, 0, 0.000)", "priority": 2147483647 if i == 0 else i}
        for i, k in enumerate(klasses)
    ]  # fmt: skip
    rules = {
        "min_clearance": 0.2, "min_copper_edge_clearance": 0.4, "min_hole_clearance": 0.25, "min_hole_to_hole": 0.25, "min_text_height": 0.7, "min_text_thickness": 0.08,
        "min_through_hole_diameter": 0.3, "min_track_width": 0.2, "min_via_annular_width": 0.12, "min_via_diameter": 0.5, "min_silk_clearance": 0.0,
        "min_resolved_spokes": 1, "solder_mask_to_copper_clearance": 0.0, "use_height_for_length_calcs": True,
    }  # fmt: skip
    project = {
        "board": {"design_settings": {"defaults": {}, "rules": rules, "rule_severities": dict.fromkeys(OFF_BY_DEFAULT["drc"], "warning"), "drc_exclusions": []}},
        "erc": {"erc_exclusions": [], "rule_severities": dict.fromkeys(OFF_BY_DEFAULT["erc"], "warning")},
        "libraries": {"pinned_footprint_libs": [], "pinned_symbol_libs": []},
        "meta": {"filename": f"{name}.kicad_pro", "version": 3},
        "net_settings": {"classes": classes, "meta": {"version": 4}, "netclass_patterns": [
            {"netclass": names[k], "pattern": pattern} for k, found in patterns.items() if k for pattern in found]},
        "schematic": {"page_layout_descr_file": ""},
        "sheets": [], "text_variables": {},
    }  # fmt: skip
    (folder / f"{name}.kicad_pro").write_text(json.dumps(project, indent=2) + "\n")
    for kind, word in (("sym", "ansim.kicad_sym"), ("fp", "ansim.pretty")):
        (folder / f"{kind}-lib-table").write_text(
            f'({kind}_lib_table\n  (version 7)\n  (lib (name "ansim")(type "KiCad")(uri "${{KIPRJMOD}}/../lib/{word}")(options "")(descr "Parts of the probe\'s boards"))\n)\n')  # fmt: skip
    prl = folder / f"{name}.kicad_prl"
    if prl.exists():
        prl.unlink()
    shutil.rmtree(folder / f"{name}-backups", ignore_errors=True)
