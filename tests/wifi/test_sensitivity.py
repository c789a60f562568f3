"""What a denial by light says it would have shown is shown, by cameras that no choice was made on."""

from collections import Counter
from copy import copy
from time import monotonic
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from sweep.wifi.stimulus.likelihood import spell_terms, sum_chips
from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.sensitivity import (
    LAMP_SHARE,
    LIGHT_CHANGES,
    SHAPE,
    find_smallest_energy,
    light_of,
    unit_energy,
)
from sweep.wifi.stimulus.significance import FlowTest, deny, examine_flow, round_light
from sweep.wifi.stimulus.tail import SMALLEST_P
from tests.simulators import air_encoded, fit_light
from tests.simulators.encode_cameras import CAMERA_LEVELS, kind_of
from tests.simulators.encode_pictures import LEVEL_CHIPS, LEVELS
from tests.simulators.fit_light import ALPHA, FLOWS, Found, Sample, count_told, find, find_largest, fit, list_cases

MARGIN_CHIPS = 3
"""At the end of a level, so that no later one is heard within the longest delay."""
LONGEST_S: Final = 1_500.0
"""The soak ends after this, with as many cameras as were reached by then."""


def bracket(shown: int, told: int) -> str:
    """A count with its 95 % interval (Wilson)."""
    if not told:
        return "0 of 0"
    share, z2 = shown / told, 1.96**2
    centre = (share + z2 / (2 * told)) / (1 + z2 / told)
    half = 1.96 / (1 + z2 / told) * (share * (1 - share) / told + z2 / (4 * told**2)) ** 0.5
    return f"{shown} of {told} ({100 * (centre - half):.1f} to {100 * (centre + half):.1f} %)"


def tell(found: Found, flows: int) -> float | None:
    """The least share of light, of those measured, that the flow's denial says would have shown."""
    smallest = round_light(found.dark.smallest_light(ALPHA / flows)) or float("inf")
    return next((light for light in sorted(CAMERA_LEVELS)[1:] if smallest <= light), None)


@pytest.mark.soak
def test_of_flows_told_what_would_show_nineteen_of_twenty_show_it() -> None:
    """Cameras of odd numbers, drawn at random: told from their traffic without light, shown under that light."""
    told: Counter[tuple[str, str]] = Counter()
    shown: Counter[tuple[str, str]] = Counter()
    by_camera: dict[str, list[bool]] = {}
    begun_s, cases = monotonic(), list_cases("odd")
    for number, case in enumerate(cases):
        if number % 50 == 0:
            print(f"{number} of {len(cases)} cases, {monotonic() - begun_s:.0f} s", flush=True)
        if monotonic() - begun_s > LONGEST_S:
            break
        found = find(case)
        for flows in FLOWS if found is not None else ():
            assert found is not None
            light = tell(found, flows)
            kind = kind_of(case.name)
            rates = "filler" if "filler" in kind else "variable"
            groups = {
                "told": "nothing" if light is None else f"{light:.0%}", "kind": kind,
                "air": case.air, "late": case.lateness, "length": f"{rates}, {0.6 * case.chips:.0f} s",
                "flows": str(flows),
            }  # fmt: skip
            for group, value in groups.items():
                told[group, f"{value}, not told"] += light is None
                if light is not None:
                    told[group, value] += 1
                    shown[group, value] += found.shows(light, flows)
            if light is not None:
                by_camera.setdefault(case.name, []).append(found.shows(light, flows))
    for group, value in sorted(told):
        if not value.endswith("not told"):
            left = told[group, f"{value}, not told"]
            print(f"{group} {value}: {bracket(shown[group, value], told[group, value])} show it; {left} told nothing")
        elif (group, value.removesuffix(", not told")) not in told:
            print(f"{group} {value}: {told[group, value]}")
    every = [one for answers in by_camera.values() for one in answers]
    low, high = resample(list(by_camera.values()))
    print(f"together {bracket(sum(every), len(every))}; {len(by_camera)} cameras drawn anew: {low:.1%} to {high:.1%}")
    assert sum(every) >= 0.92 * len(every)


def resample(by_camera: list[list[bool]], times: int = 2_000) -> tuple[float, float]:
    """95 % interval of the share that shows, since the answers of one camera are alike (bootstrap over cameras)."""
    rng = np.random.default_rng(84)
    counts = np.array([(sum(answers), len(answers)) for answers in by_camera])
    drawn = counts[rng.integers(0, len(counts), (times, len(counts)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(low), float(high)


def examine(row: str, chips: int, air: air_encoded.Air, level: float, draw: int = 0) -> FlowTest | None:
    """The test of a row of `encoded_levels` under light of one of the levels; at 0 it sees nothing."""
    rng = np.random.default_rng([81, chips, draw, sum(map(ord, row))])
    first = LEVEL_CHIPS * LEVELS.index(level)
    flow, sequence, listened_s = air_encoded.draw_lit(row, first, chips, rng, air=air)
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    return examine_flow(flow, sequence, NullSequences(sequence), heard)


def flow_test(row: str, draw: int = 0) -> FlowTest:
    test = examine(row, LEVEL_CHIPS - MARGIN_CHIPS, "good", 0.0, draw)
    assert test is not None
    return test


def test_a_longer_test_or_fewer_flows_would_have_shown_less() -> None:
    test, short = flow_test("level_fresh_capped_600_2"), examine("level_fresh_capped_600_2", 45, "good", 0.0)
    assert short is not None
    energy = find_smallest_energy(test.response, test.rows, 0.05)
    assert energy is not None
    assert energy < (find_smallest_energy(short.response, short.rows, 0.05) or 0.0)
    assert energy < (find_smallest_energy(test.response, test.rows, 0.0025) or 0.0)
    assert find_smallest_energy(test.response, test.rows, 0.9 * SMALLEST_P) is None, "no score reaches that"


def test_a_response_of_the_smallest_energy_shows_in_nineteen_of_twenty_cases() -> None:
    """Responses of that energy, added to sizes of pictures before anything is reckoned."""
    test = flow_test("level_fresh_capped_600_2")
    energy = find_smallest_energy(test.response, test.rows, 0.05)
    assert energy is not None
    found = [rank_with_response(test, energy, number) for number in range(40)]
    assert sum(p <= 0.05 for p in found) >= 33, found
    assert sum(rank_with_response(test, energy / 6, number) <= 0.05 for number in range(40)) <= 30


def rank_with_response(test: FlowTest, energy: float, number: int) -> float:
    """The p-value of one of the other sequences, had it been played and answered to with that energy."""
    rows, response = test.rows, test.response
    chips, delay = rows[200 + number], number % response.delays
    strength = np.sqrt(energy / unit_energy(response))
    terms = np.zeros(int(response.edges[-1]) + response.delays - 1)
    terms[delay : delay + int(response.edges[-1])] = strength * (spell_terms(chips, response.edges) @ SHAPE)
    lit = copy(response)
    weights = response.weights[0]
    both_ways = np.concatenate([weights[:0:-1], weights])
    added = sum_chips(np.convolve(terms - terms.mean(), both_ways, mode="same"), response.edges, response.delays)
    lit.sums = [(response.sums[0][0] + added[0], response.sums[0][1] + added[1]), *response.sums[1:]]
    scores = lit.score(np.vstack([chips[None], rows[300:800]]))
    return float((scores >= scores[0]).mean())


def test_light_is_read_from_the_curve() -> None:
    for share, change in LIGHT_CHANGES:
        assert light_of(change) == pytest.approx(share)
        assert light_of(change * 0.9) <= share * 1.000_001
    assert light_of(None) == light_of(1.01 * LIGHT_CHANGES[-1][1]) == float("inf")
    assert light_of(1e-9) == pytest.approx(LIGHT_CHANGES[0][0]), "no less than the least that was measured"


def test_the_fit_finds_the_change_that_nineteen_of_twenty_show() -> None:
    rng = np.random.default_rng(85)
    light, change = rng.choice([0.05, 0.1, 0.2], 6_000), np.exp(rng.uniform(-6, 0, 6_000))
    chance = 1 / (1 + (change / (0.5 * light)) ** 2)
    samples: list[Sample] = list(
        zip(light.tolist(), change.tolist(), (rng.random(6_000) < chance).tolist(), strict=True)
    )
    weights = fit(samples)
    for share in (0.05, 0.2):
        assert find_largest(weights, share) == pytest.approx(0.5 * share / 19**0.5, rel=0.15)
    told, shown = (sum(counts) for counts in zip(*count_told(samples, weights).values(), strict=True))
    assert 0.94 * told <= shown < told


def test_light_that_the_lamp_may_not_make_denies_nothing() -> None:
    assert deny(60.0, LAMP_SHARE) == ("does_not", None)
    assert deny(60.0, LAMP_SHARE + 0.001) == deny(60.0, float("inf")) == ("not_assessable", "light_too_weak")
    assert deny(40.0, 0.01) == ("not_assessable", "too_short")
    assert deny(60.0, None) == ("does_not", None), "nobody asked"
    assert (round_light(0.0401), round_light(0.04), round_light(float("inf")), round_light(None)) == (
        0.041,
        0.04,
        None,
        None,
    )


def test_light_is_followed_or_not_denied_without_saying_what_would_have_shown() -> None:
    """5 % of luma are 11 % of light."""
    for row in ("level_fresh_capped_600_2", "level_fresh_average_600_2"):
        lit, dark = (examine(row, LEVEL_CHIPS - MARGIN_CHIPS, "radio", level) for level in (0.05, 0.0))
        assert lit is not None
        assert dark is not None
        assert lit.p_value <= 0.05
        assert dark.p_value > 0.05
        assert dark.smallest_light(0.05) > LIGHT_CHANGES[0][0]


def test_a_camera_of_steady_sizes_is_denied_what_the_lamp_makes() -> None:
    dark = fit_light.examine(fit_light.Case("camera_006", "good", "on time", 100), 0.0)  # MJPEG
    assert dark is not None
    assert dark.p_value > 0.05
    assert deny(dark.tested_s, dark.smallest_light(0.05)) == ("does_not", None)
