"""Columns of the inspection log, shared by CSV, spreadsheet and JSON, each with its headings and how it is filled.

PDF and HWPX have their own: `logs/pdf_log.printed_line`, `logs/hwpx_log`.

Input is a `LogRow`, output is text in its language (or a count) per column.  README.md lists every column; a test holds
it to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.exports.results import (
    equipment_line,
    equipment_reason,
    equipment_word,
    measures_words,
    next_step_words,
    persons_line,
    persons_reason,
)
from server.interface.fields import FindingState
from server.interface.safe_text import plain_text
from server.interface.told import many, word
from server.interface.words import (
    FINDINGS,
    INSTRUMENTS,
    MODES,
    OCCASIONS,
    PERSONS,
    SOURCES,
    ZONES,
    clock_quality,
    demo_notice,
    kst,
    modality_list,
    person_name,
)
from server.projections.by_eye import checklist_words, photograph_places
from server.projections.log_records import LogRow
from sweep.phrases import Language
from sweep.report.words import COVERAGE_WORDS


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    ko: str
    """Its heading, and the same in English."""
    en: str
    width: float
    """Width on the sheet in characters."""
    cell: Callable[[LogRow], str | int]
    """Text or count of a row, before it is made fit for a document."""


def source_words(row: LogRow) -> str:
    """Kind of record; a replay or simulation says that it is no inspection."""
    return demo_notice(row.header.source, row.language) or row.word(SOURCES[row.header.source])


def mode_words(row: LogRow) -> str:
    """By a probe, with instruments or by eye; what was typed afterwards says so."""
    number = row.typed_from
    typed = row.told(f" · 사후 입력(점검표 {number})", f" · typed afterwards (list {number})") if number else ""
    return f"{row.word(MODES[row.header.mode])}{typed}"


def methods_words(row: LogRow) -> str:
    """By what the room was looked at: methods of a probe, kinds of instruments, the eye where somebody said so."""
    if row.original is not None:
        return row.original.method
    by_eye = row.hand.by_eye not in {None, "not_done"} and "by_eye" not in row.inspected_by
    kinds = [row.word(INSTRUMENTS[kind]) for kind in row.inspected_by]
    measured = [modality_list(row.methods, row.language)] if row.methods else []
    return " · ".join([*([row.told("육안", "By eye")] if by_eye else []), *kinds, *measured]) or _none(row)


def chance_words(row: LogRow) -> str:
    """With what probability each target would have been found; nothing of the kind where nothing was measured."""
    if row.equipment_result == "not_measured":
        return equipment_word(row)
    return "; ".join(row.chances) or row.word(COVERAGE_WORDS["unknown"])


def probe_state_words(row: LogRow) -> str:
    """How the probe itself was, where there was one."""
    return _not_here(row) if row.equipment_result == "not_measured" else row.probe_state


def decision_words(row: LogRow) -> str:
    """How many findings stand at which state."""
    return _counted(row, row.findings) or _not_here(row)


def inspectors_words(row: LogRow) -> str:
    """Pseudonyms; of what was taken over from a list how many it names, whose names no table has."""
    if row.original is not None:
        return row.original.counted(row.language)
    return ", ".join(person_name(one, row.language) for one in row.header.inspectors)


def clock_words(row: LogRow) -> str:
    """What is known of the clock that gave the start."""
    if row.original is None:
        return clock_quality(row.header.started, row.language)
    if row.original.has_time:
        return row.told("목록에 적힌 시각", "Time as the list has it")
    return row.told("목록에 날짜만 있음", "The list has the day alone")


def scope_words(row: LogRow) -> str:
    """Zones that were looked at, with how many of how many."""
    if row.report_state != "present":
        return _no_report(row)
    if row.original is not None:
        return blank(row)
    looked, names = len(row.zones_looked), ", ".join(row.zones_looked) or _none(row)
    return row.told(f"{looked}/{row.zones_total}곳: {names}", f"{looked} of {many(row.zones_total, 'zone')}: {names}")


def limits_words(row: LogRow) -> str:
    """Zones that no method could judge, and those that were not looked at."""
    if row.original is not None:
        return blank(row)
    parts = [
        f"{row.word(ZONES[state])} {_zones(row, zones)}"
        for state, zones in (("not_assessable", row.zones_not_assessable), ("not_looked", row.zones_not_looked))
        if zones
    ]
    return " / ".join(parts) or _none_reported(row)


def undetected_words(row: LogRow) -> str:
    """Zones where nothing was detected and no proof calls them clear: judged, and not free of a camera."""
    if row.original is not None:
        return blank(row)
    zones = row.zones_nothing_detected
    return _zones(row, zones) if zones else _none_reported(row)


def _zones(row: LogRow, zones: tuple[str, ...]) -> str:
    count, names = len(zones), ", ".join(zones)
    return row.told(f"{count}곳: {names}", f"{count}: {names}")


def blank(row: LogRow) -> str:
    """Nobody entered it."""
    return row.word(PERSONS["not_recorded"])


def _none(row: LogRow) -> str:
    return row.told("없음", "None")


def _not_here(row: LogRow) -> str:
    return row.told("해당 없음", "Not applicable")


def _no_report(row: LogRow) -> str:
    return row.told("보고서 없음", "No report")


def _none_reported(row: LogRow) -> str:
    return _none(row) if row.report_state == "present" else _no_report(row)


def standing_words(row: LogRow) -> str:
    """What stands open in the room, whichever of its sweeps found it."""
    return _counted(row, row.place.open_things) or _none(row)


def _counted(row: LogRow, states: Iterable[tuple[FindingState, int]]) -> str:
    return " · ".join(
        row.told(f"{FINDINGS[state].ko} {count}건", f"{FINDINGS[state].en}: {count}") for state, count in states
    )


def occasion_words(row: LogRow) -> str:
    """점검구분 in words."""
    return row.word(OCCASIONS[row.hand.occasion]) if row.hand.occasion else blank(row)


def signature_words(row: LogRow) -> str:
    """Whether the record behind the row verifies and is without holes; of an import, that of taking it over."""
    if row.entries == 0:
        return row.told("서명 기록 없음", "No signed record")
    verified = row.told("서명 유효", "Valid") if row.signatures_ok else row.told("서명 무효 있음", "INVALID")
    parts = [row.told(f"{verified}({row.entries}건)", f"{verified} ({many(row.entries, 'entry', 'entries')})")]
    if row.missing_entries:
        parts.append(row.told(f"누락 {row.missing_entries}건", f"{row.missing_entries} missing"))
    if row.alarms:
        parts.append(row.told(f"경보 {row.alarms}건", many(row.alarms, "alarm")))
    return " · ".join(parts)


def _ended(row: LogRow) -> str:
    return kst(row.header.ended.utc) if row.header.ended else row.told("종료 기록 없음", "No end on record")


def _stalls(row: LogRow) -> str | None:
    return stalls_words(row.stalls or row.place.stalls, row.language)


COLUMNS: tuple[Column, ...] = (
    Column("기록 구분", "Record", 18, source_words),
    Column("점검 시작(한국시간)", "Start (Korean time)", 19, lambda row: kst(row.header.started.utc)),
    Column("점검 종료(한국시간)", "End (Korean time)", 19, _ended),
    Column("시각 신뢰도", "Trust in the clock", 20, clock_words),
    Column("시설명", "Facility", 24, lambda row: row.word(row.place.facility_name)),
    Column("관리번호", "Facility number", 16, lambda row: row.place.facility_number or blank(row)),
    Column("위치(방)", "Room", 20, lambda row: row.word(row.place.room_name)),
    Column("성별", "For whom", 8, lambda row: sex_words(row.place.sex, row.language) or blank(row)),
    Column("층", "Floor", 8, lambda row: floor_words(row.place.floor, row.language) or blank(row)),
    Column("칸", "Stalls", 8, lambda row: _stalls(row) or blank(row)),
    Column("점검구분(정기·수시·합동)", "Occasion", 14, occasion_words),
    Column("점검 방식(측정·탐지기·육안)", "Mode", 14, mode_words),
    Column("점검자", "Inspectors", 22, inspectors_words),
    Column("동행·입회", "Companions", 18, lambda row: ", ".join(row.hand.companions) or blank(row)),
    Column("점검방법", "Methods", 30, methods_words),
    Column("장비", "Equipment", 36, lambda row: row.equipment),
    Column("점검부위·범위", "Zones looked at", 36, scope_words),
    Column("미점검·판정 불가", "Not inspected, not assessable", 36, limits_words),
    Column("감지된 것 없음(구역)", "Nothing detected (zones)", 36, undetected_words),
    Column("확인할 곳(건)", "Places to inspect", 10, lambda row: len(row.places_to_inspect)),
    Column("확인할 곳 위치", "Where they are", 24, lambda row: "; ".join(row.places_to_inspect) or _none(row)),
    Column("의심흔적(구멍·흠집)", "Suspicious marks", 16, lambda row: row.hand.suspicious_marks or blank(row)),
    Column("비상벨 작동", "Emergency bell", 12, lambda row: row.hand.emergency_bell or blank(row)),
    Column("점검 결과(사람)", "Result by persons", 24, persons_line),
    Column("점검 결과 근거", "Why: persons", 36, persons_reason),
    Column("장비 점검 결과", "Result of the equipment", 22, equipment_line),
    Column("장비 점검 근거", "Why: equipment", 44, equipment_reason),
    Column("현장 판정", "State of what was found", 26, decision_words),
    Column("조치", "Measures", 24, lambda row: measures_words(row) or blank(row)),
    Column("사진(봉인 보관)", "Photographs (sealed)", 10, lambda row: row.hand.photographs),
    Column("사진 위치", "Photographs: where", 24, lambda row: photograph_places(row.hand, row.language) or _none(row)),
    Column(
        "구역별 육안 점검", "By eye, by zone", 44, lambda row: checklist_words(row.hand, row.language) or blank(row)
    ),
    Column("육안 살핌", "Looks by eye", 30, lambda row: row.eye_looks or _none(row)),
    Column("구역별 탐지기 점검", "Instruments, by zone", 44, lambda row: " / ".join(row.looks) or _none(row)),
    Column("이 방에 남은 것", "Open in this room", 26, standing_words),
    Column("다음 조치", "Next step", 40, next_step_words),
    Column("확인자", "Confirmed by", 16, lambda row: row.hand.confirmed_by or blank(row)),
    Column("점검 식별자", "Sweep", 38, lambda row: str(row.header.sweep_id)),
    Column("기록 해시(SHA-256)", "Record hash (SHA-256)", 66, lambda row: row.entry_hash or _none(row)),
    Column("서명 검증", "Signatures", 22, signature_words),
    Column(
        "접수(한국시간)",
        "Received (Korean time)",
        19,
        lambda row: kst(row.header.received) if row.header.received else blank(row),
    ),
    Column("기준 시각(한국시간)", "Time that counts (Korean time)", 19, lambda row: kst(row.header.counted_start)),
    Column("장비 상태", "State of the probe", 44, probe_state_words),
    Column(COVERAGE_WORDS["chance"].ko, COVERAGE_WORDS["chance"].en, 90, chance_words),
)


def headings(language: Language) -> Iterator[str]:
    """What stands above the columns."""
    return (word(language, column) for column in COLUMNS)


def cells_of(row: LogRow) -> tuple[str | int, ...]:
    """The cells of a row in the order of `COLUMNS`, text made fit for a document."""
    values = (column.cell(row) for column in COLUMNS)
    return tuple(plain_text(value) if isinstance(value, str) else value for value in values)
