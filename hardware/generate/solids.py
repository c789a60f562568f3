"""Simple bodies for the pictures and the STEP files: parts that KiCad's model library does not have, as coloured prisms.

Writes STEP (AP214) without a modelling kernel: each prism is a polygon in the plane of the board, drawn up from z0 to z1.
Dimensions are those of the footprints and of the data sheets that `parts.py` names; good for a look and for heights.
"""

import math
from dataclasses import dataclass
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "lib/models"
Point = tuple[float, float]
Point3 = tuple[float, ...]
BLACK, WHITE, GREY, GREEN, BLUE, CLEAR, STEEL, RED = (
    (0.1, 0.1, 0.1), (0.93, 0.92, 0.88), (0.5, 0.5, 0.5), (0.1, 0.35, 0.2), (0.1, 0.25, 0.5), (0.85, 0.88, 0.92), (0.75, 0.75, 0.78), (0.6, 0.1, 0.1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prism:
    """Corners counter-clockwise (mm), lower and upper end, colour (0 to 1)."""

    corners: tuple[Point, ...]
    z0: float
    z1: float
    colour: tuple[float, float, float]


def block(x: float, y: float, w: float, d: float, z0: float, z1: float, colour: tuple[float, float, float]) -> Prism:
    """A box of `w` by `d` around a centre."""
    return Prism(
        ((x - w / 2, y - d / 2), (x + w / 2, y - d / 2), (x + w / 2, y + d / 2), (x - w / 2, y + d / 2)), z0, z1, colour
    )


def dome(x: float, y: float, diameter: float, z0: float, z1: float, colour: tuple[float, float, float]) -> list[Prism]:
    """A lens as three steps of a sphere."""
    steps = []
    for i in range(3):
        radius = diameter / 2 * math.sqrt(1 - ((i + 0.5) / 3.2) ** 2)
        ring = tuple(
            (x + radius * math.cos(a), y + radius * math.sin(a)) for a in (2 * math.pi * k / 24 for k in range(24))
        )
        steps.append(Prism(ring, z0 + (z1 - z0) * i / 3, z0 + (z1 - z0) * (i + 1) / 3, colour))
    return steps


class Step:
    """Collects entities of a STEP file."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.styles: list[str] = []

    def add(self, text: str) -> str:
        self.lines.append(f"#{len(self.lines) + 1}={text};")
        return f"#{len(self.lines)}"

    def point(self, x: float, y: float, z: float) -> str:
        return self.add(f"CARTESIAN_POINT('',({x:.4f},{y:.4f},{z:.4f}))")

    def direction(self, x: float, y: float, z: float) -> str:
        return self.add(f"DIRECTION('',({x:.6f},{y:.6f},{z:.6f}))")

    def plane(self, at: Point3, normal: Point3, along: Point3) -> str:
        frame = self.add(f"AXIS2_PLACEMENT_3D('',{self.point(*at)},{self.direction(*normal)},{self.direction(*along)})")
        return self.add(f"PLANE('',{frame})")

    def prism(self, p: Prism) -> str:
        """A solid."""
        n = len(p.corners)
        at = [(x, y, z) for z in (p.z0, p.z1) for x, y in p.corners]
        vertices = [self.add(f"VERTEX_POINT('',{self.point(*xyz)})") for xyz in at]
        edges: dict[tuple[int, int], str] = {}
        for a, b in [
            *((i, (i + 1) % n) for i in range(n)),
            *((n + i, n + (i + 1) % n) for i in range(n)),
            *((i, n + i) for i in range(n)),
        ]:
            delta = [v - u for u, v in zip(at[a], at[b], strict=True)]
            length = math.hypot(*delta)
            vector = self.add(f"VECTOR('',{self.direction(*(d / length for d in delta))},1.)")
            line = self.add(f"LINE('',{self.point(*at[a])},{vector})")
            edges[a, b] = self.add(f"EDGE_CURVE('',{vertices[a]},{vertices[b]},{line},.T.)")

        def face(loop: list[int], normal: Point3) -> str:
            around = []
            for a, b in zip(loop, loop[1:] + loop[:1], strict=True):
                same = (a, b) in edges
                around.append(
                    self.add(f"ORIENTED_EDGE('',*,*,{edges[(a, b) if same else (b, a)]},.{'T' if same else 'F'}.)")
                )
            closed = self.add(f"EDGE_LOOP('',({','.join(around)}))")
            bound = self.add(f"FACE_OUTER_BOUND('',{closed},.T.)")
            start, towards = at[loop[0]], at[loop[1]]
            length = math.dist(start, towards)
            along = tuple((v - u) / length for u, v in zip(start, towards, strict=True))
            return self.add(f"ADVANCED_FACE('',({bound}),{self.plane(start, normal, along)},.T.)")

        faces = [face(list(range(n))[::-1], (0, 0, -1)), face(list(range(n, 2 * n)), (0, 0, 1))]
        for i in range(n):
            j = (i + 1) % n
            dx, dy = p.corners[j][0] - p.corners[i][0], p.corners[j][1] - p.corners[i][1]
            length = math.hypot(dx, dy)
            faces.append(face([i, j, n + j, n + i], (dy / length, -dx / length, 0)))
        shell = self.add(f"CLOSED_SHELL('',({','.join(faces)}))")
        solid = self.add(f"MANIFOLD_SOLID_BREP('',{shell})")
        colour = self.add(f"COLOUR_RGB('',{p.colour[0]:.3f},{p.colour[1]:.3f},{p.colour[2]:.3f})")
        fill_colour = self.add(f"FILL_AREA_STYLE_COLOUR('',{colour})")
        fill = self.add(f"FILL_AREA_STYLE('',({fill_colour}))")
        area = self.add(f"SURFACE_STYLE_FILL_AREA({fill})")
        side = self.add(f"SURFACE_SIDE_STYLE('',({area}))")
        usage = self.add(f"SURFACE_STYLE_USAGE(.BOTH.,{side})")
        style = self.add(f"PRESENTATION_STYLE_ASSIGNMENT(({usage}))")
        self.styles.append(self.add(f"STYLED_ITEM('',({style}),{solid})"))
        return solid

    def write(self, name: str, prisms: list[Prism]) -> None:
        """One product of several solids."""
        context = self.add("APPLICATION_CONTEXT('automotive design')")
        self.add(f"APPLICATION_PROTOCOL_DEFINITION('international standard','automotive_design',2000,{context})")
        mechanical = self.add(f"PRODUCT_CONTEXT('',{context},'mechanical')")
        product = self.add(f"PRODUCT('{name}','{name}','',({mechanical}))")
        formation = self.add(f"PRODUCT_DEFINITION_FORMATION('','',{product})")
        part = self.add(f"PRODUCT_DEFINITION_CONTEXT('part definition',{context},'design')")
        definition = self.add(f"PRODUCT_DEFINITION('design','',{formation},{part})")
        shape = self.add(f"PRODUCT_DEFINITION_SHAPE('','',{definition})")
        length = self.add("(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,.METRE.))")
        angle = self.add("(NAMED_UNIT(*)PLANE_ANGLE_UNIT()SI_UNIT($,.RADIAN.))")
        solid_angle = self.add("(NAMED_UNIT(*)SI_UNIT($,.STERADIAN.)SOLID_ANGLE_UNIT())")
        small = self.add(f"UNCERTAINTY_MEASURE_WITH_UNIT(LENGTH_MEASURE(1.E-5),{length},'distance_accuracy_value','')")
        space = self.add(f"(GEOMETRIC_REPRESENTATION_CONTEXT(3)GLOBAL_UNCERTAINTY_ASSIGNED_CONTEXT(({small}))"
                         f"GLOBAL_UNIT_ASSIGNED_CONTEXT(({length},{angle},{solid_angle}))REPRESENTATION_CONTEXT('',''))")  # fmt: skip
        origin = self.add(
            f"AXIS2_PLACEMENT_3D('',{self.point(0, 0, 0)},{self.direction(0, 0, 1)},{self.direction(1, 0, 0)})"
        )
        solids = [self.prism(p) for p in prisms]
        brep = self.add(f"ADVANCED_BREP_SHAPE_REPRESENTATION('',({','.join([origin, *solids])}),{space})")
        self.add(f"SHAPE_DEFINITION_REPRESENTATION({shape},{brep})")
        self.add(f"MECHANICAL_DESIGN_GEOMETRIC_PRESENTATION_REPRESENTATION('',({','.join(self.styles)}),{space})")
        head = ("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\n" f"FILE_NAME('{name}','2026-11-24T00:00:00',(''),(''),'','','');\n"
                "FILE_SCHEMA(('AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }'));\nENDSEC;\nDATA;\n")  # fmt: skip
        (MODELS / f"{name}.step").write_text(head + "\n".join(self.lines) + "\nENDSEC;\nEND-ISO-10303-21;\n")


def bodies() -> dict[str, list[Prism]]:
    """Name of the model to its prisms; origin and orientation of the footprint, y up."""
    pitch = 2.54
    sockets = [block(x, -17.78, 2.5, 15 * pitch, 0, 8.5, BLACK) for x in (0, 15.24)]
    nano = [
        block(7.62, -17.78, 17.8, 43.2, 8.6, 10.2, BLUE), block(7.62, -36.6, 7.6, 9.2, 10.2, 14.0, STEEL), block(7.62, -20, 7, 7, 10.2, 11.2, BLACK),
        block(7.62, 1.6, 7.6, 5, 10.2, 18.5, BLACK),
    ]  # fmt: skip
    found = {
        "Arduino_Nano_WithMountingHoles": sockets + nano,
        "TE_1-84982-5_2Rows-15Pins-P1.0mm_Vertical": [
            block(0, 0, 21, 3.2, 0.2, 5.8, WHITE),  # 17 mm by the footprint, the maker's drawing unchecked
            block(0, 0, 17, 0.8, 5.8, 6.3, GREY),
        ],
        "Fuseholder_Littelfuse_Nano2_154x": [
            block(0, 0, 9.7, 5, 0.2, 3.2, BLACK),
            block(0, 0, 6.1, 2.7, 3.2, 4.0, WHITE),
        ],
        "Fuse_1812_4532Metric": [block(0, 0, 4.5, 3.2, 0, 1.0, GREEN)],
        "JST_VH_B2P-VH_1x02_P3.96mm_Vertical": [block(1.98, 0.6, 7.8, 8.5, 0, 9.4, WHITE)],
        "LED_Cree-XP": [block(0, 0, 3.45, 3.45, 0, 0.9, WHITE), *dome(0, 0, 2.6, 0.9, 2.3, CLEAR)],
        "LED_Cree-XP-G": [block(0, 0, 3.45, 3.45, 0, 0.9, WHITE), *dome(0, 0, 2.6, 0.9, 2.3, CLEAR)],
        "LED_Lumileds_L1I0": [block(0, 0, 3.7, 3.7, 0, 0.7, WHITE), *dome(0, 0, 3.4, 0.7, 3.2, CLEAR)],
    }
    feet = [block(-3.15, y, 1.8, 0.7, 0, 0.4, STEEL) for y in (-2.3, 0, 2.3)]
    found["SOT-223"] = [block(0, 0, 3.5, 6.5, 0.1, 1.7, BLACK), block(3.15, 0, 1.8, 3.0, 0, 0.4, STEEL), *feet]
    # J18 with the SEN-18020 board soldered onto it (../interfaces.toml, imu).
    pins = [block(0, -pitch * i, 0.64, 0.64, 0, 6.0, STEEL) for i in range(6)]
    found["PinHeader_1x06_P2.54mm_Vertical"] = [
        block(0, -2.5 * pitch, 2.5, 6 * pitch, 0, 2.5, BLACK), *pins, block(11.43, -6.35, 25.4, 25.4, 2.5, 4.1, RED),
        block(11.43, -6.35, 3, 2.5, 4.1, 5.0, BLACK), block(11.43, 2.5, 6, 4.2, 4.1, 7.0, WHITE), block(11.43, -15.2, 6, 4.2, 4.1, 7.0, WHITE),
    ]  # fmt: skip
    for count in (2, 3, 4):
        name = f"JST_PH_S{count}B-PH-SM4-TB_1x{count:02}-1MP_P2.00mm_Horizontal"
        found[name] = [block(0, -0.6, 2 * count + 3.9, 7.6, 0, 5.5, WHITE)]
    found["JST_PH_B3B-PH-SM4-TB_1x03-1MP_P2.00mm_Vertical"] = [block(0, 0, 9.9, 5.0, 0, 6.5, WHITE)]
    # Box header, its wall open at the top: floor, four walls, pins.
    header_pins = [block(2.54 * (i % 2), -2.54 * (i // 2), 0.64, 0.64, 0, 8.0, STEEL) for i in range(20)]
    walls = [block(x, -11.43, 1.0, 33.0, 0, 9.0, BLACK) for x in (-2.7, 5.24)] + [
        block(1.27, y, 8.9, 1.0, 0, 9.0, BLACK) for y in (4.6, -27.46)
    ]
    found["IDC-Header_2x10_P2.54mm_Vertical"] = [block(1.27, -11.43, 8.9, 33.0, 0, 2.5, BLACK), *walls, *header_pins]
    found["AO_DFN-8-1EP_5.55x5.2mm_P1.27mm_EP4.12x4.6mm"] = [block(0, 0, 5.55, 5.2, 0, 1.0, BLACK)]
    legs = [block(x, y, 0.7, 0.4, 0, 0.2, STEEL) for x in (-1.2, 1.2) for y in (-0.95, 0, 0.95)]
    found["TSOT-23-6"] = [block(0, 0, 1.6, 2.9, 0.1, 1.0, BLACK), *legs]
    return found


def main() -> None:
    """All models."""
    for name, prisms in bodies().items():
        Step().write(name, prisms)


if __name__ == "__main__":
    main()
