"""Words and designators on the silkscreen. Runs with the Python that KiCad brings."""

from typing import Protocol

import pcbnew
from plan import Plan

SHEET_MM = 50
"""The board's upper left corner on KiCad's sheet, from the left and from above."""


class Board(Protocol):
    """What the words need of a board in the making."""

    plan: Plan
    board: pcbnew.BOARD
    parts: dict[str, pcbnew.FOOTPRINT]


def mm(x: float, y: float) -> pcbnew.VECTOR2I:
    """A point of the plan on KiCad's sheet."""
    return pcbnew.VECTOR2I(pcbnew.FromMM(round(x + SHEET_MM, 4)), pcbnew.FromMM(round(y + SHEET_MM, 4)))


def word(
    maker: Board, text: str, x: float, y: float, height: float = 1.0, angle: float = 0, *, back: bool = False
) -> None:
    """A word on the silkscreen."""
    item = pcbnew.PCB_TEXT(maker.board)
    item.SetText(text)
    item.SetPosition(mm(x, y))
    item.SetTextSize(pcbnew.VECTOR2I(pcbnew.FromMM(height), pcbnew.FromMM(height)))
    item.SetTextThickness(pcbnew.FromMM(max(0.12, height * 0.15)))
    item.SetLayer(pcbnew.B_SilkS if back else pcbnew.F_SilkS)
    item.SetMirrored(back)
    item.SetTextAngleDegrees(angle)
    maker.board.Add(item)


def words(maker: Board) -> None:
    """All words of the plan, and each designator where it covers nothing."""
    for ref, part in maker.parts.items():
        part.Value().SetVisible(False)
        reference = part.Reference()
        reference.SetTextSize(pcbnew.VECTOR2I(pcbnew.FromMM(0.8), pcbnew.FromMM(0.8)))
        reference.SetTextThickness(pcbnew.FromMM(0.12))
        if ref in maker.plan.hidden_refs or ref.startswith("H"):
            reference.SetVisible(False)
    for text, x, y, height, angle, back in maker.plan.texts:
        word(maker, text, x, y, height, angle, back=back)
    for ref, labels in maker.plan.labels.items():
        side = maker.plan.label_side.get(ref, "right")
        for pad in maker.parts[ref].Pads():
            label = labels.get(pad.GetNumber())
            if label is None:
                continue
            x, y = pcbnew.ToMM(pad.GetPosition().x) - 50, pcbnew.ToMM(pad.GetPosition().y) - 50
            lying_body = 1.3 if side == "down" and "JST_PH" in maker.parts[ref].GetFPIDAsString() else 0
            away = 1.9 + 0.42 * len(label) + lying_body
            dx, dy = {"left": (-away, 0), "right": (away, 0), "up": (0, -away), "down": (0, away)}[side]
            turned = side in {"up", "down"} and ref not in maker.plan.back
            word(maker, label, x + dx, y + dy, 0.9, 90 if turned else 0, back=ref in maker.plan.back)
    settle_references(maker)


def settle_references(maker: Board) -> None:
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


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
