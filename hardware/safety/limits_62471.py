"""Exposure limits of IEC 62471:2006 that concern infrared and white lamps: exempt group, continuous and pulsed.

Job: the formulas, each with its clause; nothing of the probe is known here. Input: seconds, radians; output: limits in
W/m2 and W/(m2 sr). Ultraviolet is left out: no lamp here emits below 400 nm. Not a substitute for a measurement by an
accredited laboratory.
"""

from __future__ import annotations

import math

DISTANCE_M = 0.2
"""Where lamps that are not general lighting are assessed (5.2 and 6.1): 200 mm from the apparent source."""
EXEMPT_INFRARED_S = 1000.0
EXEMPT_BLUE_S = 10_000.0
EXEMPT_THERMAL_S = 10.0
ALPHA_MIN_PULSE_RAD = 0.0017
ALPHA_MIN_STEADY_RAD = 0.011
ALPHA_MAX_RAD = 0.1
BLUE_LIMIT_EXEMPT = 100.0
"""W/(m2 sr), weighted, averaged over 0.1 rad: no hazard within 10,000 s (4.3.3, 6.1.1)."""
BLUE_LIMIT_GROUP_1 = 10_000.0
"""W/(m2 sr), averaged over 0.011 rad: risk group 1, no hazard within 100 s (6.1.2)."""

# Table 4.2, B(lambda) from 380 to 500 nm in steps of 5 nm.
_BLUE = (
    0.01, 0.013, 0.025, 0.05, 0.10, 0.20, 0.40, 0.80, 0.90, 0.95, 0.98, 1.00, 1.00, 0.97, 0.94, 0.90, 0.80, 0.70, 0.62,
    0.55, 0.45, 0.40, 0.22, 0.16, 0.10,
)  # fmt: skip


def blue_weight(wavelength_nm: float) -> float:
    """B(lambda) of table 4.2, linear between its entries."""
    if not 380 <= wavelength_nm <= 700:
        return 0.0
    if wavelength_nm >= 500:
        return float(10 ** ((450 - wavelength_nm) / 50)) if wavelength_nm <= 600 else 0.001
    place = (wavelength_nm - 380) / 5
    low = int(place)
    return _BLUE[low] + (_BLUE[low + 1] - _BLUE[low]) * (place - low)


def retinal_weight(wavelength_nm: float) -> float:
    """R(lambda) of table 4.2: ten times B below 500 nm, 1 to 700 nm, then falling by a decade every 500 nm."""
    if wavelength_nm < 500:
        return 10.0 * blue_weight(wavelength_nm)
    if wavelength_nm <= 700:
        return 1.0
    if wavelength_nm <= 1050:
        return float(10 ** ((700 - wavelength_nm) / 500))
    return 0.2 if wavelength_nm <= 1150 else 0.2 * float(10 ** (0.02 * (1150 - wavelength_nm)))


def cornea_w_m2(seconds: float) -> float:
    """Infrared on cornea and lens, 780-3000 nm (4.3.7): 18000 t^-0.75 up to 1000 s, 100 beyond."""
    return 18_000.0 * seconds**-0.75 if seconds < EXEMPT_INFRARED_S else 100.0


def weak_stimulus_w_m2_sr(alpha_rad: float) -> float:
    """Retina, 780-1400 nm without a visible stimulus, longer than 10 s (4.3.6): 6000 / alpha."""
    return 6000.0 / min(max(alpha_rad, ALPHA_MIN_STEADY_RAD), ALPHA_MAX_RAD)


def thermal_w_m2_sr(alpha_rad: float, seconds: float) -> float:
    """Retina, thermal (4.3.5): 50000 / (alpha t^0.25) from 10 us to 10 s; 28000 / alpha for the exempt group beyond."""
    if seconds >= EXEMPT_THERMAL_S:
        return 28_000.0 / min(max(alpha_rad, ALPHA_MIN_STEADY_RAD), ALPHA_MAX_RAD)
    least = ALPHA_MIN_PULSE_RAD if seconds < 0.25 else ALPHA_MIN_STEADY_RAD * math.sqrt(seconds / 10.0)
    return 50_000.0 / (min(max(alpha_rad, least), ALPHA_MAX_RAD) * math.pow(max(seconds, 1e-5), 0.25))
