"""What the commands that read a capture say for the codes of its JSON: a verdict, a reason, a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sweep.report.language import Said
from sweep.report.sentences import Sentences

if TYPE_CHECKING:
    from collections.abc import Iterable

VIDEO: Final = Sentences("capture.video", "video_uplink not_video not_assessable")
VIDEO_REASONS: Final = Sentences(
    "capture.video_reasons",
    """
    too_few_frames too_short no_clock answered may_be_clips like_reports may_relay too_thin data_unheard peer_unheard
    two_transmitters no_data_sent no_times
    """,
)
"""The last two are said here alone, of what JSON calls `too_few_frames`."""
ROLES: Final = Sentences("capture.roles", "ap sta unknown")
ANSWERS: Final = Sentences("capture.answers", "follows_light does_not not_assessable")
DEVICES: Final = Sentences(
    "capture.devices", "camera_hint tracker phone watch headphones computer beacon sensor media unknown"
)
EMITTERS: Final = Sentences("capture.emitters", "analog_video probable_video wifi ble dect continuous unknown")
TRENDS: Final = Sentences("capture.trends", "warmer colder steady")
RF_LIMITS: Final = Sentences(
    "capture.rf_limits",
    """
    records_to_card_radiate_nothing analog_1200_2400_log_detector_only no_line_rate_without_tuner
    no_frequency_from_log_detector no_baseline
    """,
)
"""Those that a report says otherwise; it has the sentences of the others."""


def show_limits(limits: Iterable[Said]) -> None:
    """What must be known of a result: what a modality can never see."""
    from sweep.cli.output import out, print_below, print_words
    from sweep.report.language import spoken

    print_words("limits_of_result")
    for one in limits:
        print_below(out, "· ", spoken(one))


def counted(counts: Mapping[str, int]) -> str:
    """What was counted by the names that JSON has for it, most first."""
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def counted_words(counts: Mapping[str, int], said: Mapping[str, Said]) -> str:
    """The same by what is said for each."""
    from sweep.report.language import spoken

    return ", ".join(
        f"{spoken(said.get(name, name))} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1])
    )
