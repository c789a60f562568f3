"""What the RF modality says, in Korean and English."""

from __future__ import annotations

from typing import Final

from sweep.modality.words import Words
from sweep.report.sentences import Sentences

WORDS: Final = Words(
    reasons=Sentences("rf.reasons", "head_away no_windows own_transmissions no_baseline baseline_unreadable"),
    evidence=Sentences(
        "rf.evidence", "analog_video continuous_carrier analog_video_near continuous_carrier_near rf_like_outside"
    ),
    limits=Sentences("rf.limits", "card_recorder mobile_camera halow_camera analog_below_5ghz"),
    conditional_limits=Sentences(
        "rf.conditional_limits",
        """
        rf_outside_failed rf_levels_nominal rf_tuner_levels_nominal rf_calibration_stale
        rf_calibration_of_another_probe rf_own_transmissions_blanked rf_own_transmissions_unlogged
        rf_tuner_5_8_ghz_only rf_tuner_frequencies_blanked rf_probable_video
        """,
    ),
)
