"""The words of the inspection log: Korean first, English beside it, one spelling for each code.

Input is a code of the contract or of a log row, output the word that is printed.  It never calls a room safe: the
best a sweep can say is that nothing was noticed within what was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

from sweep.entry import kinds
from sweep.report import SHOWN, ClockReading, LocalText, Modality, Mode, Source
from sweep.report.visit_records import Bell, Measure, Occasion, Spot
from sweep.report.words import words_of

NOT_RECORDED = "미기재"

KST = timezone(timedelta(hours=9), "KST")  # Korea has no daylight saving time


def _words(**pairs: tuple[str, str]) -> dict[str, LocalText]:
    return {code: LocalText(ko=ko, en=en) for code, (ko, en) in pairs.items()}


EQUIPMENT: Final = words_of("equipment")
PERSONS: Final = words_of("persons")
ZONES: Final = words_of("zone")
FINDINGS: Final = words_of("finding")
DISPOSITIONS: Final = words_of("decision")
SPOTS: Mapping[Spot, str] = {
    "vent": "환풍구",
    "ceiling": "천장·점검구",
    "light": "조명",
    "socket": "콘센트·스위치",
    "door_lock": "출입문·잠금장치",
    "partition": "칸막이 틈새·나사 구멍",
    "toilet_bin": "변기·휴지통 주변",
    "basin": "세면대·거울·배수구",
}
"""Where inspectors look by eye in practice; the probe sees none of these as such."""
BELLS: Mapping[Bell, str] = {"works": "정상", "broken": "고장", "none": "설치되지 않음", "not_tested": "시험하지 않음"}
MEASURES: Mapping[Measure, str] = {
    "sticker": "점검 스티커 부착",
    "hole_closed": "구멍 막음",
    "repair_asked": "보수 요청",
    "scene_kept": "현장 보존",
    "police_called": "경찰 신고(112)",
}
SOURCES: Mapping[str, LocalText] = _words(
    live=("실측", "Live"),
    practice=("연습 점검", "Practice"),
    replay=("재생 기록", "Replay"),
    simulated=("시뮬레이션 기록", "Simulation"),
)
COVERAGE_WORDS: Mapping[str, str] = {"looked": "점검", "partly": "일부", "not_looked": "미점검"}
STRENGTHS: Mapping[str, str] = {"weak": "약함 (한 방식)", "strong": "강함 (서로 다른 방식이 일치)"}
WEIGHT_SOURCES: Mapping[str, str] = {
    "field": "현장 측정",
    "rendered": "모의 영상 측정",
    "simulated": "시뮬레이션 측정",
    "measured": "측정",
    "derived": "유도",
    "guessed": "가정",
}
MODES: Mapping[Mode, str] = {"full": "정밀", "quick": "간이"}
OCCASIONS: Mapping[Occasion, str] = {"regular": "정기", "ad_hoc": "수시", "joint": "합동"}
ROOM_KINDS: Mapping[str, str] = {"restroom": "화장실", "changing_room": "탈의실"}
REFERENCE_CHECKS: Mapping[str, str] = {
    "passed": "통과",
    "failed": "실패",
    "not_done": "실시하지 않음",
    "out_of_control": "관리 범위 벗어남",
}
ASSURANCES: Mapping[str, str] = {
    "device": "기기 키",
    "passkey": "패스키 로그인",
    "password": "비밀번호 로그인",
    "witness": "입회인",
    "ceremony": "키 관리 절차",
}
ENTRY_KINDS: Mapping[str, str] = {
    kinds.OPENED: "점검 시작",
    kinds.REPORT: "점검 보고서",
    kinds.DISPOSITION: "현장 판정",
    kinds.BODY_ERASED: "본문 삭제",
    kinds.CASE_STEP: "사건 처리",
    kinds.PHOTO_TAKEN: "물체 사진 촬영",
    kinds.PHOTO_OPENED: "물체 사진 열람",
    kinds.PHOTO_CHECKED: "물체 사진 확인",
    kinds.PHOTO_EXPIRED: "물체 사진 보존기간 만료 삭제",
    kinds.PROOF_GIVEN: "점검기에서 온 판정 본인 확인",
    kinds.REFERENCE_CHECKED: "점검기 기준 점검",
    kinds.VISIT_NOTED: "현장 기재",
    kinds.VISIT_SIGNED: "현장 확인 서명",
    kinds.KEY_ADMITTED: "키 등록",
    kinds.KEY_REVOKED: "키 폐기",
    kinds.KEY_REINSTATED: "키 폐기 취소",
    kinds.QUARANTINE_PURGED: "격리 기록 정리",
    kinds.ACCESS_LOG_HEAD: "열람 기록 요약",
    kinds.PERSON_REGISTERED: "사람 등록",
}
NEXT_STEPS: Mapping[str, str] = {
    "found": "만지지 않고 현장 보존 · 출입 통제 · 112 신고 · 접수번호 기재 · 증거물 인수인계",
    "to_inspect": "해당 위치를 눈으로 확인(손전등·확대경, 만지거나 분해하지 않음). 배제할 수 없으면 발견으로 처리",
    "recheck": "판정하지 못한 구역을 눈으로 점검하고 재점검",
    "nothing": "추가 조치 없음",
    "no_report": "점검을 다시 실시하고 중단 사유 기재",
}
MARKS_NEXT = "흔적을 막거나 보수하고 같은 위치를 다시 확인. 안쪽이 보이지 않으면 의심으로 처리"
DEMO_NOTICES: Mapping[Source, str] = {
    "live": "",
    "practice": "연습 점검 · 실제 점검 아님",
    "replay": "재생 기록 · 실제 점검 아님",
    "simulated": "시뮬레이션 기록 · 실제 점검 아님",
}


def kst(time: datetime) -> str:
    """Korean wall time to the second, `2026-11-24 14:05:09`; `time` must be aware."""
    return time.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")


def clock_quality(reading: ClockReading) -> str:
    """What is known of the clock that gave a time."""
    if not reading.synchronised:
        return (
            "시각 동기화 안 됨(오차 모름)"
            if reading.max_error_ms is None
            else (f"시각 동기화 안 됨(오차 {reading.max_error_ms} ms 이내)")
        )
    return "시각 동기화됨" if reading.max_error_ms is None else f"시각 동기화됨(오차 {reading.max_error_ms} ms 이내)"


def modality_list(modalities: tuple[Modality, ...]) -> str:
    """Methods in words, `없음` when nothing was looked at."""
    return " · ".join(SHOWN[modality].method_ko for modality in modalities) or "없음"
