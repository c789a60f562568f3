"""Radiometric budget of the probe's eye: photo-electrons against range, filter, wavelength, lamp offset, ambient light.

Job: answer from `sweep/lens/optics.toml` (the one table of nominal optics), `optics_parts.toml` (spectra, filters,
rooms) and `../interfaces.toml` (what is mounted) whether lamps, filter and exposure suit the range. Input: those
three files; output: numbers in the units of their names. It measures nothing: a quantity guessed there is guessed
here.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sweep.lens.optics import LIGHT_M_S, PLANCK_J_S, Optics, ReturnLobe, load_optics

HERE = Path(__file__).parent
BOLTZMANN_J_K = 1.380649e-23
CANDIDATE_PIXELS = 9
"""Pixels over which a glint is summed; derived from the point spread of f/2.8 at 3.45 um with a little defocus."""
LUMEN_PER_WATT = 683.0

ANCHORS_OFFSET_M = 0.012
"""Lamp offset at which the reference table of the lens document is stated (not the offset of our ring)."""


@dataclass(frozen=True, slots=True)
class Band:
    """A band-pass filter with a flat-topped band (fourth-order, like three-cavity coatings)."""

    centre_nm: float
    fwhm_nm: float
    peak: float

    def transmission(self, wavelength_nm: float, angle_rad: float, effective_index: float) -> float:
        """Share let through at an angle of incidence in air; the band moves by sqrt(1 - (sin/n)^2)."""
        centre = self.centre_nm * math.sqrt(1.0 - (math.sin(angle_rad) / effective_index) ** 2)
        half_widths = 2.0 * (wavelength_nm - centre) / self.fwhm_nm
        return self.peak / (1.0 + half_widths**8)


@cache
def parts() -> dict[str, Any]:
    """`optics_parts.toml`."""
    return tomllib.loads((HERE / "optics_parts.toml").read_text(encoding="utf-8"))


@cache
def interfaces() -> dict[str, Any]:
    """`../interfaces.toml`: what the boards carry."""
    return tomllib.loads((HERE.parent / "interfaces.toml").read_text(encoding="utf-8"))


def band(name: str) -> Band:
    """A filter of the parts table."""
    table = parts()["filter"][name]
    return Band(table["centre_nm"], table["fwhm_nm"], table["peak"])


def focal_px(optics: Optics) -> float:
    """Focal length in pixels at full size."""
    return optics.focal_m / optics.pixel_pitch_m


def half_field_rad(optics: Optics) -> tuple[float, float, float]:
    """Half angles of the field: horizontal, vertical, diagonal."""
    x = optics.full_width_px / 2.0 / focal_px(optics)
    y = optics.full_height_px / 2.0 / focal_px(optics)
    return math.atan(x), math.atan(y), math.atan(math.hypot(x, y))


def lens_e(optics: Optics, range_m: float, *, aperture_mm: float, rho: float, offset_m: float) -> float:
    """Electrons of one exposure from a lens that faces the camera, at the nominal 1 W/sr and the table's exposure."""
    return optics.lens_signal_e(
        aperture_mm=aperture_mm,
        rho=rho,
        range_m=range_m,
        offset_m=offset_m,
        intensity_w_sr=optics.on_axis_intensity_w_sr,
        exposure_s=optics.exposure_s,
        f_number=optics.f_number,
        wavelength_nm=optics.wavelength_nm,
        lobe=optics.reference_lobe,
    )


def wall_e_px(optics: Optics, range_m: float, intensity_w_sr: float) -> float:
    """Electrons per pixel from the matt wall behind the lens."""
    return optics.wall_signal_e_px(
        albedo=optics.wall_albedo,
        range_m=range_m,
        intensity_w_sr=intensity_w_sr,
        exposure_s=optics.exposure_s,
        f_number=optics.f_number,
        wavelength_nm=optics.wavelength_nm,
        focal_px=focal_px(optics),
    )


def snr(optics: Optics, signal_e: float, background_e_px: float) -> float:
    """Signal over its noise: shot noise of signal and background, read noise, over the candidate's pixels."""
    variance = signal_e + CANDIDATE_PIXELS * (background_e_px + optics.read_noise_e**2)
    return signal_e / math.sqrt(variance)


def range_at_floor_m(optics: Optics, *, aperture_mm: float, rho: float, offset_m: float, ambient_e_px: float) -> float:
    """Longest range at which a facing lens keeps the signal-to-noise floor of one on_axis frame."""
    low, high = 0.5, 30.0
    for _ in range(50):
        middle = (low + high) / 2.0
        background = wall_e_px(optics, middle, optics.on_axis_intensity_w_sr) + ambient_e_px
        signal = lens_e(optics, middle, aperture_mm=aperture_mm, rho=rho, offset_m=offset_m)
        if snr(optics, signal, background) >= optics.snr_floor:
            low = middle
        else:
            high = middle
    return low


def filtered_share(name: str, *, angle_rad: float, centroid_nm: float, fwhm_nm: float) -> float:
    """Share of the lamp's light that a filter in front of the lens lets through at a field angle."""
    glass = parts()["filter_glass"]["effective_index"]
    sigma = fwhm_nm / (2.0 * math.sqrt(2.0 * math.log(2.0)))
    passed = total = 0.0
    for step in range(-60, 61):
        wavelength = centroid_nm + step
        weight = math.exp(-0.5 * (step / sigma) ** 2)
        total += weight
        passed += weight * band(name).transmission(wavelength, angle_rad, glass)
    return passed / total


def planck_w_m2_nm(wavelength_nm: float, kelvin: float) -> float:
    """Spectral exitance of a black body, relative scale."""
    metre = wavelength_nm * 1e-9
    exponent = PLANCK_J_S * LIGHT_M_S / (metre * BOLTZMANN_J_K * kelvin)
    return 2.0 * math.pi * PLANCK_J_S * LIGHT_M_S**2 / metre**5 / math.expm1(exponent) * 1e-9


def photopic(wavelength_nm: float) -> float:
    """Luminous efficiency V: the two-lobed fit of Wyman, Sloan and Shirley, JCGT 2 (2), 2013."""
    return 0.821 * _lobe(wavelength_nm, 568.8, 46.9, 40.5) + 0.286 * _lobe(wavelength_nm, 530.9, 16.3, 31.1)


def _lobe(wavelength_nm: float, centre: float, left: float, right: float) -> float:
    width = left if wavelength_nm < centre else right
    return math.exp(-0.5 * ((wavelength_nm - centre) / width) ** 2)


def ambient_w_m2_nm_lx(source: str, wavelength_nm: int) -> float:
    """Spectral irradiance per lux of `daylight`, `incandescent` or `white_led`."""
    table = parts()["ambient"]
    if source == "incandescent":
        kelvin = table["incandescent_k"]
        lux = LUMEN_PER_WATT * sum(planck_w_m2_nm(w, kelvin) * photopic(w) for w in range(380, 781))
        return float(planck_w_m2_nm(wavelength_nm, kelvin) / lux)
    return float(table[f"{source}_{wavelength_nm}"])


def ambient_e_px(optics: Optics, source: str, lux: float, filter_name: str = "wide") -> float:
    """Electrons per pixel and exposure that the room's own light puts on the wall, through one band of the filter."""
    glass = parts()["filter_glass"]
    w_m2 = ambient_w_m2_nm_lx(source, optics.wavelength_nm) * lux * band(filter_name).fwhm_nm
    radiance = w_m2 * optics.wall_albedo / math.pi
    joule = radiance * optics.pupil_area_m2(optics.f_number) * optics.exposure_s / focal_px(optics) ** 2
    photon_j = PLANCK_J_S * LIGHT_M_S / (optics.wavelength_nm * 1e-9)
    through = band(filter_name).peak * glass["lens_transmission"]
    return float(joule * through * optics.quantum_efficiency / photon_j)


def peak_px_e(optics: Optics, spot_e: float, range_m: float, *, is_centred: bool = True) -> float:
    """Electrons of the brightest pixel of a point at `range_m`: point spread and defocus as one Gaussian, its middle in
    the middle of a pixel or on a corner of four.
    """
    pixel_m = optics.pixel_pitch_m
    disc_px = optics.focal_m**2 / optics.f_number * abs(1.0 / range_m - 1.0 / optics.focus_m) / pixel_m
    sigma = math.hypot(parts()["point_spread"]["sigma_px"], disc_px / 4.0)  # a disc of diameter d has d/4 on each axis
    reach = math.erf(0.5 / (math.sqrt(2.0) * sigma)) if is_centred else 0.5 * math.erf(1.0 / (math.sqrt(2.0) * sigma))
    return spot_e * reach**2


def saturation_e(optics: Optics) -> float:
    """Electrons at which a pixel is full: its largest number less the black level."""
    return float((optics.saturation_dn - optics.black_level_dn) * optics.e_per_dn)


def red_optics(optics: Optics) -> Optics:
    """The table for the red lamps, through the filter's other band: 630 nm, pulse for exposure."""
    glass = parts()["filter_glass"]["lens_transmission"]
    return replace(
        optics,
        wavelength_nm=interfaces()["led"]["red"]["wavelength_nm"],
        quantum_efficiency=parts()["sensor"]["quantum_efficiency_630"],
        transmission=band("dual_red").peak * glass,
        exposure_s=red_pulse_s(),
        on_axis_intensity_w_sr=mounted_intensity_w_sr("red"),
    )


def red_ambient_e_px(source: str) -> float:
    """Electrons per pixel of a room of 300 lx through the filter's red band, in the whole exposure."""
    optics = load_optics()
    long = replace(red_optics(optics), exposure_s=optics.exposure_s)
    return ambient_e_px(long, source, parts()["ambient"]["room_lux"], "dual_red")


def red_pulse_s() -> float:
    """Longest red pulse that the firmware allows; one lies in an exposure."""
    limits = tomllib.loads((HERE.parents[1] / "firmware" / "limits.toml").read_text(encoding="utf-8"))
    return float(limits["lamp"]["red"]["max_pulse_us"] * 1e-6)


def signal_ratio_940() -> float:
    """Electrons at 940 nm over those at 850 nm for the same radiant intensity: photons per joule times efficiency."""
    optics = load_optics()
    efficiency: float = parts()["sensor"]["quantum_efficiency_940"] / optics.quantum_efficiency
    return efficiency * 940.0 / optics.wavelength_nm


def separation_e(offset_mm: float, sigma_deg: float, range_m: float = 0.3) -> float:
    """Electrons of a 1 mm lens with a purely narrow cone, for the choice of the lamp offset."""
    optics = load_optics()
    return optics.lens_signal_e(
        aperture_mm=1.0,
        rho=0.05,
        range_m=range_m,
        offset_m=offset_mm * 1e-3,
        intensity_w_sr=1.0,
        exposure_s=optics.exposure_s,
        f_number=optics.f_number,
        wavelength_nm=optics.wavelength_nm,
        lobe=ReturnLobe(1.0, sigma_deg, 2.5),
    )


def mounted_intensity_w_sr(group: str, angle_rad: float = 0.0) -> float:
    """Radiant intensity of a lamp group at its nominal current, towards `angle_rad` off its axis."""
    table = interfaces()
    wiring = table["group"][group]
    led = table["led"][wiring["led"]]
    current_a = table["sink"]["clamp_vbe_v"] / wiring["sense_resistor_ohm"]
    count = wiring["strings"] * wiring["leds_per_string"]
    power = math.log(0.5) / math.log(math.cos(math.radians(led["half_angle_deg"])))
    return float(count * led["intensity_w_sr_at_1a"] * current_a * math.cos(angle_rad) ** power)


def bore_radius_needed_mm(field_rad: float) -> float:
    """Free radius that the baffle tube needs at its front end, to see `field_rad` with the whole entrance pupil."""
    optics, ring = load_optics(), interfaces()["ring"]
    led_height = interfaces()["led"]["ir"]["body_mm"][2]
    depth = parts()["lens"]["pupil_depth_mm"] + 0.5 + ring["thickness_mm"] + led_height
    pupil_mm = optics.focal_m / optics.f_number / 2.0 * 1e3
    return float(pupil_mm + depth * math.tan(field_rad))
