"""Pictures of the guide's steps, drawn from `kit.toml`; `python -m hardware.kit.pictures` writes them.

Input is the table; output is an SVG for each step but the first, whose picture `render.py` makes of the printed file.
"""

from __future__ import annotations

import math
from pathlib import Path

from hardware import controller
from hardware.fabrication.svg import INK, RED, Drawing
from hardware.kit.board_drawing import COLOURS, Board
from hardware.kit.table import HERE, kit, lamp_places_mm, string_current_a

FOLDER = HERE / "pictures"
BLACK, GLASS, METAL = "#3b4248", "#bfe3f2", "#c9ced3"


def board() -> str:
    """Step 3: everything but the Nano."""
    return Board(3).fill().draw()


def nano() -> str:
    """Step 5: the Nano and what belongs to it."""
    return Board(5).fill().draw()


def whole() -> str:
    """All of it."""
    return Board(6, is_whole=True).fill().draw()


def measure() -> str:
    """Step 4: where the multimeter's red probe goes, and the jumpers of two measurements."""
    picture = Board(3, is_whole=True).fill()
    for number, row in enumerate(kit()["measure"], 1):
        red, other = row["between"]
        if other == "T+" or red == "T+":
            picture.mark(f"T+{22 + 2 * number}" if other == "T-" else other, number)
        else:
            picture.mark(red, number)
    for hole, colour in (("b20", "red"), ("b21", "red"), ("b23", "orange")):
        picture.jumper(f"T+{int(hole[1:]) - 3}", hole, COLOURS[colour])
    sheet = picture.sheet
    sheet.box(100, 22, 400, 120, "#fff7e0", "#b59a3b")
    sheet.text(116, 46, "나노 없음, 파이 없음 / no Nano, no Pi", 15, bold=True)
    sheet.text(116, 70, "검정 탐침 T-, 빨강은 번호 / black at T-, red at the number", 13)
    sheet.text(116, 90, "6, 7: 빨강 T+, 검정은 번호 / red at T+, black at the number", 13)
    sheet.text(116, 112, "6: b20, b21 → T+  ·  7: b23, b21 → T+", 14, colour=RED, bold=True)
    sheet.text(116, 132, "몇 초만 / for some seconds only", 13)
    return picture.draw()


def lamps() -> str:
    """Step 2: the holder from behind with the strings soldered."""
    mm, cx, cy = 6.8, 640.0, 260.0
    sheet = Drawing(1280, 560)
    h = kit()["holder"]

    def point(x: float, y: float) -> tuple[float, float]:
        return cx - mm * x, cy - mm * y

    def slab(half_x: float, low: float, high: float) -> None:
        x, y = point(half_x, high)
        sheet.box(x, y, 2 * half_x * mm, (high - low) * mm, "#d7dbdf", "#8a9299")

    slab(h["half_width"], -h["arm_half_height"], h["arm_half_height"])
    slab(h["middle_half"], -h["middle_half"], h["middle_half"])
    slab(h["foot"][0] / 2, -h["middle_half"] - h["foot"][1] + 4.0, -h["middle_half"])
    sheet.disc(cx, cy, h["lens_bore"] / 2 * mm, "white")
    for x in (-1, 1):
        for y in (-1, 1):
            sheet.disc(*point(x * h["post_pitch"] / 2, y * h["post_pitch"] / 2), h["post_hole"] / 2 * mm, "white")
    ring = [(math.hypot(x, y), math.atan2(y, -x)) for x, y in lamp_places_mm("on_axis")]
    ring.sort(key=lambda one: one[1] % (2 * math.pi))
    legs = []
    for radius, turn in ring:
        middle = (cx + mm * radius * math.cos(turn), cy - mm * radius * math.sin(turn))
        along = (-math.sin(turn), -math.cos(turn))
        legs.append(_lamp(sheet, middle, along, mm))
    for k in range(0, 8, 2):
        (plus, minus), (plus_2, minus_2) = legs[k], legs[k + 1]
        sheet.line([minus, plus_2], "#555555", 3.4)
        turn = ring[k][1]
        out = (cx + mm * 24 * math.cos(turn - 0.18), cy - mm * 24 * math.sin(turn - 0.18))
        sheet.line([plus, out], COLOURS["red"], 3.2)
        _tag(sheet, out, f"A{k // 2 + 1}", COLOURS["red"])
        turn = ring[k + 1][1] + 0.17
        edge = (cx + mm * 17 * math.cos(turn), cy - mm * 17 * math.sin(turn))
        sheet.line([minus_2, edge], COLOURS["blue"], 3.2)
    radius = 17 * mm
    sheet.path(f"M{cx - radius:g} {cy:g} a{radius:g} {radius:g} 0 1 1 0 0.1", COLOURS["blue"], 3.2)
    end = (cx, cy - 30 * mm)
    sheet.line([(cx, cy - radius), end], COLOURS["blue"], 3.2)
    _tag(sheet, end, "K", COLOURS["blue"])
    for side, name in ((-1, "right"), (1, "left")):
        _cluster(sheet, [point(*p) for p in lamp_places_mm("off_axis") if p[0] * side > 0], mm, name)
    amps = string_current_a() * 1e3
    sheet.text(30, 40, "뒤에서 본 모습 / seen from behind", 17, bold=True)
    sheet.text(30, 66, "긴 다리 + / long leg +", 14, colour=COLOURS["red"])
    sheet.text(30, 88, "짧은 다리 -, 납작한 쪽 / short leg -, flat side", 14)
    sheet.text(30, 540, f"둘씩 직렬, {amps:.0f} mA / two in series, {amps:.0f} mA", 14)
    return sheet.render()


def _lamp(
    sheet: Drawing, middle: tuple[float, float], along: tuple[float, float], mm: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """A lamp from behind; where its plus and minus legs are: plus against `along`."""
    (x, y), (ax, ay) = middle, along
    sheet.disc(x, y, kit()["lamp"]["flange_mm"] / 2 * mm, "#7b6fa6")
    off = 1.27 * mm
    plus, minus = (x - ax * off, y - ay * off), (x + ax * off, y + ay * off)
    sheet.disc(*plus, 6.5, COLOURS["red"])
    sheet.disc(*minus, 6.5, "#222222")
    sheet.text(plus[0], plus[1] + 4.5, "+", 13, "middle", "white", bold=True)
    sheet.text(minus[0], minus[1] + 4.0, "-", 13, "middle", "white", bold=True)
    return plus, minus


def _tag(sheet: Drawing, at: tuple[float, float], words: str, colour: str) -> None:
    sheet.disc(at[0], at[1], 15, "white")
    sheet.disc(at[0], at[1], 13.5, colour)
    sheet.text(at[0], at[1] + 5, words, 13, "middle", "white", bold=True)


def _cluster(sheet: Drawing, places: list[tuple[float, float]], mm: float, name: str) -> None:
    shown = sorted(places, key=lambda p: (p[1], p[0]))
    corner = 0.0
    for k in (0, 2):
        (plus, minus), (plus_2, minus_2) = (_lamp(sheet, shown[k + n], (1.0, 0.0), mm) for n in (0, 1))
        sheet.line([minus, plus_2], "#555555", 3.4)
        out = (plus[0] - 62, plus[1] + (-34 if k == 0 else 34))
        sheet.line([plus, out], COLOURS["red"], 3.2)
        _tag(sheet, out, f"A{k // 2 + 1}", COLOURS["red"])
        corner = minus_2[0] + 40
        sheet.line([minus_2, (corner, minus_2[1])], COLOURS["green"], 3.2)
    middle = (shown[0][1] + shown[2][1]) / 2
    sheet.line([(corner, shown[0][1]), (corner, shown[2][1])], COLOURS["green"], 3.2)
    sheet.line([(corner, middle), (corner + 26, middle)], COLOURS["green"], 3.2)
    _tag(sheet, (corner + 30, middle), "K", COLOURS["green"])
    words = {"left": "왼쪽 / left", "right": "오른쪽 / right"}[name]
    sheet.text((shown[0][0] + shown[1][0]) / 2, shown[0][1] - 88, words, 15, "middle", bold=True)


def fuses() -> str:
    """Step 5: bootloader and fuses, from one Nano into the other."""
    sheet = Drawing(1180, 500)
    for x, title, note in ((60, "기록용 나노 / programmer", "ArduinoISP"), (800, "키트의 나노 / the kit's Nano", "")):
        sheet.box(x, 70, 320, 300, "#1e6f8e", "#0d3d50")
        sheet.box(x + 130, 44, 60, 44, METAL, "#707880")
        sheet.text(x + 160, 30, "USB → Pi" if note else "USB: 빼 둠 / unplugged", 14, "middle")
        sheet.text(x + 160, 122, title, 17, "middle", "white", bold=True)
        sheet.text(x + 160, 146, note, 14, "middle", "white")
    rows = (("5V", "5V", "red"), ("GND", "GND", "black"), ("D10", "RST", "white"), ("D11", "D11", "green"),
            ("D12", "D12", "blue"), ("D13", "D13", "orange"))  # fmt: skip
    for k, (a, b, colour) in enumerate(rows):
        y = 182.0 + 32 * k
        sheet.line([(380, y), (800, y)], COLOURS[colour], 4)
        for x, word, anchor, edge in ((380, a, "end", 366), (800, b, "start", 814)):
            sheet.disc(x, y, 7, "#e8c547")
            sheet.text(edge, y + 5, word, 14, anchor, "white", bold=True)
    sheet.line([(60, 246), (30, 246), (30, 300), (60, 300)], INK, 3)
    sheet.disc(30, 273, 12, "#37474f")
    sheet.text(74, 251, "RST", 13, colour="white", bold=True)
    sheet.text(74, 305, "GND", 13, colour="white", bold=True)
    sheet.text(14, 330, "10 uF", 13)
    sheet.box(60, 395, 1060, 76, "#fff7e0", "#b59a3b")
    sheet.text(590, 425, controller.fuse_words(), 22, "middle", bold=True)
    least = controller.brown_out_v()
    note = (
        f"efuse {controller.nano()['efuse']}: {least:g} V 아래에서 멈춤 / stops below {least:g} V; "
        "16 MHz에는 2.7 V로 모자람 / 2.7 V is too low for 16 MHz"
    )
    sheet.text(590, 456, note, 14, "middle")
    return sheet.render()


def camera() -> str:
    """Step 6: cut through lens, holder and camera from the side."""
    mm, sheet = 9.0, Drawing(1180, 560)
    h, c, lamp = kit()["holder"], kit()["camera"], kit()["lamp"]
    front, axis = 720.0, 262.0
    back = front - h["thickness"] * mm

    def cut(low: float, high: float, half_low: float, half_high: float, fill: str) -> None:
        for side in (-1, 1):
            y = axis + side * half_low * mm
            y2 = axis + side * half_high * mm
            sheet.box(front + low * mm, min(y, y2), (high - low) * mm, abs(y2 - y), fill)

    view = math.atan(c["diagonal_mm"] / 2 / c["focal_mm"])
    lens_front = front + (h["hood_length"] - c["lens_recess_mm"]) * mm
    far = 1150.0
    rise = (far - lens_front) * math.tan(view)
    edge = 12 + rise * 0.75
    cone = f"L{far:g} {axis - edge:g} L{far:g} {axis + edge:g} L{lens_front:g} {axis + 12:g}"
    sheet.path(f"M{lens_front:g} {axis - 12:g} {cone} Z", "#e3f2fd", 1, "#e3f2fd")
    bore, radius = h["lens_bore"] / 2, kit()["group"]["on_axis"]["radius_mm"]
    cut(-h["thickness"], 0, radius + h["hole"] / 2, h["middle_half"], BLACK)
    cut(-h["thickness"], 0, bore, radius - h["hole"] / 2, BLACK)
    cut(0, h["hood_length"], bore, bore + h["hood_wall"], BLACK)
    for side in (-1, 1):
        y, half = axis + side * radius * mm, lamp["body_mm"] / 2 * mm
        tip = front + (lamp["length_mm"] - 1.0 - h["thickness"]) * mm
        dome = f"H{tip - half:g} A{half:g} {half:g} 0 0 1 {tip - half:g} {y + half:g}"
        sheet.path(f"M{back:g} {y - half:g} {dome} H{back:g} Z", "#7b6fa6", 1.5, "#b9aede")
        sheet.box(back - 9, y - half - 4, 9, 2 * half + 8, "#b9aede", "#7b6fa6")
        for leg in (-11, 11):
            sheet.line([(back - 9, y + leg), (back - 44, y + leg)], "#8b9096", 3)
    post = h["post_pitch"] / 2 * mm
    sensor = back - c["spacer_mm"] * mm
    for side in (-1, 1):
        y = axis + side * post
        sheet.box(sensor, y - 22, back - sensor, 44, "#f4f1e6", "#8a744a")
        sheet.text((sensor + back) / 2, y + 5, f"M2.5 x {c['spacer_mm']:g} mm", 13, "middle")
    sheet.box(sensor - 13, axis - 19 * mm, 13, 38 * mm, "#2e7d32", "#1b5e20")
    sheet.box(sensor, axis - 100, 70, 200, METAL, "#707880")
    sheet.box(sensor + 70, axis - 76, 42, 152, "#9fa6ad", "#707880")
    sheet.box(sensor + 112, axis - 60, lens_front - sensor - 112, 120, "#59636b", INK)
    glass = f"M{lens_front - 14:g} {axis - 48:g} Q{lens_front + 8:g} {axis:g} {lens_front - 14:g} {axis + 48:g} Z"
    sheet.path(glass, INK, 1.5, GLASS)
    sheet.box(sensor - 44, axis + 90, 30, 60, "#f4f1e6", INK)
    sheet.path(f"M{sensor - 40:g} {axis + 150:g} C{sensor - 60:g} {axis + 240:g} {sensor - 200:g} {axis + 150:g} "
               f"{sensor - 330:g} {axis + 190:g}", "#e8dfc4", 26)  # fmt: skip
    _note(sheet, (130, 500), (sensor - 250, axis + 172), "FFC: 15번 핀 = 3.3 V / pin 15 is 3.3 V", COLOURS["red"])
    sheet.line([(sensor - 13, axis - 120), (sensor - 150, axis - 150)], COLOURS["white"], 4)
    sheet.line([(sensor - 13, axis - 100), (sensor - 150, axis - 122)], COLOURS["black"], 4)
    _note(sheet, (70, 70), (sensor - 150, axis - 148), "XTR+ (h54), XTR- (T-)")
    _note(sheet, (330, 36), (sensor + 35, axis - 100), "적외선 차단 필터 뺌 / IR-cut filter taken out")
    _note(sheet, (560, 528), (sensor + 92, axis + 76), "M12 어댑터 / adapter")
    _note(sheet, (880, 528), (lens_front - 40, axis + 58), "M12 렌즈 6 mm / lens")
    _note(sheet, (900, 40), (front + 20, axis - 66), "빛가림통 / hood")
    _note(sheet, (700, 66), (back + 30, axis - radius * mm), "LED")
    return sheet.render()


def _note(sheet: Drawing, at: tuple[float, float], to: tuple[float, float], words: str, colour: str = INK) -> None:
    wide = 7.6 * len(words) + 5.5 * sum(ord(letter) > 0x2E80 for letter in words) + 16
    sheet.line([at, to], "#7a858f", 1.2)
    sheet.disc(*to, 3)
    sheet.box(at[0] - 10, at[1] - 18, wide, 26, "white", "#b0b8bf")
    sheet.text(at[0], at[1], words, 13.5, colour=colour)


def pi() -> str:
    """Step 7: what is plugged into the Raspberry Pi."""
    sheet = Drawing(1180, 470)
    x, y, mm = 330.0, 60.0, 5.6
    sheet.box(x, y, 85 * mm, 56 * mm, "#2e7d32", "#1b5e20")
    sheet.text(x + 250, y + 200, "Raspberry Pi 5", 22, "middle", "white", bold=True)
    for k in range(20):
        for row in (0, 1):
            colour = {(0, 1): COLOURS["red"], (2, 1): "#111111"}.get((k, row), "#e8c547")
            sheet.disc(x + 44 + 14.2 * k, y + 30 - 14.2 * row, 4.6, colour)
    sheet.line([(x + 44, y + 16), (x + 44, y - 26), (x - 40, y - 26)], COLOURS["red"], 4)
    sheet.line([(x + 72.4, y + 16), (x + 72.4, y - 44), (x - 40, y - 44)], COLOURS["black"], 4)
    _note(sheet, (60, y - 32), (x - 40, y - 26), "핀 2, 6 → L1, L2 / pins 2, 6")
    for at, name, is_used in ((300.0, "CAM1", False), (260.0, "CAM0", True)):
        sheet.box(x + at, y + 56 * mm - 76, 22, 66, "#f4f1e6" if is_used else "#8a9a8c", INK)
        sheet.text(x + at + 11, y + 56 * mm - 84, name, 12, "middle", "white", bold=is_used)
    way = f"M{x + 271:g} {y + 56 * mm - 44:g} C{x + 271:g} {y + 420:g} {x + 60:g} {y + 330:g} {x - 60:g} {y + 340:g}"
    sheet.path(way, "#e8dfc4", 24)
    _note(
        sheet,
        (40, y + 380),
        (x - 40, y + 340),
        "카메라 → CAM0 (보드의 글자대로) / camera to CAM0, as printed",
        COLOURS["red"],
    )
    for k, word in enumerate(("USB", "USB", "Ethernet")):
        sheet.box(x + 85 * mm - 70, y + 24 + 94 * k, 86, 76, METAL, "#707880")
        sheet.text(x + 85 * mm - 28, y + 66 + 94 * k, word, 13, "middle")
    edge = x + 85 * mm + 16
    sheet.path(f"M{edge:g} {y + 62:g} C{edge + 90:g} {y + 62:g} {edge + 40:g} {y + 150:g} {edge + 110:g} {y + 150:g}",
               "#455a64", 7)  # fmt: skip
    sheet.box(edge + 110, y + 112, 150, 76, "#1e6f8e", "#0d3d50")
    sheet.text(edge + 185, y + 156, "A1 Nano", 16, "middle", "white", bold=True)
    sheet.box(x + 40, y + 56 * mm - 26, 54, 34, METAL, "#707880")
    sheet.text(x + 67, y + 56 * mm - 36, "27 W", 13, "middle", "white", bold=True)
    return sheet.render()


def room() -> str:
    """Step 8: the dark room from the side."""
    sheet = Drawing(1180, 430)
    sheet.box(30, 40, 1120, 350, "#23282d", INK)
    sheet.text(
        590,
        30,
        "암실 / dark room: 창과 문틈을 검은 천으로 / black cloth over windows and gaps",
        16,
        "middle",
        bold=True,
    )
    sheet.box(1000, 90, 26, 250, "#8f979e")
    for y, words, colour in (
        (140, "렌즈 / lens", "#90caf9"),
        (210, "나사 / screw", METAL),
        (280, "벽 / wall", "#8f979e"),
    ):
        sheet.disc(1000, y, 11, colour)
        sheet.text(1040, y + 5, words, 13, colour="white")
    sheet.path("M250 205 L1000 95 L1000 330 L250 222 Z", "#3a2f3f", 1, "#3a2f3f")
    sheet.box(206, 150, 34, 130, "#59636b", METAL)
    sheet.disc(240, 213, 9, GLASS)
    for y in (160, 180, 245, 268):
        sheet.disc(240, y, 5, "#b9aede")
    for x in (160, 223, 286):
        sheet.line([(223, 280), (x, 370)], METAL, 4)
    sheet.box(60, 320, 92, 50, "#fbfaf6", "#b9b4a6")
    sheet.text(106, 350, "A1, Pi", 14, "middle")
    sheet.path("M152 340 C190 330 190 240 206 230", "#90a4ae", 3)
    sheet.line([(240, 372), (1000, 372)], "white", 1.5)
    sheet.text(620, 364, "0.5 – 1.5 m", 16, "middle", "white", bold=True)
    sheet.text(590, 70, "형광등·LED등 끔, 화면 가림 / lamps off, screens covered", 14, "middle", "#ffd54f")
    return sheet.render()


PICTURES = {
    "lamps": lamps, "board": board, "measure": measure, "fuses": fuses, "nano": nano, "camera": camera, "pi": pi,
    "room": room, "wiring": whole,
}  # fmt: skip


def main(folder: Path = FOLDER) -> None:
    """Write them all."""
    folder.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
