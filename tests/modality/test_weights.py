"""Weights as data: what a file has to hold, and what its intervals are worth."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.judge.thresholds import Thresholds, load_thresholds, load_weights
from sweep.lab.city.samples import load_curves
from sweep.lab.weights.counted import Counted, ratio
from sweep.lab.weights.from_runs import make_weights
from sweep.modality.weights import HINT, WeightsError, add_up, guess, read_weights

WEIGHTS = load_weights()


def changed(*path: str | int, to: object) -> str:
    table = WEIGHTS.model_dump(mode="json")
    place: Any = table
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(table)


def test_the_shipped_file_is_what_the_script_makes_of_the_runs() -> None:
    """`python -m sweep.lab.weights.from_runs` makes it anew."""
    made = make_weights(load_curves("first"))
    assert made.model_dump(mode="json") == WEIGHTS.model_dump(mode="json")


def test_counts_of_another_forest_make_no_weights() -> None:
    other = replace(load_curves("first"), build="judge_model.json sha256 000000000000")
    with pytest.raises(ValueError, match=r"counted with .* sha256 000000000000, and judge_model"):
        make_weights(other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "weights file: file: Invalid JSON"),
        (changed("v", to=2), "weights file: v"),
        (changed("tables", "glint", "edges", to=[2.0, 1.0]), "ascending edges"),
        (changed("tables", "glint", "weights", 0, "low", to=9.0), "the interval does not hold the weight"),
        (changed("tables", "glint", "weights", 0, "counts", to=None), "counts"),
    ],
    ids=["no JSON", "another format", "edges fall", "interval", "no counts"],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(WeightsError, match=said) as error:
        read_weights(text)
    assert "\n" not in str(error.value)


def test_a_code_without_a_table_is_named() -> None:
    with pytest.raises(WeightsError, match="no table for warm_spot"):
        WEIGHTS.at("warm_spot")
    with pytest.raises(WeightsError, match="no rate for no_warmth"):
        WEIGHTS.absence("no_warmth", 1.0)


def test_weights_of_several_codes_are_worth_what_the_least_of_them_rests_on() -> None:
    assert WEIGHTS.source_of(("glint", "no_glint")) == "rendered"
    assert WEIGHTS.source_of(("glint", "video_uplink")) == "rendered"
    assert WEIGHTS.source_of(("video_uplink", "no_video_uplink")) == "simulated"
    assert WEIGHTS.source_of(("video_uplink", "warm_spot")) == WEIGHTS.source_of(()) == "guessed"


@given(st.floats(-5.0, 12.0), st.floats(-5.0, 12.0))
def test_a_higher_score_never_says_less(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert WEIGHTS.at("glint", low).log10 <= WEIGHTS.at("glint", high).log10
    assert WEIGHTS.at("glint_again", low).log10 <= WEIGHTS.at("glint_again", high).log10
    assert WEIGHTS.at("follows_light", abs(low)).log10 <= 3.0


def test_a_ratio_never_goes_beyond_what_the_counts_support() -> None:
    """None of 60 others: up to 1.9 of 60 would score so with 95 % (Jeffreys; 3 by the rule of three)."""
    rng = np.random.default_rng(1)
    weight = ratio(Counted.share(50, 60, rng), Counted.share(0, 60, rng), (60, 60), "rendered")
    assert weight.is_capped
    assert weight.log10 <= math.log10((50 / 60) / (1.9 / 60))
    many = ratio(Counted.share(500, 600, rng), Counted.share(6, 600, rng), (600, 600), "rendered")
    assert not many.is_capped
    assert many.log10 == pytest.approx(math.log10(500 / 6), abs=0.1)


def test_intervals_of_90_percent_hold_the_true_ratio_in_85_to_95_of_100() -> None:
    """Counts drawn anew from true shares as the tables have them: few and many on either side."""
    rng = np.random.default_rng(2)
    held = []
    for a, n, b, m in ((0.4, 164, 0.016, 5_010), (0.22, 82, 0.1, 60), (0.3, 600, 0.05, 3_000), (0.6, 40, 0.25, 30)):
        for _ in range(25):
            camera = Counted.share(int(rng.binomial(n, a)), n, rng)
            none = Counted.share(int(rng.binomial(m, b)), m, rng)
            weight = ratio(camera, none, (n, m), "rendered")
            held.append(weight.low <= math.log10(a / b) <= weight.high)
    assert 0.85 <= np.mean(held) <= 0.95


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_nothing_seen_weighs_more_the_more_was_seen(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert WEIGHTS.absence("no_glint", high).log10 <= WEIGHTS.absence("no_glint", low).log10 <= 0.0


def test_half_widths_of_a_sum_add_by_their_squares() -> None:
    total = add_up([(1.0, 0.7, 1.3), (2.0, 1.6, 2.4)])
    assert (total.log10, total.low, total.high) == pytest.approx((3.0, 2.5, 3.5))


def test_what_nobody_counted_is_a_hint() -> None:
    assert (guess(2.0).log10, guess(2.0).is_capped) == (HINT, True)
    assert guess(-2.0).log10 == -HINT
    assert guess(0.1).counts == (0, 0)


def test_operating_points_rise() -> None:
    points = load_thresholds()
    table = points.model_dump() | {"second_look": points.strong + 1.0}
    with pytest.raises(ValueError, match="rise"):
        Thresholds.model_validate(table)
