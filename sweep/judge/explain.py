"""Why the answer is what it is, in plain sentences of both languages, all from the weights.

Input is weighed evidence, posterior and coverage; output is one sentence for and against, and what would change the
answer: a second look and what either outcome would make of it, what was not looked at.  It adds no judgement of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sweep.modality.weights import Sum, Weights
from sweep.modality.words import Vocabulary
from sweep.report import SHOWN, Evidence, LocalText, ZoneCoverage, are_measured
from sweep.report.sentences import Sentence
from sweep.report.words import share_words

MOST: Final = 16
"""Sentences that a finding may carry."""
SEEN_AGAIN: Final = 1.7
"""Second score that stands for "seen again": the median of lenses that were (rendered pairs)."""
SUMMARY: Final = Sentence(
    "이 구역에 카메라가 있을 가능성: 점검 전 {before}, 점검 후 {after}(90% 구간 {low} ~ {high}). "
    "있다는 근거: {pro}. 없다는 근거: {con}.",
    "Chance of a camera in this zone: {before} before the sweep, {after} now (90 % interval: {low} to {high}). For it: "
    "{pro}. Against it: {con}.",
)
SCORED: Final = Sentence(
    "근거를 더한 점수(보정 전, 확률 아님): 점검 전 {before}, 점검 후 {after}(90% 구간 {low} ~ {high}), 근거 강함은 "
    "{strong}부터. "
    "있다는 근거: {pro}. 없다는 근거: {con}.",
    "Score of the evidence (uncalibrated, not a probability): {before} before the sweep, {after} now (90 % interval: "
    "{low} to {high}), strong from {strong}. For it: {pro}. Against it: {con}.",
)
"""Where a weight was not measured in the field."""
SCORE: Final = Sentence("점수 {score}", "score {score}")
NOTHING: Final = Sentence("없음", "nothing")
LOOK_AGAIN: Final = Sentence(
    "가까이서, 그리고 옆에서 다시 비추기: 그대로 보이면 {up}, 사라지면 {down}",
    "A second look from near and from the side: {up} if it is seen again, {down} if it is gone",
)
PLAY_AGAIN: Final = Sentence(
    "이 자리에서 조명 시험 다시 하기: 다시 따라 변하면 {up}, 변하지 않으면 {down}",
    "The light played here again: {up} if the traffic follows again, {down} if it does not",
)
PLAY: Final = Sentence(
    "이 자리에서 조명 시험하기: 전송량이 따라 변하면 {up}, 변하지 않으면 {down}",
    "The light played here: {up} if the traffic follows, {down} if it does not",
)
NOT_LOOKED: Final = Sentence("{ko}: 이 구역에서 점검하지 못함 – {why_ko}", "{en}: not looked at here – {why_en}")
PARTLY: Final = Sentence("{ko}: {share_ko}뿐", "{en}: only {share_en}")


def chance(log10_odds: float) -> tuple[str, str]:
    """Odds as people say them: one in so many, or per cent from one in ten on."""
    share = 1.0 / (1.0 + 10.0**-log10_odds)
    if share >= 0.1:
        return (f"{100 * share:.0f}%",) * 2
    count = 1.0 / share
    digits = 10 ** max(0, len(str(int(count))) - 2)
    rounded = f"{round(count / digits) * digits:,}"
    return f"{rounded}분의 1", f"1 in {rounded}"


def score(log10_odds: float) -> tuple[str, str]:
    """The same number where it is no chance."""
    said = SCORE.text(score=signed(log10_odds))
    return said.ko, said.en


def signed(log10_odds: float) -> str:
    """A log10 number with its sign."""
    return f"{log10_odds:+.1f}"


def summary_of(
    posterior: Sum, prior: float, strong: float, in_favour: Sequence[Evidence], against: Sequence[Evidence]
) -> LocalText:
    """One sentence: the strongest for and the strongest against, and what they make of the base rate: a chance where
    every weight was measured, else a score, with the one that is called strong.
    """
    is_chance = are_measured((*in_favour, *against))
    sentence = SUMMARY if is_chance else SCORED
    said = []
    for language in (0, 1):
        values = {
            name: chance(value)[language] if is_chance else signed(value)
            for name, value in (
                ("before", prior), ("after", posterior.log10), ("low", posterior.low), ("high", posterior.high)
            )
        }  # fmt: skip
        pro = _first(in_favour, language)
        con = _first([e for e in against if e.weight_log10 < 0.0], language)
        said.append(sentence[language].format(**values, strong=signed(strong), pro=pro, con=con))
    return LocalText(ko=said[0], en=said[1])


def _first(evidence: Sequence[Evidence], language: int) -> str:
    return NOTHING[language] if not evidence else (evidence[0].text.ko, evidence[0].text.en)[language]


def would_change(
    weighed: Sequence[Evidence],
    coverage: Sequence[ZoneCoverage],
    posterior: Sum,
    weights: Weights,
    words: Vocabulary,
) -> tuple[LocalText, ...]:
    """What to do next with either outcome, and what was not looked at."""
    codes = {e.code for e in weighed}
    say = chance if are_measured(weighed) else score
    result = []

    def either(sentence: Sentence, up: float, down: float) -> None:
        (up_ko, up_en), (down_ko, down_en) = (say(posterior.log10 + weight) for weight in (up, down))
        result.append(
            LocalText(ko=sentence.ko.format(up=up_ko, down=down_ko), en=sentence.en.format(up=up_en, down=down_en))
        )

    if "glint" in codes and not codes & {"glint_again", "glint_gone"}:
        either(LOOK_AGAIN, weights.at("glint_again", SEEN_AGAIN).log10, weights.at("glint_again", 0.0).log10)
    if "follows_light" in codes and not codes & {"follows_light_again", "does_not_follow_again"}:
        again, not_again = weights.at("follows_light_again").log10, weights.at("does_not_follow_again").log10
        either(PLAY_AGAIN, again, not_again)
    tested = {"follows_light", "does_not_follow_light", "follows_motion", "does_not_follow_motion"}
    if codes & {"video_uplink", "video_uplink_near"} and not codes & tested:
        either(PLAY, weights.at("follows_light", 0.001).log10, weights.at("does_not_follow_light", 0.1).log10)
    for cover in coverage:
        name = SHOWN[cover.modality].name.model_dump()
        if cover.blind_reason is not None:
            why = words.reason(cover.blind_reason)
            result.append(NOT_LOOKED.text(**name, why_ko=why.ko, why_en=why.en))
        elif cover.status == "partly":
            share = share_words(cover.modality, cover.quality)
            result.append(PARTLY.text(**name, share_ko=share.ko, share_en=share.en))
    return tuple(result[:MOST])
