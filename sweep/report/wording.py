"""The sentences of a report in Korean and English, by code: reasons, evidence for and against, limits.

Input is a code and named values, output a `LocalText`.  Values are numbers and contract text only; nothing that came
from the air is ever put into a sentence.
"""

from __future__ import annotations

from typing import Literal

from .base import LocalText, Modality
from .live import NoticeEvent, ProbeState, StateEvent, TrialEvent

MODALITY_NAMES: dict[Modality, LocalText] = {
    "lens": LocalText(ko="렌즈", en="lens"),
    "wifi": LocalText(ko="와이파이", en="Wi-Fi"),
    "ble": LocalText(ko="블루투스", en="Bluetooth"),
    "rf": LocalText(ko="전파", en="RF"),
}

STATE_WORDS: dict[ProbeState, tuple[str, str]] = {
    "idle": ("대기 중", "Idle"),
    "waiting_for_empty": ("두 사람의 퇴실 확인을 기다리는 중", "Waiting for two persons to declare the room empty"),
    "running": ("점검 중", "Sweeping"),
    "paused": ("일시 정지: 카메라와 조명 꺼짐", "Paused: camera and lamps are off"),
    "closing": ("보고서 작성 중", "Writing the report"),
    "done": ("점검 완료", "Sweep finished"),
    "aborted": ("점검 중단됨", "Sweep aborted"),
    "failed": ("점검 실패", "Sweep failed"),
}

REASONS: dict[str, tuple[str, str]] = {
    "not_looked": ("이 구역은 점검하지 않음", "This zone was not looked at"),
    "not_recorded": ("이 방식의 기록이 없음", "Nothing was recorded with this modality"),
    "not_connected": (
        "이 방식의 장치가 연결되지 않았거나 설정되지 않음",
        "No device for this modality is connected or configured",
    ),
    "not_calibrated": (
        "본 것 없음. 다만 보정 전이라 이상 없음으로 판정하지 않음",
        "Nothing seen, but without calibration that is not called clear",
    ),
    "lamp_phases_do_not_differ": (
        "조명 단계별 영상 차이가 없어 렌즈 반사를 가려낼 수 없음",
        "The lamp phases do not differ, so a lens glint cannot be told apart",
    ),
    "too_few_triples": ("쓸 수 있는 영상 조합이 너무 적음", "Too few usable frame triples"),
    "registration_failed": ("영상 정합 실패(움직임이 너무 빠름)", "Frames could not be registered (moved too fast)"),
    "saturated": ("영상이 포화되어 판정 불가", "The frames are saturated"),
    "lamp_phases_show_different_scenes": (
        "조명 단계마다 다른 장면이 찍힘",
        "The lamp phases show different scenes",
    ),
    "phase_labels_wrong": ("조명 단계 표시가 실제와 다름", "The phase labels are wrong"),
    "frames_are_noise": (
        "이웃한 픽셀끼리 관계가 없어 영상으로 볼 수 없음",
        "Neighbouring pixels have nothing in common: no picture",
    ),
    "frames_saturated": ("영상 전체가 포화됨", "The frames are saturated all over"),
    "no_common_scene": ("영상끼리 겹치는 장면이 없음", "The frames show no common scene"),
    "too_fast": ("너무 빨리 움직여 정합할 수 없음", "Moved too fast to register the frames"),
    "input_unreadable": ("기록 파일을 읽을 수 없음", "The recording could not be read"),
    "timed_out": ("측정이 제시간에 끝나지 않음", "The measurement did not end in time"),
    "process_died": ("측정 프로그램이 중단됨", "The measuring process stopped"),
    "adapter_away": ("와이파이 수신기가 없거나 응답하지 않음", "The Wi-Fi adapter is absent or does not answer"),
    "head_away": ("센서 헤드가 없거나 응답하지 않음", "The sensor head is absent or does not answer"),
    "no_windows": ("센서 헤드의 전파 측정값이 하나도 없음", "The sensor head gave no RF measurement at all"),
    "too_short": ("수신 시간이 너무 짧음", "Listened for too short a time"),
    "too_few_frames": ("수신한 신호가 너무 적음", "Too few frames were received"),
    "data_unheard": (
        "수신기가 기기들의 데이터 전송을 거의 받지 못해 판정할 수 없음",
        "The receiver heard too little of what the devices sent to judge them",
    ),
    "no_baseline": ("출입문 밖 기준 측정이 없음", "No baseline outside the door"),
    "baseline_unreadable": (
        "출입문 밖 기준 측정의 기록을 읽을 수 없음",
        "The recording of the baseline outside the door could not be read",
    ),
    "own_transmissions": (
        "점검기 자체 전파와 겹치지 않은 측정이 너무 적음",
        "Too few measurements lie outside the probe's own transmissions",
    ),
    "aborted": ("점검이 중단됨", "The sweep was aborted"),
    "room_entered": ("사람이 들어와 측정을 멈춤", "Somebody came in, so measuring stopped"),
    "declaration_expired": ("퇴실 확인 시간이 지나 측정을 멈춤", "The declaration ran out, so measuring stopped"),
    "moved_on": ("측정이 끝나기 전에 다른 자리로 옮김", "The inspector moved on before the measurement was done"),
    "finished_early": ("측정이 끝나기 전에 점검을 마침", "The sweep was finished before the measurement was done"),
    "battery_low": ("전원이 부족해 측정을 멈춤", "The supply ran low, so measuring stopped"),
    "camera_failed": ("카메라에서 영상이 오지 않음", "No frames came from the camera"),
    "room_not_declared_empty": (
        "퇴실 확인 전이라 촬영하지 않음",
        "The room was not declared empty, so nothing was filmed",
    ),
    "candidate": ("육안 확인 필요", "Inspect by eye"),
}

EVIDENCE: dict[str, tuple[str, str]] = {
    "glint": (
        "렌즈형 반사점: 조명이 축을 벗어나면 사라짐(비 {ratio}), {persistence}%의 영상에서 유지, 점수 {score}",
        "Lens-like glint: gone with the lamp off axis (ratio {ratio}), in {persistence} % of frames, score {score}",
    ),
    "no_glint": (
        "점검한 범위(품질 {quality}%)에서 렌즈형 반사 없음",
        "No lens-like glint in what was looked at (quality {quality} %)",
    ),
    "video_uplink": (
        "영상 전송형 무선 신호가 이 구역에서 가장 강함({rssi} dBm, 점수 {score})",
        "A transmitter that sends like a streaming camera is strongest here ({rssi} dBm, score {score})",
    ),
    "video_uplink_near": (
        "영상 전송형 무선 신호({rssi} dBm)가 최강 지점보다 {below} dB 약함",
        "A transmitter that sends like a streaming camera is heard here at {rssi} dBm, {below} dB below its strongest",
    ),
    "follows_light": (
        "점멸 조명에 따라 전송량이 변함(p = {p})",
        "Its traffic follows the light that the probe played (p = {p})",
    ),
    "follows_light_after": (
        "점멸 조명에 따라 전송량이 변함(p = {p}, {seconds}초 만에 확인)",
        "Its traffic follows the light that the probe played (p = {p}, found after {seconds} s)",
    ),
    "follows_motion_after": (
        "사람의 움직임에 따라 전송량이 변함(p = {p}, {seconds}초 만에 확인)",
        "Its traffic follows the person who walked by prompts (p = {p}, found after {seconds} s)",
    ),
    "follows_motion": (
        "사람의 움직임에 따라 전송량이 변함(p = {p})",
        "Its traffic follows the person who walked by prompts (p = {p})",
    ),
    "does_not_follow_motion": (
        "사람의 움직임과 전송량이 무관함(p = {p})",
        "Its traffic does not follow the person who walked by prompts (p = {p})",
    ),
    "does_not_follow_light": (
        "점멸 조명과 전송량이 무관함(p = {p})",
        "Its traffic does not follow the light that the probe played (p = {p})",
    ),
    "no_video_uplink": (
        "수신한 무선 기기 {count}대 중 영상 전송형 없음",
        "None of the {count} transmitters heard sends like a streaming camera",
    ),
    "ble_camera_hint": (
        "카메라 제품군의 블루투스 신호(참고용, {rssi} dBm)",
        "Bluetooth signal of a camera product family (a hint only, {rssi} dBm)",
    ),
    "analog_video": (
        "아날로그 영상 전파 {level} dBm(문밖보다 {excess} dB 강함)",
        "Analogue video carrier at {level} dBm ({excess} dB above outside the door)",
    ),
    "continuous_carrier": (
        "끊김 없는 전파 {level} dBm(문밖보다 {excess} dB 강함)",
        "Continuous carrier at {level} dBm ({excess} dB above outside the door)",
    ),
    "rf_like_outside": (
        "전파 세기가 문밖과 같은 수준({excess} dB)",
        "RF level like outside the door ({excess} dB)",
    ),
}

GUIDANCE: dict[str, tuple[str, str]] = {
    "slower": ("천천히 움직이세요", "Move more slowly"),
    "farther": ("한 걸음 물러나세요", "Step back a little"),
    "closer": ("더 가까이 가세요", "Step closer"),
    "less_light": ("주변이 너무 밝습니다. 조명을 줄이세요", "Too much light around: dim it if you can"),
    "adapter_away": (
        "와이파이 수신기가 응답하지 않습니다. 다시 꽂으세요",
        "The Wi-Fi adapter does not answer: plug it in again",
    ),
    "walk_test": (
        "조명 반응으로는 알 수 없었습니다. 이 자리에서 걷기 시험을 해 보세요",
        "The light told nothing of a possible camera: try the walking test here",
    ),
    "stand_next": (
        "다음 점검할 자리에 서서 지도에서 그 구역을 누르세요",
        "Stand where to measure next and tap that zone on the map",
    ),
    "head_away": (
        "센서 헤드가 응답하지 않습니다. 케이블을 다시 꽂으세요",
        "The sensor head does not answer: plug its cable in again",
    ),
    "head_back": (
        "센서 헤드가 다시 연결되었습니다. 측정을 이어갑니다",
        "The sensor head is back: measuring goes on",
    ),
    "battery_low": (
        "전원이 부족합니다. 배터리를 바꾸거나 이 자리까지만 측정하고 마치세요",
        "The supply runs low: change the battery, or finish after this position",
    ),
    "hold_longer": ("조금 더 오래 비추세요", "Hold it on the spot a little longer"),
}

NOTICES: dict[str, tuple[str, str]] = {
    "entries_damaged": (
        "손상된 기록 {count}건을 따로 보관했고, 나머지는 계속 보냅니다",
        "{count} damaged entries were set aside; the rest goes on",
    ),
    "entries_refused": (
        "서버가 거부한 기록 {count}건을 따로 보관했고, 나머지는 계속 보냅니다",
        "{count} entries that the server refused were set aside; the rest goes on",
    ),
    "entries_held": (
        "서버가 아직 받지 않는 기록이 {count}건 남아 있습니다. 나머지는 계속 보냅니다",
        "{count} entries wait that the server does not take now; the rest goes on",
    ),
    "numbers_damaged": (
        "기록 번호 파일이 손상되어 복구했습니다. 저장 장치를 점검하세요",
        "The file with the entries' numbers was damaged and made good: check the memory card",
    ),
    "entries_unsaved": (
        "기록 {count}건이 디스크에 저장되지 않고 메모리에만 있습니다. 전원을 끄지 말고 저장 공간을 확보하세요",
        "{count} entries are in memory only, not on disk: do not switch the probe off, free some space",
    ),
    "disk_refuses": (
        "저장 장치에 쓸 수 없어 점검을 시작하지 않았습니다. 저장 공간을 확인하세요",
        "The disk takes no report, so the sweep was not begun: check its free space",
    ),
    "server_changed": (
        "서버의 키가 처음과 다르거나 확인할 수 없어 기록을 보내지 않습니다",
        "The server's key is not the one of the first contact: entries are kept back",
    ),
    "head_away": (
        "센서 헤드가 연결되어 있지 않습니다. 전파 측정과 조명을 쓸 수 없습니다",
        "The sensor head is not there: no RF, no light",
    ),
    "battery_low": (
        "전원 전압이 낮습니다. 계속 낮으면 점검을 닫고 보고서를 남깁니다",
        "The supply voltage is low: if it stays so, the sweep is closed and its report written",
    ),
    "command_unknown": (
        "이 점검기가 알지 못하는 명령입니다",
        "This probe does not know that command",
    ),
}
"""What a person should know about the probe itself."""

LIMITS: dict[str, tuple[Modality | None, str, str]] = {
    "nothing_measured": (
        None,
        "이 점검에서는 아무것도 측정되지 않았습니다. 점검한 것으로 볼 수 없습니다.",
        "Nothing was measured in this sweep: it does not count as an inspection.",
    ),
    **{
        f"{modality}_never_measured": (
            modality,
            f"이 점검에서 {name.ko} 쪽은 어느 자리에서도 측정되지 않았습니다.",
            f"In this sweep nothing was measured by {name.en}, at no position.",
        )
        for modality, name in MODALITY_NAMES.items()
    },
    "room_key_year_unsure": (
        None,
        "점검기의 시계가 맞는지 알 수 없어 이 방의 주소 키를 새로 만들지 않고 마지막 키를 썼습니다.",
        "The probe's clock could not be trusted, so the room's last address key was used and no new one begun.",
    ),
    "room_key_new": (
        None,
        "해가 바뀌어 이 방의 주소 키가 새로 시작되었습니다. 이전 점검의 기기와 비교할 수 없습니다.",
        "A new year's address key of this room begins here: devices cannot be compared with those of earlier visits.",
    ),
    "uncalibrated": (
        None,
        "이 기기는 아직 실제 카메라로 보정되지 않아 '이상 없음'을 판정하지 않습니다.",
        "This probe has not been calibrated with real cameras, so it calls nothing clear.",
    ),
    "card_recorder": (
        "rf",
        "메모리 카드에 저장만 하는 카메라는 전파를 거의 내지 않아 전파·무선 방식으로는 찾을 수 없습니다.",
        "A camera that only records to a card radiates almost nothing: no radio modality can see it.",
    ),
    "analog_below_5ghz": (
        "rf",
        "1.2 GHz·2.4 GHz 아날로그 송신기는 광대역 전파 세기로만 볼 수 있습니다.",
        "Analogue transmitters at 1.2 and 2.4 GHz are seen by the wideband detector only.",
    ),
    "weak_lens": (
        "lens",
        "적외선 차단 필터, 검게 칠한 핀홀, 0.5 mm 미만 렌즈는 반사가 약해 놓칠 수 있습니다.",
        "Lenses behind IR-cut filters, blackened pinholes and lenses below 0.5 mm return little and can be missed.",
    ),
    "line_of_sight": (
        "lens",
        "보이는 면만 점검합니다. 가려진 곳, 변기·휴지통 안쪽은 육안으로 확인해야 합니다.",
        "Only what is in view is covered: hidden places and the insides of fixtures need a person's eye.",
    ),
    "silent_camera": (
        "wifi",
        "점검 중에 전송하지 않는 카메라는 무선 방식으로 찾을 수 없습니다.",
        "A camera that does not transmit during the sweep cannot be found by radio.",
    ),
    "unheard_rates": (
        "wifi",
        "수신기가 받지 못하는 고속 전송(다중 안테나)이 있을 수 있습니다.",
        "High-rate multi-antenna frames may be invisible to this receiver.",
    ),
    "wifi_one_channel": (
        "wifi",
        "수신기의 채널을 바꿀 수 없어 와이파이를 한 채널에서만 들었습니다.",
        "The adapter could not be tuned: Wi-Fi was heard on one channel only.",
    ),
    "trial_broken_off": (
        "wifi",
        "조명·걷기 반응 시험을 하지 못했거나 끝내지 못한 자리가 있습니다.",
        "At some position the test by light or by walking could not be made or finished.",
    ),
    "ble_hint_only": (
        "ble",
        "블루투스 식별은 참고용이며 판정 근거로 쓰지 않습니다.",
        "Bluetooth identity is a hint and decides nothing.",
    ),
    "closed_battery_low": (
        None,
        "전원이 부족해 점검을 일찍 닫았습니다. 그 뒤의 자리는 점검하지 않았습니다.",
        "The supply ran low and the sweep was closed early: what came after was not looked at.",
    ),
    "plan_unverified": (
        None,
        "평면도가 현장에서 확인되지 않았습니다.",
        "Nobody has compared the plan with the room.",
    ),
    "lens_uncalibrated": (
        "lens",
        "유효한 카메라·조명 보정이 없어 밝기와 거리 범위는 설계값으로 계산했습니다.",
        "No calibration of camera and lamps holds: light levels and distances seen follow the design values.",
    ),
    "lens_calibration_stale": (
        "lens",
        "카메라·조명 보정의 유효 기간이 지나 적용하지 않았습니다.",
        "The calibration of camera and lamps is too old and was not applied.",
    ),
    "lens_calibration_of_another_probe": (
        "lens",
        "카메라·조명 보정이 다른 점검기의 것이라 적용하지 않았습니다.",
        "The calibration of camera and lamps belongs to another probe and was not applied.",
    ),
    "lens_calibration_incomplete": (
        "lens",
        "카메라·조명 보정에 빠진 항목(광학 왜곡, 조명 분포 또는 기준 렌즈)이 있습니다.",
        "The calibration lacks a part: geometry, a lamp map or the reference lens.",
    ),
    "lens_reference_failed": (
        "lens",
        "기준 렌즈의 반사가 기대값과 달라, 카메라나 조명이 변했을 수 있습니다.",
        "The reference lens did not return what was expected: camera or lamps may have changed.",
    ),
    "rf_levels_nominal": (
        "rf",
        "유효한 전파 보정이 없어 dBm 값은 데이터시트 기준(오차 5 dB)이며, 판단에는 문밖과의 차이만 씁니다.",
        "No RF calibration holds: dBm follow the datasheet (off by up to 5 dB); only differences from outside weigh.",
    ),
    "rf_tuner_levels_nominal": (
        "rf",
        "5.8 GHz 수신기가 보정되지 않아 그 dBm 값은 10 dB까지 다를 수 있습니다.",
        "The 5.8 GHz receiver is not calibrated: its levels in dBm may be off by 10 dB.",
    ),
    "rf_calibration_stale": (
        "rf",
        "전파 보정의 유효 기간이 지나 적용하지 않았습니다.",
        "The RF calibration is too old and was not applied.",
    ),
    "rf_calibration_of_another_probe": (
        "rf",
        "전파 보정이 다른 점검기의 것이라 적용하지 않았습니다.",
        "The RF calibration belongs to another probe and was not applied.",
    ),
    "rf_own_transmissions_blanked": (
        "rf",
        "점검기 자체 전파(블루투스 검색, 핫스팟, 서버 통신, 휴대전화)와 겹친 전파 측정은 제외했습니다.",
        "RF windows during the probe's own transmissions (Bluetooth scan, hotspot, server, phone) were left out.",
    ),
    "rf_own_transmissions_unlogged": (
        "rf",
        "점검기 자체 전파의 기록이 없어, 잡힌 전파가 점검기나 휴대전화의 것일 수 있습니다.",
        "Nobody logged the probe's own transmissions: what was heard may be the probe itself or the phone.",
    ),
    "rf_tuner_frequencies_blanked": (
        "rf",
        "자체 전파와 겹쳐 측정하지 못한 5.8 GHz 채널이 있습니다.",
        "Some 5.8 GHz channels were measured only during the probe's own transmissions and so not at all.",
    ),
    "recorded_input": (
        None,
        "기록 또는 시뮬레이션을 재생한 결과이며 실제 점검이 아닙니다.",
        "Made from a recording or a simulation, not from a live sweep.",
    ),
}

CONDITIONAL_LIMITS = frozenset(
    {
        "closed_battery_low",
        "nothing_measured",
        *(f"{modality}_never_measured" for modality in MODALITY_NAMES),
        "room_key_year_unsure",
        "room_key_new",
        "plan_unverified",
        "recorded_input",
        "lens_uncalibrated",
        "lens_calibration_stale",
        "lens_calibration_of_another_probe",
        "lens_calibration_incomplete",
        "lens_reference_failed",
        "wifi_one_channel",
        "trial_broken_off",
        "rf_levels_nominal",
        "rf_tuner_levels_nominal",
        "rf_calibration_stale",
        "rf_calibration_of_another_probe",
        "rf_own_transmissions_blanked",
        "rf_own_transmissions_unlogged",
        "rf_tuner_frequencies_blanked",
    }
)
"""Limits that hold only where something says so; the others hold always."""

ADVICE_BY_EYE = LocalText(
    ko=(
        "손전등과 확대경으로 육안 확인. 만지거나 분해하지 말 것. "
        "배제할 수 없으면 발견으로 간주하고 현장을 보존한 뒤 112에 신고."
    ),
    en=(
        "Inspect by eye with torch and loupe. Do not touch or unscrew. "
        "If it cannot be excluded, treat it as found: keep the scene and call the police (112)."
    ),
)


def reason_text(code: str) -> LocalText:
    """The sentence for a verdict's reason; a code without a sentence is named as it is."""
    ko, en = REASONS.get(code, (f"판정 불가({code})", f"Not assessable ({code})"))
    return LocalText(ko=ko, en=en)


def guidance_text(code: str) -> LocalText:
    """What the inspector should do; raises KeyError for an unknown code."""
    ko, en = GUIDANCE[code]
    return LocalText(ko=ko, en=en)


SIDES: dict[str, tuple[str, str]] = {
    "left": ("평면도 왼쪽 벽 너머", "behind the wall on the left of the plan"),
    "right": ("평면도 오른쪽 벽 너머", "behind the wall on the right of the plan"),
    "top": ("평면도 위쪽 벽 너머", "behind the wall at the top of the plan"),
    "bottom": ("평면도 아래쪽 벽 너머", "behind the wall at the bottom of the plan"),
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


def stand_text(zone: LocalText | None) -> LocalText:
    """Where to measure once more."""
    if zone is None:
        return LocalText(
            ko="지도에 표시된 곳에 서서 한 번 더 측정하세요", en="Measure once more where the map shows it"
        )
    return LocalText(ko=f"{zone.ko}에 서서 한 번 더 측정하세요", en=f"Stand at {zone.en} and measure once more")


def evidence_text(code: str, **values: str | float) -> LocalText:
    """The sentence for a piece of evidence; raises KeyError for an unknown code or a missing value."""
    ko, en = EVIDENCE[code]
    return LocalText(ko=ko.format(**values), en=en.format(**values))


TRIAL_REASONS: dict[str, tuple[str, str]] = {
    "decided": ("전송량이 따라 변하는 기기를 확인해 시험을 마침", "A transmitter follows: the test is over"),
    "played_out": ("시험을 끝까지 마침", "The test ran to its end"),
    "no_lamp": ("시험용 조명(센서 헤드)이 없어 시험하지 않음", "No sensor head with a lamp: not tested"),
    "head_away": ("센서 헤드 연결이 끊겨 시험을 중단함", "The sensor head went away: test broken off"),
    "head_restarted": ("센서 헤드가 다시 시작되어 시험을 중단함", "The sensor head restarted: test broken off"),
    "lamp_not_playing": ("조명이 켜지지 않아 시험을 중단함", "The lamp did not play: test broken off"),
    "lamp_went_off": ("조명이 꺼져 시험을 중단함", "The lamp went off: test broken off"),
    "lamp_refused": ("센서 헤드가 점등을 거부해 시험하지 않음", "The sensor head refused to play: not tested"),
    "adapter_away": ("와이파이 수신기가 빠져 시험을 중단함", "The Wi-Fi adapter went away: test broken off"),
    "room_entered": ("사람이 들어와 시험을 중단함", "Somebody came in: test broken off"),
    "declaration_expired": ("퇴실 확인 시간이 지나 시험을 중단함", "The declaration ran out: test broken off"),
    "moved_on": ("다른 자리로 옮겨 시험을 중단함", "The inspector moved on: test broken off"),
    "aborted": ("점검 중단으로 시험을 끝내지 못함", "The sweep was aborted: test broken off"),
    "finished_early": ("점검을 마쳐 시험을 끝내지 못함", "The sweep was finished: test broken off"),
    "transmitter_silent": ("기기가 전송을 멈춰 시험을 끝냄", "The transmitter fell silent: test ended"),
    "too_short": ("시험 시간이 너무 짧음", "Tested for too short a time"),
    "not_tested": ("전송량이 너무 적거나 끊겨 시험하지 못함", "Too little or too broken traffic to test"),
    "data_unheard": ("데이터 전송을 거의 받지 못해 판정할 수 없음", "Too little of its data was heard"),
}
"""Why a response test ended, or says nothing."""

TRIAL_NAMES: dict[Literal["light", "motion"], tuple[str, str]] = {
    "light": ("조명 반응 시험", "Light test"),
    "motion": ("걷기 시험", "Walking test"),
}


def trial_reason(code: str) -> LocalText:
    """The sentence for the end of a response test; a code without one is named as it is."""
    ko, en = TRIAL_REASONS.get(code, (f"시험 중단({code})", f"Test broken off ({code})"))
    return LocalText(ko=ko, en=en)


def trial_event(
    kind: Literal["light", "motion"],
    zone_id: str,
    elapsed_s: float,
    longest_s: float,
    *,
    ended: str | None = None,
    prompt: Literal["walk", "stand"] | None = None,
    next_prompt_s: float | None = None,
) -> TrialEvent:
    """The event that tells how far a response test is, or with `ended` why it is over."""
    ko, en = TRIAL_NAMES[kind]
    if ended is None:
        so_far = f"{elapsed_s:.0f}", f"{longest_s:.0f}"
        text = LocalText(
            ko=f"{ko} 중: {so_far[0]}초 / 최대 {so_far[1]}초", en=f"{en}: {so_far[0]} s of at most {so_far[1]} s"
        )
    else:
        text = trial_reason(ended)
    return TrialEvent(
        type="trial",
        kind=kind,
        phase="running" if ended is None else "over",
        zone_id=zone_id,
        elapsed_s=round(elapsed_s, 1),
        longest_s=round(longest_s, 1),
        prompt=prompt,
        next_prompt_s=next_prompt_s,
        text=text,
    )


def notice_event(code: str, *, count: int | None = None, is_over: bool = False) -> NoticeEvent:
    """The event that tells something about the probe itself; raises KeyError for an unknown code."""
    ko, en = NOTICES[code]
    values = {"count": count}
    text = LocalText(ko=ko.format(**values), en=en.format(**values))
    return NoticeEvent(type="notice", code=code, is_over=is_over, count=count, text=text)


def state_event(state: ProbeState) -> StateEvent:
    """The event that announces a state, in both languages."""
    ko, en = STATE_WORDS[state]
    return StateEvent(type="state", state=state, text=LocalText(ko=ko, en=en))
