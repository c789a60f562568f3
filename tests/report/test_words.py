"""The number of coverage in words: whole per cent that never say more than was shown, by a curve that is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.report import LocalText
from sweep.report.base import Source
from sweep.report.words import curve_words, percent, share_words, with_pace, words_of_chance

SHARES = st.integers(0, 10_000).map(lambda parts: parts / 10_000)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((0.48, 0.31, 0.6), "48% (31–60%)"),
        ((0.29, 0.29, 0.29), "29% (29–29%)"),
        ((0.4849, 0.3199, 0.6001), "48% (31–61%)"),
        ((0.899, 0.8999, 0.9), "89% (89–90%)"),
        ((0.9999, 0.0, 1.0), "99% (0–100%)"),
        ((0.0001, 0.0, 0.0001), "0% (0–1%)"),
    ],
)
def test_the_number_is_rounded_down_and_its_interval_outwards(numbers: tuple[float, float, float], said: str) -> None:
    assert words_of_chance(*numbers) == said


@given(SHARES)
def test_no_percentage_is_more_than_its_share(share: float) -> None:
    said = int(percent(share).removesuffix("%"))
    assert said * 100 <= round(share * 10_000) < (said + 1) * 100


def test_only_a_curve_of_the_field_is_proven() -> None:
    assert curve_words("field").ko == "현장 측정"
    assert {curve_words(code).ko.rpartition(" · ")[2] for code in ("rendered", "simulated", "derived", "guessed")} == {
        "현장 검증 전"
    }


def test_what_was_looked_at_is_said_as_the_share_that_it_is() -> None:
    assert (share_words("lens", 0.629).ko, share_words("wifi", 0.8).ko) == ("필요 시야량 62%", "필요 수신량 80%")
    assert share_words("rf", 1.0).en == "listening done 100%"


@pytest.mark.parametrize("source", ["live", "practice", "replay", "simulated"])
def test_only_a_simulated_sweep_has_a_time_of_its_own(source: Source) -> None:
    said = LocalText(ko="5분 51초", en="5 min 51 s")
    simulated = ("5분 51초 (모의: 실제보다 빠르게 진행)", "5 min 51 s (simulated: faster than the clock)")
    told = with_pace(said, source)
    assert (told.ko, told.en) == (simulated if source == "simulated" else (said.ko, said.en))
