"""What a report says whatever the modality, in Korean and English: reasons, limits, advice, places of transmitters."""

from __future__ import annotations

from typing import Final

from sweep.modality.targets import Chance
from sweep.modality.words import Sentence, Vocabulary, Words
from sweep.report import LocalText
from sweep.report.words import TARGET_WORDS

COMMON: Final = Words(
    reasons={
        "not_looked": Sentence("이 구역은 점검하지 않음", "This zone was not looked at"),
        "not_recorded": Sentence("이 방식의 기록이 없음", "Nothing was recorded with this modality"),
        "not_connected": Sentence(
            "이 방식의 장치가 연결되지 않았거나 설정되지 않음", "No device for this modality is connected or configured"
        ),
        "not_calibrated": Sentence(
            "감지된 것 없음. 다만 보정 전이라 이상 없음으로 판정하지 않음",
            "Nothing detected, but without calibration that is not called clear",
        ),
        "check_not_done": Sentence(
            "감지된 것 없음. 다만 기준 점검을 하지 않아 이상 없음으로 판정하지 않음",
            "Nothing detected, but without a reference check that is not called clear",
        ),
        "check_stale": Sentence(
            "감지된 것 없음. 다만 기준 점검이 오늘 것이 아니거나 그 뒤 점검기가 떨어져 이상 없음으로 판정하지 않음",
            "Nothing detected, but the reference check is of another day, or the probe fell since: that is not called "
            "clear",
        ),
        "check_failed": Sentence(
            "감지된 것 없음. 다만 기준 점검에 실패해 이상 없음으로 판정하지 않음",
            "Nothing detected, but the reference check failed: that is not called clear",
        ),
        "check_out_of_control": Sentence(
            "감지된 것 없음. 다만 점검기 성능이 떨어져(관리도 이탈) 이상 없음으로 판정하지 않음",
            "Nothing detected, but the probe has lost sensitivity (out of control on its chart): that is not called "
            "clear",
        ),
        "weights_not_field": Sentence(
            "감지된 것 없음. 다만 현장에서 측정한 가중치가 없어 이상 없음으로 판정하지 않음",
            "Nothing detected, but with no weights measured in the field that is not called clear",
        ),
        "weights_stale": Sentence(
            "감지된 것 없음. 다만 가중치를 측정한 현장 시험이 오래되어 이상 없음으로 판정하지 않음",
            "Nothing detected, but the field test behind the weights was too long ago: that is not called clear",
        ),
        "chance_too_low": Sentence(
            "감지된 것 없음. 다만 있었더라도 놓쳤을 수 있어 이상 없음으로 판정하지 않음",
            "Nothing detected, but what was there might have been missed: that is not called clear",
        ),
        "targets_unknown": Sentence(
            "감지된 것 없음. 다만 무엇을 찾을 수 있었는지 알 수 없어 이상 없음으로 판정하지 않음",
            "Nothing detected, but nobody knows what would have been found: that is not called clear",
        ),
        "clear": Sentence("점검 범위 안에서 감지된 것 없음", "Nothing detected within what was looked at"),
        "directions_unknown": Sentence(
            "어느 방향을 보았는지 알 수 없음", "Nobody knows which directions were looked at"
        ),
        "channels_unknown": Sentence("어느 채널을 들었는지 알 수 없음", "Nobody knows which channels were listened to"),
        "drowned_by_wifi": Sentence("이 대역에서는 와이파이에 묻힘", "Wi-Fi drowns it in this band"),
        "wifi_one_channel": Sentence("한 채널만 들음", "Only one channel was listened to"),
        "input_unreadable": Sentence("기록 파일을 읽을 수 없음", "The recording could not be read"),
        "timed_out": Sentence("측정이 제시간에 끝나지 않음", "The measurement did not end in time"),
        "process_died": Sentence("측정 프로그램이 중단됨", "The measuring process stopped"),
        "too_short": Sentence("수신 시간이 너무 짧음", "Listened for too short a time"),
        "too_few_frames": Sentence("수신한 신호가 너무 적음", "Too few frames were received"),
        "aborted": Sentence("점검이 중단됨", "The sweep was aborted"),
        "room_entered": Sentence("사람이 들어와 측정을 멈춤", "Somebody came in, so measuring stopped"),
        "declaration_expired": Sentence(
            "퇴실 확인 시간이 지나 측정을 멈춤", "The declaration ran out, so measuring stopped"
        ),
        "moved_on": Sentence(
            "측정이 끝나기 전에 다른 자리로 옮김", "The inspector moved on before the measurement was done"
        ),
        "finished_early": Sentence(
            "측정이 끝나기 전에 점검을 마침", "The sweep was finished before the measurement was done"
        ),
        "short_of_time": Sentence("시간이 부족해 측정하지 않음", "Left out because time ran short"),
        "battery_low": Sentence("전원이 부족해 측정을 멈춤", "The supply ran low, so measuring stopped"),
        "cut_off": Sentence("측정이 끝나기 전에 끊김", "The measurement was cut off"),
        "probe_restarted": Sentence(
            "점검기 프로그램이 중단되어 측정이 끊김", "The probe's program stopped, which cut the measurement off"
        ),
        "probe_rebooted": Sentence(
            "점검기가 꺼지거나 다시 켜져 측정이 끊김", "The probe went off or restarted, which cut the measurement off"
        ),
        "candidate": Sentence("육안 확인 필요", "Inspect by eye"),
    },
    limits={
        "uncalibrated": Sentence(
            "이 기기는 아직 실제 카메라로 보정되지 않아 '이상 없음'을 판정하지 않습니다.",
            "This probe has not been calibrated with real cameras, so it calls nothing clear.",
        ),
    },
    conditional_limits={
        "nothing_measured": Sentence(
            "이 점검에서는 아무것도 측정되지 않았습니다. 점검한 것으로 볼 수 없습니다.",
            "Nothing was measured in this sweep: it does not count as an inspection.",
        ),
        "quick_some_zones": Sentence(
            "간이 점검이라 칸과 탈의 공간만 점검했고, 나머지 구역은 보지 않았습니다.",
            "A quick sweep looks at stalls and booths only: the other zones were not looked at.",
        ),
        "outside_skipped": Sentence(
            "출입문 밖에서 기준을 측정하지 않았습니다. 전파 세기는 기록만 하고 판단에 쓰지 않습니다.",
            "Nothing was measured outside the door: RF levels stand in the report and weigh nothing.",
        ),
        "room_key_year_unsure": Sentence(
            "점검기의 시계가 맞는지 알 수 없어 이 방의 주소 키를 새로 만들지 않고 마지막 키를 썼습니다.",
            "The probe's clock could not be trusted, so the room's last address key was used and no new one begun.",
        ),
        "clock_from_phone": Sentence(
            "점검기의 시계가 맞지 않아 점검 시각은 휴대전화가 알려 준 시각입니다. 서명 기록에는 점검기의 시각이 "
            "남습니다.",
            "The probe's clock was not set: the times of this sweep are those the phone told. The signed entry keeps "
            "the probe's own.",
        ),
        "proved_by_others": Sentence(
            "퇴실을 확인한 두 사람이 점검을 시작할 때 적은 점검자와 다릅니다. 누가 확인했는지는 서버의 명령 기록에 "
            "남아 있습니다.",
            "Those who proved that the room was empty are not the inspectors written down at the start: the server's "
            "log of commands names who it was.",
        ),
        "room_key_new": Sentence(
            "해가 바뀌어 이 방의 주소 키가 새로 시작되었습니다. 이전 점검의 기기와 비교할 수 없습니다.",
            "A new year's address key of this room begins here: devices cannot be compared with those of earlier "
            "visits.",
        ),
        "closed_battery_low": Sentence(
            "전원이 부족해 점검을 일찍 닫았습니다. 그 뒤의 자리는 점검하지 않았습니다.",
            "The supply ran low and the sweep was closed early: what came after was not looked at.",
        ),
        "closed_switched_off": Sentence(
            "점검 중 전원을 꺼, 그때까지 측정한 내용으로 점검을 닫았습니다. 그 뒤의 자리는 점검하지 않았습니다.",
            "The probe was switched off during the sweep, which was closed with what had been measured until then: "
            "what came after was not looked at.",
        ),
        "closed_probe_restarted": Sentence(
            "점검 중 점검기 프로그램이 중단되어, 그때까지 기록된 측정만으로 점검을 닫았습니다. 기기의 전체 주소와 "
            "이름은 남지 않았습니다.",
            "The probe's program stopped during the sweep, which was closed with what had been recorded until then; "
            "full addresses and names of devices were not kept.",
        ),
        "closed_probe_rebooted": Sentence(
            "점검 중 점검기가 꺼지거나 다시 켜져, 그때까지 기록된 측정만으로 점검을 닫았습니다. 얼마나 꺼져 있었는지는 "
            "알 수 없고, 기기의 전체 주소와 이름은 남지 않았습니다.",
            "The probe went off or restarted during the sweep, which was closed with what had been recorded until "
            "then; for how long it was off cannot be told, and full addresses and names of devices were not kept.",
        ),
        "resumed_after_restart": Sentence(
            "점검 중 점검기 프로그램이 중단되었고, 두 사람이 퇴실을 다시 확인한 뒤 이어서 점검했습니다. 중단 전 기기의 "
            "전체 주소와 이름은 남지 않았고, 앞뒤 기기를 서로 비교할 수 없습니다.",
            "The probe's program stopped during the sweep, which went on after two persons had declared the room empty "
            "again; of what was heard before, full addresses and names were not kept, nor can devices be compared.",
        ),
        "report_after_restart": Sentence(
            "점검은 끝까지 했으나 점검기 프로그램이 중단되어 보고서를 나중에 기록으로부터 만들었습니다. 기기의 전체 "
            "주소와 이름은 남지 않았습니다.",
            "The sweep had ended when the probe's program stopped, and its report was made later from what had been "
            "recorded; full addresses and names of devices were not kept.",
        ),
        "journal_unsaved": Sentence(
            "점검 중 저장 장치에 쓸 수 없어 측정 내용이 한동안 메모리에만 있었습니다.",
            "For some time during the sweep the disk took nothing, and what was measured was in memory only.",
        ),
        "journal_damaged": Sentence(
            "점검 중 남긴 측정 기록의 일부가 손상되어 빠졌습니다.",
            "Part of what was recorded during the sweep is damaged and left out.",
        ),
        "software_changed": Sentence(
            "측정한 뒤 점검기 소프트웨어가 바뀌었고, 새 소프트웨어가 이 보고서를 썼습니다.",
            "The probe's software changed after measuring, and the new one wrote this report.",
        ),
        "plan_unverified": Sentence(
            "도면이 현장에서 확인되지 않았습니다.", "Nobody has compared the plan with the room."
        ),
        "recorded_input": Sentence(
            "기록 또는 시뮬레이션을 재생한 결과이며 실제 점검이 아닙니다.",
            "Made from a recording or a simulation, not from a live sweep.",
        ),
    },
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

SIDES: Final[dict[str, Sentence]] = {
    "left": Sentence("도면 왼쪽 벽 너머", "behind the wall on the left of the plan"),
    "right": Sentence("도면 오른쪽 벽 너머", "behind the wall on the right of the plan"),
    "top": Sentence("도면 위쪽 벽 너머", "behind the wall at the top of the plan"),
    "bottom": Sentence("도면 아래쪽 벽 너머", "behind the wall at the bottom of the plan"),
}


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


SOURCES: Final[dict[str, Sentence]] = {
    "field": Sentence("현장 측정", "measured in the field"),
    "rendered": Sentence("모의 영상으로 측정", "measured on rendered scenes"),
    "simulated": Sentence("시뮬레이션으로 측정", "measured in simulation"),
    "derived": Sentence("계산", "derived"),
    "guessed": Sentence("추정", "guessed"),
}


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
