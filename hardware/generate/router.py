"""Routes a board on a grid of 0.2 mm: pads and keep-outs in, tracks and vias out. The search itself is `router.c`."""

import ctypes
import itertools
import math
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PITCH_MM = 0.2
CLEARANCE_MM = 0.2
MARGIN_MM = 0.02  # the grid's rounding stays below it
EDGE_MM = 0.5


@dataclass(frozen=True, slots=True)
class Klass:
    """A width class of nets (mm)."""

    track: float
    via: float
    drill: float


@dataclass(frozen=True, slots=True)
class Pad:
    """Copper that stands: a rectangle turned by `angle_deg`. `net` 0 belongs to nobody. `layers`: 0 front, 1 back."""

    x: float
    y: float
    w: float
    h: float
    angle_deg: float
    net: int
    layers: tuple[int, ...]
    is_target: bool = True


@dataclass(slots=True)
class Net:
    """A net to route: its number, class and pads."""

    number: int
    klass: int
    pads: list[Pad]
    joined: list[Pad] = field(default_factory=list)
    """Pads that a filled area already connects."""
    cells: list[list[int]] = field(default_factory=list)
    """Ways found, each a list of layer cells from end to end."""


class _Board(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_int), ("height", ctypes.c_int), ("classes", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("fixed", "fixed_via", "used", "used_via", "history", "price")),
        ("present", ctypes.c_float), ("via_cost", ctypes.c_float), ("bend_cost", ctypes.c_float),
    ]  # fmt: skip


class Router:
    """Holds the maps. `outline`: board width and height (mm); coordinates run from its upper left corner, y down."""

    def __init__(
        self, outline: tuple[float, float], klasses: list[Klass], pads: list[Pad], inside: np.ndarray | None = None
    ) -> None:
        """`inside`, when given, is a map of the cells that lie on the board (for boards that are not rectangles)."""
        self.width, self.height = (round(side / PITCH_MM) + 1 for side in outline)
        self.cells = self.width * self.height
        self.klasses = klasses
        shape = (len(klasses), 2, self.height, self.width)
        self.fixed = np.zeros(shape, np.int16)
        self.fixed_via = np.zeros((len(klasses), self.height, self.width), np.int16)
        self.used = np.zeros(shape, np.uint16)
        self.used_via = np.zeros(self.fixed_via.shape, np.uint16)
        self.history = np.zeros(shape[1:], np.float32)
        self.goal = np.zeros(2 * self.cells, np.uint8)
        self.out = np.zeros(20000, np.int32)
        self.price = np.ones(shape[1:], np.float32)
        self.price[1] *= 1.15
        for k, klass in enumerate(klasses):
            self._edge(self.fixed[k], klass.track / 2, inside)
            self._edge(self.fixed_via[k][None], klass.via / 2, inside)
            for pad in pads:
                for layer in pad.layers:
                    self._block(self.fixed[k, layer], pad, klass.track / 2 + CLEARANCE_MM)
                self._block(self.fixed_via[k], pad, klass.via / 2 + CLEARANCE_MM)
        self.library = _library()
        self.board = _Board(self.width, self.height, len(klasses), *(
            a.ctypes.data for a in (self.fixed, self.fixed_via, self.used, self.used_via, self.history, self.price)
        ), 0.5, 12.0, 0.6)  # fmt: skip

    def keep_out(self, x0: float, y0: float, x1: float, y1: float, layers: Iterable[int] = (0, 1)) -> None:
        """No track and no via in a rectangle."""
        pad = Pad((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, 0, -1, tuple(layers))
        for k, klass in enumerate(self.klasses):
            for layer in pad.layers:
                self._block(self.fixed[k, layer], pad, klass.track / 2)
            self._block(self.fixed_via[k], pad, klass.via / 2)

    def block_area(self, layer: int, corners: list[tuple[float, float]], net: int) -> None:
        """A filled area: only its own net may cross it on its layer, and no foreign via may pierce it."""
        ys, xs = np.mgrid[0 : self.height, 0 : self.width] * PITCH_MM
        inside = np.zeros(xs.shape, bool)
        for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
            if y0 != y1:
                inside ^= ((ys >= y0) != (ys >= y1)) & (xs < (x1 - x0) * (ys - y0) / (y1 - y0) + x0)
        for k, klass in enumerate(self.klasses):
            for m, half in ((self.fixed[k, layer], klass.track / 2), (self.fixed_via[k], klass.via / 2)):
                near = inside.copy()
                for _ in range(math.ceil((half + 0.3) / PITCH_MM)):
                    near[1:] |= near[:-1].copy()
                    near[:-1] |= near[1:].copy()
                    near[:, 1:] |= near[:, :-1].copy()
                    near[:, :-1] |= near[:, 1:].copy()
                m[near & (m == 0)] = net
                m[near & (m != net)] = -1

    def _edge(self, maps: np.ndarray, half: float, inside: np.ndarray | None) -> None:
        reach = math.ceil((EDGE_MM + half) / PITCH_MM)
        for m in maps:
            m[:reach] = m[-reach:] = -1
            m[:, :reach] = m[:, -reach:] = -1
            if inside is not None:
                m[~inside] = -1

    def _block(self, m: np.ndarray, pad: Pad, reach: float) -> None:
        """Cells nearer than `reach` to the pad belong to its net; where two nets reach, to nobody."""
        r = reach + MARGIN_MM
        size = math.hypot(pad.w, pad.h) / 2 + r + PITCH_MM
        x0, x1 = max(0, int((pad.x - size) / PITCH_MM)), min(self.width, int((pad.x + size) / PITCH_MM) + 2)
        y0, y1 = max(0, int((pad.y - size) / PITCH_MM)), min(self.height, int((pad.y + size) / PITCH_MM) + 2)
        if x0 >= x1 or y0 >= y1:
            return
        ys, xs = np.mgrid[y0:y1, x0:x1] * PITCH_MM
        turn = math.radians(pad.angle_deg)
        dx, dy = xs - pad.x, ys - pad.y
        u = np.abs(dx * math.cos(turn) - dy * math.sin(turn)) - pad.w / 2
        v = np.abs(dx * math.sin(turn) + dy * math.cos(turn)) - pad.h / 2
        near = np.hypot(np.maximum(u, 0), np.maximum(v, 0)) < r
        window = m[y0:y1, x0:x1]
        mine = pad.net if pad.net > 0 else -1
        window[near & (window == 0)] = mine
        window[near & (window != mine)] = -1

    def cell(self, x: float, y: float) -> int:
        """The cell nearest to a point."""
        return round(y / PITCH_MM) * self.width + round(x / PITCH_MM)

    def _claim(self, net: Net, add: int) -> None:
        mine = self.klasses[net.klass]
        tracks = np.array([c for way in net.cells for c in way], np.int32)
        vias = np.array([c % self.cells for c in self.vias(net)], np.int32)
        for at, half, is_via in ((tracks, mine.track / 2, 0), (vias, mine.via / 2, 1)):
            reach = np.array(
                [(half + k.track / 2 + CLEARANCE_MM + MARGIN_MM) / PITCH_MM for k in self.klasses], np.float32
            )
            reach_via = np.array(
                [(half + k.via / 2 + CLEARANCE_MM + MARGIN_MM) / PITCH_MM for k in self.klasses], np.float32
            )
            self.library.claim(
                ctypes.byref(self.board), _ints(at), len(at), _floats(reach), _floats(reach_via), is_via, add
            )

    def vias(self, net: Net) -> set[int]:
        """Cells where a net changes layer."""
        return {
            a % self.cells
            for way in net.cells
            for a, b in itertools.pairwise(way)
            if a // self.cells != b // self.cells
        }

    def _pad_cells(self, pad: Pad) -> list[int]:
        return [layer * self.cells + self.cell(pad.x, pad.y) for layer in pad.layers]

    def stitch(self, net: Net, limit_mm: float = 3.0) -> list[Pad]:
        """A short track and a via from each pad of one layer to the other layer's plane. Returns those that found no room."""
        failed = []
        for pad in net.pads:
            if len(pad.layers) > 1:
                continue
            way = self._search(net, self._pad_cells(pad), None, (0, 0, 0, 0))
            if not way or len(way) * PITCH_MM > limit_mm:
                failed.append(pad)
                continue
            alone = Net(
                net.number,
                net.klass,
                [],
                cells=[[*way, way[-1] % self.cells + (1 - way[-1] // self.cells) * self.cells]],
            )
            self._claim(alone, 1)
            net.cells += alone.cells
        return failed

    def _search(
        self, net: Net, starts: list[int], goal: np.ndarray | None, box: tuple[int, int, int, int]
    ) -> list[int]:
        out = self.out
        first = np.array(starts, np.int32)
        goal_data = goal.ctypes.data_as(ctypes.c_void_p) if goal is not None else None
        count = self.library.route(ctypes.byref(self.board), net.number, net.klass, _ints(first), len(first), goal_data,
                                   _ints(np.array(box, np.int32)), int(goal is None), _ints(out), len(out))  # fmt: skip
        return [int(c) for c in out[:count][::-1]]

    def _connect(self, net: Net) -> bool:
        """Joins the pads of a net one after the other, each to what is already joined."""
        net.cells = []
        todo = [self._pad_cells(pad) for pad in net.pads if pad not in net.joined]
        if net.joined:
            todo.insert(0, [c for pad in net.joined for c in self._pad_cells(pad)])
        tree = list(todo.pop(0))
        while todo:
            flat = [c for cells in todo for c in cells]
            goal = self.goal
            goal[flat] = 1
            xs, ys = [c % self.cells % self.width for c in flat], [c % self.cells // self.width for c in flat]
            way = self._search(net, tree, goal, (min(xs), min(ys), max(xs), max(ys)))
            goal[flat] = 0
            if not way:
                return False
            net.cells.append(way)
            reached = next(cells for cells in todo if way[-1] in cells)
            todo.remove(reached)
            tree += way + reached
        return True

    def conflicts(self, net: Net) -> int:
        """How many cells of a net come too near to other nets; its own claim must not be in the maps."""
        tracks = [c for way in net.cells for c in way]
        vias = list(self.vias(net))
        used, used_via = self.used[net.klass].reshape(-1), self.used_via[net.klass].reshape(-1)
        return int((used[tracks] > 0).sum() + (used_via[vias] > 0).sum())

    def clashes(self, net: Net) -> list[tuple[float, float]]:
        """Where a net comes too near to another (mm); its own claim is in the maps."""
        self._claim(net, -1)
        used = self.used[net.klass].reshape(-1)
        hot = {c % self.cells for way in net.cells for c in way if used[c] > 0}
        self._claim(net, 1)
        return [(c % self.width * PITCH_MM, c // self.width * PITCH_MM) for c in sorted(hot)][:4]

    def link(
        self, number: int, starts: list[tuple[int, float, float]], goals: list[tuple[int, float, float]]
    ) -> Net | None:
        """A track of class 0 from one set of points (layer, x, y) to another that comes too near to nothing."""
        net = Net(number, 0, [])
        self.board.present = 1e4
        ends = [layer * self.cells + self.cell(x, y) for layer, x, y in goals]
        self.goal[ends] = 1
        xs, ys = [c % self.cells % self.width for c in ends], [c % self.cells // self.width for c in ends]
        free = self.fixed[0].reshape(-1)
        first = [c for c in (layer * self.cells + self.cell(x, y) for layer, x, y in starts) if free[c] in {0, number}]
        way = self._search(net, first, self.goal, (min(xs), min(ys), max(xs), max(ys)))
        self.goal[ends] = 0
        net.cells = [way]
        pierced = self.fixed_via[0].reshape(-1)[list(self.vias(net))]
        if not way or self.conflicts(net) or pierced.any():  # a via in a pad of its own would put hole on hole
            return None
        self._claim(net, 1)
        return net

    def run(self, nets: list[Net], rounds: int = 40) -> list[Net]:
        """Routes all nets, negotiating; returns those that still conflict or could not be joined."""
        order = sorted(nets, key=_span)
        bad: list[Net] = order
        for turn in range(rounds):
            self.board.present = 0.6 * 1.5 ** min(turn, 12)
            failed, clash = [], []
            again = order if turn < 2 else bad
            for net in again:
                if net.cells:
                    self._claim(net, -1)
                if not self._connect(net):
                    failed.append(net)
                self._claim(net, 1)
            for net in order:
                self._claim(net, -1)
                tracks = np.array([c for way in net.cells for c in way], np.int64)
                hot = tracks[self.used[net.klass].reshape(-1)[tracks] > 0]
                self.history.reshape(-1)[hot] += 0.3
                if len(hot) or self.conflicts(net):
                    clash.append(net)
                self._claim(net, 1)
            bad = clash + [n for n in failed if n not in clash]
            print(
                f"{time.process_time():.0f} s CPU, round {turn}: {len(clash)} nets in conflict, {len(failed)} not joined",
                flush=True,
            )
            if not bad:
                break
        return bad

    def room_for_vias(self, net: Net, step_mm: float) -> list[tuple[float, float]]:
        """Points of a regular raster where a via of the net fits beside all that is routed."""
        own, used = self.fixed_via[net.klass], self.used_via[net.klass]
        step = round(step_mm / PITCH_MM)
        ys, xs = np.nonzero((own == 0) & (used == 0))
        spots = [
            (int(x), int(y)) for x, y in zip(xs, ys, strict=True) if x % step == step // 2 and y % step == step // 2
        ]
        return [(x * PITCH_MM, y * PITCH_MM) for x, y in spots]

    def segments(self, net: Net) -> tuple[list[tuple[float, float, float, float, int]], list[tuple[float, float]]]:
        """Tracks (x0, y0, x1, y1, layer) and vias (x, y) in mm; straight runs are one track, pad centres are met exactly."""
        lines: list[tuple[float, float, float, float, int]] = []
        for way in net.cells:
            points = [(c % self.cells % self.width, c % self.cells // self.width, c // self.cells) for c in way]
            start = 0
            for i in range(1, len(points)):
                a, b = points[i - 1], points[i]
                after = points[i + 1] if i + 1 < len(points) else None
                straight = (
                    after
                    and after[2] == b[2] == a[2]
                    and (after[0] - b[0], after[1] - b[1]) == (b[0] - a[0], b[1] - a[1])
                )
                if straight:
                    continue
                first = points[start]
                if first[2] == b[2] and first[:2] != b[:2]:
                    lines.append((first[0] * PITCH_MM, first[1] * PITCH_MM, b[0] * PITCH_MM, b[1] * PITCH_MM, b[2]))
                start = i
        ends = {c for way in net.cells for c in (way[0], way[-1])}
        for pad in net.pads:
            for c in self._pad_cells(pad):
                x, y = c % self.cells % self.width * PITCH_MM, c % self.cells // self.width * PITCH_MM
                if c in ends and math.hypot(x - pad.x, y - pad.y) > 1e-4:
                    lines.append((x, y, pad.x, pad.y, c // self.cells))
        vias = [(c % self.width * PITCH_MM, c // self.width * PITCH_MM) for c in sorted(self.vias(net))]
        return sorted(set(lines)), vias


def _span(net: Net) -> float:
    xs, ys = [p.x for p in net.pads], [p.y for p in net.pads]
    return max(xs) - min(xs) + max(ys) - min(ys)


def _ints(a: np.ndarray) -> ctypes.Array:
    return a.ctypes.data_as(ctypes.POINTER(ctypes.c_int))


def _floats(a: np.ndarray) -> ctypes.Array:
    return a.ctypes.data_as(ctypes.POINTER(ctypes.c_float))


def _library() -> ctypes.CDLL:
    source = Path(__file__).with_name("router.c")
    target = Path(tempfile.mkdtemp()) / "router.so"
    subprocess.run(
        ["gcc", "-O3", "-march=native", "-Wall", "-shared", "-fPIC", "-o", str(target), str(source)], check=True
    )
    return ctypes.CDLL(str(target))
