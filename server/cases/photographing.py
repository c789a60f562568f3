"""When an object of a case may be photographed, how many times, and how long the phone's camera may be open for it.

No database: input is the state of a case; output is a sentence that says why not, or None.  The phone must not become
the camera that it looks for: nothing is photographed while a room may hold people, and nothing once a case is over.
"""

from __future__ import annotations

from datetime import timedelta

from server.interface.fields import CaseState
from sweep.report import LocalText

DECLARED_FOR = timedelta(minutes=15)  # DESIGN: as long as a declaration holds for the probe's camera
PREVIEW_S = 45  # guessed: to aim with gloves on; it closes by itself, and is opened anew for each picture
MAX_EDGE_PX = 1600  # guessed: a 2 mm hole at 30 cm has 7 pixels with a phone's usual field of view of 70 degrees
MAX_PER_DECLARATION = 6  # guessed: the object from three sides, its place, and two that failed
MAX_PER_CASE = 20  # guessed: three visits to a place
MAX_PER_DAY = 60  # guessed: of one person; whoever needs more does something else than photographing finds
NO_KEY = LocalText(
    ko="증거담당자의 키가 아직 등록되지 않아 사진을 봉인할 수 없습니다. 증거담당자에게 알리십시오",
    en="no evidence officer has a key yet, so that a photograph could not be sealed; tell the evidence officer",
)
TOO_MANY = LocalText(
    ko=f"이 확인 건의 사진은 {MAX_PER_CASE}장까지입니다", en=f"a case has at most {MAX_PER_CASE} photographs"
)
_CLOSE_FIRST = LocalText(
    ko="먼저 사람을 내보내고 문을 닫은 뒤 ‘방을 비우고 닫음’ 단계를 기록하십시오. 촬영은 그다음입니다",
    en="first clear the room, close the door and record that step; photographs come after it",
)
_WITH_THE_POLICE = LocalText(
    ko="경찰에 넘긴 뒤에는 촬영하지 않습니다", en="nothing is photographed after it was handed to the police"
)
_OVER = LocalText(
    ko="끝난 확인 건입니다. 다시 의심되면 다시 여십시오", en="this case is closed; reopen it if in doubt again"
)
_WHY_NOT: dict[CaseState, LocalText] = {
    "camera": _CLOSE_FIRST,
    "handed_over": _WITH_THE_POLICE,
    "reported_to_city": _WITH_THE_POLICE,
    "police_camera": _WITH_THE_POLICE,
    "police_none": _OVER,
    "not_camera": _OVER,
    "hole_repaired": _OVER,
}


def why_not(state: CaseState, taken: int) -> LocalText | None:
    """Why nothing may be photographed for a case of this state with so many photographs; None when something may."""
    return _WHY_NOT.get(state) or (TOO_MANY if taken >= MAX_PER_CASE else None)
