"""What a report says whatever the modality, in Korean and English: reasons, limits, advice, places of transmitters."""

from __future__ import annotations

from typing import Final

from sweep.modality.targets import Chance
from sweep.modality.words import Vocabulary, Words
from sweep.phrases import Phrase, Spoken
from sweep.report import LocalText, local_text
from sweep.report.sentences import Sentences
from sweep.report.words import TARGET_WORDS, curve_words, words_of_chance

COMMON: Final = Words(
    reasons=Sentences(
        "report.reasons",
        """
        not_looked not_recorded not_connected not_calibrated check_not_done check_stale check_failed
        check_out_of_control weights_not_field weights_stale chance_too_low targets_unknown clear directions_unknown
        curves_of_another_forest filter_not_counted channels_unknown drowned_by_wifi wifi_one_channel input_unreadable
        timed_out process_died too_short too_few_frames aborted room_entered declaration_expired moved_on finished_early
        short_of_time battery_low cut_off probe_restarted probe_rebooted candidate
        """,
    ),
    limits=Sentences("report.limits", "uncalibrated"),
    conditional_limits=Sentences(
        "report.conditional_limits",
        """
        nothing_measured quick_some_zones outside_skipped room_key_year_unsure clock_from_phone proved_by_others
        room_key_new closed_battery_low closed_switched_off closed_probe_restarted closed_probe_rebooted
        resumed_after_restart report_after_restart journal_unsaved journal_damaged software_changed plan_unverified
        recorded_input radio_earphone
        """,
    ),
)

SIDES: Final = Sentences("report.sides", "left right top bottom")


def place_text(
    decision: str, outside: float, side: str, side_share: float, zone: LocalText | None, zone_share: float
) -> LocalText:
    """Where a transmitter probably is: in the room or not, the likeliest wall and the likeliest zone."""
    percent, beyond = round(outside * 100), round(side_share * 100)
    where = Spoken(*SIDES[side])
    if decision == "outside":
        return local_text(Phrase("place_outside", percent=percent, where=where, beyond=beyond))
    if decision == "undecided" or zone is None:
        return local_text(Phrase("place_undecided", percent=percent, where=where, beyond=beyond))
    inside, share, name = 100 - percent, round(zone_share * 100), Spoken(zone.ko, zone.en)
    return local_text(Phrase("place_inside", percent=inside, zone=name, share=share))


def position_text(zone: LocalText | None) -> LocalText:
    """Where to measure once more."""
    if zone is None:
        return local_text(Phrase("measure_again_on_map"))
    return local_text(Phrase("measure_again_at", zone=Spoken(zone.ko, zone.en)))


def chance_text(chance: Chance, words: Vocabulary) -> LocalText:
    """With what probability a target would have been found, or why that cannot be said."""
    name, curve = TARGET_WORDS[chance.target], curve_words(chance.source)
    target = Spoken(name.ko, name.en)
    if chance.probability is None or chance.low is None or chance.high is None:
        why = words.reason(chance.reason or "targets_unknown")
        return local_text(Phrase("chance_unknown", target=target, why=Spoken(why.ko, why.en)))
    said = words_of_chance(chance.probability, chance.low, chance.high)
    return local_text(Phrase("chance_known", target=target, chance=said, curve=Spoken(curve.ko, curve.en)))
