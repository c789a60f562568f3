"""What the radio judgement cannot hear or did not know, as codes with a sentence each. Data only."""

from __future__ import annotations

LIMITS = (
    "records_to_card_radiate_nothing",
    "analog_1200_2400_log_detector_only",
    "no_line_rate_without_tuner",
    "no_frequency_from_log_detector",
)
"""What this hardware cannot hear, as codes; LIMIT_TEXTS explains each. The last two fall away with tuner windows."""
NEEDS_TUNER = LIMITS[2:]
LIMIT_TEXTS: dict[str, str] = {
    "records_to_card_radiate_nothing": "A camera that records to a card radiates almost nothing: silence is no proof.",
    "analog_1200_2400_log_detector_only": "Analogue 1.2 and 2.4 GHz: log detector only, no picture check.",
    "no_line_rate_without_tuner": "Without the tuner's line rate analogue video cannot be told from another carrier.",
    "no_frequency_from_log_detector": "The log detector hears 1 MHz to 8 GHz at once and gives no frequency.",
    "tuner_5_8_ghz_only": "Frequency and picture are known from 5,645 to 5,945 MHz only, on the frequencies visited.",
    "own_transmissions_blanked": "Windows during the probe's own transmissions were left out.",
    "own_transmissions_unlogged": "Nobody logged the probe's own transmissions: what was heard may be the probe.",
    "tuner_frequencies_blanked": "Some frequencies were visited only during the probe's own transmissions.",
    "no_baseline": "No measurement outside the door: levels from neighbouring rooms are not taken off.",
    "too_few_windows": "Fewer windows than a judgement needs.",
    "no_samples": "The detector delivered nothing.",
    "samples_dropped": "More than 1 % of the samples are missing.",
    "saturated": "The detector was overdriven: the level is a lower bound.",
    "levels_nominal": "No calibration of this probe: levels in dBm follow the datasheet and may be off by 5 dB.",
    "tuner_levels_nominal": "The tuner is not calibrated: its levels may be off by 10 dB.",
    "calibration_stale": "The calibration is too old.",
    "calibration_of_another_probe": "The calibration belongs to another probe.",
}
