"""What the words of a heading say, where it stands in no table as a whole: of which group it is, what it counts.

Pure.  A word that names the list's own subject (`화장실 층`, `점검 일시 날짜`) and a unit in brackets (`소변기(개)`)
change nothing; a sex and a fixture name a count (`변기 수 남자용 대`).  Any other word leaves the heading to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from server.imports.reading.cuts import squash_heading

_UNIT = re.compile(
    r"\s*[(\[](?:개|칸|명|인|실|개소|원|까지|필수|년|월|일|연월|년월|연월일|년월일|도로명|번지|지번|s/n)[)\]]",
    re.IGNORECASE,
)
_GROUPS: Final = frozenset(
    [
        *("시설", "시설현황", "시설개요", "시설정보", "화장실", "화장실현황", "건물", "위치", "소재지", "주소", "좌표"),
        *("변기", "변기수", "칸", "칸수", "규모", "설치현황", "설비", "현황"),
        *("점검", "점검일시", "일시", "점검장소", "장소", "점검내용", "점검내역"),
        *("장비", "장비정보", "기기", "탐지기", "탐지장비", "제품"),
    ]
)
"""What groups of columns of the list's own subject are called; one of somebody else (`관리자 주소`) is not here."""
_COUNT = re.compile(
    r"(?:변기수?|시설|화장실|현황|규모)?(?P<sex>남자|남성|남|여자|여성|여)(?:용|화장실)?(?:변기수?)?"
    r"(?P<what>대변기|양변기|대|칸|소변기|소)?(?:칸?수)?"
)
_COUNTS: Final = {
    **dict.fromkeys((f"남{one}" for one in ("대변기", "양변기", "대", "칸")), "men_stalls"),
    **dict.fromkeys((f"남{one}" for one in ("소변기", "소")), "men_urinals"),
    **dict.fromkeys((f"여{one}" for one in ("대변기", "양변기", "대", "칸")), "women_stalls"),
}


def ways_to_read(heading: str) -> Iterator[str]:
    """A heading, squashed: as it stands, without units, without its group."""
    bare = _UNIT.sub("", heading)
    yield squash_heading(heading)
    yield squash_heading(bare)
    words = bare.split()
    for first in range(1, len(words)):
        if squash_heading("".join(words[:first])) in _GROUPS:
            yield squash_heading("".join(words[first:]))


def count_in(heading: str) -> str | None:
    """The count of a facility that a heading names by a sex and a fixture; women's fixtures are stalls."""
    found = _COUNT.fullmatch(squash_heading(_UNIT.sub("", heading)))
    if found is None:
        return None
    sex, what = found["sex"][0], found["what"]
    if what is None:
        return "women_stalls" if sex == "여" and "변기" in found[0] else None
    return _COUNTS.get(sex + what)
