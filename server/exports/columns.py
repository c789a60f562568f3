"""Columns of the inspection log, shared by CSV, spreadsheet and JSON, each with its heading and how it is filled.

PDF and HWPX have their own: `logs/pdf_log.printed_line`, `logs/hwpx_log`.

Input is a `LogRow`, output is text (or a count) per column.  README.md lists every column; a test holds it to that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.interface.fields import FindingState
from server.interface.safe_text import plain_text
from server.interface.words import (
    DEMO_NOTICES,
    EQUIPMENT,
    FINDINGS,
    IMPORTED,
    INSTRUMENT_SAW,
    INSTRUMENTS,
    MARKS_NEXT,
    MODES,
    NEXT_STEPS,
    NOT_RECORDED,
    OCCASIONS,
    PERSONS,
    SOURCES,
    SPOTS,
    ZONES,
    clock_quality,
    kst,
    modality_list,
)
from server.projections.by_eye import checklist_words, photograph_places
from server.projections.imported_words import reason_words
from server.projections.log_records import LogRow
from sweep.phrases import with_particles
from sweep.report.words import COVERAGE_WORDS


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


def _marked(row: LogRow, word: str) -> str:
    """A result; in front of it, for a replay or simulation, what kind of record it is.

    A spreadsheet gets filtered by result, and then the first column is no longer looked at.
    """
    return f"[{SOURCES[row.header.source].ko}] {word}" if row.is_demo else word


def persons_line(row: LogRow) -> str:
    """The persons' result, marked."""
    return _marked(row, PERSONS[row.persons].ko)


def equipment_line(row: LogRow) -> str:
    """The equipment's result, marked."""
    return _marked(row, equipment_word(row))


def equipment_word(row: LogRow) -> str:
    """The equipment's result; of what was taken over from an office's list that there is none."""
    return EQUIPMENT[row.equipment_result].ko if row.original is None else IMPORTED.ko


def equipment_reason(row: LogRow) -> str:
    """On what the equipment's result stands, in a sentence."""
    unjudged = not_judged(row)
    aborted = "점검이 중단됨 · " if row.is_aborted else ""
    unable, ways = row.unable
    unsure = f"(방식 {ways}가지 중 {unable}가지 판정 불가)" if unable else ""
    reach = f" · 있었다면 찾았을 확률: {row.reach}" if row.reach else ""
    match row.equipment_result:
        case "no_report" if row.report_state == "erased":
            return "보고서 본문이 삭제되어 결과를 말할 수 없음(기록과 서명은 남아 있음)"
        case "no_report":
            return "점검 시작 기록만 있고 보고서가 접수되지 않음"
        case "to_inspect":
            return (
                f"{aborted}{ZONES['to_inspect'].ko} {len(row.places_to_inspect)}곳: {'; '.join(row.places_to_inspect)}"
            )
        case "not_measured" if row.original is not None:
            return "기관의 목록에서 가져온 지난 점검. 측정값이 없고, 이 시스템에서 점검을 확인한 사람도 없음"
        case "not_measured":
            return "점검자가 탐지기·육안으로 확인함. 측정값과 찾았을 확률은 없음"
        case "clear":
            return "모든 구역이 모든 점검 대상에 대해 점검 범위 내 이상 없음"
        case "nothing_detected":
            return f"구역 {row.zones_total}곳에서 감지된 것 없음{unsure}. 기기가 없다는 뜻이 아님{reach}"
        case "partly" if not unjudged:
            return f"점검이 중단됨. 본 범위에서 감지된 것 없음{unsure}{reach}"
        case _:
            return f"{aborted}구역 {row.zones_total}곳 중 {unjudged}곳 판정 불가{unsure}{reach}"


def persons_reason(row: LogRow) -> str:
    """On what the persons' result stands, in a sentence."""
    hand, counts = row.hand, dict(row.findings)
    if row.original is not None:
        return reason_words(row.original)
    if row.inspected_by and hand.by_eye is None:
        return _inspected_reason(row)
    looked = f"{len(hand.spots)}/{len(SPOTS)}개 부위: {', '.join(hand.spots)}"
    match row.persons:
        case "confirmed":
            return "경찰이 카메라로 확인함"
        case "found":
            return f"사람이 눈으로 보고 카메라이거나 배제할 수 없다고 판정함 {counts.get('found', 0)}건"
        case "suspected":
            doubts = counts.get("suspected", 0)
            parts = [f"육안으로 의심함 {doubts}건"] if doubts else []
            parts += [f"{hand.suspicious_marks} · {looked}"] if hand.by_eye == "marks" else []
            return " / ".join(parts)
        case "recheck" if counts.get("recheck"):
            return f"재점검 요청 {counts['recheck']}건"
        case "recheck":
            return f"사람이 판정하지 않은 {FINDINGS['to_inspect'].ko} {counts.get('to_inspect', 0)}곳이 남음"
        case "nothing_unusual":
            return f"{hand.noted_by} 확인 · {looked}"
        case "not_done":
            return with_particles(f"{hand.noted_by}이(가) 육안 점검을 하지 않았다고 적음")
        case _:
            return "육안 점검 결과를 아직 적지 않음"


def _inspected_reason(row: LogRow) -> str:
    """Of an inspection with instruments: on which of their looks the persons' word stands."""
    unsure = {INSTRUMENT_SAW["signal"].ko: "신호", INSTRUMENT_SAW["cannot_tell"].ko: "판단하지 못함"}
    counts = Counter(word for saw, word in unsure.items() for look in row.looks if look.endswith(f": {saw}"))
    missed = len(row.zones_not_looked)
    parts = [
        *([f"의심한 곳: {'; '.join(row.places_to_inspect)}"] if row.places_to_inspect else []),
        *([f"미점검 구역 {missed}곳"] if missed else []),
        *(f"{word} {count}건" for word, count in counts.items()),
    ]
    return " · ".join(parts) or f"{', '.join(row.header.inspectors)} 확인 · 구역 {row.zones_total}곳"


def mode_words(row: LogRow) -> str:
    """By a probe, with instruments or by eye; what was typed afterwards says so."""
    typed = f" · 사후 입력(점검표 {row.typed_from})" if row.typed_from else ""
    return f"{MODES[row.header.mode].ko}{typed}"


def methods_words(row: LogRow) -> str:
    """By what the room was looked at: methods of a probe, kinds of instruments, the eye where somebody said so."""
    if row.original is not None:
        return row.original.method
    by_eye = row.hand.by_eye not in {None, "not_done"} and "by_eye" not in row.inspected_by
    kinds = [INSTRUMENTS[kind].ko for kind in row.inspected_by]
    return " · ".join(
        [*(["육안"] if by_eye else []), *kinds, *([modality_list(row.methods)] if row.methods else [])]
    ) or ("없음")


def chance_words(row: LogRow) -> str:
    """With what probability each target would have been found; nothing of the kind where nothing was measured."""
    if row.equipment_result == "not_measured":
        return equipment_word(row)
    return "; ".join(row.chances) or COVERAGE_WORDS["unknown"].ko


def probe_state_words(row: LogRow) -> str:
    """How the probe itself was, where there was one."""
    return "해당 없음" if row.equipment_result == "not_measured" else row.probe_state


def decision_words(row: LogRow) -> str:
    """How many findings stand at which state."""
    return _counted(row.findings) or "해당 없음"


def inspectors_words(row: LogRow) -> str:
    """Pseudonyms; of what was taken over from a list how many it names, whose names no table has."""
    return ", ".join(row.header.inspectors) if row.original is None else row.original.counted


def clock_words(row: LogRow) -> str:
    """What is known of the clock that gave the start."""
    if row.original is None:
        return clock_quality(row.header.started)
    return "목록에 적힌 시각" if row.original.has_time else "목록에 날짜만 있음"


def scope_words(row: LogRow) -> str:
    """Zones that were looked at, with how many of how many."""
    if row.report_state != "present":
        return "보고서 없음"
    if row.original is not None:
        return NOT_RECORDED
    return f"{len(row.zones_looked)}/{row.zones_total}곳: {', '.join(row.zones_looked) or '없음'}"


def not_judged(row: LogRow) -> int:
    """How many zones nobody looked at or no method could judge: those that `limits_words` names."""
    return len(row.zones_not_assessable) + len(row.zones_not_looked)


def limits_words(row: LogRow) -> str:
    """Zones that no method could judge, and those that were not looked at."""
    if row.original is not None:
        return NOT_RECORDED
    parts = [
        f"{ZONES[state].ko} {len(zones)}곳: {', '.join(zones)}"
        for state, zones in (("not_assessable", row.zones_not_assessable), ("not_looked", row.zones_not_looked))
        if zones
    ]
    return " / ".join(parts) or ("없음" if row.report_state == "present" else "보고서 없음")


def undetected_words(row: LogRow) -> str:
    """Zones where nothing was detected and no proof calls them clear: judged, and not free of a camera."""
    if row.original is not None:
        return NOT_RECORDED
    zones = row.zones_nothing_detected
    none = "없음" if row.report_state == "present" else "보고서 없음"
    return f"{len(zones)}곳: {', '.join(zones)}" if zones else none


def standing_words(row: LogRow) -> str:
    """What stands open in the room, whichever of its sweeps found it."""
    return _counted(row.place.open_things) or "없음"


def _counted(states: Iterable[tuple[FindingState, int]]) -> str:
    return " · ".join(f"{FINDINGS[state].ko} {count}건" for state, count in states)


def is_called(row: LogRow) -> bool:
    """Is a find of the room with 112 or the police, whichever sweep's case that is recorded with?"""
    is_found = row.persons == "found" or "found" in dict(row.place.open_things)
    return is_found and row.place.find_asks in {"hand_over", "police_result"}


def measures_words(row: LogRow) -> str:
    """What was done; of a find whose call is recorded with the case of another sweep at least that; else empty."""
    done = row.hand.measures
    has_call = any(one.startswith("112 신고") for one in done)
    return ", ".join(
        [*done, *(["112 신고함(이 방의 다른 점검의 확인 건에 기록)"] if is_called(row) and not has_call else [])]
    )


def next_step_words(row: LogRow) -> str:
    """What both results ask for; while an earlier find or suspicion stands open in the room, what that asks for."""
    stands_open = {state for state, _ in row.place.open_things}
    is_own_find = row.persons == "found" and row.original is None  # what a list says of the past asks for nothing today
    is_found, asks = is_own_find or "found" in stands_open, row.place.find_asks or "report"
    if is_found and asks != "police_result":
        return NEXT_STEPS[asks]
    if stands_open - {"found"} or {"suspected", "to_inspect"} & set(dict(row.findings)):
        return NEXT_STEPS["to_inspect"]
    if is_found:
        return NEXT_STEPS[asks]
    if row.original is not None:
        return "추가 조치 없음" if row.original.cited else "원본 문서를 확인하고 문서번호를 기재"
    if row.persons == "suspected":
        return MARKS_NEXT
    if row.equipment_result == "no_report":
        return NEXT_STEPS["no_report"]
    if row.persons == "recheck" or row.equipment_result in {"partly", "not_assessable"}:
        return NEXT_STEPS["recheck"]
    return NEXT_STEPS["by_eye" if row.persons in {"not_recorded", "not_done"} else "nothing"]


def occasion_words(row: LogRow) -> str:
    """점검구분 in words."""
    return OCCASIONS[row.hand.occasion].ko if row.hand.occasion else NOT_RECORDED


def signature_words(row: LogRow) -> str:
    """Whether the record behind the row verifies and is without holes; of an import, that of taking it over."""
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
    Column("시각 신뢰도", 20, clock_words),
    Column("시설명", 24, lambda row: row.place.facility_name.ko),
    Column("관리번호", 16, lambda row: row.place.facility_number or NOT_RECORDED),
    Column("위치(방)", 20, lambda row: row.place.room_name.ko),
    Column("성별", 8, lambda row: sex_words(row.place.sex) or NOT_RECORDED),
    Column("층", 8, lambda row: floor_words(row.place.floor) or NOT_RECORDED),
    Column("칸", 8, lambda row: stalls_words(row.stalls or row.place.stalls) or NOT_RECORDED),
    Column("점검구분(정기·수시·합동)", 14, occasion_words),
    Column("점검 방식(측정·탐지기·육안)", 14, mode_words),
    Column("점검자", 22, inspectors_words),
    Column("동행·입회", 18, lambda row: ", ".join(row.hand.companions) or NOT_RECORDED),
    Column("점검방법", 30, methods_words),
    Column("장비", 36, lambda row: row.equipment),
    Column("점검부위·범위", 36, scope_words),
    Column("미점검·판정 불가", 36, limits_words),
    Column("감지된 것 없음(구역)", 36, undetected_words),
    Column("확인할 곳(건)", 10, lambda row: len(row.places_to_inspect)),
    Column("확인할 곳 위치", 24, lambda row: "; ".join(row.places_to_inspect) or "없음"),
    Column("의심흔적(구멍·흠집)", 16, lambda row: row.hand.suspicious_marks or NOT_RECORDED),
    Column("비상벨 작동", 12, lambda row: row.hand.emergency_bell or NOT_RECORDED),
    Column("점검 결과(사람)", 24, persons_line),
    Column("점검 결과 근거", 36, persons_reason),
    Column("장비 점검 결과", 22, equipment_line),
    Column("장비 점검 근거", 44, equipment_reason),
    Column("현장 판정", 26, decision_words),
    Column("조치", 24, lambda row: measures_words(row) or NOT_RECORDED),
    Column("사진(봉인 보관)", 10, lambda row: row.hand.photographs),
    Column("사진 위치", 24, lambda row: photograph_places(row.hand) or "없음"),
    Column("구역별 육안 점검", 44, lambda row: checklist_words(row.hand) or NOT_RECORDED),
    Column("육안 살핌", 30, lambda row: row.eye_looks or "없음"),
    Column("구역별 탐지기 점검", 44, lambda row: " / ".join(row.looks) or "없음"),
    Column("이 방에 남은 것", 26, standing_words),
    Column("다음 조치", 40, next_step_words),
    Column("확인자", 16, lambda row: row.hand.confirmed_by or NOT_RECORDED),
    Column("점검 식별자", 38, lambda row: str(row.header.sweep_id)),
    Column("기록 해시(SHA-256)", 66, lambda row: row.entry_hash or "없음"),
    Column("서명 검증", 22, signature_words),
    Column("접수(한국시간)", 19, lambda row: kst(row.header.received) if row.header.received else NOT_RECORDED),
    Column("기준 시각(한국시간)", 19, lambda row: kst(row.header.counted_start)),
    Column("장비 상태", 44, probe_state_words),
    Column(COVERAGE_WORDS["chance"].ko, 90, chance_words),
)


def cells_of(row: LogRow) -> tuple[str | int, ...]:
    """The cells of a row in the order of `COLUMNS`, text made fit for a document."""
    values = (column.cell(row) for column in COLUMNS)
    return tuple(plain_text(value) if isinstance(value, str) else value for value in values)
