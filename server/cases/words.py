"""Words of cases: what comes next in each state, and words that nobody uses here because they hurt again.

The sentences follow the city's handbook: secure the evidence, remember the person, report, and blame nobody.  The list
of words holds for them (a test) and for what people write into a case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.interface.errors import invalid, refuse_links
from server.interface.fields import CaseState, Turn
from server.interface.plain_text import folded
from sweep.phrases import Phrase
from sweep.report import LocalText


@dataclass(frozen=True)
class Next:
    """What has to be done in a state, and by whom."""

    whose: Turn
    said: LocalText


def _both(ko: str, en: str) -> LocalText:
    return LocalText(ko=ko, en=en)


def _next(whose: Turn, ko: str, en: str) -> Next:
    return Next(whose, _both(ko, en))


NEXT: dict[CaseState | None, Next] = {
    None: _next(
        "pair",
        "먼저 무엇을 보았는지 적어 확인 건을 여십시오",
        "first open the case by saying what was seen",
    ),
    "candidate": _next(
        "pair",
        "먼저 두 사람이 손대지 않고 눈으로 확인하십시오. 볼 수 없으면 사유를 적으십시오",
        "first two persons look by eye without touching; where that cannot be done, say why",
    ),
    "not_reached": _next(
        "pair",
        "아직 확인하지 못했습니다. 두 사람이 다시 가서 눈으로 확인하십시오",
        "nobody has looked yet; two persons go again and look by eye",
    ),
    "looked_at": _next(
        "pair",
        "무엇인지 판정하십시오. 카메라가 아니면 무엇인지, 구멍이면 보수 요청, 배제할 수 없으면 발견으로 처리합니다",
        "decide what the two saw: what it is, or a hole to repair; what cannot be ruled out is a find",
    ),
    "not_camera": _next(
        "nobody",
        "카메라가 아닌 것으로 종결했습니다. 다시 의심되면 사유를 적어 다시 여십시오",
        "closed as no camera; if in doubt again, reopen it and say why",
    ),
    "defect": _next(
        "facility",
        "보수할 차례입니다. 담당자는 보수를 요청한 곳과 기한을, 끝나면 보수한 곳을 적으십시오",
        "the repair is due; an officer writes down who was asked and by when, and who repaired it when it is done",
    ),
    "repaired": _next(
        "pair",
        "보수가 끝났다는 연락이 왔습니다. 현장에서 다시 확인하십시오",
        "said to be repaired; look at it again on the spot",
    ),
    "hole_repaired": _next(
        "nobody",
        "보수를 확인하고 종결했습니다. 다시 생기면 사유를 적어 다시 여십시오",
        "closed, the repair was checked; if it comes back, reopen it and say why",
    ),
    "camera": _next(
        "pair",
        "손대지 말고 그대로 두십시오. 사람을 내보내고 문을 닫은 뒤 한 사람이 지키십시오",
        "leave it as it is and do not touch it; clear the room, close the door, and one person stays there",
    ),
    "room_closed": _next(
        "pair",
        "112에 신고하고 접수 번호를 적으십시오. 본 사람의 인상착의와 시각을 기억해 두십시오",
        "call 112 and write down the receipt number; remember what persons you saw looked like, and when",
    ),
    "police_called": _next(
        "pair",
        "경찰이 올 때까지 지키십시오. 기기를 열거나 저장된 것을 보지 마십시오(물체 사진은 인계 전까지 가능). "
        "인계할 때 경찰이 말한 담당자·소속·계급·접수 번호·봉인 번호를 적고 두 사람이 확인하십시오",
        "guard it until the police come; never open the device or look at what it holds (the object may be "
        "photographed until they take it); then write down officer, station, rank, receipt and seal number as they say "
        "them, and two persons confirm it",
    ),
    "handed_over": _next(
        "supervisor",
        "시에 보고하십시오. 주소와 무선 기록은 경찰이 문서로 요청할 때만 넘깁니다",
        "report to the city; addresses and radio records are given to the police on a written request only",
    ),
    "reported_to_city": _next(
        "police",
        "경찰의 확인 결과를 기다립니다(시에 보고함). 결과가 오면 담당자가 적습니다. 기록은 그때까지 지울 수 없습니다",
        "the answer of the police is awaited (the city was told); an officer writes it down when it comes; nothing can "
        "be erased until then",
    ),
    "police_camera": _next(
        "nobody",
        "경찰이 카메라로 확인하여 종결했습니다. 기록은 수사가 끝날 때까지 지울 수 없습니다",
        "closed: the police say it was a camera; nothing of it can be erased until the investigation is over",
    ),
    "police_none": _next(
        "nobody",
        "경찰이 카메라가 아니라고 확인하여 종결했습니다",
        "closed: the police say it was no camera",
    ),
}
DUE_AGAIN = _next(
    "pair",
    "다시 볼 날이 되었습니다. 두 사람이 다시 눈으로 확인하십시오",
    "the day to look again has come; two persons look by eye once more",
)
"""Of what was no camera and is open again."""
DUE_FOR_ONE = _next(
    "pair",
    "다시 볼 날이 되었습니다. 전에 본 사람이 아닌 한 사람이 보고, 그대로면 ‘변동 없음’으로 적으십시오. "
    "조금이라도 다르면 두 사람이 확인하십시오",
    "the day to look again has come; one person who has not spoken of it before looks, and says so if nothing "
    "changed; if anything did, two persons look",
)
"""Of what two persons named less than half a year ago."""
HELD = _next(
    "police",
    "경찰의 확인이 끝날 때까지 이 방은 보수하지 않습니다(의심기기 조치 중)",
    "a suspected device in this room waits for the police; nothing is repaired until they are done",
)
"""Of a repair in a room that nobody has released yet."""
NOT_NOW = _both("지금은 이 단계가 아닙니다.", "This step cannot be taken now:")
NO_CAMERA = _both(
    "카메라로 기록된 확인 건이 아니어서 넘길 기록 묶음이 없습니다. "
    "두 사람이 확인하고, 배제할 수 없으면 발견으로 처리하십시오",
    "no camera was found in this case, so there is no file to hand over; two persons look, "
    "and what cannot be ruled out is a find",
)
NEEDED: dict[str, LocalText] = {
    "seen": _both("무엇을 보았는지 고르십시오", "choose what was seen"),
    "why": _both("사유를 적어 주십시오", "say why"),
    "what": _both("무엇인지 적어 주십시오", "say what it is"),
    "reopens": _both("다시 볼 날짜를 확인해 주십시오", "check the day on which it opens again"),
    "was_touched": _both("접촉 여부를 답해 주십시오", "say whether anybody had touched it"),
    "defect": _both("무엇을 보수해야 하는지 고르십시오", "choose what has to be repaired"),
    "measured_mm": _both(
        "측정값을 mm로, 0에서 5000 사이의 정수로 적어 주십시오", "write what was measured, 0 to 5000 mm"
    ),
    "installed": _both("칸막이 설치일을 확인해 주십시오", "check the day on which the partition was put in"),
    "due": _both("보수 기한을 확인해 주십시오", "check the day by which it is repaired"),
    "handed_to": _both("보수를 맡은 곳을 적어 주십시오", "say to whom the repair was handed"),
    "by": _both("누가 보수했는지 적어 주십시오", "say who repaired it"),
    "holds": _both("보수가 되었는지 답해 주십시오", "say whether the repair holds"),
    "guarded_by": _both(
        "문을 지키는 사람을 두 글자 이상으로 적어 주십시오", "say who stays at the door, in two letters or more"
    ),
    "why_not": _both("촬영하지 못한 사유를 적어 주십시오", "say why there is no photograph"),
    "commitment": _both(
        "사진을 다시 보내거나 촬영하지 못한 사유를 적어 주십시오", "send the photograph again, or say why there is none"
    ),
    "receipt_no": _both("112 접수 번호를 적어 주십시오", "write down the receipt number that 112 gave"),
    "officer": _both(
        "경찰 담당자의 이름을 경찰이 말한 대로 적어 주십시오", "write the officer's name as the police say it"
    ),
    "station": _both("경찰관의 소속을 적어 주십시오", "write down the officer's station"),
    "rank": _both("계급을 적어 주십시오", "write down the rank"),
    "seal_no": _both("봉인 번호를 적어 주십시오", "write down the number of the seal"),
    "document_no": _both(
        "경찰이 보낸 문서의 번호를 적어 주십시오", "write down the number of the document of the police"
    ),
    "result": _both("경찰이 무엇으로 확인했는지 고르십시오", "choose what the police say it was"),
    "dated": _both("경찰 문서의 날짜를 확인해 주십시오", "check the date of the document of the police"),
    "wanted": _both("경찰이 문서로 요청한 것을 하나 이상 고르십시오", "choose what the police asked for in writing"),
    "to": _both("보고받은 부서를 적어 주십시오", "say which office was told"),
    "agency": _both("입회인의 기관을 적어 주십시오", "write down the companion's agency"),
    "name": _both(
        "입회인의 이름을 두 글자 이상으로 적어 주십시오", "write the companion's name, in two letters or more"
    ),
    "shown_hash": _both("화면을 새로 고치고 다시 서명을 받으십시오", "load the page again and have it signed anew"),
    "strokes": _both(
        "서명이 비어 있거나 너무 깁니다. 다시 서명을 받으십시오",
        "the signature is empty or too long; have it signed anew",
    ),
    "room_id": _both("맞는 방을 고르십시오", "choose the right room"),
}
"""What to tell whoever left a field of a step empty, or filled it with what it cannot hold."""
_FIELD = re.compile(r"^(?:step\.[a-z_]+\.([a-z_]+)|(step)|(second_person))\b")
_STEP = _both("다음 단계를 고르십시오", "choose a step")
_SECOND = _both(
    "두 번째 사람은 패스키 하나로, 또는 아이디나 배지와 PIN으로, 또는 아이디와 비밀번호로 확인합니다",
    "the second person proves it by a passkey, by a user name or badge with a PIN, or by a user name with a password",
)
HURTFUL: dict[str, str] = {
    "몰카": "불법촬영 카메라",
    "몰래카메라": "불법촬영 카메라",
    "도촬": "불법촬영",
    "야동": "불법촬영물",
    "음란": "불법촬영",
    "리벤지": "불법촬영",
    "포르노": "불법촬영물",
    "유출녀": "피해자",
    "피해녀": "피해자",
    "장난": "행위",
    "부주의": "",
    "조심했": "",
    "자초": "",
    "노출이 심": "",
    "molka": "hidden camera",
    "porn": "illegally filmed material",
    "peeping": "illegal filming",
    "voyeur": "person who filmed",
    "prank": "act",
    "careless": "",
    "provocative": "",
    "should have been": "",
}
"""Words that make light of it, name people by it or blame them, and what to write instead; empty: nothing."""


def hurtful_in(text: str) -> tuple[str, str] | None:
    """(word, what to write instead) of the first such word in a text; None without one."""
    lower = folded(text).lower()
    return next(((word, instead) for word, instead in HURTFUL.items() if word in lower), None)


def check_words(text: str) -> None:
    """ApiError 400 when a text of people may hurt or links somewhere, with what to write instead."""
    refuse_links(text)
    hurtful = hurtful_in(text)
    if hurtful is not None:
        word, instead = hurtful
        said = (
            Phrase("hurtful_word_instead", word=word, instead=instead) if instead else Phrase("hurtful_word", word=word)
        )
        raise invalid(said, code="hurtful_word")


def needed(field: str) -> LocalText | None:
    """What to tell a person of a step that does not keep the contract in this field; None: nothing."""
    found = _FIELD.match(field)
    if found is None:
        return None
    if found[1] is not None:
        return NEEDED.get(found[1])
    return _STEP if found[2] is not None else _SECOND
