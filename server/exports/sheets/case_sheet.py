"""The record of a case on paper, for whoever takes the object over: what persons did, step by step, and room to sign.

Input are a case's places and steps; output the bytes of a PDF/A in Korean with English beside it.  It has no field for
an address, a name of a device or a picture, and says nothing of what any footage may show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.exports.sheets.fonts import FONT_FOLDERS, find_typeface
from server.exports.sheets.typeset import printable, set_pdf
from server.interface.words import DEFECT_WORDS, NOT_RECORDED, SOURCES, STEP_WORDS, kst
from sweep.report import Source
from sweep.report.case_records import Step
from sweep.report.photo_records import Arrow
from sweep.report.words import words_of

MAX_STEPS = 300  # guessed: cases have a dozen


FIELD_WORDS: Mapping[str, str] = {
    "by": "알린 사람",
    "what": "내용",
    "why": "사유",
    "seen": "본 것",
    "reopens": "다시 확인하는 날",
    "defect": "보수할 것",
    "measured_mm": "측정값(mm)",
    "duty": "의무",
    "handed_to": "보수를 맡은 곳",
    "due": "기한",
    "holds": "보수 확인",
    "was_touched": "접촉 여부",
    "guarded_by": "문을 지킨 사람",
    "commitment": "봉인한 사진의 기록값",
    "why_not": "촬영하지 못한 사유",
    "receipt_no": "접수 번호",
    "officer": "담당자",
    "rank": "계급",
    "station": "소속",
    "seal_no": "봉인 번호",
    "result": "확인 결과",
    "dated": "문서 날짜",
    "document_no": "문서 번호",
    "wanted": "요청한 것",
    "to": "보고받은 부서",
    "agency": "기관",
    "name": "이름",
    "shown_hash": "서명한 기록의 해시",
    "room_id": "맞는 방",
}
"""Fields of steps, in the order in which they are printed; what is not here is not printed."""
VALUE_WORDS: Mapping[str, str] = {
    "camera": "카메라",
    "none": "카메라 아님",
    "unknown": "확인되지 않음",
    "nothing": "아무것도 없음",
    "object": "물체",
    "violation": "규정 위반",
    "defect": "보수 필요",
    "advice": "권고",
    "addresses": "기기 주소",
    "wifi_timeline": "와이파이 시간별 기록(점검 보고)",
    "photographs": "물체 사진",
    "person": "점검자",
    "cleaner": "청소 담당",
    "public": words_of("began")["public"].ko,
    "instrument": words_of("began")["instrument"].ko,
} | {defect: words.ko for defect, words in DEFECT_WORDS.items()}
CODED = frozenset({"result", "seen", "defect", "duty", "wanted"})
WORDS = {
    "title": "불법촬영 의심기기 확인 건 기록",
    "subtitle": "Record of a case: a covert recording device was found, or cannot be ruled out · Ansim Sweep",
    "note": "전자 기록이 원본이며 이 종이는 사본입니다. "
    "함께 받은 records.jsonl의 서명된 기록이 다르면 그것이 우선합니다.",
    "note_en": "The signed records in records.jsonl prevail over this copy.",
    "never": "인계자는 기기를 열거나 저장된 것을 보지 않았고, 영상을 보거나 복사하거나 보내지 않았음을 확인합니다.",
    "never_en": "Whoever hands it over neither opened the device nor looked at, copied or linked footage.",
}


@dataclass(frozen=True, slots=True)
class PrintedStep:
    """A step as it stands in the log."""

    step: Step
    person: str
    """Pseudonym of whoever signed it."""
    received: datetime
    log_index: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class ArrowedPhoto:
    """A photograph over which somebody drew: its frame and the arrows, never what it shows."""

    width_px: int
    height_px: int
    arrows: Sequence[Arrow]
    person: str
    taken: datetime
    log_index: int
    sha256: str | None
    """Of the picture before it was sealed; None once it is deleted."""


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """What stands on the sheet."""

    case_id: str
    organisation: str
    place: str
    """Facility and room, as they are called."""
    recorded_place: str | None
    """Where it was recorded first, when that was corrected."""
    source: Source
    asked: Sequence[str]
    """What the police asked for in writing."""
    requested_by: str
    reason: str
    steps: Sequence[PrintedStep]
    photographs: Sequence[ArrowedPhoto] = ()
    approval: Sequence[str] = ()
    """What stands over each approval box (결재란)."""


def case_sheet(case: CaseSheet, made: datetime, *, font_folders: Sequence[Path] = FONT_FOLDERS) -> bytes:
    """The sheet as PDF bytes; `made` is an aware time. Raises FontsMissingError without Nanum Gothic."""
    typeface = find_typeface(font_folders)
    data = {
        **WORDS,
        "case_id": case.case_id,
        "organisation": case.organisation,
        "place": case.place or NOT_RECORDED,
        "recorded_place": case.recorded_place or "",
        "mark": "" if case.source == "live" else SOURCES[case.source].ko,
        "asked": ", ".join(VALUE_WORDS[one] for one in case.asked) or "없음 (주소와 무선 기록은 넣지 않았습니다)",
        "requested_by": case.requested_by,
        "reason": case.reason,
        "made": kst(made),
        "approval": list(case.approval),
        "steps": [_printed(one) for one in case.steps[:MAX_STEPS]],
        "photographs": [
            {
                "shape": one.height_px / one.width_px,
                "arrows": [one_arrow.model_dump() for one_arrow in one.arrows],
                "person": one.person,
                "when": kst(one.taken),
                "index": one.log_index,
                "hash": one.sha256 or "삭제됨",
            }
            for one in case.photographs
        ],
    }
    return set_pdf("case.typ", printable(data, typeface), made, typeface, standard="a-2a")


def _printed(one: PrintedStep) -> dict[str, object]:
    said = one.step.model_dump(mode="json")
    second = said.get("second_person")
    words = STEP_WORDS[one.step.step]
    return {
        "when": kst(one.received),
        "ko": words.ko,
        "en": words.en,
        "persons": [one.person] if second is None else [one.person, second],
        "details": [
            f"{word}: {_value(name, said[name])}"
            for name, word in FIELD_WORDS.items()
            if said.get(name) is not None and name != "step"
        ],
        "index": one.log_index,
        "hash": one.entry_hash,
    }


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        yes, no = ("있음", "없음") if name == "was_touched" else ("예", "아니요")
        return yes if value else no
    if isinstance(value, list):
        return ", ".join(VALUE_WORDS.get(str(one), str(one)) for one in value)
    return VALUE_WORDS.get(str(value), str(value)) if name in CODED else str(value)
