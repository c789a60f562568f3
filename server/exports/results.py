"""The two results of a line of the inspection log in words: what persons say and what the equipment says, on what each
stands, and what both ask for.

Input is a `LogRow`, output is text in its language.
"""

from __future__ import annotations

from collections import Counter

from server.interface.told import many
from server.interface.words import (
    EQUIPMENT,
    FINDINGS,
    IMPORTED,
    INSTRUMENT_SAW,
    MARKS_NEXT,
    NEXT_STEPS,
    PERSONS,
    SOURCES,
    SPOTS,
    ZONES,
    person_name,
)
from server.projections.imported_words import reason_words
from server.projections.log_records import LogRow
from sweep.phrases import with_particles


def _marked(row: LogRow, result: str) -> str:
    """A result; in front of it, for a replay or simulation, what kind of record it is.

    A spreadsheet gets filtered by result, and then the first column is no longer looked at.
    """
    return f"[{row.word(SOURCES[row.header.source])}] {result}" if row.is_demo else result


def persons_line(row: LogRow) -> str:
    """The persons' result, marked."""
    return _marked(row, row.word(PERSONS[row.persons]))


def equipment_line(row: LogRow) -> str:
    """The equipment's result, marked."""
    return _marked(row, equipment_word(row))


def equipment_word(row: LogRow) -> str:
    """The equipment's result; of what was taken over from an office's list that there is none."""
    return row.word(EQUIPMENT[row.equipment_result] if row.original is None else IMPORTED)


def equipment_reason(row: LogRow) -> str:
    """On what the equipment's result stands, in a sentence."""
    say, unjudged = row.told, not_judged(row)
    aborted = say("점검이 중단됨 · ", "Sweep broken off · ") if row.is_aborted else ""
    unable, ways = row.unable
    unsure = say(
        f"(방식 {ways}가지 중 {unable}가지 판정 불가)", f" ({unable} of {many(ways, 'method')} could not judge)"
    )
    unsure = unsure if unable else ""
    reach = say(f" · 있었다면 찾았을 확률: {row.reach}", f" · chance of being found: {row.reach}") if row.reach else ""
    zones = many(row.zones_total, "zone")
    match row.equipment_result:
        case "no_report" if row.report_state == "erased":
            return say(
                "보고서 본문이 삭제되어 결과를 말할 수 없음(기록과 서명은 남아 있음)",
                "The body of the report was erased: no result can be told (record and signatures remain)",
            )
        case "no_report":
            return say(
                "점검 시작 기록만 있고 보고서가 접수되지 않음", "Only its start is on record; no report was received"
            )
        case "to_inspect":
            where, count = "; ".join(row.places_to_inspect), len(row.places_to_inspect)
            return aborted + say(
                f"{ZONES['to_inspect'].ko} {count}곳: {where}", f"{many(count, 'place')} to inspect: {where}"
            )
        case "not_measured" if row.original is not None:
            return say(
                "기관의 목록에서 가져온 지난 점검. 측정값이 없고, 이 시스템에서 점검을 확인한 사람도 없음",
                "A past inspection from an office's list: nothing measured, and confirmed by nobody in this system",
            )
        case "not_measured":
            return say(
                "점검자가 탐지기·육안으로 확인함. 측정값과 찾았을 확률은 없음",
                "Inspectors looked with instruments or by eye: nothing measured, no chance of being found",
            )
        case "clear":
            return say(
                "모든 구역이 모든 점검 대상에 대해 점검 범위 내 이상 없음",
                "Every zone is clear of every target, within coverage",
            )
        case "nothing_detected":
            return say(
                f"구역 {row.zones_total}곳에서 감지된 것 없음{unsure}. 기기가 없다는 뜻이 아님{reach}",
                f"Nothing detected in {zones}{unsure}. That does not mean that no device is there{reach}",
            )
        case "partly" if not unjudged:
            return say(
                f"점검이 중단됨. 본 범위에서 감지된 것 없음{unsure}{reach}",
                f"Sweep broken off. Nothing detected in what was looked at{unsure}{reach}",
            )
        case _:
            return aborted + say(
                f"구역 {row.zones_total}곳 중 {unjudged}곳 판정 불가{unsure}{reach}",
                f"{unjudged} of {zones} not assessable{unsure}{reach}",
            )


def persons_reason(row: LogRow) -> str:
    """On what the persons' result stands, in a sentence."""
    say, hand, counts = row.told, row.hand, dict(row.findings)
    if row.original is not None:
        return reason_words(row.original, row.language)
    if row.inspected_by and hand.by_eye is None:
        return _inspected_reason(row)
    spots, found, who = ", ".join(hand.spots), counts.get("found", 0), person_name(hand.noted_by or "", "en")
    looked = say(f"{len(hand.spots)}/{len(SPOTS)}개 부위: {spots}", f"{len(hand.spots)} of {len(SPOTS)} spots: {spots}")
    match row.persons:
        case "confirmed":
            return say("경찰이 카메라로 확인함", "The police confirmed a camera")
        case "found":
            return say(
                f"사람이 눈으로 보고 카메라이거나 배제할 수 없다고 판정함 {found}건",
                f"Persons looked and decided that it is a camera or cannot be ruled out: {found}",
            )
        case "suspected":
            doubts = counts.get("suspected", 0)
            parts = [say(f"육안으로 의심함 {doubts}건", f"Suspected by eye: {doubts}")] if doubts else []
            parts += [f"{hand.suspicious_marks} · {looked}"] if hand.by_eye == "marks" else []
            return " / ".join(parts)
        case "recheck" if counts.get("recheck"):
            return say(f"재점검 요청 {counts['recheck']}건", f"Asked to inspect again: {counts['recheck']}")
        case "recheck":
            left = counts.get("to_inspect", 0)
            return say(
                f"사람이 판정하지 않은 {FINDINGS['to_inspect'].ko} {left}곳이 남음",
                f"{many(left, 'place')} to inspect left that nobody decided on",
            )
        case "nothing_unusual":
            return say(f"{hand.noted_by} 확인 · {looked}", f"{who} looked · {looked}")
        case "not_done":
            ko = with_particles(f"{hand.noted_by}이(가) 육안 점검을 하지 않았다고 적음")
            return say(ko, f"{who} noted that nobody looked by eye")
        case _:
            return say("육안 점검 결과를 아직 적지 않음", "No result by eye noted yet")


def _inspected_reason(row: LogRow) -> str:
    """Of an inspection with instruments: on which of their looks the persons' word stands."""
    say = row.told
    unsure = {
        row.word(INSTRUMENT_SAW["signal"]): say("신호", "signals"),
        row.word(INSTRUMENT_SAW["cannot_tell"]): say("판단하지 못함", "could not tell"),
    }
    counts = Counter(word for saw, word in unsure.items() for look in row.looks if look.endswith(f": {saw}"))
    places, missed, who = "; ".join(row.places_to_inspect), len(row.zones_not_looked), row.header.inspectors
    parts = [
        *([say(f"의심한 곳: {places}", f"Suspected: {places}")] if places else []),
        *([say(f"미점검 구역 {missed}곳", f"{many(missed, 'zone')} not inspected")] if missed else []),
        *(say(f"{word} {count}건", f"{word}: {count}") for word, count in counts.items()),
    ]
    return " · ".join(parts) or say(
        f"{', '.join(who)} 확인 · 구역 {row.zones_total}곳",
        f"{', '.join(person_name(one, 'en') for one in who)} looked · {many(row.zones_total, 'zone')}",
    )


def not_judged(row: LogRow) -> int:
    """How many zones nobody looked at or no method could judge: those that `columns.limits_words` names."""
    return len(row.zones_not_assessable) + len(row.zones_not_looked)


def is_called(row: LogRow) -> bool:
    """Is what this sweep found with 112 or the police, whichever sweep's case that is recorded with?"""
    is_found = row.persons == "found" and row.original is None
    return is_found and row.place.find_asks in {"hand_over", "police_result"}


def measures_words(row: LogRow) -> str:
    """What was done; of a find whose call is recorded with the case of another sweep at least that; else empty."""
    done = list(row.hand.measures)
    has_call = any(one.startswith(row.told("112 신고", "112 called")) for one in done)
    if is_called(row) and not has_call:
        done.append(
            row.told(
                "112 신고함(이 방의 다른 점검의 확인 건에 기록)",
                "112 called (recorded with the case of another sweep of this room)",
            )
        )
    return ", ".join(done)


def next_step_words(row: LogRow) -> str:
    """What both results ask for; while an earlier find or suspicion stands open in the room, what that asks for."""
    stands_open = {state for state, _ in row.place.open_things}
    is_own_find = row.persons == "found" and row.original is None  # what a list says of the past asks for nothing today
    is_found, asks = is_own_find or "found" in stands_open, row.place.find_asks or "report"
    if is_found and asks != "police_result":
        return row.word(NEXT_STEPS[asks])
    if stands_open - {"found"} or {"suspected", "to_inspect"} & set(dict(row.findings)):
        return row.word(NEXT_STEPS["to_inspect"])
    if is_found:
        return row.word(NEXT_STEPS[asks])
    if row.original is not None:
        find = "원본 문서를 확인하고 문서번호를 기재", "Find the original and note its number"
        return row.word(NEXT_STEPS["nothing"]) if row.original.cited else row.told(*find)
    if row.persons == "suspected":
        return row.word(MARKS_NEXT)
    if row.equipment_result == "no_report":
        return row.word(NEXT_STEPS["no_report"])
    if row.persons == "recheck" or row.equipment_result in {"partly", "not_assessable"}:
        return row.word(NEXT_STEPS["recheck"])
    return row.word(NEXT_STEPS["by_eye" if row.persons in {"not_recorded", "not_done"} else "nothing"])
