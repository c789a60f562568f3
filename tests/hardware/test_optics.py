"""The radiometric budget against its anchors, against what is mounted, and against its own document."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from hardware import documents
from hardware.optics import budget, tables, white
from hardware.safety import assess
from sweep.lens.optics import Optics, load_optics
from sweep.modality.strobe import SHORT_SCALE

ANCHOR_OFFSET_M = budget.ANCHORS_OFFSET_M


@pytest.fixture
def optics() -> Optics:
    return load_optics()


@pytest.mark.parametrize(
    ("range_m", "electrons", "tolerance"),
    [(0.3, 1.4e5, 0.21), (1.0, 5.4e4, 0.03), (2.0, 6.7e3, 0.03), (3.0, 1.5e3, 0.03)],
)
def test_a_one_millimetre_lens_gives_the_reference_electrons(
    optics: Optics, range_m: float, electrons: float, tolerance: float
) -> None:
    got = budget.lens_e(optics, range_m, aperture_mm=1.0, rho=0.05, offset_m=ANCHOR_OFFSET_M)
    assert got == pytest.approx(electrons, rel=tolerance)


@pytest.mark.parametrize(("range_m", "electrons"), [(0.3, 1408), (1.0, 127), (2.0, 32), (3.0, 14)])
def test_the_wall_is_the_reference_less_one_seventh(optics: Optics, range_m: float, electrons: float) -> None:
    got = budget.wall_e_px(optics, range_m, 1.0)
    assert got / electrons == pytest.approx(0.87, abs=0.015)


@pytest.mark.parametrize(("rho", "ranges_m"), [(0.05, (4.5, 6.4, 9.2, 11.4)), (0.005, (2.2, 3.4, 5.1, 6.3))])
def test_the_ranges_at_the_floor_are_those_of_the_reference(
    optics: Optics, rho: float, ranges_m: tuple[float, ...]
) -> None:
    for aperture_mm, range_m in zip((0.5, 1.0, 2.0, 3.0), ranges_m, strict=True):
        got = budget.range_at_floor_m(
            optics, aperture_mm=aperture_mm, rho=rho, offset_m=ANCHOR_OFFSET_M, ambient_e_px=0.0
        )
        assert got == pytest.approx(range_m, rel=0.07)


def test_the_reference_row_of_offsets_is_a_cone_of_0_6_degrees_and_not_of_0_2() -> None:
    stated = {5.0: 6100.0, 8.0: 840.0, 12.0: 15.0, 16.0: 0.05}
    ours = {offset: budget.separation_e(offset, 0.6) for offset in stated}
    for offset in (8.0, 12.0, 16.0):
        assert ours[offset] / ours[5.0] == pytest.approx(stated[offset] / stated[5.0], rel=0.05)
    assert budget.separation_e(8.0, 0.2) / budget.separation_e(5.0, 0.2) < 1e-6


def test_eight_millimetres_see_a_narrow_cone_near_by_and_twelve_lose_most_of_it(optics: Optics) -> None:
    wall = budget.wall_e_px(optics, 0.3, 1.0)
    at = {offset: budget.snr(optics, budget.separation_e(offset, 0.4), wall) for offset in (8.0, 12.0)}
    assert at[8.0] > optics.snr_floor > at[12.0]


def test_what_is_mounted_is_what_the_table_of_optics_says(optics: Optics) -> None:
    boards = budget.interfaces()
    assert boards["ring"]["led_radius_mm"] == pytest.approx(optics.on_axis_offset_m * 1e3)
    assert boards["ring"]["led_count"] == optics.on_axis_count
    assert boards["bar"]["centre_offset_mm"] == pytest.approx(optics.off_axis_offset_m * 1e3)
    assert boards["led"]["ir"]["wavelength_nm"] == optics.wavelength_nm
    for group, nominal in (
        ("on_axis", optics.on_axis_intensity_w_sr),
        ("off_axis", optics.off_axis_intensity_w_sr),
    ):
        assert budget.mounted_intensity_w_sr(group) == pytest.approx(nominal, rel=0.15)
    side = budget.mounted_intensity_w_sr("on_axis", budget.half_field_rad(optics)[0])
    assert side > 0.5 * budget.mounted_intensity_w_sr("on_axis")


def test_the_bore_shows_the_sides_and_shades_only_the_corners(optics: Optics) -> None:
    side, _, corner = budget.half_field_rad(optics)
    bore = budget.interfaces()["ring"]["bore_diameter_mm"] / 2
    assert budget.bore_radius_needed_mm(side) < bore < budget.bore_radius_needed_mm(corner) < bore + 0.5


def test_the_filter_we_ask_for_keeps_the_corner_and_the_catalogue_ones_do_not(optics: Optics) -> None:
    corner = budget.half_field_rad(optics)[2]
    led = budget.parts()["led"]["ir"]
    share = {
        name: budget.filtered_share(name, angle_rad=corner, centroid_nm=led["centroid_nm"], fwhm_nm=led["fwhm_nm"])
        for name in ("narrow", "medium", "wide")
    }
    assert share["narrow"] < 0.1 < share["medium"] < 0.5 < share["wide"]
    nominal = share["wide"] * budget.parts()["filter_glass"]["lens_transmission"]
    assert nominal == pytest.approx(optics.transmission, rel=0.1)


def test_the_band_moves_to_shorter_wavelengths_with_the_angle() -> None:
    band = budget.Band(850.0, 10.0, 1.0)
    assert band.transmission(850.0, 0.0, 2.0) == pytest.approx(1.0)
    assert band.transmission(850.0, math.radians(27.6), 2.0) < 0.01
    assert (
        band.transmission(850.0 * math.sqrt(1 - (math.sin(math.radians(27.6)) / 2) ** 2), math.radians(27.6), 2.0)
        > 0.99
    )


def test_a_near_glint_saturates_and_the_short_pulse_does_not(optics: Optics) -> None:
    full, scale = budget.saturation_e(optics), budget.interfaces()["pulse"]["scale"]
    assert full == pytest.approx(3850, abs=5)
    spot = budget.lens_e(optics, 1.0, aperture_mm=1.0, rho=0.05, offset_m=optics.on_axis_offset_m)
    middle, corner = (budget.peak_px_e(optics, spot, 1.0, is_centred=is_centred) for is_centred in (True, False))
    assert spot * scale > full > middle * scale  # 89,000 in the spot, 22,000 in its brightest pixel
    assert 0.1 * spot < corner < middle < 0.3 * spot
    assert budget.peak_px_e(optics, spot, optics.focus_m) > middle  # sharpest in focus
    assert budget.peak_px_e(optics, spot, 0.3) < 0.25 * budget.peak_px_e(optics, spot, optics.focus_m)


def test_the_scale_that_clips_carry_is_that_of_the_driver() -> None:
    pulse = budget.interfaces()["pulse"]
    assert pytest.approx(pulse["scale"], rel=pulse["scale_tolerance"]) == SHORT_SCALE
    assert pulse["short_us"] / pulse["nominal_us"] == SHORT_SCALE


def test_red_finds_behind_an_absorptive_cut_what_infrared_does_not(optics: Optics) -> None:
    """Same offset: the ratio of red to infrared is 40 times that of anything that has no such filter."""
    cut, warm = budget.parts()["ir_cut"], budget.red_optics(optics)
    assert cut["absorptive_630"] / cut["absorptive_850"] == pytest.approx(40.0)
    assert warm.exposure_s == pytest.approx(0.4e-3)
    offset_m = budget.interfaces()["middle"]["led_radius_mm"] * 1e-3
    ranges = {"red": warm, "infrared": optics}
    for name, table in ranges.items():
        share = cut["absorptive_630" if name == "red" else "absorptive_850_least"]
        seen = share * budget.lens_e(table, 2.0, aperture_mm=1.0, rho=0.05, offset_m=offset_m)
        wall = budget.wall_e_px(table, 2.0, table.on_axis_intensity_w_sr) + budget.red_ambient_e_px("white_led")
        assert (budget.snr(table, seen, wall) > 3 * optics.snr_floor) == (name == "red")
    dim = replace(warm, on_axis_intensity_w_sr=0.1 * warm.on_axis_intensity_w_sr)
    seen = cut["absorptive_630"] * budget.lens_e(dim, 2.0, aperture_mm=1.0, rho=0.05, offset_m=offset_m)
    assert budget.snr(dim, seen, budget.red_ambient_e_px("white_led")) < optics.snr_floor


def test_940_nanometres_do_not_help() -> None:
    daylight = budget.parts()["ambient"]
    assert budget.signal_ratio_940() < 0.5
    assert daylight["daylight_940"] / daylight["daylight_850"] > budget.signal_ratio_940()


def test_a_black_body_of_illuminant_a_has_its_known_efficacy() -> None:
    lumens = budget.LUMEN_PER_WATT * sum(budget.planck_w_m2_nm(w, 2856) * budget.photopic(w) for w in range(380, 781))
    watts = 5.670374e-8 * 2856**4
    assert lumens / watts == pytest.approx(16.6, abs=0.5)  # textbook: 16.6 lm/W in all


def test_the_stimulus_raises_the_far_wall_by_a_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    room = budget.parts()["room"]
    rise = white.far_wall_rise(white.lamp_flux_lm())
    assert rise.mean_lux >= room["target_share"] * room["ambient_lux"]
    assert rise.least_lux < rise.mean_lux < rise.most_lux
    assert rise.direct_mean_lux < rise.mean_lux
    weaker = white.far_wall_rise(white.lamp_flux_lm() * 0.75)
    assert weaker.mean_lux < room["target_share"] * room["ambient_lux"]  # the test would notice a weaker lamp


def test_the_brightest_white_led_of_its_bin_stays_exempt_and_one_above_the_limit_is_named() -> None:
    table = assess.tables()
    (blue,) = [f for f in assess.assess(table) if f.group == "white" and f.hazard == "blue light, 10,000 s"]
    led = table["boards"]["led"]["white"]
    limit_lm = led["flux_most_lm_at_350ma"] / blue.share
    assert led["flux_lm_at_350ma"] < led["flux_most_lm_at_350ma"] < limit_lm == pytest.approx(199.6, abs=0.5)
    old = assess.tables()
    old["boards"]["group"]["white"]["sense_resistor_ohm"] = 1.5  # of revision B
    (before,) = [f for f in assess.assess(old) if f.group == "white" and f.hazard == "blue light, 10,000 s"]
    assert not before.is_within


def test_the_room_keeps_its_light(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a black room only direct light is left; with white walls the formula of the integrating sphere holds."""
    room = dict(budget.parts()["room"])
    for key in ("reflectance_wall", "reflectance_ceiling", "reflectance_floor"):
        room[key] = 0.0
    monkeypatch.setattr(white, "parts", lambda: {"room": room})
    black = white.far_wall_rise(400.0)
    assert black.mean_lux == pytest.approx(black.direct_mean_lux)
    for key in ("reflectance_wall", "reflectance_ceiling", "reflectance_floor"):
        room[key] = 0.8
    bright = white.far_wall_rise(400.0)
    area_m2 = 2 * (2 * 3 + (2 + 3) * 2.4)
    indirect = 400.0 * 0.8 / (area_m2 * 0.2)
    assert bright.mean_lux - bright.direct_mean_lux == pytest.approx(indirect, rel=0.25)


def test_half_the_focal_length_halves_the_pupil(optics: Optics) -> None:
    shorter = replace(optics, focal_m=optics.focal_m / 2)
    assert shorter.pupil_area_m2(2.8) == pytest.approx(optics.pupil_area_m2(2.8) / 4)


@pytest.mark.soak
def test_the_document_says_what_the_code_computes(repo_root: Path) -> None:
    told: list[str] = []
    for name in ("README.md", "WHITE.md"):
        document = repo_root / "hardware" / "optics" / name
        text = document.read_text(encoding="utf-8")
        told += documents.tables_in(text)
        assert documents.with_tables(text, documents.computed()[document]) == text, "run: python -m hardware.documents"
    assert sorted([*told, *documents.PRINTED]) == sorted(tables.TABLES)
    page = (repo_root / "hardware" / "optics" / "README.md").read_text(encoding="utf-8")
    rows = {
        name: [row.strip("| ").split(" | ") for row in tables.TABLES[name]() if " | " in row]
        for name in documents.PRINTED
    }
    (over,) = (row[3] for row in rows["peak"] if row[0] == "0.5")
    narrow = {row[0]: row[2] for row in rows["offsets"]}
    lux_300 = {row[0]: row[1] for row in rows["ambient"]}
    assert f"at 0.5 m {over} times" in page
    assert f"SNR of {narrow['5']} with lamps at 5 mm, {narrow['8']} at 8 mm, {float(narrow['12']):.2f} at 12 mm" in page
    assert f"daylight of 300 lx puts {lux_300['daylight']}, incandescent light {lux_300['incandescent']}" in page
    assert f"white LEDs {float(lux_300['white led']):.2f}" in page
