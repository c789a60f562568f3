"""What the radio judgement cannot hear or did not know, as codes. Data only."""

from __future__ import annotations

LIMITS = (
    "records_to_card_radiate_nothing",
    "analog_1200_2400_log_detector_only",
    "no_line_rate_without_tuner",
    "no_frequency_from_log_detector",
)
"""What this hardware cannot hear. The last two fall away with tuner windows."""
NEEDS_TUNER = LIMITS[2:]
