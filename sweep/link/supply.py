"""What the sensor head says about itself, in volts and degrees: battery, the ADC's reference and temperature from the
counts of a housekeeping message. Pure arithmetic; a value outside what the parts can give is named, not hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

from sweep.link.messages import Housekeeping

ADC_FULL_SCALE_COUNTS = 1023
REFERENCE_V = 2.5
BATTERY_DIVIDER = 3
BANDGAP_V = (1.0, 1.1, 1.2)
"""Least, typical and largest of the controller's own reference (ATmega328P datasheet)."""
ZERO_DEGREES_V, V_PER_DEGREE = 0.5, 0.010
"""Of an MCP9700-class sensor (datasheet, typical)."""
LOW_BATTERY_V = 4.6
"""Five volts less what a long cable loses; below it the tuner falls out of its range (guessed)."""


@dataclass(frozen=True, slots=True)
class Supply:
    """The head's supply and temperature."""

    battery_v: float
    reference_v: float | None
    """Reference as the typical bandgap sees it, 9 % either way; None without a reading."""
    temperature_c: float
    warnings: tuple[str, ...]
    """Codes: low_battery, reference_off (detector levels are wrong), temperature_unread."""


def read_supply(message: Housekeeping) -> Supply:
    """Volts and degrees of a housekeeping message."""
    step_v = REFERENCE_V / ADC_FULL_SCALE_COUNTS
    battery_v = message.battery_counts * step_v * BATTERY_DIVIDER
    reference_v = BANDGAP_V[1] * ADC_FULL_SCALE_COUNTS / message.bandgap_counts if message.bandgap_counts else None
    temperature_c = (message.temperature_counts * step_v - ZERO_DEGREES_V) / V_PER_DEGREE
    warnings = []
    if battery_v < LOW_BATTERY_V:
        warnings.append("low_battery")
    lowest_v, typical_v, highest_v = BANDGAP_V
    if reference_v is None or not lowest_v <= reference_v * typical_v / REFERENCE_V <= highest_v:
        warnings.append("reference_off")
    if not -40.0 <= temperature_c <= 125.0:
        warnings.append("temperature_unread")
    return Supply(battery_v, reference_v, temperature_c, tuple(warnings))
