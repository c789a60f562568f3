"""The tables of the optics README, computed: `python -m hardware.optics.tables` prints them, a test compares them.

Job: format what `budget.py` and `white.py` compute. Input: none; output: Markdown. `--plot FILE` draws the figure and
needs matplotlib, which is not among the project's dependencies.
"""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path

from hardware.optics import budget, views, white
from sweep.lens.optics import load_optics

RANGES_M = (0.2, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0)
APERTURES_MM = (0.5, 1.0, 2.0, 3.0)


def figure(value: float) -> str:
    """Two significant figures, without exponents that nobody reads."""
    if value == 0 or abs(value) < 1e-3:
        return f"{value:.0e}"
    digits = max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{round(value, 1 - math.floor(math.log10(abs(value)))):.{digits}f}"


def row(*cells: object) -> str:
    """One line of a table."""
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def head(*cells: str) -> list[str]:
    """The first two lines of a table."""
    return [row(*cells), "|" + "---|" * len(cells)]


def signal() -> list[str]:
    """What the built ring gets from a facing 1 mm lens, and what stands behind it."""
    optics = load_optics()
    lines = head("range, m", "1 mm lens, e-", "wall, e-/px", "SNR of one frame", "off_axis / on_axis")
    for range_m in RANGES_M:
        lens = budget.lens_e(optics, range_m, aperture_mm=1.0, rho=0.05, offset_m=optics.on_axis_offset_m)
        off = budget.lens_e(optics, range_m, aperture_mm=1.0, rho=0.05, offset_m=optics.off_axis_offset_m)
        wall = budget.wall_e_px(optics, range_m, optics.on_axis_intensity_w_sr)
        lines.append(
            row(range_m, figure(lens), figure(wall), figure(budget.snr(optics, lens, wall)), figure(off / lens))
        )
    return lines


def reach() -> list[str]:
    """Longest range at the floor of 5, dark room and a room with incandescent light."""
    optics = load_optics()
    bulb = budget.ambient_e_px(optics, "incandescent", budget.parts()["ambient"]["room_lux"])
    lines = head("aperture, mm", "rho 0.05, m", "rho 0.005, m", "rho 0.005 under 300 lx of incandescent light, m")
    for aperture_mm in APERTURES_MM:
        cells = [
            budget.range_at_floor_m(
                optics, aperture_mm=aperture_mm, rho=rho, offset_m=optics.on_axis_offset_m, ambient_e_px=ambient
            )
            for rho, ambient in ((0.05, 0.0), (0.005, 0.0), (0.005, bulb))
        ]
        lines.append(row(aperture_mm, *(f"{cell:.1f}" for cell in cells)))
    return lines


def peak() -> list[str]:
    """The brightest pixel of a facing 1 mm lens against a full one, with the nominal and with the short pulse."""
    optics, full = load_optics(), budget.saturation_e(load_optics())
    scale = budget.interfaces()["pulse"]["scale"]
    lines = head("range, m", "peak pixel, e-", "on a corner, e-", f"over {full:.0f} e-", "short pulse, e-")
    for range_m in (0.3, 0.5, 1.0, 2.0, 3.0):
        spot = budget.lens_e(optics, range_m, aperture_mm=1.0, rho=0.05, offset_m=optics.on_axis_offset_m)
        middle = budget.peak_px_e(optics, spot, range_m)
        corner = budget.peak_px_e(optics, spot, range_m, is_centred=False)
        cells = (figure(middle), figure(corner), figure(middle / full), figure(middle * scale))
        lines.append(row(range_m, *cells))
    return lines


def red() -> list[str]:
    """A 1 mm lens behind an absorptive IR-cut filter: infrared rings against red, one frame and a burst."""
    optics, cut = load_optics(), budget.parts()["ir_cut"]
    warm = budget.red_optics(optics)
    offset_m = budget.interfaces()["middle"]["led_radius_mm"] * 1e-3
    lines = head(
        "range, m", "850 nm at 8 mm, SNR", "the same, densest cut", "630 nm at 16 mm, e-", "SNR of one frame, of 6"
    )
    for range_m in (0.5, 1.0, 1.5, 2.0, 3.0):
        plain = budget.lens_e(optics, range_m, aperture_mm=1.0, rho=0.05, offset_m=optics.on_axis_offset_m)
        wall = budget.wall_e_px(optics, range_m, optics.on_axis_intensity_w_sr)
        infrared = [budget.snr(optics, plain * cut[key], wall) for key in ("absorptive_850", "absorptive_850_least")]
        seen = cut["absorptive_630"] * budget.lens_e(warm, range_m, aperture_mm=1.0, rho=0.05, offset_m=offset_m)
        behind = budget.wall_e_px(warm, range_m, warm.on_axis_intensity_w_sr) + budget.red_ambient_e_px("white_led")
        one = budget.snr(warm, seen, behind)
        lines.append(
            row(range_m, *map(figure, infrared), figure(seen), f"{figure(one)}, {figure(one * math.sqrt(6.0))}")
        )
    return lines


def offsets() -> list[str]:
    """Why the ring lies at 8 mm: a lens with a narrow cone at 0.3 m."""
    optics = load_optics()
    wall = budget.wall_e_px(optics, 0.3, 1.0)
    lines = head("lamp offset, mm", "SNR, cone 0.6 deg", "SNR, cone 0.4 deg", "SNR, cone 0.2 deg")
    for offset_mm in (5.0, 8.0, 12.0, 16.0):
        cells = [budget.snr(optics, budget.separation_e(offset_mm, sigma), wall) for sigma in (0.6, 0.4, 0.2)]
        lines.append(row(f"{offset_mm:.0f}", *(figure(cell) for cell in cells)))
    return lines


def lamps() -> list[str]:
    """The lamp groups as clips name them: phase, offset, nominal intensity towards the middle and the side."""
    boards, side = budget.interfaces(), budget.half_field_rad(load_optics())[0]
    ring, middle, bar = (boards[name] for name in ("ring", "middle", "bar"))
    lines = head("group", "phase", "offset, mm", "wavelength, nm", "W/sr", "W/sr at the side")
    for group, phase, offset_mm in (
        ("on_axis", "A", ring["led_radius_mm"]),
        ("off_axis", "B", bar["centre_offset_mm"]),
        ("middle_ring", "M", middle["led_radius_mm"]),
        ("red", "R", middle["led_radius_mm"]),
    ):
        nm = boards["led"][boards["group"][group]["led"]]["wavelength_nm"]
        towards = [budget.mounted_intensity_w_sr(group, angle) for angle in (0.0, side)]
        lines.append(row(group, phase, f"{offset_mm:.0f}", nm, *map(figure, towards)))
    return lines


def filters() -> list[str]:
    """Share of the lamp's light through each filter at the centre, the side and the corner of the picture."""
    side, _, corner = budget.half_field_rad(load_optics())
    lines = head("filter", "centre (width), nm", "middle of the picture", "side", "corner", "corner, lamp 10 nm warmer")
    for name in ("narrow", "medium", "wide", "dual", "dual_red"):
        led = budget.parts()["led"]["red" if name == "dual_red" else "ir"]
        band = budget.band(name)
        cells = [
            budget.filtered_share(name, angle_rad=angle, centroid_nm=led["centroid_nm"] + shift, fwhm_nm=led["fwhm_nm"])
            for angle, shift in ((0.0, 0), (side, 0), (corner, 0), (corner, 10))
        ]
        lines.append(row(name, f"{band.centre_nm:.0f} ({band.fwhm_nm:.0f})", *(f"{cell:.2f}" for cell in cells)))
    return lines


def ambient() -> list[str]:
    """Electrons per pixel of the room's light on the wall, beside those of the lamp at 1 m."""
    optics, table = load_optics(), budget.parts()["ambient"]
    lines = head(
        "light on the wall", f"{table['room_lux']} lx", f"{table['window_lux']} lx", f"{table['sun_patch_lux']} lx"
    )
    for source in ("white_led", "daylight", "incandescent"):
        cells = [budget.ambient_e_px(optics, source, table[key]) for key in ("room_lux", "window_lux", "sun_patch_lux")]
        lines.append(row(source.replace("_", " "), *(figure(cell) for cell in cells)))
    return lines


def stimulus() -> list[str]:
    """The white stimulus on the far wall."""
    room = budget.parts()["room"]
    rise = white.far_wall_rise(white.lamp_flux_lm())
    share = rise.mean_lux / room["ambient_lux"]
    flux = f"The LEDs' {white.led_flux_lm():.0f} lm are {white.lamp_flux_lm():.0f} behind the diffuser and add"
    added = f"{rise.mean_lux:.0f} lx on average, {rise.least_lux:.0f} at least"
    return [f"{flux} {added}: {share:.1%} of {room['ambient_lux']:.0f}."]


def lamp_views() -> list[str]:
    """What the white lamp adds to what cameras see, by place, and in a bright room with dark walls."""
    edges = (0.0, 0.05, 0.1, 0.2, 0.4, 99.0)
    lines = head("place", "a tenth below, half, a tenth above", "% of cameras", "bright room", "% of cameras")
    for place in budget.parts()["views"]["places"]:
        cells = []
        for is_bright in (False, True):
            found = views.shares(place, is_bright=is_bright)
            counts = [sum(a <= one < b for one in found) for a, b in itertools.pairwise(edges)]
            cells += [
                ", ".join(f"{found[int(share * len(found))]:.2f}" for share in (0.1, 0.5, 0.9)),
                ", ".join(f"{count / len(found):.0%}".removesuffix("%") for count in counts),
            ]
        lines.append(row(place, *cells))
    return lines


TABLES = {
    "signal": signal,
    "reach": reach,
    "peak": peak,
    "red": red,
    "offsets": offsets,
    "lamps": lamps,
    "filters": filters,
    "ambient": ambient,
    "stimulus": stimulus,
    "views": lamp_views,
}


def plot(path: Path) -> None:
    """Draw signal and wall against range."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "optics", "svg.fonttype": "none"})
    import matplotlib.pyplot as plt

    optics = load_optics()
    ranges = [0.2 * 1.04**k for k in range(90) if 0.2 * 1.04**k <= 6.0]
    axes = plt.figure(figsize=(9.0, 4.6)).gca()
    for aperture_mm, shade in zip(APERTURES_MM, ("#9ecae1", "#4292c6", "#2171b5", "#08306b"), strict=True):
        for rho, style in ((0.05, "-"), (0.005, "--")):
            values = [
                budget.lens_e(optics, r, aperture_mm=aperture_mm, rho=rho, offset_m=optics.on_axis_offset_m)
                for r in ranges
            ]
            axes.plot(ranges, values, style, color=shade, label=f"{aperture_mm} mm, rho {rho}")
    wall = [budget.wall_e_px(optics, r, 1.0) for r in ranges]
    floor = []
    for electrons in wall:
        noise = budget.CANDIDATE_PIXELS * (electrons + optics.read_noise_e**2)
        half = optics.snr_floor**2 / 2
        floor.append(half + math.sqrt(half**2 + optics.snr_floor**2 * noise))
    axes.plot(ranges, wall, color="#8c510a", label="wall, per pixel")
    axes.plot(ranges, floor, ":", color="#b2182b", label="signal needed for SNR 5")
    axes.axvspan(optics.range_min_m, optics.range_max_m, color="#f0f0f0", zorder=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="range, m (grey: 0.2 to 3 m, the intended range)",
        ylabel="electrons in one frame",
    )
    axes.set_ylim(1, 1e7)
    ticks = [0.2, 0.3, 0.5, 1, 2, 3, 6]
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.set_title("A facing lens, 1 W/sr at 850 nm, 1 ms, f/2.8, ring at 8 mm", fontsize=10)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5))
    axes.figure.tight_layout()
    axes.figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=110)


def main(arguments: list[str]) -> None:
    """Print every table, or draw the figure."""
    if arguments[:1] == ["--plot"]:
        plot(Path(arguments[1]))
        return
    for name, table in TABLES.items():
        print(f"<!-- table {name} -->", *table(), "", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
