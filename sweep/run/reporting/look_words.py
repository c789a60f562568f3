"""What is said of second looks, in Korean and English: why, from where, and what came of them."""

from __future__ import annotations

from typing import Final

from sweep.modality.looks import Look, View
from sweep.report import SEEN_AS, LocalText, LookKind, LookOutcome
from sweep.report.sentences import Sentence, Sentences

ASKED: Final = Sentences("second_look.asked", "lens transmitter")
VIEWS: Final = Sentences("second_look.views", "near left right light")
LOOKED: Final = Sentences(
    "second_look.came_of",
    "lens_stands lens_gone transmitter_stands transmitter_gone nothing_seen_by_eye not_done explained",
)
"""What the probe found, by kind, or a person; `lens_gone` does not say that it no longer glints: all evidence together
is too little."""
NAMED: Final = Sentence(
    "점검자가 눈으로 보고 확인한 것: {ko}. 점수는 낮추지 않고 맨 뒤에 적습니다",
    "The inspector looked by eye: it is {en}. It is listed last, and scored no lower for it",
)
RECORDED: Final = "recorded"
"""Why nobody looks again at what was recorded."""
NOT_IN_RECORDING: Final = Sentence(
    "다시 보지 않음(녹화 재생): 확인할 곳으로 남습니다",
    "Not looked at again (a recording is replayed): it stays a place to inspect",
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
    return (LOOKED.get(f"{kind}_{outcome}") or LOOKED[outcome]).text()


def view_text(view: View) -> LocalText:
    """What the inspector does at a place."""
    return VIEWS[view.name].text(range="–" if view.range_m is None else f"{view.range_m:.1f}")


def asked_text(look: Look) -> LocalText:
    """Why a second look is wanted, and what it is."""
    return ASKED[look.kind].text()
