"""What a denial by light says it would have shown is shown, by cameras that no choice was made on."""

from collections import Counter
from copy import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sweep.wifi.nulls import NullSequences
from sweep.wifi.response import spell_terms, sum_chips
from sweep.wifi.sensitivity import LAMP_SHARE, LIGHT_ENERGIES, SHAPE, find_smallest_energy, light_of
from sweep.wifi.stimulus import FlowTest, deny, examine_flow, round_light
from tests.simulators import air_encoded
from tests.simulators.encode_pictures import LEVEL_CHIPS, LEVELS

MARGIN_CHIPS = 3
"""At the end of a level, so that no later one is heard within the longest delay."""
Case = tuple[str, int, int, air_encoded.Air, int]
"""Row, chips, flows tested, air, draw."""


def examine(case: Case, level: float) -> FlowTest | None:
    """The test of a camera under light of one of the levels; at level 0 the chips are played and it sees nothing."""
    row, chips, _, air, draw = case
    rng = np.random.default_rng([81, chips, draw, sum(map(ord, row))])
    first = LEVEL_CHIPS * LEVELS.index(level)
    flow, sequence, listened_s = air_encoded.draw_lit(row, first, chips, rng, air=air)
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    return examine_flow(flow, sequence, NullSequences(sequence), heard)


def tell_and_show(cases: list[Case]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """How many flows were told what, and how many of them show it when they see it."""
    told: Counter[str] = Counter()
    shown: Counter[tuple[str, str]] = Counter()
    for case in cases:
        dark = examine(case, 0.0)
        if dark is None:
            continue
        smallest = dark.smallest_light(0.05 / case[2])
        name = next((f"at most {limit:.0%}" for limit in (0.01, 0.03, 0.05, 0.1) if smallest <= limit), "more")
        told[name] += 1
        for level in sorted(LEVELS)[1:]:
            lit = examine(case, level)
            shown[name, f"{level:.0%}"] += lit is not None and lit.p_value * case[2] <= 0.05
    return told, shown


def fresh_cases(chips: tuple[int, ...], flows: tuple[int, ...], draws: int) -> list[Case]:
    rows = [row for row in air_encoded.load_rows() if row.startswith("level_fresh")]
    airs: tuple[air_encoded.Air, ...] = ("radio", "cell")
    return [(row, n, m, air, k) for row in rows for n in chips for m in flows for air in airs for k in range(draws)]


@pytest.mark.soak
def test_of_flows_told_what_would_show_nineteen_of_twenty_show_it() -> None:
    longest = LEVEL_CHIPS - MARGIN_CHIPS
    told, shown = tell_and_show(fresh_cases((40, 60, 80, longest), (1, 20), 2))
    sure = Counter[str]()
    for name, count in sorted(told.items()):
        print(
            f"told {name}: {count} flows; shown at", {key[1]: n for key, n in sorted(shown.items()) if key[0] == name}
        )
        limit = next((level for level in sorted(LEVELS)[1:] if name == f"at most {level:.0%}"), None)
        if limit is not None:
            sure.update({"told": count, "shown": shown[name, f"{limit:.0%}"]})
    print(f"together: {sure['shown']} of {sure['told']} show what they were told")
    assert sure["shown"] >= 0.92 * sure["told"]


def flow_test(row: str, draw: int = 0, *, flows: int = 1) -> FlowTest:
    test = examine((row, LEVEL_CHIPS - MARGIN_CHIPS, flows, "good", draw), 0.0)
    assert test is not None
    return test


def test_a_longer_test_or_fewer_flows_would_have_shown_less() -> None:
    test, short = flow_test("level_fresh_capped_600_2"), examine(("level_fresh_capped_600_2", 45, 1, "good", 0), 0.0)
    assert short is not None
    energy = find_smallest_energy(test.response, test.rows, 0.05)
    assert energy is not None
    assert energy < (find_smallest_energy(short.response, short.rows, 0.05) or 0.0)
    assert energy < (find_smallest_energy(test.response, test.rows, 0.0025) or 0.0)
    assert find_smallest_energy(test.response, test.rows, 0.9 / len(test.rows)) is None, "no score reaches that"


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
    inner = response.inner[0]
    strength = np.sqrt(energy * (len(response.edges) - 1) / (0.5 * SHAPE @ inner @ SHAPE))
    terms = np.zeros(int(response.edges[-1]) + response.delays - 1)
    terms[delay : delay + int(response.edges[-1])] = strength * (spell_terms(chips, response.edges) @ SHAPE)
    lit = copy(response)
    weights = response.weights[0]
    both_ways = np.concatenate([weights[:0:-1], weights])
    added = sum_chips(np.convolve(terms - terms.mean(), both_ways, mode="same"), response.edges, response.delays)
    lit.sums = [(response.sums[0][0] + added[0], response.sums[0][1] + added[1]), *response.sums[1:]]
    scores = lit.score(np.vstack([chips[None], rows[300:800]]))
    return float((scores >= scores[0]).mean())


@pytest.mark.parametrize(("share", "energy"), LIGHT_ENERGIES)
def test_light_is_read_from_the_curve(share: float, energy: float) -> None:
    assert light_of(energy) == pytest.approx(share)
    assert light_of(energy * 0.9) <= share * 1.000_001
    assert light_of(None) == light_of(1.01 * LIGHT_ENERGIES[-1][1]) == float("inf")
    assert light_of(1e-9) == pytest.approx(LIGHT_ENERGIES[0][0]), "no less than the least that was measured"


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


def test_three_per_cent_of_light_is_followed_or_not_denied_without_saying_what_would_have_shown() -> None:
    for row in ("level_fresh_capped_600_2", "level_fresh_average_600_2"):
        lit, dark = (examine((row, LEVEL_CHIPS - MARGIN_CHIPS, 1, "radio", 0), level) for level in (0.03, 0.0))
        assert lit is not None
        assert dark is not None
        assert lit.p_value <= 0.05
        assert dark.p_value > 0.05
        assert 0.03 < dark.smallest_light(0.05) <= 0.1
