"""Drawings of the enclosure that are not pictures of its meshes: strap with its load, filter's seat, wake pad.

Job: `pictures/strap.svg`, `filter.svg` and `wake.svg`, to scale, from `enclosure.toml`.  `python -m
hardware.enclosure.sheets` writes them; a test holds the committed files against the table.
"""

from __future__ import annotations

from hardware import bom
from hardware.enclosure import layout, strap
from hardware.fabrication.svg import INK, RED, Drawing

FOLDER = layout.HERE / "pictures"
UNBUILT = "제작·시험된 적 없음 / UNBUILT"
SHELL, LUG, METAL, GLASS, FOCUS = "#8d99a3", "#50575e", "#c9ced3", "#9bc4e2", "#2e7d32"


def strap_sheet() -> str:
    """The probe from behind on its strap, and what pulls where."""
    sheet, mm = Drawing(1120, 620), 1.55
    s = layout.shell()
    middle, zero = 300.0, 380.0  # x = 0 and y = 0 of the enclosure

    def box(x0: float, y0: float, x1: float, y1: float, fill: str) -> None:
        sheet.box(middle + x0 * mm, zero - y1 * mm, (x1 - x0) * mm, (y1 - y0) * mm, fill)

    half, high, lug = s["shell"]["half_width"], s["shell"]["half_height"], s["strap"]
    grip, wifi = s["grip"], s["wifi"]
    low = layout.grip_bottom()
    box(-half, -high, half, high, SHELL)
    box(-grip["outer"][0] / 2, max(low, -118.0), grip["outer"][0] / 2, -high, LUG)
    box(wifi["x"], high, wifi["x"] + wifi["box"][0], high + wifi["box"][1], LUG)
    hole = -high + lug["height"] - lug["out"] / 2 - 2.0
    neck_y = 70.0
    sheet.path(
        f"M {middle - strap.NECK_MM / 2 * mm} {neck_y} q {strap.NECK_MM / 2 * mm} -62 {strap.NECK_MM * mm} 0", INK, 7
    )
    for side in (-1, 1):
        x0, x1 = sorted((side * half, side * (half + lug["out"])))
        box(x0, -high, x1, -high + lug["height"], LUG)
        at = middle + side * (half + lug["out"] / 2) * mm, zero - hole * mm
        top = middle + side * strap.NECK_MM / 2 * mm, neck_y
        sheet.line([at, top], INK, 7)
        sheet.disc(*at, lug["hole"] / 2 * mm + 1, "white")
    x, y = (middle + (strap.NECK_MM / 2 + 9) * mm, neck_y + 120)
    sheet.box(x - 14, y - 16, 28, 32, "#f2b134")
    sheet.text(x + 24, y + 5, "분리 고리 8 kg / breakaway", 15)
    weight = strap.weight_n()
    arrow(sheet, (middle, zero + 6), (middle, zero + 130), "")
    sheet.text(middle + 40, zero + 126, f"{weight:.1f} N", 17, colour=RED, bold=True)
    pull = middle + (half + lug["out"] / 2) * mm
    arrow(sheet, (pull + 22, zero - hole * mm), (pull + 10, zero - hole * mm - 90), f"{strap.side_n(weight):.1f} N")
    sheet.text(middle, 600, "뒤에서 본 모습, 눈금대로(손잡이 잘림) / from behind, to scale, handle cut", 14, "middle")
    sheet.text(640, 60, "목끈 / The strap", 22, bold=True)
    for number, (what, value) in enumerate(strap.rows()):
        sheet.text(640, 110 + 62 * number, what, 15)
        sheet.text(640, 134 + 62 * number, value, 19, bold=True)
    sheet.text(640, 520, "분리 고리 없는 끈은 쓰지 않습니다.", 16, colour=RED, bold=True)
    sheet.text(640, 544, "Never a strap without its breakaway.", 16, colour=RED)
    sheet.text(1100, 24, UNBUILT, 13, "end", RED)
    return sheet.render()


def arrow(sheet: Drawing, start: tuple[float, float], end: tuple[float, float], words: str) -> None:
    """A force."""
    sheet.line([start, end], RED, 4)
    sign = 1 if end[1] > start[1] else -1
    x, y = end
    sheet.path(f"M {x - 9} {y - 14 * sign} L {x} {y} L {x + 9} {y - 14 * sign}", RED, 4)
    sheet.text(x + 14, y - 4, words, 17, colour=RED, bold=True)


def stack_mm() -> dict[str, float]:
    """Distances from the sensor along the axis."""
    table, camera = layout.shell()["filter"], layout.shell()["camera"]
    rear = table["behind"]
    return {
        "board": -table["sensor_above_board"],
        "cover": table["cover"],
        "seat": rear,
        "cell": rear + table["lip"],
        "free": rear + table["lip"] + table["cell"][1],
        "flange": table["flange_focal"],
        "lens": camera["lens_length"] + camera["mount_length"] - table["sensor_above_board"],
    }


def longer_mm() -> float:
    """How much farther an image lies behind the filter's glass: as thick as its cell, n = 1.5 (guessed)."""
    return float(layout.shell()["filter"]["cell"][1] * (1 - 1 / 1.5))


def filter_sheet() -> str:
    """A cut along the axis: sensor, seat with the filter, CS mount, lens."""
    sheet, mm = Drawing(1180, 620), 18.0
    table, camera, at = layout.shell()["filter"], layout.shell()["camera"], stack_mm()
    axis, zero = 270.0, 110.0

    def cut(low: float, high: float, inner: float, outer: float, fill: str) -> None:
        for sign in (-1, 1):
            top = axis - outer * mm if sign < 0 else axis + inner * mm
            sheet.box(zero + low * mm, top, (high - low) * mm, (outer - inner) * mm, fill)

    def pane(low: float, high: float, half: float, fill: str) -> None:
        sheet.box(zero + low * mm, axis - half * mm, (high - low) * mm, 2 * half * mm, fill)

    cell, outer, wide = table["cell"][0] / 2, table["outer"] / 2, table["outer"] / 2 + 1.5
    pane(at["board"] - camera["board_thickness"], at["board"], wide, "#1e7a46")
    cut(at["board"], at["flange"], outer + 0.1, wide, METAL)
    cut(at["flange"], at["flange"] + 4.0, 6.0, wide, "#dfe3e6")
    cut(at["seat"], at["cell"], table["lip_opening"] / 2, outer, INK)
    cut(at["cell"], at["free"], cell + table["play"] / 2, outer, INK)
    cut(at["cell"], at["free"], 5.0, cell, "#70777e")
    pane(at["cell"], at["free"], 5.0, "#d9826b")
    pane(-0.15, 0.15, 2.5, "#3f51b5")
    pane(at["cover"] - 0.4, at["cover"], 3.4, GLASS)
    rear = at["free"] + 0.6
    cut(rear, at["lens"], 3.0, 6.0, "#4a5560")
    pane(rear, rear + 3.0, 3.0, GLASS)
    pane(at["lens"] - 4.0, at["lens"] - 0.6, 3.0, GLASS)
    sheet.line([(20, axis), (zero + (at["lens"] + 2) * mm, axis)], "#888888", 1, dashed=True)
    bottom = axis + wide * mm
    spans = (
        (at["free"], bottom + 28, f"{at['free']:.1f} mm: 렌즈 뒤에 비울 자리 / free behind the lens", RED),
        (at["flange"], bottom + 60, f"CS {table['flange_focal']:g} mm; C 17.5 mm 아님 / not C, 17.5 mm", FOCUS),
    )
    for far, y, words, colour in spans:
        for x in (0.0, far):
            sheet.line([(zero + x * mm, axis), (zero + x * mm, y)], colour, 1, dashed=True)
        sheet.line([(zero, y), (zero + far * mm, y)], colour, 2)
        sheet.text(zero + far * mm + 10, y + 5, words, 15, colour=colour, bold=True)
    need = at["free"] - longer_mm()
    diameter, thick = table["cell"]
    legend = (
        (at["board"] - 0.7, -9.0, "카메라 기판 / camera's board"),
        (0.0, 3.6, "센서와 덮개 유리 / sensor, its cover glass"),
        (at["cell"] + 1.0, -8.6, f"받침 filter_seat, 바깥 {table['outer']:g} mm(추정) / seat, outside guessed"),
        (at["cell"] + thick / 2, 1.6, f"필터 {diameter:g} x {thick:g} mm, 맑은 구경 10 / filter's cell, clear 10"),
        (at["flange"] - 1.4, -outer - 0.8, "CS 마운트 / mount"),
        (at["flange"] + 2.0, -9.0, "M12-CS 어댑터 / adapter"),
        (at["lens"] - 8.0, -4.5, "렌즈 M12, 6 mm / lens"),
    )
    for number, (x, y, words) in enumerate(legend, 1):
        places = ((zero + x * mm, axis + y * mm, 11), (690.0, 60.0 + 40 * number, 13))
        for px, py, radius in places:
            sheet.disc(px, py, radius + 1, INK)
            sheet.disc(px, py, radius, "white")
            sheet.text(px, py + 5, str(number), 13, "middle", bold=True)
        sheet.text(714, 65 + 40 * number, words, 15)
    sheet.text(676, 56, "필터의 자리 / The filter's seat", 22, bold=True)
    sheet.text(676, 410, f"유리가 상을 {longer_mm():.1f} mm 뒤로 옮깁니다(추정).", 15)
    sheet.text(676, 434, f"렌즈의 후초점 거리 {need:.1f} mm 이상이어야 들어갑니다.", 15, bold=True)
    sheet.text(676, 458, f"The glass moves the image {longer_mm():.1f} mm back (guessed):", 15)
    sheet.text(676, 482, f"it fits a lens with a back focus of at least {need:.1f} mm.", 15, bold=True)
    sheet.text(676, 506, "LN009: 확인 안 됨 / unchecked, not in a data sheet", 15, colour=RED)
    sheet.text(1160, 606, UNBUILT, 13, "end", RED)
    return sheet.render()


def bank_mm() -> tuple[float, float, float]:
    """The bank of the bill: length, width, thickness."""
    return next(line.size for line in bom.lines() if line.fits == "power bank")


def below_ports_mm() -> tuple[float, float]:
    """Where the opening over its button begins and ends, from its end with the ports; it stands 1 mm above the door."""
    table = layout.shell()["wake"]
    top = 1.0 + bank_mm()[0] - table["low"]
    return top - table["slot"][1], top


def wake_sheet() -> str:
    """The grip from behind with the opening over the bank's button, and cut across it."""
    sheet, (long, _, thick), (near, far) = Drawing(1120, 600), bank_mm(), below_ports_mm()
    grip, wake, mm = layout.shell()["grip"], layout.shell()["wake"], 3.1
    middle, zero = 170.0, 84.0 + grip["length"] * mm  # x = 0 of the enclosure, lower end of the grip

    def upright(x: float, low: float, high: float, fill: str) -> None:
        sheet.box(middle - x * mm, zero - high * mm, 2 * x * mm, (high - low) * mm, fill)

    upright(grip["flange"][0] / 2, grip["length"], grip["length"] + grip["flange"][2], LUG)
    upright(grip["outer"][0] / 2, 0.0, grip["length"], SHELL)
    upright(grip["outer"][0] / 2 + grip["door_wall"], -3.0, grip["door_overlap"], LUG)
    y = wake["low"] + wake["slot"][1] / 2
    for grow, fill in ((wake["sink"], INK), (-wake["rim"], "#70777e")):
        corners = [(middle + px * mm, zero - (y + py) * mm) for px, py in layout.wake_outline(grow)]
        sheet.path("M " + " L ".join(f"{px:.1f} {py:.1f}" for px, py in corners) + " Z", INK, 1, fill)
    left, right, top = middle - thick / 2 * mm, middle + thick / 2 * mm, zero - (1.0 + long) * mm
    sheet.line([(left, zero - mm), (left, top), (right, top), (right, zero - mm)], "#f2b134", 2, dashed=True)
    for depth in (0.0, near, far):
        at = top + depth * mm
        sheet.line([(right if depth == 0.0 else middle + 10 * mm, at), (276, at)], FOCUS, 1, dashed=True)
        mark = "단자 / ports" if depth == 0.0 else f"{depth:g} mm"
        sheet.text(282, at + (-3 if depth == 0.0 else 9), mark, 14, colour=FOCUS, bold=True)
    sheet.text(middle, zero + 44, "뒤에서 / from behind", 14, "middle")
    wake_cut(sheet, 500.0, 290.0, 6.8)
    words = (
        ("깨움 패드 / The wake pad", 22),
        ("1 패드(TPU), 밖에서 눌러 끼움 / pad, snaps in from outside", 15),
        ("2 손잡이 뒷벽 / the grip's rear wall", 15),
        ("3 보조배터리, 단자 위로, 버튼은 패드 쪽 /", 15),
        ("   bank, its ports up, its button towards the pad", 15),
        (f"4 폼 테이프 {wake['foam']:g} mm, 보호지 그대로 / foam tape, liner left on", 15),
        ("", 15),
        ("배터리가 잠들면: 버튼 자리를 1초 누릅니다.", 16),
        ("A bank that sleeps: press there for a second.", 16),
        ("아니면 손잡이 덮개를 열고 배터리를 내려", 15),
        ("플러그를 뺐다 꽂습니다.", 15),
        ("Else open the door, let the bank down, replug it.", 15),
    )
    for number, (line, size) in enumerate(words):
        sheet.text(672, 70 + 30 * number, line, size, bold=size > 15)
    for number, line in enumerate(("버튼 자리와 누르는 힘: 확인 안 됨", "the button's place, the force: unchecked")):
        sheet.text(672, 450 + 26 * number, line, 16, colour=RED, bold=True)
    sheet.text(1100, 586, UNBUILT, 13, "end", RED)
    return sheet.render()


def wake_cut(sheet: Drawing, centre: float, zero: float, mm: float) -> None:
    """Grip, bank, foam and pad cut across, the front above."""
    grip, wake = layout.shell()["grip"], layout.shell()["wake"]
    _, outer, inner = layout.wake_slot()
    _, wide, thick = bank_mm()

    def flat(points: list[tuple[float, float]], fill: str) -> None:
        both = [*points, *((-x, z) for x, z in reversed(points))]
        way = " L ".join(f"{centre + x * mm:.1f} {zero - (z - grip['z']) * mm:.1f}" for x, z in both)
        sheet.path(f"M {way} Z", INK, 1, fill)

    for (x, z), fill in ((grip["outer"], SHELL), (grip["inner"], "white")):
        sheet.box(centre - x / 2 * mm, zero - z / 2 * mm, x * mm, z * mm, fill)
    front, half = grip["z"] + grip["inner"][1] / 2, wake["slot"][0] / 2
    flat([(5.0, front - wake["foam"]), (5.0, front)], "#4a5560")
    flat([(thick / 2, front - wake["foam"] - wide), (thick / 2, front - wake["foam"])], "#f2b134")
    flat([(half + wake["sink"], outer), (half, outer + wake["sink"]), (half, inner)], "white")
    end, behind = inner + wake["reach"], inner + 0.05
    rim = [(half + wake["sink"], outer), (half - wake["play"], outer + wake["sink"] + wake["play"])]
    rim += [(half - wake["play"], behind), (half + wake["catch"], behind)]
    rim += [(half + wake["catch"] - (end - behind), end)]
    pocket = [(half - wake["rim"], end - wake["skin"]), (half - wake["rim"], outer)]
    flat([*reversed(rim), *reversed(pocket)], INK)
    low = zero - (outer - grip["z"]) * mm
    arrow(sheet, (centre, low + 84), (centre, low + 6), "")
    sheet.text(centre + 16, low + 60, "1 s", 17, colour=RED, bold=True)
    for number, x, z in ((1, 6.8, inner), (2, -14.0, inner - 1.2), (3, 0.0, grip["z"]), (4, 0.0, front - 1.0)):
        px, py = centre + x * mm, zero - (z - grip["z"]) * mm
        sheet.disc(px, py, 12, INK)
        sheet.disc(px, py, 11, "white")
        sheet.text(px, py + 5, str(number), 13, "middle", bold=True)
    sheet.text(
        centre, zero - grip["outer"][1] / 2 * mm - 12, "가로로 자름, 위가 앞 / cut across, front above", 14, "middle"
    )


SHEETS = {"strap": strap_sheet, "filter": filter_sheet, "wake": wake_sheet}


def main() -> None:
    """Write them."""
    for name, draw in SHEETS.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
