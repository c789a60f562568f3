"""The rooms that a pair visits today, on paper, in the order of their walk, with boxes to tick.

Input are rooms and whose list it is; output are the bytes of a PDF.  It is numbered and made out to two persons, and
knows no case, no date but today's and nothing that was ever seen in a room: whoever finds it learns where two persons
went that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from server.exports.place_parts import floor_words, sex_words, stalls_words
from server.exports.sheets.fonts import FONT_FOLDERS, find_typeface
from server.exports.sheets.typeset import printable, set_pdf
from server.interface.fields import RoomSex
from server.interface.words import BELLS, INSTRUMENTS, SPOTS, kst
from server.projections.log_records import Printing
from sweep.report.visit_records import Bell

TITLE = "불법촬영기기 점검표"
BELLS_TICKED: tuple[Bell, ...] = ("works", "broken", "none")
NOTES = (
    "당일 무작위 선정, 외부 유출 금지. 받은 두 사람만 쓰고, 쓰고 난 종이는 돌려주어 입력한 뒤 파기합니다.",
    "의심되는 것은 만지거나 뽑거나 열지 않습니다. 사람을 내보내고 두 사람이 함께 112에 신고합니다.",
    "전파 탐지기의 신호만으로는 위치를 알 수 없습니다. 내시경은 사용 중인 칸이나 주거 공간으로 향하지 않습니다.",
    "이 종이에서 나중에 입력한 점검은 기록과 점검일지에 ‘사후 입력’이라고 남습니다.",
    "예정 시각은 직선거리로 어림한 것으로 실제 도로 미반영입니다.",
)


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """A room of the list."""

    expected: str
    """HH:MM, with walks along straight lines."""
    facility: str
    facility_number: str | None
    address: str
    room: str
    sex: RoomSex | None
    floor: int | None
    stalls: int | None
    with_police: bool


def day_list(
    rooms: Sequence[ListedRoom],
    names: Sequence[str],
    day: date,
    made: datetime,
    printing: Printing,
    *,
    font_folders: Sequence[Path] = FONT_FOLDERS,
) -> bytes:
    """The list; `made` is an aware time. Raises FontsMissingError without Nanum Gothic."""
    typeface = find_typeface(font_folders)
    data = {
        "title": TITLE,
        "english": "Rooms to inspect today, in walking order",
        "day": day.isoformat(),
        "organisation": printing.organisation,
        "document_no": printing.document_no,
        "approval": list(printing.approval),
        "requested_by": printing.requested_by,
        "made": kst(made),
        "names": [printing.who(name) for name in names],
        "spots": [words.ko for words in SPOTS.values()],
        "instruments": [INSTRUMENTS[kind].ko.split("(")[0] for kind in INSTRUMENTS],
        "bells": [BELLS[bell].ko for bell in BELLS_TICKED],
        "notes": list(NOTES),
        "rooms": [_room(one) for one in rooms],
    }
    return set_pdf("day_list.typ", printable(data, typeface), made, typeface, standard="a-2a")


def _room(one: ListedRoom) -> dict[str, str]:
    parts = (sex_words(one.sex), floor_words(one.floor), stalls_words(one.stalls))
    return {
        "expected": one.expected,
        "facility": one.facility,
        "number": one.facility_number or "",
        "address": one.address,
        "room": one.room,
        "parts": " · ".join(part for part in parts if part),
        "police": "경찰 합동" if one.with_police else "",
    }
