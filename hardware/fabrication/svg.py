"""A few strokes of SVG for the drawings of this folder: boxes, lines and words, in one hand.

Job: collect elements and write a file whose bytes depend on nothing but the drawing. Units are pixels; nothing here
knows what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

INK, PALE, RED = "#1c2733", "#eef2f6", "#b3261e"


@dataclass(slots=True)
class Drawing:
    """A sheet with its elements."""

    width: float
    height: float
    elements: list[str] = field(default_factory=list)

    def box(self, x: float, y: float, w: float, h: float, fill: str = PALE, ink: str = INK) -> None:
        """A rectangle with rounded corners."""
        place = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"'
        self.elements.append(f'<rect {place} rx="4" fill="{fill}" stroke="{ink}" stroke-width="1.2"/>')

    def line(
        self, points: list[tuple[float, float]], colour: str = INK, width: float = 1.6, *, dashed: bool = False
    ) -> None:
        """Straight pieces one after the other."""
        ends = " ".join(f"{x:g},{y:g}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.elements.append(
            f'<polyline points="{ends}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dash}/>'
        )

    def path(self, way: str, colour: str = INK, width: float = 1.6, fill: str = "none") -> None:
        """A curve, as SVG writes it."""
        look = f'fill="{fill}" stroke="{colour}" stroke-width="{width:g}" stroke-linecap="round"'
        self.elements.append(f'<path d="{way}" {look}/>')

    def disc(self, x: float, y: float, radius: float, fill: str = INK) -> None:
        """A filled circle."""
        self.elements.append(f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 12,
        anchor: str = "start",
        colour: str = INK,
        *,
        bold: bool = False,
        edge: str | None = None,
    ) -> None:
        """One line of words, its foot at y; `edge`: colour around its letters, where it lies above lines."""
        weight = ' font-weight="bold"' if bold else ""
        if edge is not None:
            weight += f' paint-order="stroke" stroke="{edge}" stroke-width="3.5" stroke-linejoin="round"'
        look = f'font-size="{size:g}" text-anchor="{anchor}" fill="{colour}"{weight}'
        self.elements.append(f'<text x="{x:g}" y="{y:g}" {look}>{escape(words)}</text>')

    def render(self) -> str:
        """The file."""
        size = f'width="{self.width:g}" height="{self.height:g}" viewBox="0 0 {self.width:g} {self.height:g}"'
        font = "font-family=\"'Noto Sans CJK KR','NanumGothic',sans-serif\""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>\n<rect width="100%" height="100%" fill="white"/>'
        )
        return "\n".join([head, *self.elements, "</svg>", ""])
