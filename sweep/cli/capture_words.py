"""What the commands that read a capture say for the codes of its JSON: a verdict, a reason, a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sweep.phrases import Phrase
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
ROLES: Final = Sentences("capture.roles", "ap sta unknown")
ANSWERS: Final = Sentences("capture.answers", "follows_light does_not not_assessable")
DEVICES: Final = Sentences(
    "capture.devices", "camera_hint tracker phone watch headphones computer beacon sensor media unknown"
)
EMITTERS: Final = Sentences("capture.emitters", "analog_video probable_video wifi ble dect continuous unknown")
LEFT_OUT: Final = Sentences("capture.left_out", "damaged malformed foreign impossible over_limit")
"""What was not read, by kind; JSON counts it by name."""
_KINDS: Final[Mapping[str, str]] = {
    name: kind
    for kind, names in (
        ("damaged", "bad_fcs bad_crc bad_plcp"),
        ("foreign", "foreign_link_type no_psdu not_an_advert not_an_object no_known_field"),
        ("impossible", "bad_protocol_version reserved_type group_transmitter null_transmitter"),
        ("malformed", "never_written"),
    )
    for name in names.split()
}
_KINDS_BY_BEGINNING: Final = {"over": "over_limit", **dict.fromkeys(("bad", "cut", "short", "impossible"), "malformed")}
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


def left_out(rejected: Mapping[str, int]) -> Said:
    """What of a capture was not read, most first; a name of no kind stands as it is."""
    counts = Counter[str]()
    for name, count in rejected.items():
        counts[_KINDS.get(name) or _KINDS_BY_BEGINNING.get(name.split("_")[0], name)] += count
    return counted_words(+counts, LEFT_OUT) or Phrase("none")


def counted_words(counts: Mapping[str, int], said: Mapping[str, Said]) -> str:
    """What was counted by what is said for each, most first."""
    from sweep.report.language import spoken

    return ", ".join(
        f"{spoken(said.get(name, name))} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1])
    )
