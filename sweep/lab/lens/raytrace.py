"""Development tool: return lobes of miniature lenses by ray-tracing published prescriptions; writes `lens_lobes.json`.

Job: trace collimated light of 850 nm through a lens whose sensor stands at the best focus for visible light, and
tell how the light that the sensor scatters back leaves the lens. Input: prescriptions below and in the package
`optiland`, which is needed for this alone and is no dependency of the probe; output: one table. Run it as
`python -m sweep.lab.lens.raytrace OUT.json` in an environment that has optiland. Refuses diffraction by the pixels
and scatter in the barrel: the renderer adds a pedestal for both.

A ray that enters through a point p of the pupil lands at x(p). A pixel scatters it to all of the pupil; through q it
leaves in the direction of the light that would have come through q to the same place. Its angle to the way back is
therefore |x(p) - x(q)| / (dx / d angle). A sensor that mirrors instead of scattering sends p to its opposite.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sweep.sim.scene.camera import Array

VISIBLE_UM, INFRARED_UM = 0.5876, 0.85
FIELDS_DEG = (0.0, 12.0, 24.0)
DEFOCUS = (-0.02, -0.006, 0.006, 0.02)
"""Sensor off the best focus, in focal lengths: 18 and 60 um for 3 mm, tolerance and fixed focus (guessed)."""
DIFFRACTION_DEG = 0.05
"""0.85 um over an aperture of 1 mm, as a standard deviation."""
ANGLES_DEG = np.concatenate([[0.0], np.geomspace(0.04, 6.0, 23)])
SAMPLES = 60_000

# radius, thickness, nd, Abbe number (0: air), conic, coefficients of r^1, r^2, ... (odd) or r^2, r^4, ... (even); mm
MOBILE_FOUR: list[tuple[Any, ...]] = [  # US 7,535,658, f/3.5; coefficients of r^3 to r^10
    (1.962, 1.19, 1.471, 76.6, 1.153,
     [-1.895e-2, 2.426e-2, -5.123e-2, 8.371e-4, 7.850e-3, 4.091e-3, -7.732e-3, -4.265e-3]),
    (33.398, 0.93, 1.0, 0.0, 39.18,
     [-4.966e-3, -1.434e-2, -6.139e-3, -9.284e-5, 6.438e-3, -5.72e-3, -2.385e-2, 1.108e-2]),
    (-2.182, 0.75, 1.603, 27.5, 1.105,
     [-4.388e-2, -2.555e-2, 5.16e-2, -4.307e-2, -2.831e-2, 3.162e-2, 4.630e-2, -4.877e-2]),
    (-6.367, 0.1, 1.0, 0.0, 2.382,
     [-1.131e-1, -7.863e-2, 1.094e-1, 6.228e-3, -2.216e-2, -5.89e-3, 4.123e-3, 1.041e-3]),
    (5.694, 0.89, 1.510, 56.2, -222.1,
     [-7.876e-2, 7.02e-2, 1.575e-3, -9.958e-3, -7.322e-3, 6.914e-4, 2.54e-3, -7.65e-4]),
    (9.192, 0.16, 1.0, 0.0, -0.0669,
     [9.694e-3, -2.516e-3, -3.606e-3, -2.497e-4, -6.84e-4, -1.414e-4, 2.932e-4, -7.284e-5]),
    (1.674, 0.85, 1.510, 56.2, -8.617,
     [7.429e-2, -6.933e-2, -5.811e-3, 2.396e-3, 2.100e-3, -3.119e-4, -5.552e-5, 7.969e-6]),
    (1.509, 0.70, 1.0, 0.0, -3.707,
     [1.767e-3, -4.652e-2, 1.625e-2, -3.522e-3, -7.106e-4, 3.825e-4, 6.271e-5, -2.631e-5]),
]  # fmt: skip
MOBILE_SIX: list[tuple[Any, ...]] = [  # six plastic elements, f/2.4, of a published smartphone lens; r^4 to r^14
    (1.952, 0.398, 1.544, 55.9, -2.1201, [3.5988e-3, 3.7387e-1, -1.3929, 1.4094, 2.0282, -3.6199]),
    (2.978, 0.069, 1.0, 0.0, -20.0, [-1.7492e-1, 9.8443e-2, 6.6244e-1, -1.7257, 6.6955e-1, -3.4243e-1]),
    (2.003, 0.280, 1.640, 23.3, -12.382, [-2.6551e-1, 5.7642e-1, -1.1253, 1.1555, 1.4439e-2, -1.9141]),
    (2.167, 0.205, 1.0, 0.0, -3.0060, [-2.5306e-1, 3.1573e-1, -2.1258e-1, 9.4103e-2, -2.7001e-1, 1.1110e-1]),
    (4.143, 0.551, 1.544, 55.9, 1.0, [-1.4680e-1, -1.9199e-2, 1.1489e-1, -1.6910e-1, -1.1287e-1, 1.2615e-1]),
    (-3.947, 0.211, 1.0, 0.0, 0.0, [-4.4328e-2, -1.6599e-1, 4.8223e-2, 9.4653e-3, 1.2137e-2, -8.1558e-3]),
    (-0.969, 0.421, 1.640, 23.3, -1.4213, [3.3847e-1, -8.7891e-1, 1.1445, -9.1578e-1, 5.9482e-1, -2.0143e-1]),
    (-2.089, 0.030, 1.0, 0.0, -3.0569, [1.4102e-1, -2.7755e-1, 3.2138e-1, -2.4968e-1, 1.2901e-1, -2.7976e-2]),
    (3.867, 1.105, 1.535, 56.3, -6.3368, [-1.6984e-1, 1.4944e-1, 9.9124e-2, 1.3353e-2, 1.6198e-3, 1.2524e-3]),
    (-0.847, 0.030, 1.0, 0.0, -4.2091, [-6.7672e-2, -3.0645e-2, 1.0444e-1, -8.3869e-2, 2.6536e-2, -2.7869e-3]),
    (-16.711, 0.440, 1.535, 56.3, -20.0, [-1.3442e-1, 3.8933e-2, -6.2383e-3, 7.5356e-4, 2.2005e-4, -5.2957e-5]),
    (0.785, 0.700, 1.0, 0.0, -5.1631, [-7.5325e-2, 2.4095e-2, -5.8920e-3, 1.0269e-3, -1.1564e-4, 5.9417e-6]),
]  # fmt: skip
LIBRARY = ("CookeTriplet", "TessarLens", "ReverseTelephoto", "WideAngle100FOV")
"""Forms of board lenses among the package's samples; angles do not depend on the scale."""


def index_at(nd: float, abbe: float, wavelength_um: float) -> float:
    """Refractive index by Cauchy's two-term law through nd and the Abbe number; 1 for air."""
    if abbe == 0.0:
        return 1.0
    slope = (nd - 1.0) / abbe / (1.0 / 0.4861**2 - 1.0 / 0.6563**2)
    return nd + slope * (1.0 / wavelength_um**2 - 1.0 / 0.5876**2)


def mobile(surfaces: list[tuple[Any, ...]], f_number: float, is_odd: bool, wavelength_um: float) -> Any:
    """Optic of a table of aspheres, stop in front, indices of one wavelength."""
    optic = importlib.import_module("optiland.optic").Optic()
    ideal = importlib.import_module("optiland.materials").IdealMaterial
    optic.surfaces.add(index=0, radius=np.inf, thickness=np.inf)
    optic.surfaces.add(index=1, radius=np.inf, thickness=0.05, is_stop=True)
    for k, (radius, thickness, nd, abbe, conic, terms) in enumerate(surfaces):
        optic.surfaces.add(
            index=k + 2, radius=radius, thickness=thickness, conic=conic,
            material=ideal(n=index_at(nd, abbe, wavelength_um)),
            surface_type="odd_asphere" if is_odd else "even_asphere",
            coefficients=[0.0, 0.0, *terms] if is_odd else [0.0, *terms],
        )  # fmt: skip
    optic.surfaces.add(index=len(surfaces) + 2)
    optic.set_aperture("imageFNO", f_number)
    optic.fields.set_type("angle")
    optic.fields.add(y=0.0)
    optic.fields.add(y=FIELDS_DEG[-1] + 1.0)
    optic.wavelengths.add(value=wavelength_um, is_primary=True)
    return optic


def library(name: str) -> Any:
    """A sample of optiland."""
    return getattr(importlib.import_module("optiland.samples.objectives"), name)()


def landing(optic: Any, field_deg: float, wavelength_um: float, count: int) -> tuple[Array, Array, Array]:
    """Places (n x 2) on the last surface, slopes (n x 2) and pupil coordinates of a grid of rays that get through."""
    top = max(float(field.y) for field in optic.fields.fields)
    points = importlib.import_module("optiland.distribution").create_distribution("uniform")
    points.generate_points(count)
    rays = optic.trace(0.0, field_deg / top, wavelength_um, count, "uniform")
    x, y, cos_x, cos_y, cos_z, light = (np.asarray(getattr(rays, k), float) for k in ("x", "y", "L", "M", "N", "i"))
    pupil = np.column_stack([np.asarray(points.x, float), np.asarray(points.y, float)])
    good = np.isfinite(x + y + cos_x + cos_y) & (light > 0)
    slopes = np.column_stack([cos_x, cos_y]) / cos_z[:, None]
    return np.column_stack([x, y])[good], slopes[good], pupil[good]


def best_focus(places: Array, slopes: Array) -> float:
    """Shift of the plane along the axis that makes the spot smallest."""
    a, b = places - places.mean(axis=0), slopes - slopes.mean(axis=0)
    return -float((a * b).sum() / (b * b).sum())


def lobe(angles: Array) -> tuple[Array, float]:
    """Density per steradian at `ANGLES_DEG`, and the width (sigma, deg, from the half-power radius) of 2-D angles."""
    radius = np.degrees(np.hypot(angles[:, 0], angles[:, 1]))
    middles = np.sqrt(ANGLES_DEG[1:-1] * ANGLES_DEG[2:])
    edges = np.concatenate([[0.0, 0.5 * ANGLES_DEG[1]], middles, [ANGLES_DEG[-1] * 1.07]])
    power, _ = np.histogram(radius, edges)
    area = math.pi * (np.radians(edges[1:]) ** 2 - np.radians(edges[:-1]) ** 2)
    # 1.177 sigma is the half-power radius of a Gaussian
    return power / radius.size / area, float(np.median(radius)) / 1.177


def _inside(angles: Array) -> float:
    return float((np.degrees(np.hypot(*angles.T)) < ANGLES_DEG[-1]).mean())


def trace(name: str, visible: Any, infrared: Any, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Lobes of one lens for all fields, focus errors and both kinds of sensor."""
    focal = float(visible.paraxial.f2())
    shift = best_focus(*landing(visible, 0.0, VISIBLE_UM, 32)[:2])
    rows: list[dict[str, Any]] = []
    for field_deg in FIELDS_DEG:
        try:
            places, slopes, pupil = landing(infrared, field_deg, INFRARED_UM, 48)
            near = landing(infrared, field_deg + 0.2, INFRARED_UM, 48)[0]
        except ValueError:
            continue
        if places.shape[0] < 200:
            continue
        per_rad = abs(float(near[:, 1].mean() - places[:, 1].mean())) / math.radians(0.2)
        for defocus in DEFOCUS:
            at = places + slopes * (shift + defocus * focal)
            first = rng.integers(0, at.shape[0], SAMPLES)
            away = ((pupil[first][:, None, :] + pupil[None, ::7, :]) ** 2).sum(axis=2).argmin(axis=1) * 7
            for sensor, second in (("scatters", rng.integers(0, at.shape[0], SAMPLES)), ("mirrors", away)):
                angles = (at[first] - at[second]) / per_rad
                angles = angles + np.radians(DIFFRACTION_DEG) * rng.standard_normal(angles.shape)
                density, sigma = lobe(angles)
                rows.append(
                    {"lens": name, "field_deg": field_deg, "defocus": defocus, "sensor": sensor,
                     "sigma_deg": round(sigma, 3), "inside": round(_inside(angles), 3),
                     "density": [float(f"{v:.3g}") for v in density]}
                )  # fmt: skip
    return rows


def main(out: Path) -> None:
    """Trace all lenses and write the table."""
    rng = np.random.default_rng(850)
    rows: list[dict[str, Any]] = []
    for name, surfaces, f_number, is_odd in (
        ("mobile, 4 elements", MOBILE_FOUR, 3.5, True), ("mobile, 6 elements", MOBILE_SIX, 2.4, False),
    ):  # fmt: skip
        pair = [mobile(surfaces, f_number, is_odd, wave) for wave in (VISIBLE_UM, INFRARED_UM)]
        rows += trace(name, pair[0], pair[1], rng)
    for sample in LIBRARY:
        optic = library(sample)
        rows += trace(sample, optic, optic, rng)
    kept = [row for row in rows if 0.055 < row["sigma_deg"] < 3.0 and row["inside"] > 0.5]
    table = {
        "source": "ray-traced with optiland by lens_raytrace.py: US 7,535,658; a six-element smartphone lens; "
                  "Cooke triplet, Tessar, reverse telephoto and 100-degree lens of optiland's samples as board lenses",
        "angle_deg": [round(float(a), 4) for a in ANGLES_DEG],
        "lobes": kept,
    }  # fmt: skip
    out.write_text(json.dumps(table, separators=(",", ":")).replace('{"lens"', '\n{"lens"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
