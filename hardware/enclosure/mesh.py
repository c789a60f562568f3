"""Exported meshes as solids: read STL, close boxes and cylinders into meshes, ask for volumes, overlaps, connected air.

Job: the few questions that the tests ask of the enclosure, answered on the files that are printed. Input: STL and
`layout` solids; output: `manifold3d` solids and numbers, mm. It repairs nothing: a mesh that is not watertight is
refused with `MeshError`.
"""

from __future__ import annotations

import atexit
import struct
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from manifold3d import Error, Manifold, Mesh, OpType

from hardware.enclosure import layout
from hardware.enclosure.solids import Box, Point, Solid

EXPORT = layout.HERE / "export"
HEADER = 80
FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("unused", "<u2")])
SEGMENTS = 96
Corners = npt.NDArray[np.float32]


class MeshError(ValueError):
    """A file that is no closed mesh; one line."""


def read_stl(path: Path) -> Corners:
    """Triangles (n, 3, 3) of a binary STL; raises MeshError when its length is not what it says."""
    data = path.read_bytes()
    if len(data) < HEADER + 4:
        raise MeshError(f"{path.name}: shorter than an STL header")
    (count,) = struct.unpack_from("<I", data, HEADER)
    if len(data) != HEADER + 4 + count * FACET.itemsize:
        raise MeshError(f"{path.name}: says {count} facets, holds {len(data)} bytes")
    return np.ascontiguousarray(np.frombuffer(data, FACET, count, HEADER + 4)["corners"])


def open_edges(corners: Corners) -> int:
    """Directed edges without their opposite: 0 in a watertight mesh."""
    _, index = np.unique(np.round(corners.reshape(-1, 3), 4), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    key = edges[:, 0].astype(np.int64) * (int(faces.max()) + 1) + edges[:, 1]
    back = edges[:, 1].astype(np.int64) * (int(faces.max()) + 1) + edges[:, 0]
    return int(np.sum(~np.isin(key, back)))


def solid_of(corners: Corners, name: str) -> Manifold:
    """The mesh as a solid; raises MeshError."""
    points, index = np.unique(np.round(corners.reshape(-1, 3), 4), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    mesh = Mesh(np.ascontiguousarray(points, np.float32), np.ascontiguousarray(faces[whole], np.uint32))
    made = Manifold(mesh)
    if made.status() != Error.NoError:
        raise MeshError(f"{name}: {made.status()}")
    return made


@cache
def part(name: str) -> Manifold:
    """An exported part."""
    return solid_of(read_stl(EXPORT / f"{name}.stl"), name)


def part_names() -> list[str]:
    """All exported parts."""
    return sorted(path.stem for path in EXPORT.glob("*.stl"))


def closed(solid: Solid) -> Manifold:
    """A box or cylinder of `layout` as a solid."""
    if isinstance(solid, Box):
        size = [high - low for low, high in zip(solid.low, solid.high, strict=True)]
        return Manifold.cube((size[0], size[1], size[2])).translate(solid.low)
    length = solid.high - solid.low
    made = Manifold.cylinder(length, solid.radius, circular_segments=SEGMENTS)
    if solid.bore:
        hole = Manifold.cylinder(length + 2, solid.bore, circular_segments=SEGMENTS).translate((0.0, 0.0, -1.0))
        made -= hole
    a, b = solid.centre
    if solid.axis == "z":
        return made.translate((a, b, solid.low))
    if solid.axis == "y":
        return made.rotate((-90.0, 0.0, 0.0)).translate((a, solid.low, b))
    return made.rotate((0.0, 90.0, 0.0)).translate((solid.low, a, b))


def union(solids: Iterable[Manifold]) -> Manifold:
    """All of them as one."""
    return Manifold.batch_boolean(list(solids), OpType.Add)


@cache
def contents() -> dict[str, Manifold]:
    """What goes into the enclosure."""
    return {name: union(closed(s) for s in solids) for name, solids in layout.contents().items()}


for kept in (part, contents):
    atexit.register(kept.cache_clear)  # nanobind complains of solids that outlive the interpreter


def overlap_mm3(a: Manifold, b: Manifold) -> float:
    """Volume that both claim."""
    return float((a ^ b).volume())


def holds(solid: Manifold, point: Point, radius: float = 0.05) -> bool:
    """Whether a point lies in a solid."""
    probe = Manifold.cube((2 * radius, 2 * radius, 2 * radius), True).translate(point)
    return overlap_mm3(solid, probe) > 4 * radius**3


def air(domain: Box, solids: Sequence[Manifold]) -> list[Manifold]:
    """The connected pockets of air that are left in a box."""
    return list((closed(domain) - union(solids)).decompose())


def pocket_of(pockets: Sequence[Manifold], point: Point) -> int:
    """Which pocket a point lies in; raises MeshError when it is inside something solid."""
    for index, pocket in enumerate(pockets):
        if holds(pocket, point):
            return index
    raise MeshError(f"no air at {point}")


def is_blocked(solid: Manifold, start: Point, end: Point) -> bool:
    """Whether the straight line between two points meets the solid."""
    return bool(solid.ray_cast(start, end))


def hanging(corners: Corners, up: Point, steepest_deg: float = 50.0) -> npt.NDArray[np.bool_]:
    """The facets that hang over air, flatter than a printer manages and not on its bed, printed with `up` upwards."""
    direction = np.asarray(up, np.float64)
    edge = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
    area = np.linalg.norm(edge, axis=1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        lean = np.where(area > 1e-9, edge @ direction / (2 * area), 0.0)
    height = (corners.astype(np.float64) @ direction).min(axis=1)
    return np.asarray((lean < -np.sin(np.radians(steepest_deg))) & (height > height.min() + 0.05))


def unsupported_mm2(corners: Corners, up: Point, steepest_deg: float = 50.0) -> float:
    """Their area."""
    faces = corners[hanging(corners, up, steepest_deg)]
    across = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0]).astype(np.float64)
    return float(np.linalg.norm(across, axis=1).sum() / 2)
