"""The words of the inspection log: Korean first, English beside it, one spelling for each code.

Input is a code of the contract or of a log row, output the word that is printed.  It never calls a room safe: the
best a sweep can say is that nothing was noticed within what was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from server.interface.fields import VisitMode
from server.interface.office_requests import ProvisionBasis, ProvisionForm
from server.interface.told import either, word
from sweep.entry import kinds
from sweep.phrases import Language
from sweep.report import SHOWN, ClockReading, LocalText, Modality, Source
from sweep.report.base import KOREA
from sweep.report.case_records import Defect
from sweep.report.inspection_records import Afterwards, InstrumentKind, InstrumentSaw
from sweep.report.visit_records import Bell, Measure, Occasion, Spot
from sweep.report.words import words_of

NOT_RECORDED = "미기재"

KST = KOREA


def _words(**pairs: tuple[str, str]) -> dict[str, LocalText]:
    return {code: LocalText(ko=ko, en=en) for code, (ko, en) in pairs.items()}


EQUIPMENT: Final = words_of("equipment")
PERSONS: Final = words_of("persons")
ZONES: Final = words_of("zone")
FINDINGS: Final = words_of("finding")
DISPOSITIONS: Final = words_of("decision")
SPOTS: Mapping[Spot, LocalText] = {
    "vent": LocalText(ko="환풍구", en="Vent"),
    "ceiling": LocalText(ko="천장·점검구", en="Ceiling, hatch"),
    "light": LocalText(ko="조명", en="Lights"),
    "socket": LocalText(ko="콘센트·스위치", en="Sockets, switches"),
    "door_lock": LocalText(ko="출입문·잠금장치", en="Door, lock"),
    "partition": LocalText(ko="칸막이 틈새·나사 구멍", en="Partition gaps, screw holes"),
    "toilet_bin": LocalText(ko="변기·휴지통 주변", en="Around bowl and bin"),
    "basin": LocalText(ko="세면대·거울·배수구", en="Basin, mirror, drain"),
}
"""Where inspectors look by eye in practice; the probe sees none of these as such."""
BELLS: Mapping[Bell, LocalText] = {
    "works": LocalText(ko="정상", en="Works"),
    "broken": LocalText(ko="고장", en="Broken"),
    "none": LocalText(ko="설치되지 않음", en="There is none"),
    "not_tested": LocalText(ko="시험하지 않음", en="Not tested"),
}
MEASURES: Mapping[Measure, LocalText] = {
    "sticker": LocalText(ko="점검 스티커 부착", en="Sticker put up"),
    "hole_closed": LocalText(ko="구멍 막음", en="Hole closed"),
    "repair_asked": LocalText(ko="보수 요청", en="Repair asked for"),
    "scene_kept": LocalText(ko="현장 보존", en="Scene kept"),
    "police_called": LocalText(ko="경찰 신고(112)", en="Police called (112)"),
}
INSTRUMENTS: Mapping[InstrumentKind, LocalText] = {
    "lens_finder": LocalText(ko="렌즈 탐지기", en="Lens finder"),
    "rf_finder": LocalText(ko="전파 탐지기", en="RF finder"),
    "thermal_imager": LocalText(ko="열화상 카메라", en="Thermal imager"),
    "borescope": LocalText(ko="내시경", en="Borescope"),
    "by_eye": LocalText(ko="육안(손전등·확대경)", en="By eye (torch, loupe)"),
}
"""What a district inspects with beside probes."""
INSTRUMENT_SAW: Mapping[InstrumentSaw, LocalText] = {
    "nothing": LocalText(ko="특이사항 없음", en="Nothing unusual"),
    "glint": LocalText(ko="반짝임", en="Glint"),
    "signal": LocalText(ko="신호 감지, 위치 미확인", en="Signal, not located"),
    "warm_spot": LocalText(ko="열점", en="Warm spot"),
    "cannot_tell": LocalText(ko="알 수 없음", en="Cannot tell"),
}
AFTERWARDS: Mapping[Afterwards, LocalText] = {
    "explained": LocalText(ko="눈으로 확인: 카메라 아님", en="Looked at: not a camera"),
    "not_explained": DISPOSITIONS["cannot_exclude"],
}
ROLES: Mapping[str, LocalText] = {
    "admin": LocalText(ko="시스템 관리자", en="Administrator"),
    "inspector": LocalText(ko="점검자", en="Inspector"),
    "viewer": LocalText(ko="열람자", en="Viewer"),
    "supervisor": LocalText(ko="감독자", en="Supervisor"),
    "district_officer": LocalText(ko="구 담당자", en="District officer"),
    "city_officer": LocalText(ko="시 담당자", en="City officer"),
    "auditor": LocalText(ko="감사 담당자", en="Auditor"),
    "evidence_officer": LocalText(ko="증거담당자", en="Evidence officer"),
    "facility_owner": LocalText(ko="시설 소유자", en="Facility owner"),
    "facility_staff": LocalText(ko="시설 직원", en="Facility staff"),
    "cleaner": LocalText(ko="미화원", en="Cleaner"),
}
NUMBERED: Mapping[str, str] = {
    "점검자": "Inspector",
    "감독자": "Supervisor",
    "관리자": "Administrator",
    "감사자": "Auditor",
    "열람자": "Viewer",
    "미화원": "Cleaner",
    "경찰관": "Officer",
    "구 담당자": "District officer",
    "시 담당자": "City officer",
    "증거 담당자": "Evidence officer",
    "시설 소유자": "Owner",
}
"""What stands before the number of a pseudonym; kept in Korean, shown in English by `person_name` and the page."""
SOURCES: Mapping[str, LocalText] = _words(
    live=("실측", "Live"),
    practice=("연습 점검", "Practice"),
    replay=("재생 기록", "Replay"),
    simulated=("시뮬레이션 기록", "Simulation"),
)
STRENGTHS: Final = words_of("strength")
MODES: Mapping[VisitMode, LocalText] = {
    "full": LocalText(ko="정밀", en="Full"),
    "quick": LocalText(ko="간이", en="Quick"),
    "checked": LocalText(ko="탐지기(작동 확인)", en="Instruments, function checked"),
    "instruments": LocalText(ko="탐지기", en="Instruments"),
    "by_eye": LocalText(ko="육안", en="By eye"),
    "imported": LocalText(ko="가져온 기록", en="Imported record"),
    "cited": LocalText(ko="가져온 기록(원본 확인)", en="Imported record, original cited"),
}
"""How a room was visited: with a probe; with other instruments; by eye; as an office's own list says."""
IMPORTED = LocalText(ko="가져온 기록(장비 측정기록 없음)", en="Imported record (nothing measured by equipment)")
"""What stands in the place of the equipment's result, cited or not."""
OCCASIONS: Mapping[Occasion, LocalText] = {
    "regular": LocalText(ko="정기", en="Regular"),
    "ad_hoc": LocalText(ko="수시", en="Ad hoc"),
    "joint": LocalText(ko="합동", en="Joint"),
}
PROVISION_BASES: Mapping[ProvisionBasis, LocalText] = {
    "consent": LocalText(ko="정보주체의 동의(개인정보 보호법 제18조제2항제1호)", en="Consent"),
    "law": LocalText(ko="다른 법률의 특별한 규정(개인정보 보호법 제18조제2항제2호)", en="Another law"),
    "investigation": LocalText(
        ko="범죄의 수사와 공소의 제기 및 유지(개인정보 보호법 제18조제2항제7호)", en="Criminal investigation"
    ),
    "court": LocalText(ko="법원의 재판업무 수행(개인정보 보호법 제18조제2항제8호)", en="A court"),
    "disclosure": LocalText(ko="정보공개 청구(공공기관의 정보공개에 관한 법률)", en="Information disclosure"),
    "duty": LocalText(ko="소관 업무의 수행(개인정보 보호법 제17조제1항제2호)", en="The office's own duty"),
}
PROVISION_FORMS: Mapping[ProvisionForm, LocalText] = {
    "paper": LocalText(ko="종이", en="Paper"),
    "file": LocalText(ko="전자파일", en="File"),
    "seen": LocalText(ko="열람", en="Looked at"),
}
ROOM_KINDS: Mapping[str, str] = {"restroom": "화장실", "changing_room": "탈의실"}
REFERENCE_CHECKS: Mapping[str, LocalText] = {
    "passed": LocalText(ko="통과", en="Passed"),
    "failed": LocalText(ko="실패", en="Failed"),
    "not_done": LocalText(ko="실시하지 않음", en="Not done"),
    "out_of_control": LocalText(ko="성능 점검 필요", en="Out of control"),
}
ASSURANCES: Mapping[str, str] = {
    "device": "기기 키",
    "passkey": "패스키 로그인",
    "password": "비밀번호 로그인",
    "witness": "입회인",
    "ceremony": "키 관리 절차",
}
ENTRY_KINDS: Mapping[str, LocalText] = {
    kinds.OPENED: LocalText(ko="점검 시작", en="Sweep opened"),
    kinds.REPORT: LocalText(ko="점검 보고서", en="Sweep report"),
    kinds.DISPOSITION: LocalText(ko="현장 판정", en="Decision on site"),
    kinds.BODY_ERASED: LocalText(ko="본문 삭제", en="Body erased"),
    kinds.CASE_STEP: LocalText(ko="확인 건 처리", en="Step of a case"),
    kinds.PHOTO_TAKEN: LocalText(ko="물체 사진 촬영", en="Object photographed"),
    kinds.PHOTO_OPENED: LocalText(ko="물체 사진 열람", en="Photograph opened"),
    kinds.PHOTO_CHECKED: LocalText(ko="물체 사진 확인", en="Photograph checked"),
    kinds.PHOTO_EXPIRED: LocalText(ko="물체 사진 보존기간 만료 삭제", en="Photograph erased at the end of its time"),
    kinds.PROOF_GIVEN: LocalText(ko="점검기에서 온 판정 본인 확인", en="Proof of what a Pi said"),
    kinds.REFERENCE_CHECKED: LocalText(ko="점검기 기준 점검", en="Reference check of a probe"),
    kinds.INSPECTED: LocalText(ko="장비·육안 점검", en="Inspection with instruments"),
    kinds.INSPECTION_CONFIRMED: LocalText(ko="장비·육안 점검 확인", en="Inspection confirmed by the second person"),
    kinds.INSPECTION_IMPORTED: LocalText(ko="지난 점검 가져오기", en="Past inspection imported"),
    kinds.INSPECTION_CITED: LocalText(ko="가져온 기록의 원본 확인", en="Original of an imported record cited"),
    kinds.INSPECTION_WITHDRAWN: LocalText(ko="가져온 기록 철회", en="Imported record withdrawn"),
    kinds.VISIT_NOTED: LocalText(ko="현장 기재", en="Visit written down"),
    kinds.VISIT_SIGNED: LocalText(ko="현장 확인 서명", en="Signature by finger"),
    kinds.KEY_ADMITTED: LocalText(ko="키 등록", en="Key admitted"),
    kinds.KEY_REVOKED: LocalText(ko="키 폐기", en="Key revoked"),
    kinds.KEY_REINSTATED: LocalText(ko="키 폐기 취소", en="Key reinstated"),
    kinds.QUARANTINE_PURGED: LocalText(ko="격리 기록 정리", en="Quarantine purged"),
    kinds.ACCESS_LOG_HEAD: LocalText(ko="열람 기록 요약", en="Head of the access log"),
    kinds.PERSON_REGISTERED: LocalText(ko="사람 등록", en="Person registered"),
}


def _said(decision: str) -> tuple[str, str]:
    """Two persons decide in the words of one."""
    return DISPOSITIONS[decision].ko, DISPOSITIONS[decision].en


STEP_WORDS: Mapping[str, LocalText] = _words(
    reported=("이상 발견 알림", "Something strange reported"),
    looked_at=("두 사람이 눈으로 확인", "Two persons looked by eye"),
    not_reached=("확인하지 못함", "Could not be looked at"),
    not_camera=_said("no_camera"),
    unchanged=("변동 없음", "Nothing changed"),
    defect_found=("보수할 것", "A defect to repair"),
    repair_handed=("시설에 보수 요청", "Repair handed to the facility"),
    repaired=("보수 완료 연락", "Said to be repaired"),
    rechecked=("보수 재확인", "Repair checked again"),
    camera=_said("camera_found"),
    room_closed=("사람을 내보내고 출입 통제", "Room cleared and closed"),
    photographed=("물체와 그 자리만 촬영", "Object photographed in its place"),
    police_called=("112 신고", "112 called"),
    handed_over=("경찰에 인계", "Handed over to the police"),
    police_asked=("경찰의 문서 요청", "The police asked in writing"),
    police_result=("경찰 확인 결과", "What the police say it was"),
    reported_to_city=("시에 보고", "City told"),
    witnessed=("입회인 서명", "Witness signed"),
    reopened=("다시 열기", "Reopened"),
    room_corrected=("정정(다른 방)", "Correction: another room"),
)
"""Steps of a case."""
DEFECT_WORDS: Mapping[Defect, LocalText] = {
    "hole": LocalText(ko="구멍", en="Hole"),
    "emergency_bell": LocalText(ko="비상벨", en="Emergency bell"),
    "floor_gap": LocalText(ko="칸막이 아래 틈", en="Gap below a partition"),
    "ceiling_gap": LocalText(ko="칸막이 위 틈", en="Gap above a partition"),
    "vent": LocalText(ko="환풍구 고장", en="Broken vent"),
    "ceiling": LocalText(ko="천장·점검구 고장", en="Broken ceiling or hatch"),
    "light": LocalText(ko="조명 고장", en="Broken light"),
    "socket": LocalText(ko="콘센트·스위치 고장", en="Broken socket or switch"),
    "door_lock": LocalText(ko="출입문·잠금장치 고장", en="Broken door or lock"),
    "partition": LocalText(ko="칸막이 고장", en="Broken partition"),
    "toilet_bin": LocalText(ko="변기·휴지통 고장", en="Broken bowl or bin"),
    "basin": LocalText(ko="세면대·거울·배수구 고장", en="Broken basin, mirror or drain"),
}
NEXT_STEPS: Mapping[str, LocalText] = _words(
    report=(
        "만지지 않고 현장 보존 · 출입 통제 · 112 신고 · 접수번호 기재 · 증거물 인수인계",
        "Do not touch it, keep the scene · close the room · call 112, note the receipt number · hand over the evidence",
    ),
    hand_over=(
        "112 신고함. 만지지 않고 현장 보존 · 출입 통제 · 증거물 인수인계",
        "112 called. Do not touch it, keep the scene · close the room · hand over the evidence",
    ),
    police_result=(
        "경찰에 인계함. 경찰 확인 결과를 받아 기재",
        "Handed over to the police. Note what they say it was",
    ),
    to_inspect=(
        "해당 위치를 눈으로 확인(손전등·확대경, 만지거나 분해하지 않음). 배제할 수 없으면 발견으로 처리",
        "Look at the place by eye (torch, loupe; touch nothing). If it cannot be ruled out, treat it as found",
    ),
    recheck=(
        "판정하지 못한 구역을 눈으로 점검하고 재점검",
        "Look by eye at the zones that could not be judged, and inspect again",
    ),
    by_eye=("육안 점검을 하고 그 결과를 기재", "Look by eye and note the result"),
    nothing=("추가 조치 없음", "Nothing more to do"),
    no_report=("점검을 다시 실시하고 중단 사유 기재", "Inspect again, and note why it was broken off"),
)
MARKS_NEXT = LocalText(
    ko="흔적을 막거나 보수하고 같은 위치를 다시 확인. 안쪽이 보이지 않으면 의심으로 처리",
    en="Close or repair the marks and look at the place again. If its inside cannot be seen, treat it as suspected",
)


def person_name(name: str, language: Language) -> str:
    """`점검자-02` as English shows it, `Inspector-02`; any other name as it is."""
    role, _, number = name.rpartition("-")
    return f"{NUMBERED[role]}-{number}" if language == "en" and role in NUMBERED and number.isdecimal() else name


def demo_notice(source: Source, language: Language = "ko") -> str:
    """That a record is no real inspection; empty where it is one."""
    if source == "live":
        return ""
    return f"{word(language, SOURCES[source])} · {either(language, '실제 점검 아님', 'no real inspection')}"


def kst(time: datetime) -> str:
    """Korean wall time to the second, `2026-11-24 14:05:09`; `time` must be aware."""
    return time.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")


def clock_quality(reading: ClockReading, language: Language = "ko") -> str:
    """What is known of the clock that gave a time."""
    error = reading.max_error_ms
    if not reading.synchronised:
        within = either(language, "오차 모름", "error unknown")
        if error is not None:
            within = either(language, f"오차 {error} ms 이내", f"within {error} ms")
        return either(language, f"시각 동기화 안 됨({within})", f"Clock not synchronised ({within})")
    said = either(language, "시각 동기화됨", "Clock synchronised")
    return said if error is None else said + either(language, f"(오차 {error} ms 이내)", f" (within {error} ms)")


def modality_list(modalities: tuple[Modality, ...], language: Language = "ko") -> str:
    """Methods in words, `없음` when nothing was looked at."""
    names = [either(language, SHOWN[one].method_ko, SHOWN[one].heading.en) for one in modalities]
    return " · ".join(names) or either(language, "없음", "None")
