"""What a board needs to know besides its schematic: outline, places, widths, areas, words."""

from dataclasses import dataclass, field

from router import Klass

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
    fiducials: tuple[tuple[float, float], ...] = ()
    """Round marks on the front for an assembler's camera: x, y. Not symmetrical, so that a board that is turned shows."""
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
    revision: str = "A"
