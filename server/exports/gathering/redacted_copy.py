"""A copy of a period's log for information disclosure (정보공개): what the law keeps back is taken out and counted.

Input are the lines of a district's log; output is a document in the shape of `office_paper`.  Results are taken out of
every line alike: a line that alone lacked its result would tell whoever asked, who may own the place, that something
stands open there.  They are told as sums, and only of so many facilities that nobody can be meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.exports.columns import occasion_words
from server.exports.logs.office_paper import OfficePaper, Section
from server.exports.place_parts import sex_words
from server.interface.fields import IMPORTED_AS, INSPECTED_WITH
from server.interface.words import MODES, PERSONS, ROOM_KINDS, kst
from server.projections.log_records import LogRow, Period, Printing

LEAST_FACILITIES = 20  # guessed: of fewer a sum may be about one that somebody knows
LAW = "공공기관의 정보공개에 관한 법률 제9조제1항"
OUT = "비공개"
WITHOUT_PROBE = (*INSPECTED_WITH, *IMPORTED_AS)


@dataclass(frozen=True, slots=True)
class Ground:
    """Something that is taken out, and why."""

    what: str
    item: int
    """호 of 제9조제1항."""
    why: str


PEOPLE = Ground("점검자·동행·확인자(성명과 번호)", 6, "성명 등 개인에 관한 사항")
PLACES = Ground("장비가 지목한 위치, 의심흔적과 현장 판정", 4, "수사와 범죄의 예방에 지장을 줄 우려")
RESULTS = Ground("시설별 점검 결과와 조치", 4, "수사와 범죄의 예방에 지장을 줄 우려")
EQUIPMENT = Ground("장비의 일련번호, 키, 보정과 판정 기준", 5, "점검·검사 업무의 공정한 수행에 지장을 줄 우려")
RECORDS = Ground("기록 해시와 점검 식별자", 5, "점검·검사 업무의 공정한 수행에 지장을 줄 우려")
PHOTOGRAPHS = Ground("물체 사진", 4, "수사에 관한 사항")
GROUNDS = (PEOPLE, PLACES, RESULTS, EQUIPMENT, RECORDS, PHOTOGRAPHS)
"""In the order in which they are listed; addresses and names of devices are in no log to begin with."""


def redacted_copy(rows: Sequence[LogRow], period: Period, made: datetime, printing: Printing) -> OfficePaper:
    """The copy; only what was done in real rooms is in it."""
    live = [row for row in rows if not row.is_demo]
    taken = _taken(live)
    facilities = {(row.place.facility_name.ko, row.place.facility_number) for row in live}
    return OfficePaper(
        title="불법촬영기기 점검일지(정보공개용 사본)",
        english="Copy of the log for information disclosure: what the law keeps back is taken out",
        printing=printing,
        made=made,
        fields=(
            ("점검 기간", f"{period.first} ~ {period.last}"),
            ("점검", f"{len(live)}건, 시설 {len(facilities)}곳"),
            ("공개 구분", f"부분공개({LAW} 각 호)"),
        ),
        sections=(
            Section(
                "점검 내역",
                (),
                ("번호", "점검일", "시설명", "방", "구분", "방식", "점검자", "결과·조치"),
                (0.6, 1.1, 2.6, 1.2, 0.8, 1.6, 0.8, 1),
                [_line(row, number) for number, row in enumerate(live, start=1)],
                "이 기간에 점검한 곳이 없습니다.",
            ),
            _sums(live, len(facilities)),
            Section(
                "비공개 내역과 근거",
                (),
                ("비공개한 것", "건수", "근거", "사유"),
                (2.6, 0.6, 1.8, 2.4),
                [
                    (ground.what, str(taken[ground]), f"{LAW} 제{ground.item}호", ground.why)
                    for ground in GROUNDS
                    if taken[ground]
                ],
                "비공개한 것이 없습니다.",
            ),
        ),
        closing=(
            f"비공개 합계 {sum(taken.values())}건. 결과와 조치는 시설을 가리지 않고 모든 줄에서 뺐습니다.",
            "기기 주소, 기기·와이파이 이름은 점검일지에 처음부터 싣지 않습니다.",
            "시뮬레이션과 재생 기록은 점검이 아니므로 넣지 않았습니다.",
            "비공개 결정에 불복하면 결정을 안 날부터 30일 안에 이의신청을 할 수 있습니다(같은 법 제18조).",
        ),
    )


def _taken(rows: Iterable[LogRow]) -> Counter[Ground]:
    """How many pieces of each sort were taken out."""
    taken: Counter[Ground] = Counter()
    for row in rows:
        hand = row.hand
        taken[PEOPLE] += len(row.header.inspectors) + len(hand.companions) + (hand.confirmed_by is not None)
        taken[PLACES] += (
            len(row.places_to_inspect) + (hand.suspicious_marks is not None) + sum(count for _, count in row.findings)
        )
        taken[RESULTS] += 2 + len(hand.measures)
        taken[EQUIPMENT] += 1
        taken[RECORDS] += 1 + (row.entry_hash is not None)
        taken[PHOTOGRAPHS] += hand.photographs
    return taken


def _line(row: LogRow, number: int) -> tuple[str, ...]:
    parts = (ROOM_KINDS[row.place.room_kind], sex_words(row.place.sex))
    return (
        str(number),
        kst(row.header.counted_start)[:10],
        row.place.facility_name.ko,
        " ".join(part for part in parts if part),
        occasion_words(row),
        f"{MODES[row.header.mode].ko}{'(측정기록 없음)' if row.header.mode in WITHOUT_PROBE else ' 측정'}",
        OUT,
        OUT,
    )


def _sums(rows: Sequence[LogRow], facilities: int) -> Section:
    """Results over all facilities, by the way in which rooms were looked at; none of few."""
    if facilities < LEAST_FACILITIES:
        why = (
            f"시설이 {LEAST_FACILITIES}곳보다 적어 어느 곳의 결과인지 알 수 있으므로 합계를 비공개합니다({LAW} 제4호)."
        )
        return Section("점검 결과 합계", (why,))
    by_way = [
        ("측정(점검기)", [row for row in rows if row.header.mode not in WITHOUT_PROBE]),
        ("탐지기(측정기록 없음)", [row for row in rows if row.header.mode in {"checked", "instruments"}]),
        ("육안(측정기록 없음)", [row for row in rows if row.header.mode == "by_eye"]),
    ]
    imported = [row for row in rows if row.header.mode in IMPORTED_AS]
    if imported:
        by_way.append(("가져온 기록(측정기록 없음)", imported))
    lines = []
    for word, of_way in by_way:
        counts = Counter[str](row.persons for row in of_way)
        lines.append((word, *(str(counts[code]) for code in PERSONS), str(len(of_way))))
    heads = ("방식", *(words.ko for words in PERSONS.values()), "계")
    said = ("방식이 다른 점검은 더하지 않습니다.",)
    return Section("점검 결과 합계", said, heads, (1.6, *(1.0 for _ in PERSONS), 0.6), lines)
