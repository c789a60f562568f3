"""Makes a board from its schematic: netlist out of kicad-cli, footprints and places, tracks from the router, planes, labels.
Runs with the Python that KiCad brings (`/usr/bin/python3`).
"""

import itertools
import math
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pcbnew
import planes
from keep import kept_pieces
from plan import Plan
from planes import LAYERS
from project import project_file, settle_ids
from router import CLEARANCE_MM, PITCH_MM, Klass, Net, Pad, Router
from silkscreen import mm, words

HARDWARE = Path(__file__).resolve().parent.parent
KICAD_FOOTPRINTS = Path(os.environ.get("KICAD9_FOOTPRINT_DIR", "/usr/share/kicad/footprints"))
MODELS = "${KIPRJMOD}/../lib/models/"


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


class Maker:
    """Builds one board."""

    def __init__(self, plan: Plan, folder: Path, patterns: dict[int, list[str]], kept: Path | None = None) -> None:
        """`kept`: an earlier board; tracks of nets whose pads are where they were stay as they are."""
        self.plan, self.folder, self.patterns, self.kept = plan, folder, patterns, kept
        self.schematic = folder / f"{plan.name}.kicad_sch"
        self.path = folder / f"{plan.name}.kicad_pcb"
        self.board = pcbnew.NewBoard(str(self.path))
        self.nets: dict[str, pcbnew.NETINFO_ITEM] = {}
        self.parts: dict[str, pcbnew.FOOTPRINT] = {}
        self.spots: list[tuple[float, float]] = []
        """Where a ground via has room beside all that is routed."""
        self.router: Router

    def make(self) -> None:
        """Schematic in, finished board out."""
        project_file(self.folder, self.plan.name, self.plan.klasses, self.patterns)
        self._settings()
        self._outline()
        self._parts()
        bad = self._route()
        self._zones()
        words(self)
        if self.plan.planes and self.plan.two_sided:
            apart = planes.join(self.board, self.plan.plane_net, self.spots, self)
            print("pieces of the ground planes that stay apart:", apart)
        else:
            self.board.BuildConnectivity()
            pcbnew.ZONE_FILLER(self.board).Fill(self.board.Zones())
        pcbnew.SaveBoard(str(self.path), self.board)
        settle_ids(self.path, self.plan.name)
        project_file(self.folder, self.plan.name, self.plan.klasses, self.patterns)  # KiCad has put its own defaults in
        print(f"{self.plan.name}: {len(self.parts)} parts, {len(self.nets)} nets, not routed: {list(bad)}")

    def via(self, x: float, y: float) -> None:
        """A small via of the ground planes."""
        self._via(self.plan.plane_net, self.plan.klasses[0], x, y)

    def link(self, starts: list[planes.Spot], goals: list[planes.Spot]) -> bool:
        """A thin track between two pieces of the ground planes."""
        name = self.plan.plane_net
        way = self.router.link(list(self.nets).index(name) + 1, starts, goals)
        if way is None:
            return False
        lines, vias = self.router.segments(way)
        for x0, y0, x1, y1, layer in lines:
            self._track(name, layer, self.plan.klasses[0].track, x0, y0, x1, y1)
        for x, y in vias:
            self._via(name, self.plan.klasses[0], x, y)
        return True

    def _settings(self) -> None:
        settings = self.board.GetDesignSettings()
        settings.m_TrackMinWidth = pcbnew.FromMM(0.2)
        settings.m_MinClearance = pcbnew.FromMM(CLEARANCE_MM)
        settings.m_ViasMinSize = pcbnew.FromMM(0.6)
        settings.m_MinThroughDrill = pcbnew.FromMM(0.3)
        settings.m_HoleClearance = pcbnew.FromMM(0.25)
        settings.m_CopperEdgeClearance = pcbnew.FromMM(0.4)
        settings.SetBoardThickness(pcbnew.FromMM(self.plan.thickness_mm))
        block = self.board.GetTitleBlock()
        block.SetTitle(f"Sweep probe: {self.plan.name}")
        block.SetDate("2026-12-01")
        block.SetRevision(self.plan.revision)
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
            part.SetDNP(comp.find("property[@name='dnp']") is not None)
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
                "MountingHole:MountingHole_2.2mm_M2_Back" if diameter < 3 else "MountingHole:MountingHole_3.2mm_M3"
            )
            hole.SetReference(f"H{i + 1}")
            hole.SetPosition(mm(x, y))
            hole.Reference().SetVisible(False)
            hole.Value().SetVisible(False)
            hole.SetBoardOnly(True)
            if self.plan.planes:
                hole.SetLocalClearance(pcbnew.FromMM(1.6))  # the head of the screw stays off the copper
            self.board.Add(hole)
        for i, (x, y) in enumerate(self.plan.fiducials):
            mark = footprint("Fiducial:Fiducial_1mm_Mask2mm")
            mark.SetReference(f"FID{i + 1}")
            mark.SetPosition(mm(x, y))
            mark.Reference().SetVisible(False)
            mark.Value().SetVisible(False)
            mark.SetBoardOnly(True)
            self.board.Add(mark)

    def _pads(self) -> list[Pad]:
        number = {name: i for i, name in enumerate(self.nets, 1)}
        pads = []
        for part in self.board.GetFootprints():
            for pad in part.Pads():
                layers = tuple(i for i, layer in enumerate(LAYERS) if pad.IsOnLayer(layer))
                if not layers and pad.GetAttribute() != pcbnew.PAD_ATTRIB_NPTH:
                    continue  # paste only
                at, size = (
                    pad.GetPosition(),
                    pad.GetBoundingBox() if pad.GetShape() == pcbnew.PAD_SHAPE_CUSTOM else pad.GetSize(),
                )
                if pad.GetShape() == pcbnew.PAD_SHAPE_CUSTOM:
                    at, size = size.GetCenter(), size.GetSize()
                wide = 2 * max(0.0, pcbnew.ToMM(pad.GetLocalClearance() or 0) - CLEARANCE_MM)  # fiducials
                w, h = pcbnew.ToMM(size.x) + wide, pcbnew.ToMM(size.y) + wide
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
        done = {name for name, *_ in plan.tracks}
        earlier = kept_pieces(self.kept, self.board, plan, pads, numbers, done) if self.kept else []
        for name, layer, width, (x0, y0), (x1, y1) in earlier:
            done.add(name)
            if layer is None:
                self._via(name, plan.klasses[plan.klass_of.get(name, 0)], x0, y0)
                fixed.append(Pad(x0, y0, width, width, 0, numbers[name], (0, 1)))
                continue
            self._track(name, layer, width, x0, y0, x1, y1)
            fixed.append(Pad((x0 + x1) / 2, (y0 + y1) / 2, math.hypot(x1 - x0, y1 - y0) + width, width,
                             -math.degrees(math.atan2(y1 - y0, x1 - x0)), numbers[name], (layer,)))  # fmt: skip
        router = Router(plan.size, plan.klasses, fixed, self._inside())
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
            print("ground pads without a via:", [(pad.x, pad.y) for pad in router.stitch(ground)])
        bad = router.run(nets)
        for net in bad:
            print("too near:", names[net.number], router.clashes(net))
        for net in [*nets, *([ground] if ground else [])]:
            klass = plan.klasses[net.klass]
            lines, vias = router.segments(net)
            for x0, y0, x1, y1, layer in lines:
                self._track(names[net.number], layer, klass.track, x0, y0, x1, y1)
            for x, y in vias:
                self._via(names[net.number], klass, x, y)
        if ground and plan.two_sided:
            self.spots, self.router = router.room_for_vias(Net(ground.number, 0, []), 0.2), router
            for x, y in router.room_for_vias(ground, 4.0):
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


def _contains(corners: list[tuple[float, float]], x: float, y: float) -> bool:
    inside = False
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside
