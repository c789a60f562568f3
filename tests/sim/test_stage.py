"""What the simulated room sees of chips: the lamp's guard, a person who is late, an end at once."""

import itertools

import numpy as np
import pytest

from sweep.modality.white_lamp_rest import LONGEST_S
from sweep.sim.air.stage import PERSON_LATE_S, Stage

CHIPS = (1, 0, 0, 1, 1, 0)


def test_the_lamp_follows_its_chips_and_is_dark_outside_them() -> None:
    stage = Stage()
    assert stage.play_light(10.0, 0.6, CHIPS).cuts_s == ()
    assert [stage.is_lit(10.3 + 0.6 * number) for number in range(len(CHIPS))] == list(CHIPS)
    assert (stage.is_lit(9.99), stage.is_lit(10.0), stage.is_lit(13.7)) == (0, 1, 0)
    assert stage.is_walked(10.3) == 0


def test_the_guard_puts_a_lamp_out_that_shines_too_long() -> None:
    stage = Stage()
    assert stage.play_light(0.0, 0.6, (*(1,) * 8, 0, *(1,) * 7)).cuts_s == (LONGEST_S,)
    assert (stage.is_lit(4.4), stage.is_lit(4.6), stage.is_lit(9.5)) == (1, 0, 1)
    assert stage.is_lit(9.7) == 0, "seven chips end by themselves"


def test_a_lamp_that_ran_far_ahead_rests_and_what_was_stopped_early_counts_for_what_it_was() -> None:
    stage = Stage()
    light = stage.play_light(0.0, 0.6, (1, 1, 1, 1, 0) * 20)  # ahead by 1.8 s in each 3 s
    assert light.cuts_s
    first_s = light.cuts_s[0]
    assert 48.0 < first_s < 51.0
    assert light.dark
    assert [stage.is_lit(first_s + wait_s) for wait_s in (0.3, 7.0, 14.0)] == [0, 0, 0]
    other = Stage()
    other.play_light(0.0, 0.6, (1, 1, 1, 1, 0) * 20)
    other.stop(30.0)  # ahead by 18 s
    assert other.play_light(48.0, 0.6, (1,) * 7).cuts_s == ()
    assert other.is_lit(51.0)


def test_a_person_is_late_each_time_and_never_early() -> None:
    stage = Stage()
    stage.walk(5.0, 4.0, CHIPS, np.random.default_rng(1))
    earliest, latest = PERSON_LATE_S
    for number, (before, chip) in enumerate(itertools.pairwise((0, *CHIPS))):
        prompt_s = 5.0 + 4.0 * number
        assert (stage.is_walked(prompt_s + earliest - 0.01), stage.is_walked(prompt_s + latest)) == (before, chip)


@pytest.mark.parametrize("t_s", [0.0, 1.5, 99.0])
def test_what_is_stopped_ends_at_once_and_may_begin_again(t_s: float) -> None:
    stage = Stage()
    stage.play_light(1.0, 0.6, (1,) * 6)
    stage.stop(t_s)
    assert [stage.is_lit(at_s) for at_s in (1.2, 2.0, 99.5)] == [int(t_s > 1.2), int(t_s > 2.0), 0]
    stage.play_light(100.0, 0.6, (1,))
    assert stage.is_lit(100.3) == 1
