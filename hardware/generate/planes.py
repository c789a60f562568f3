"""Ground planes in one piece: fills them, drops vias that join nothing, and adds vias where an island is cut off."""

from collections.abc import Iterable
from typing import Protocol

import pcbnew
from silkscreen import SHEET_MM, mm

LAYERS = (pcbnew.F_Cu, pcbnew.B_Cu)
ROUNDS = 6
APART_MM = 1.0
"""From one ground via to the next: their holes keep clear of each other."""
AROUND_MM = 6.0
"""So far from an island a track to the next piece is looked for."""
STEP_MM = 0.4
Spot = tuple[int, float, float]
"""Layer, x, y (mm)."""
Island = tuple[int, int]
"""Layer (0 front, 1 back) and outline of the fill."""


class Copper(Protocol):
    """Who lays vias and tracks of the net."""

    def via(self, x: float, y: float) -> None:
        """Sets a via."""

    def link(self, starts: list[Spot], goals: list[Spot]) -> bool:
        """Lays a track between two sets of points; False where there is no way."""


class Planes:
    """The filled planes of one net."""

    def __init__(self, board: pcbnew.BOARD, net: str) -> None:
        self.board, self.net = board, net
        self.fills: dict[int, pcbnew.SHAPE_POLY_SET] = {}

    def fill(self) -> None:
        """Fills all areas of the board."""
        self.board.BuildConnectivity()
        pcbnew.ZONE_FILLER(self.board).Fill(self.board.Zones())
        self.fills = {
            LAYERS.index(zone.GetFirstLayer()): zone.GetFilledPolysList(zone.GetFirstLayer())
            for zone in self.board.Zones()
            if zone.GetNetname() == self.net and zone.GetAssignedPriority() == 0
        }

    def islands_at(self, at: pcbnew.VECTOR2I) -> list[Island]:
        """Islands that hold a point, at most one a layer."""
        return [
            (layer, i) for layer, fill in self.fills.items() for i in range(fill.OutlineCount()) if fill.Contains(at, i)
        ]

    def joints(self) -> Iterable[pcbnew.VECTOR2I]:
        """Where the net passes from layer to layer."""
        for track in self.board.GetTracks():
            if track.GetClass() == "PCB_VIA" and track.GetNetname() == self.net:
                yield track.GetPosition()
        for pad in self.board.GetPads():
            if pad.GetNetname() == self.net and pad.GetAttribute() == pcbnew.PAD_ATTRIB_PTH:
                yield pad.GetPosition()

    def pieces(self) -> list[set[Island]]:
        """Islands that hang together, the largest piece first."""
        found = [{(layer, i)} for layer, fill in self.fills.items() for i in range(fill.OutlineCount())]
        joints = [(frozenset({(at.x, at.y)}), set(self.islands_at(at))) for at in self.joints()]
        for track in self.board.GetTracks():
            if track.GetClass() == "PCB_TRACK" and track.GetNetname() == self.net:
                layer, ends = LAYERS.index(track.GetLayer()), (track.GetStart(), track.GetEnd())
                touched = {island for end in ends for island in self.islands_at(end) if island[0] == layer}
                joints.append((frozenset((end.x, end.y) for end in ends), touched))
        while joints:
            points, touched = joints.pop()
            met = [joint for joint in joints if joint[0] & points]
            if met:
                joints = [joint for joint in joints if not joint[0] & points]
                joints.append((points.union(*(p for p, _ in met)), touched.union(*(t for _, t in met))))
                continue
            near = [piece for piece in found if piece & touched]
            if len(near) > 1:
                found = [piece for piece in found if not piece & touched] + [set().union(*near)]
        return sorted(found, key=self._area, reverse=True)

    def box(self, island: Island) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        box = self.fills[island[0]].Outline(island[1]).BBox()
        return box.GetLeft(), box.GetTop(), box.GetRight(), box.GetBottom()

    def bridge(
        self, piece: set[Island], others: set[Island], points: list[pcbnew.VECTOR2I], taken: list[tuple[int, int]]
    ) -> int | None:
        """Index of a point where a via joins `piece` to one of `others`."""
        apart = pcbnew.FromMM(APART_MM)
        for island in piece:
            left, top, right, bottom = self.box(island)
            fill = self.fills[island[0]]
            for n, at in enumerate(points):
                if not (left <= at.x <= right and top <= at.y <= bottom and fill.Contains(at, island[1])):
                    continue
                if any(abs(at.x - x) + abs(at.y - y) < apart for x, y in taken):
                    continue
                if others & set(self.islands_at(at)):
                    return n
        return None

    def around(self, piece: set[Island], wanted: set[Island], reach_mm: float) -> list[Spot]:
        """Points of `wanted` islands in and around a piece."""
        boxes = [self.box(island) for island in piece]
        reach, step = pcbnew.FromMM(reach_mm), pcbnew.FromMM(STEP_MM)
        left, top = min(box[0] for box in boxes) - reach, min(box[1] for box in boxes) - reach
        right, bottom = max(box[2] for box in boxes) + reach, max(box[3] for box in boxes) + reach
        spots = []
        for x in range(left // step * step, right, step):
            for y in range(top // step * step, bottom, step):
                at = pcbnew.VECTOR2I(x, y)
                found = [layer for layer, i in self.islands_at(at) if (layer, i) in wanted]
                spots += [(layer, pcbnew.ToMM(x) - SHEET_MM, pcbnew.ToMM(y) - SHEET_MM) for layer in found]
        return spots

    def _area(self, piece: set[Island]) -> float:
        return sum(abs(self.fills[layer].Outline(i).Area()) for layer, i in piece)


def join(board: pcbnew.BOARD, net: str, spots: list[tuple[float, float]], copper: Copper) -> int:
    """Joins the islands of `net` by vias at some of `spots` (mm), or by tracks; returns how many stay apart."""
    planes = Planes(board, net)
    points = [mm(x, y) for x, y in spots]
    pieces: list[set[Island]] = []
    ends = {
        (end.x, end.y)
        for track in board.GetTracks()
        if track.GetNetname() == net and track.GetClass() == "PCB_TRACK"
        for end in (track.GetStart(), track.GetEnd())
    }
    for _ in range(ROUNDS):
        planes.fill()
        for track in list(board.GetTracks()):
            at = track.GetPosition()
            is_lone = track.GetClass() == "PCB_VIA" and track.GetNetname() == net and (at.x, at.y) not in ends
            if is_lone and len(planes.islands_at(at)) < len(planes.fills):
                board.Delete(track)
        pieces = planes.pieces()
        taken = [(at.x, at.y) for at in planes.joints()]
        added = 0
        for piece in pieces[1:]:
            others = set().union(*pieces) - piece
            at = planes.bridge(piece, others, points, taken)
            if at is not None:
                copper.via(*spots[at])
                taken.append((points[at].x, points[at].y))
                added += 1
            else:
                starts = planes.around(piece, piece, 0.0)
                goals = planes.around(piece, others, AROUND_MM)
                added += bool(starts and goals) and copper.link(starts, goals)
        if not added:
            break
    planes.fill()
    for layer, i in (island for piece in pieces[1:] for island in piece):
        box = planes.box((layer, i))
        print("apart:", layer, *(round(pcbnew.ToMM(v) - SHEET_MM, 1) for v in box))
    return len(pieces) - 1
