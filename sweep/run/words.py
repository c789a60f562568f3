"""What the probe itself says while a sweep goes on, in Korean and English: states, notices, what to do."""

from __future__ import annotations

from typing import Final

from sweep.modality.words import Sentence
from sweep.report import GuidanceEvent, LocalText, NoticeEvent, ProbeState, StateEvent, Zone

STATES: Final[dict[ProbeState, Sentence]] = {
    "idle": Sentence("대기 중", "Idle"),
    "waiting_for_empty": Sentence(
        "두 사람의 퇴실 확인을 기다리는 중", "Waiting for two persons to declare the room empty"
    ),
    "running": Sentence("점검 중", "Sweeping"),
    "paused": Sentence("일시 정지: 카메라와 조명 꺼짐", "Paused: camera and lamps are off"),
    "closing": Sentence("보고서 작성 중", "Writing the report"),
    "done": Sentence("점검 완료", "Sweep finished"),
    "aborted": Sentence("점검 중단됨", "Sweep aborted"),
    "failed": Sentence("점검 실패", "Sweep failed"),
}

GUIDANCE: Final[dict[str, Sentence]] = {
    "stand_next": Sentence("다음 자리에 서서 지도에서 그 구역을 누르세요", "Stand at the next zone, then tap it"),
    "look_again": Sentence(
        "구역을 다 보았습니다. ‘다시 볼 곳’을 보고 마치세요", "Every zone is done: look again, then finish"
    ),
    "light_ahead": Sentence(
        "‘{zone}’ 구역으로 돌아가 누르세요: 조명 반응 시험", "Light test: go back to “{zone}”, tap it"
    ),
    "head_back": Sentence("센서 헤드가 다시 연결되어 전파 측정을 이어갑니다", "The sensor head is back: RF goes on"),
}
"""What the inspector should do, in at most eight words: it is read at arm's length."""

NOTICES: Final[dict[str, Sentence]] = {
    "entries_damaged": Sentence(
        "손상된 기록 {count}건을 따로 보관했고, 나머지는 계속 보냅니다",
        "{count} damaged entries were set aside; the rest goes on",
    ),
    "entries_refused": Sentence(
        "서버가 거부한 기록 {count}건을 따로 보관했고, 나머지는 계속 보냅니다",
        "{count} entries that the server refused were set aside; the rest goes on",
    ),
    "entries_held": Sentence(
        "서버가 아직 받지 않는 기록이 {count}건 남아 있습니다. 나머지는 계속 보냅니다",
        "{count} entries wait that the server does not take now; the rest goes on",
    ),
    "numbers_damaged": Sentence(
        "기록 번호 파일이 손상되어 복구했습니다. 저장 장치를 점검하세요",
        "The file with the entries' numbers was damaged and made good: check the memory card",
    ),
    "entries_unsaved": Sentence(
        "기록 {count}건이 디스크에 저장되지 않고 메모리에만 있습니다. 전원을 끄지 말고 저장 공간을 확보하세요",
        "{count} entries are in memory only, not on disk: do not switch the probe off, free some space",
    ),
    "disk_refuses": Sentence(
        "저장 장치에 쓸 수 없어 점검을 시작하지 않았습니다. 저장 공간을 확인하세요",
        "The disk takes no report, so the sweep was not begun: check its free space",
    ),
    "server_changed": Sentence(
        "서버의 키가 처음과 다르거나 확인할 수 없어 기록을 보내지 않습니다",
        "The server's key is not the one of the first contact: entries are kept back",
    ),
    "log_went_back": Sentence(
        "서버의 기록이 전에 본 것과 다릅니다(지워지거나 바뀜). 기록을 지우지 않고 보관합니다. 담당자에게 바로 알리세요",
        "The server's log is not what it was when this probe last saw it (cut or changed). All copies are kept: tell "
        "the person in charge at once",
    ),
    "head_away": Sentence(
        "센서 헤드가 응답하지 않습니다. 케이블을 다시 꽂으세요. 그때까지 전파 측정, 조명, 카메라 촬영을 쓸 수 없습니다",
        "The sensor head does not answer: plug its cable in again. Until then no RF, no light, and the camera does "
        "not film",
    ),
    "battery_low": Sentence(
        "전원 전압이 낮습니다. 새 보조배터리를 빈 입력에 꽂은 뒤 쓰던 것을 빼세요. 입력이 하나뿐이면 이 자리까지만 "
        "측정하고 마치세요. 더 떨어지거나 전원 경보가 계속되면 점검을 닫고 보고서를 남깁니다",
        "The supply runs low: plug a fresh bank into the free input, then unplug this one; with one input only, finish "
        "after this position. If it falls further or the alarm lasts, the sweep is closed and its report written",
    ),
    "bank_low": Sentence(
        "보조배터리가 20% 넘게 남지 않았습니다. 새 보조배터리를 빈 입력에 꽂으세요. 5%가 되면 "
        "점검을 닫고 보고서를 남깁니다",
        "The power bank holds no more than 20 %: plug a fresh one into the free input. At 5 % the sweep is closed and "
        "its report written",
    ),
    "bank_swapped": Sentence(
        "보조배터리가 바뀌었습니다. 새 보조배터리의 용량과 충전 상태를 알려 주세요. 점검은 계속됩니다",
        "The power bank was changed: say how much the new one holds and whether it was full; the sweep goes on",
    ),
    "switching_off": Sentence(
        "전원 버튼이 눌렸습니다. 점검을 닫고 보고서를 남긴 뒤 꺼집니다",
        "The power button was held: the sweep is closed, its report written, then the probe goes off",
    ),
    "journal_unsaved": Sentence(
        "저장 장치에 쓸 수 없어 측정 내용이 메모리에만 있습니다. 전원을 끄지 마세요. 점검은 계속됩니다",
        "The disk takes nothing: what is measured is in memory only, so do not switch the probe off; the sweep goes on",
    ),
    "sweep_interrupted": Sentence(
        "점검기 프로그램이 다시 시작되었습니다. 두 사람이 퇴실을 다시 확인하면 이어서 점검합니다. 15분 안에 확인하지 "
        "않으면 지금까지 측정한 내용으로 닫습니다",
        "The probe's program restarted: the sweep goes on when two persons declare the room empty again; after 15 "
        "minutes without that it is closed with what has been measured",
    ),
    "sweeps_closed": Sentence(
        "중간에 끊긴 점검 {count}건을 그때까지 측정한 내용으로 닫고 보고서를 남겼습니다",
        "{count} interrupted sweeps were closed with what had been measured, and their reports written",
    ),
    "journal_damaged": Sentence(
        "끊긴 점검 {count}건의 측정 기록을 읽을 수 없어 따로 보관했습니다. 저장 장치를 점검하세요",
        "The measurements of {count} interrupted sweeps cannot be read and were set aside: check the memory card",
    ),
    "hot": Sentence(
        "점검기가 뜨거워 느려집니다. 그늘에 두거나 식힌 뒤 이어가세요",
        "The probe is hot and slows down: let it cool before you go on",
    ),
    "disk_low": Sentence(
        "저장 공간이 얼마 남지 않았습니다. 기록이 서버로 전송되게 하거나 공간을 확보하세요",
        "Little disk space is left: let the entries reach the server, or free some space",
    ),
    "camera_failed": Sentence(
        "카메라가 촬영하지 못했습니다. 카메라 케이블을 확인하세요. 다음 자리에서 다시 시도하고, 나머지 측정은 "
        "계속합니다",
        "The camera did not film: check its cable. It is tried again at the next position; everything else goes on",
    ),
    "camera_cut": Sentence(
        "카메라 전원이 끊겼고 저절로 켜지지 않습니다. 다시 켜려면 ‘사람 들어옴 – 즉시 중지’, ‘계속하기’를 차례로 "
        "누르고 두 사람이 다시 확인하세요",
        "The camera's power was cut and does not come back by itself: press “Someone came in”, then “Go on”, and both "
        "confirm again",
    ),
    "camera_cut_with_head": Sentence(
        "센서 헤드가 빠져 카메라 전원도 끊겼습니다. 헤드 케이블을 꽂은 뒤 ‘사람 들어옴 – 즉시 중지’, ‘계속하기’를 "
        "차례로 누르고 두 사람이 다시 확인해야 카메라가 켜집니다",
        "With the sensor head the camera lost its power: plug the head in, press “Someone came in”, then “Go on”, and "
        "both confirm again; only then it comes on",
    ),
    "probe_hung": Sentence(
        "점검 프로그램이 멈춰 있어 카메라와 조명이 꺼졌습니다. 두 사람이 다시 확인해야 이어집니다",
        "The probe's program stood still, so camera and lamps went off: both must declare the room empty again",
    ),
    "fell": Sentence(
        "점검기가 강한 충격을 받았습니다. 오늘의 기준 점검은 더 이상 유효하지 않습니다. 기준판 앞에서 다시 점검하세요",
        "The probe was knocked hard: today's reference check holds no longer; check it again before the target",
    ),
    "short_of_time": Sentence(
        "시간이 부족합니다. 카메라인지 불확실한 송신기만을 위한 조명 시험, 나머지 조명 시험, 블루투스, "
        "송신기 다시 보기, 렌즈 다시 보기 순으로 줄이거나 생략합니다",
        "Time runs short: first the light for transmitters that may or may not be a camera is shortened or goes, then "
        "all other light, Bluetooth, second looks at transmitters, and last those at lenses",
    ),
    "command_unknown": Sentence("이 점검기가 알지 못하는 명령입니다", "This probe does not know that command"),
}
"""What a person should know about the probe itself."""


def guidance_event(code: str) -> GuidanceEvent:
    """The event that tells the inspector what to do; raises KeyError for an unknown code."""
    return GuidanceEvent(type="guidance", text=GUIDANCE[code].text())


def pending_light_event(zone: Zone) -> GuidanceEvent:
    """The event that asks the inspector to go back to a zone for the light."""
    said = GUIDANCE["light_ahead"]
    text = LocalText(ko=said.ko.format(zone=zone.name.ko), en=said.en.format(zone=zone.name.en))
    return GuidanceEvent(type="guidance", text=text)


def notice_event(code: str, *, count: int | None = None, is_over: bool = False) -> NoticeEvent:
    """The event that tells something about the probe itself; raises KeyError for an unknown code or a missing count."""
    values = {} if count is None else {"count": count}
    return NoticeEvent(type="notice", code=code, is_over=is_over, count=count, text=NOTICES[code].text(**values))


def state_event(state: ProbeState) -> StateEvent:
    """The event that announces a state, in both languages."""
    return StateEvent(type="state", state=state, text=STATES[state].text())
