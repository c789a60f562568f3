"""What the lens modality says, in Korean and English."""

from __future__ import annotations

from typing import Final

from sweep.modality.words import Words
from sweep.phrases import Phrase
from sweep.report.language import Said
from sweep.report.sentences import Sentences

WORDS: Final = Words(
    reasons=Sentences(
        "lens.reasons",
        """
        lamp_phases_do_not_differ too_few_triples lamp_phases_show_different_scenes phase_labels_wrong
        frames_are_noise frames_saturated no_common_scene too_fast no_off_axis_frame no_dark_frame no_on_axis_frame
        no_clips no_meta meta_not_json meta_invalid no_frames frames_unreadable frames_truncated frames_wrong_size
        frames_wrong_type frame_count_differs phase_letter_differs values_out_of_range too_large camera_failed
        camera_away camera_silent camera_unusable camera_no_power camera_no_driver no_triggers no_lamp lamp_went_off
        lamp_refused head_restarted room_not_declared_empty
        """,
    ),
    evidence=Sentences(
        "lens.evidence", "glint glint_again glint_gone glint_close glints_around nothing_by_eye no_glint"
    ),
    guidance=Sentences(
        "lens.guidance",
        "slower glare farther closer less_light unseen_left unseen_right unseen_up unseen_down hold_longer",
    ),
    limits=Sentences("lens.limits", "weak_lens shown_by_both_lamps line_of_sight"),
    conditional_limits=Sentences(
        "lens.conditional_limits",
        """
        glints_alike lens_uncalibrated lens_rate_lowered lens_calibration_stale lens_calibration_of_another_probe
        lens_calibration_incomplete range_not_measured lens_reference_failed
        """,
    ),
)


def clip_name(clip: str, *, is_simulated: bool) -> Said:
    """A clip as everything that is said of it names it."""
    return Phrase("clip_simulated", clip=clip) if is_simulated else clip
