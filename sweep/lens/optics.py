"""The probe's nominal optics and the radiometric model built on them.

Job: load `optics.toml`, for the bench kit with `optics_kit.toml` over it, and answer how many photo-electrons a lens or
a matt wall returns at a distance. Input: nominal numbers and geometry; output: electrons per exposure. Refuses to guess
a calibration: everything here is nominal, so nothing computed from it alone may call a zone clear.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

PLANCK_J_S = 6.62607015e-34
LIGHT_M_S = 299_792_458.0
Eye = Literal["probe", "kit", "kit_imx219", "kit_ov5647"]
"""Whose lens and lamps: the probe's, the bench kit's, the kit's with a NoIR module."""
LAYERS: Final[dict[Eye, tuple[str, ...]]] = {
    "probe": (),
    "kit": ("kit",),
    "kit_imx219": ("kit", "kit_imx219"),
    "kit_ov5647": ("kit", "kit_ov5647"),
}
"""Parts of `optics_kit.toml` that are laid over `optics.toml`, one after the other."""


@dataclass(frozen=True, slots=True)
class ReturnLobe:
    """Angular shape of the light a lens sends back: a core and a wide pedestal, each a Gaussian, integral 1."""

    core_share: float
    core_sigma_deg: float
    pedestal_sigma_deg: float

    def density_per_sr(self, alpha_rad: float) -> float:
        """Share of the returned power per steradian at `alpha_rad` from the way back to the lamp."""
        core = _gaussian_per_sr(alpha_rad, math.radians(self.core_sigma_deg))
        pedestal = _gaussian_per_sr(alpha_rad, math.radians(self.pedestal_sigma_deg))
        return self.core_share * core + (1.0 - self.core_share) * pedestal


@dataclass(frozen=True, slots=True)
class Optics:
    """Nominal numbers of `optics.toml`; units in the names."""

    focal_m: float
    pixel_pitch_m: float
    full_width_px: int
    full_height_px: int
    transmission: float
    quantum_efficiency: float
    f_number: float
    focus_m: float
    bits: int
    black_level_dn: int
    e_per_dn: float
    read_noise_e: float
    saturation_dn: int
    fps: float
    exposure_s: float
    wavelength_nm: int
    on_axis_offset_m: float
    on_axis_count: int
    on_axis_intensity_w_sr: float
    off_axis_offset_m: float
    off_axis_intensity_w_sr: float
    reference_aperture_mm: float
    reference_rho: float
    reference_lobe: ReturnLobe
    snr_floor: float
    wall_albedo: float
    range_min_m: float
    range_max_m: float

    def electrons_per_joule(self, wavelength_nm: float) -> float:
        """Photo-electrons per joule that reaches the entrance pupil."""
        photon_j = PLANCK_J_S * LIGHT_M_S / (wavelength_nm * 1e-9)
        return self.transmission * self.quantum_efficiency / photon_j

    def pupil_area_m2(self, f_number: float) -> float:
        """Area of the camera's entrance pupil."""
        return math.pi / 4.0 * (self.focal_m / f_number) ** 2

    def lens_signal_e(
        self,
        *,
        aperture_mm: float,
        rho: float,
        range_m: float,
        offset_m: float,
        intensity_w_sr: float,
        exposure_s: float,
        f_number: float,
        wavelength_nm: float,
        lobe: ReturnLobe,
    ) -> float:
        """Electrons of one exposure that a lens facing the camera returns from a lamp `offset_m` off the axis.

        J = I / R^2 x (pi d^2 / 4) x rho x g(alpha), signal = J / R^2 x pupil x transmission x exposure x QE / (h nu).
        """
        area_m2 = math.pi / 4.0 * (aperture_mm * 1e-3) ** 2
        returned_w_sr = intensity_w_sr / range_m**2 * area_m2 * rho * lobe.density_per_sr(offset_m / range_m)
        joule = returned_w_sr / range_m**2 * self.pupil_area_m2(f_number) * exposure_s
        return joule * self.electrons_per_joule(wavelength_nm)

    def wall_signal_e_px(
        self,
        *,
        albedo: float,
        range_m: float,
        intensity_w_sr: float,
        exposure_s: float,
        f_number: float,
        wavelength_nm: float,
        focal_px: float,
    ) -> float:
        """Electrons per pixel and exposure that a matt wall facing the camera returns."""
        radiance = intensity_w_sr / range_m**2 * albedo / math.pi
        joule = radiance * self.pupil_area_m2(f_number) * exposure_s / focal_px**2
        return joule * self.electrons_per_joule(wavelength_nm)


def _gaussian_per_sr(alpha_rad: float, sigma_rad: float) -> float:
    return math.exp(-0.5 * (alpha_rad / sigma_rad) ** 2) / (2.0 * math.pi * sigma_rad**2)


@dataclass(frozen=True, slots=True)
class RollingShutter:
    """How a sensor without an external trigger exposes: every row as long, one row after the other."""

    shutter_s: float
    readout_s: float
    """From the first row to the last; 0: all rows at once."""
    frame_s: float
    """From frame to frame. The lamps' period is another, so that flashes wander and none stays where rows are shut."""


@dataclass(frozen=True, slots=True)
class ExtraLampOptics:
    """Nominal numbers of a lamp group that a probe may have besides."""

    offset_m: float
    layout: str
    intensity_w_sr: float


@cache
def load_extra_lamps() -> dict[str, ExtraLampOptics]:
    """By phase letter, M, N and R."""
    return {letter: ExtraLampOptics(**row) for letter, row in _table("optics.toml")["lamp"].items()}


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("sweep.lens").joinpath(name).read_text(encoding="utf-8"))


@cache
def load_rolling_shutter(eye: Eye) -> RollingShutter | None:
    """How an eye's sensor exposes; None: while its trigger says."""
    table = _table("optics_kit.toml")
    found = [table[layer]["rolling"] for layer in LAYERS[eye] if "rolling" in table[layer]]
    return RollingShutter(**found[-1]) if found else None


@cache
def load_optics(eye: Eye = "probe") -> Optics:
    """The table that ships with the package, with what is different for another eye over it."""
    table, kit = _table("optics.toml"), _table("optics_kit.toml")
    camera, led, ref, wall, span = (table[k] for k in ("camera", "led", "reference_lens", "wall", "range"))
    for layer in LAYERS[eye]:
        camera, led = camera | kit[layer].get("camera", {}), led | kit[layer].get("led", {})
    return Optics(
        **camera,
        **led,
        reference_aperture_mm=ref["aperture_mm"],
        reference_rho=ref["rho"],
        reference_lobe=ReturnLobe(ref["core_share"], ref["core_sigma_deg"], ref["pedestal_sigma_deg"]),
        snr_floor=ref["snr_floor"],
        wall_albedo=wall["albedo"],
        range_min_m=span["min_m"],
        range_max_m=span["max_m"],
    )
