"""What is said of second looks, in Korean and English: why, from where, and what came of them."""

from __future__ import annotations

from typing import Final

from sweep.modality.looks import Look, View, ViewName
from sweep.modality.words import Sentence
from sweep.report import SEEN_AS, LocalText, LookKind, LookOutcome

ASKED: Final[dict[LookKind, Sentence]] = {
    "lens": Sentence(
        "렌즈처럼 빛나는 곳이 있습니다. 가까이에서, 그리고 좌우 30 cm에서 다시 봅니다(40초 이내). 아직 발견이 아닙니다",
        "Something glints like a lens: look again from nearer and from 30 cm to either side (40 s at most). It is no "
        "finding yet",
    ),
    "transmitter": Sentence(
        "영상을 보내는 듯한 송신기가 있습니다. 이 자리에서 조명 시험을 합니다(2분 이내). 아직 발견이 아닙니다",
        "Something seems to send pictures: the light is played here (2 minutes at most). It is no finding yet",
    ),
}
VIEWS: Final[dict[ViewName, Sentence]] = {
    "near": Sentence("표시에서 {range} m까지 다가가 4초 비추세요", "{range} m from the mark, point 4 s"),
    "left": Sentence("왼쪽으로 30 cm 옮겨 같은 곳을 4초 비추세요", "30 cm to the left: point 4 s"),
    "right": Sentence("처음 자리에서 오른쪽 30 cm, 같은 곳을 4초", "From first place 30 cm right: 4 s"),
    "light": Sentence("표시된 자리에서 조명 시험이 끝날 때까지 들고 계세요", "Hold still here until the light ends"),
}
LOOKED: Final[dict[tuple[LookKind, LookOutcome], Sentence]] = {
    ("lens", "stands"): Sentence(
        "다시 보아도 렌즈처럼 빛납니다: 육안으로 확인하세요",
        "Looked at again it still glints like a lens: inspect by eye",
    ),
    ("lens", "gone"): Sentence(  # it may glint as before, and all evidence together still be too little
        "다시 보니 렌즈라고 볼 만한 근거가 모자랍니다", "Looked at again there is too little to take it for a lens"
    ),
    ("transmitter", "stands"): Sentence(
        "다시 시험해도 카메라와 같은 반응입니다: 육안으로 확인하세요",
        "Tested again it still points to a camera: inspect by eye",
    ),
    ("transmitter", "gone"): Sentence(
        "다시 시험하니 이 구역의 카메라를 가리키지 않습니다",
        "Tested again it no longer points to a camera in this zone",
    ),
}
"""By kind, what the probe itself found."""
BY_PERSON: Final[dict[LookOutcome, Sentence]] = {
    "nothing_seen_by_eye": Sentence(
        "점검자가 눈으로 보았고 아무것도 없었습니다", "The inspector looked by eye and saw nothing"
    ),
    "not_done": Sentence("다시 보지 않았습니다: 후보로만 남습니다", "It was not looked at again: it stays a candidate"),
    "explained": Sentence(
        "다시 보아도 그대로이며, 이전 점검에서 무엇인지 밝혀진 것입니다: 이번에도 눈으로 확인하세요",
        "Looked at again it is still there; an earlier visit explained it: inspect by eye all the same",
    ),
}
NAMED: Final = Sentence(
    "점검자가 눈으로 보고 확인한 것: {ko}. 점수는 낮추지 않고 맨 뒤에 적습니다",
    "The inspector looked by eye: it is {en}. It is listed last, and scored no lower for it",
)
RECORDED: Final = "recorded"
"""Why nobody looks again at what was recorded."""
NOT_IN_RECORDING: Final = Sentence(
    "다시 보지 않음(녹화 재생): 후보로만 남습니다",
    "Not looked at again (a recording is replayed): it stays a candidate",
)
NOT_NEEDED: Final = Sentence(
    "이후 측정으로 다시 볼 필요가 없어졌습니다", "What was measured since makes a second look unnecessary"
)


def looked_text(kind: LookKind, outcome: LookOutcome, reason: str | None = None) -> LocalText:
    """What came of a second look; `reason`: why it was not made, or what it is by the word of who looked by eye."""
    for seen_as, what in SEEN_AS.items():
        if outcome == "explained" and reason == seen_as:
            return NAMED.text(ko=what.ko, en=what.en)
    if outcome == "not_done" and reason == RECORDED:
        return NOT_IN_RECORDING.text()
    said = LOOKED.get((kind, outcome)) or BY_PERSON[outcome]
    return said.text()


def view_text(view: View) -> LocalText:
    """What the inspector does at a place."""
    return VIEWS[view.name].text(range="–" if view.range_m is None else f"{view.range_m:.1f}")


def asked_text(look: Look) -> LocalText:
    """Why a second look is wanted, and what it is."""
    return ASKED[look.kind].text()
