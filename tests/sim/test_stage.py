"""What the simulated room sees of chips: the lamp's guard, a person who is late, an end at once."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from sweep.sim.stage import GUARD_S, PERSON_LATE_S, Stage

CHIPS = (1, 0, 0, 1, 1, 0)


def test_the_lamp_follows_its_chips_and_is_dark_outside_them() -> None:
    stage = Stage()
    assert stage.play_light(10.0, 0.6, CHIPS) == ()
    assert [stage.is_lit(10.3 + 0.6 * number) for number in range(len(CHIPS))] == list(CHIPS)
    assert (stage.is_lit(9.99), stage.is_lit(10.0), stage.is_lit(13.7)) == (0, 1, 0)
    assert stage.is_walked(10.3) == 0


def test_the_guard_puts_a_lamp_out_that_shines_too_long(repo_root: Path) -> None:
    limits = tomllib.loads((repo_root / "firmware" / "limits.toml").read_text(encoding="utf-8"))
    assert limits["light"]["white"]["max_on_ms"] / 1000 == GUARD_S
    stage = Stage()
    assert stage.play_light(0.0, 0.6, (*(1,) * 8, 0, *(1,) * 7)) == (GUARD_S,)
    assert (stage.is_lit(4.4), stage.is_lit(4.6), stage.is_lit(9.5)) == (1, 0, 1)
    assert stage.is_lit(9.7) == 0, "seven chips end by themselves"


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
