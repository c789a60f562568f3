"""What a report says whatever the modality, in Korean and English: reasons, limits, advice, places of transmitters."""

from __future__ import annotations

from typing import Final

from sweep.modality.targets import Chance
from sweep.modality.words import Sentence, Sentences, Vocabulary, Words
from sweep.report import LocalText
from sweep.report.words import TARGET_WORDS

COMMON: Final = Words(
    reasons=Sentences(
        "report.reasons",
        """
        not_looked not_recorded not_connected not_calibrated check_not_done check_stale check_failed
        check_out_of_control weights_not_field weights_stale chance_too_low targets_unknown clear directions_unknown
        channels_unknown drowned_by_wifi wifi_one_channel input_unreadable timed_out process_died too_short
        too_few_frames aborted room_entered declaration_expired moved_on finished_early short_of_time battery_low
        cut_off probe_restarted probe_rebooted candidate
        """,
    ),
    limits=Sentences("report.limits", "uncalibrated"),
    conditional_limits=Sentences(
        "report.conditional_limits",
        """
        nothing_measured quick_some_zones outside_skipped room_key_year_unsure clock_from_phone proved_by_others
        room_key_new closed_battery_low closed_switched_off closed_probe_restarted closed_probe_rebooted
        resumed_after_restart report_after_restart journal_unsaved journal_damaged software_changed plan_unverified
        recorded_input
        """,
    ),
)

MEETS: Final = Sentence(
    "반사점의 방향과 송신기의 위치가 겹침(우연히 겹칠 확률 {percent}%)",
    "The bearing of the glint and the place of the transmitter meet (by chance they would with {percent} %)",
)
MISSES: Final = Sentence(
    "반사점의 방향과 송신기의 위치가 겹치지 않음(우연히 겹치지 않을 확률 {percent}%)",
    "The bearing of the glint and the place of the transmitter do not meet (by chance they would not with {percent} %)",
)

ADVICE_BY_EYE: Final = LocalText(
    ko=(
        "손전등과 확대경으로 육안 확인. 만지거나 분해하지 말 것. "
        "배제할 수 없으면 발견으로 간주하고 현장을 보존한 뒤 112에 신고."
    ),
    en=(
        "Inspect by eye with torch and loupe. Do not touch or unscrew. "
        "If it cannot be excluded, treat it as found: keep the scene and call the police (112)."
    ),
)

SIDES: Final = Sentences("report.sides", "left right top bottom")


def place_text(
    decision: str, outside: float, side: str, side_share: float, zone: LocalText | None, zone_share: float
) -> LocalText:
    """Where a transmitter probably is: in the room or not, the likeliest wall and the likeliest zone."""
    percent, beyond = round(outside * 100), round(side_share * 100)
    where_ko, where_en = SIDES[side]
    if decision == "outside":
        return LocalText(
            ko=f"이 송신기는 방 밖에 있을 확률이 {percent}%({where_ko} {beyond}%)",
            en=f"This transmitter is outside the room with {percent} % ({where_en}: {beyond} %)",
        )
    if decision == "undecided" or zone is None:
        return LocalText(
            ko=f"이 송신기가 방 안인지 밖인지 아직 알 수 없음(밖일 확률 {percent}%, {where_ko} {beyond}%)",
            en=f"Inside or outside is still open: {percent} % outside ({where_en}: {beyond} %)",
        )
    share = round(zone_share * 100)
    return LocalText(
        ko=f"이 송신기는 방 안에 있을 확률이 {100 - percent}%. 가장 유력한 구역: {zone.ko}({share}%)",
        en=f"This transmitter is inside with {100 - percent} %; the likeliest zone is {zone.en} ({share} %)",
    )


def position_text(zone: LocalText | None) -> LocalText:
    """Where to measure once more."""
    if zone is None:
        return LocalText(ko="지도에 표시된 곳에 서서 한 번 더 측정하세요", en="Measure once more where the map shows")
    return LocalText(ko=f"{zone.ko}에 서서 한 번 더 측정하세요", en=f"Measure once more at {zone.en}")


SOURCES: Final = Sentences("report.sources", "field rendered simulated derived guessed")


def chance_text(chance: Chance, words: Vocabulary) -> LocalText:
    """With what probability a target would have been found, or why that cannot be said."""
    name, source = TARGET_WORDS[chance.target], SOURCES[chance.source]
    if chance.probability is None or chance.low is None or chance.high is None:
        why = words.reason(chance.reason or "targets_unknown")
        return LocalText(
            ko=f"{name.ko}: 찾았을 확률을 말할 수 없음({why.ko})",
            en=f"{name.en}: no probability of finding it can be stated ({why.en})",
        )
    likely, low, high = (round(100.0 * share) for share in (chance.probability, chance.low, chance.high))
    return LocalText(
        ko=f"{name.ko}: 있었다면 {likely}%로 찾았을 것(90% 구간 {low}–{high}%, {source.ko})",
        en=f"{name.en}: would have been found with {likely} % (90 % interval {low} to {high} %, {source.en})",
    )
