"""Columns of the inspection log, shared by the CSV and the spreadsheet, each with its heading and how it is filled.

Input is a `LogRow`, output is text (or a count) per column.  README.md lists every column; a test holds it to that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.exports.by_eye import by_eye_reason, by_eye_result, by_eye_words, checklist_words, photograph_places
from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.exports.records import LogRow
from server.exports.safe_text import plain_text
from server.exports.words import (
    DEMO_NOTICES,
    DISPOSITIONS,
    MARKS_NEXT,
    MODES,
    NEXT_STEPS,
    NOT_RECORDED,
    OCCASIONS,
    RESULTS,
    SOURCES,
    clock_quality,
    kst,
    modality_list,
)
from sweep.report.words import VERDICT_WORDS


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    heading: str
    """Korean heading."""
    width: float
    """Width on the sheet in characters."""
    cell: Callable[[LogRow], str | int]
    """Text or count of a row, before it is made fit for a document."""


def source_words(row: LogRow) -> str:
    """Kind of record; a replay or simulation says that it is no inspection."""
    return DEMO_NOTICES[row.header.source] or SOURCES[row.header.source].ko


def result_words(row: LogRow) -> str:
    """The result; in front of it, for a replay or simulation, what kind of record it is.

    A spreadsheet gets filtered by result, and then the first column is no longer looked at.
    """
    word = RESULTS[row.result].ko
    return f"[{SOURCES[row.header.source].ko}] {word}" if row.is_demo else word


def by_eye_line(row: LogRow) -> str:
    """The word of persons; in front of it, for a replay or simulation, what kind of record it is."""
    word = by_eye_words(row.result, row.hand)
    return f"[{SOURCES[row.header.source].ko}] {word}" if row.is_demo else word


def disposition_words(row: LogRow) -> str:
    """How many findings stand at which verdict of a person, and how many wait for one."""
    parts = [f"{DISPOSITIONS[verdict].ko} {count}건" for verdict, count in row.dispositions]
    if row.candidates_open:
        parts.append(f"미판정 {row.candidates_open}건")
    return " · ".join(parts) or "해당 없음"


def scope_words(row: LogRow) -> str:
    """Zones that were looked at, with how many of how many."""
    if row.report_state != "present":
        return "보고서 없음"
    return f"{len(row.zones_looked)}/{row.zones_total}곳: {', '.join(row.zones_looked) or '없음'}"


def limits_words(row: LogRow) -> str:
    """Zones that were not looked at, could not be judged by any method, or where nothing was detected without proof."""
    parts = []
    if row.zones_nothing_detected:
        names = ", ".join(row.zones_nothing_detected)
        parts.append(f"{VERDICT_WORDS['nothing_detected'].ko} {len(row.zones_nothing_detected)}곳: {names}")
    if row.zones_not_assessable:
        parts.append(f"판정 불가 {len(row.zones_not_assessable)}곳: {', '.join(row.zones_not_assessable)}")
    if row.zones_not_looked:
        parts.append(f"미점검 {len(row.zones_not_looked)}곳: {', '.join(row.zones_not_looked)}")
    return " / ".join(parts) or ("없음" if row.report_state == "present" else "보고서 없음")


def standing_words(row: LogRow) -> str:
    """What stands open in the room, whichever of its sweeps found it."""
    parts = []
    if row.place.open_finds:
        parts.append(f"닫히지 않은 발견 {row.place.open_finds}건")
    if row.place.open_candidates:
        parts.append(f"닫히지 않은 의심 {row.place.open_candidates}건")
    return " · ".join(parts) or "없음"


def next_step_words(row: LogRow) -> str:
    """What both results ask for; while an earlier find or suspicion stands open in the room, what that asks for."""
    by_eye = by_eye_result(row.result, row.hand)
    if by_eye == "found" or row.place.open_finds:
        return NEXT_STEPS["found"]
    if row.place.open_candidates or row.result == "suspected":
        return NEXT_STEPS["suspected"]
    if by_eye == "marks":
        return MARKS_NEXT
    return NEXT_STEPS[row.result]


def occasion_words(row: LogRow) -> str:
    """점검구분 in words."""
    return OCCASIONS[row.hand.occasion].ko if row.hand.occasion else NOT_RECORDED


def signature_words(row: LogRow) -> str:
    """Whether the record behind the row verifies and is without holes."""
    if row.entries == 0:
        return "서명 기록 없음"
    verified = "서명 유효" if row.signatures_ok else "서명 무효 있음"
    parts = [f"{verified}({row.entries}건)"]
    if row.missing_entries:
        parts.append(f"누락 {row.missing_entries}건")
    if row.alarms:
        parts.append(f"경보 {row.alarms}건")
    return " · ".join(parts)


COLUMNS: tuple[Column, ...] = (
    Column("기록 구분", 18, source_words),
    Column("점검 시작(한국시간)", 19, lambda row: kst(row.header.started.utc)),
    Column("점검 종료(한국시간)", 19, lambda row: kst(row.header.ended.utc) if row.header.ended else "종료 기록 없음"),
    Column("시각 신뢰도", 20, lambda row: clock_quality(row.header.started)),
    Column("시설명", 24, lambda row: row.place.facility_name.ko),
    Column("관리번호", 16, lambda row: row.place.facility_number or NOT_RECORDED),
    Column("위치(방)", 20, lambda row: row.place.room_name.ko),
    Column("성별", 8, lambda row: sex_words(row.place.sex) or NOT_RECORDED),
    Column("층", 8, lambda row: floor_words(row.place.floor) or NOT_RECORDED),
    Column("칸", 8, lambda row: stalls_words(row.stalls or row.place.stalls) or NOT_RECORDED),
    Column("점검구분(정기·수시·합동)", 14, occasion_words),
    Column("점검 방식(정밀·간이)", 12, lambda row: MODES[row.header.mode]),
    Column("점검자", 22, lambda row: ", ".join(row.header.inspectors)),
    Column("동행·입회", 18, lambda row: ", ".join(row.hand.companions) or NOT_RECORDED),
    Column("점검방법", 30, lambda row: modality_list(row.methods)),
    Column("장비", 36, lambda row: row.equipment),
    Column("점검부위·범위", 36, scope_words),
    Column("미점검·판정 불가", 36, limits_words),
    Column("육안 확인 필요(건)", 10, lambda row: len(row.candidate_zones)),
    Column("육안 확인 필요 위치", 24, lambda row: ", ".join(row.candidate_zones) or "없음"),
    Column("의심흔적(구멍·흠집)", 16, lambda row: row.hand.suspicious_marks or NOT_RECORDED),
    Column("비상벨 작동", 12, lambda row: row.hand.emergency_bell or NOT_RECORDED),
    Column("육안 점검 결과", 18, by_eye_line),
    Column("육안 점검 근거", 36, lambda row: by_eye_reason(row.result, row.hand)),
    Column("장비 점검 결과", 22, result_words),
    Column("장비 점검 근거", 44, lambda row: row.result_reason),
    Column("현장 판정", 26, disposition_words),
    Column("조치", 24, lambda row: ", ".join(row.hand.measures) or NOT_RECORDED),
    Column("사진(봉인 보관)", 10, lambda row: row.hand.photographs),
    Column("사진 위치", 24, lambda row: photograph_places(row.hand) or "없음"),
    Column("구역별 육안 점검", 44, lambda row: checklist_words(row.hand) or NOT_RECORDED),
    Column("이 방에 남은 발견·의심", 26, standing_words),
    Column("다음 조치", 40, next_step_words),
    Column("확인자", 16, lambda row: row.hand.confirmed_by or NOT_RECORDED),
    Column("점검 식별자", 38, lambda row: str(row.header.sweep_id)),
    Column("기록 해시(SHA-256)", 66, lambda row: row.entry_hash or "없음"),
    Column("서명 검증", 22, signature_words),
    Column("접수(한국시간)", 19, lambda row: kst(row.header.received) if row.header.received else NOT_RECORDED),
    Column("기준 시각(한국시간)", 19, lambda row: kst(row.header.counted_start)),
    Column("장비 상태", 60, lambda row: row.probe_state),
)


def cells_of(row: LogRow) -> tuple[str | int, ...]:
    """The cells of a row in the order of `COLUMNS`, text made fit for a document."""
    values = (column.cell(row) for column in COLUMNS)
    return tuple(plain_text(value) if isinstance(value, str) else value for value in values)
