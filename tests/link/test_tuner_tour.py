"""The tuner's way: list after list, again where a line rate was, on through what gets lost."""

from itertools import pairwise

import pytest

from sweep.link.decode import to_tuner_window
from sweep.link.messages import SLOT_NS, TunerSweep, TunerWindow
from sweep.link.tuner_tour import AGAIN, LONGEST_LIST, TunerTour, tour_lists, tuner_plan

MHZ = tuple(range(5325, 5965, 8))


def frequencies_of(plan: TunerSweep) -> list[int]:
    mhz = [plan.first_mhz]
    for delta in plan.deltas_mhz[: plan.count - 1]:
        mhz.append(mhz[-1] + delta)
    return mhz


def window(index: int, mhz: int, *, has_lines: bool = False) -> TunerWindow:
    """Of the least level there is."""
    least, most, lines = (62, 70, 1024) if has_lines else (20, 90, 900)
    return TunerWindow(0, index, mhz, 2000, 80, 80 * 184, 180, 190, 0, lines, 16, least, most)


def walk(tour: TunerTour, visits: int, lined: tuple[int, ...] = (), lost: tuple[int, ...] = ()) -> list[int]:
    """Frequencies visited: `lined` show lines, windows of these numbers are `lost`."""
    plan, index, visited = frequencies_of(tour.begin()), 0, []
    for number in range(visits):
        mhz = plan[index % len(plan)]
        visited.append(mhz)
        one = window(index, mhz, has_lines=mhz in lined)
        onward = None if number in lost else tour.heard(one, to_tuner_window(one, 0, SLOT_NS))
        index += 1
        if onward is not None:
            plan, index = frequencies_of(onward), 0
    return visited


def test_lists_hold_every_frequency_once_the_highest_first() -> None:
    lists = tour_lists(MHZ)
    assert sorted(mhz for one in lists for mhz in one) == list(MHZ)
    assert lists[0][-1] == MHZ[-1]
    assert all(len(one) <= LONGEST_LIST and all(a < b for a, b in pairwise(one)) for one in lists)


def test_a_tour_visits_all_of_them_and_begins_anew() -> None:
    visited = walk(TunerTour(MHZ), 2 * len(MHZ))
    assert sorted(visited[: len(MHZ)]) == list(MHZ)
    assert visited[len(MHZ) :] == visited[: len(MHZ)]


def test_whatever_showed_lines_is_dwelt_on_three_times_more_and_once_only() -> None:
    visited = walk(TunerTour(MHZ), 3 * len(MHZ), lined=(5901, 5909, 5333))
    assert [visited.count(mhz) for mhz in (5901, 5909, 5333)] == [3 + AGAIN] * 3
    first = len(tour_lists(MHZ)[0])
    assert visited[first : first + 2 * AGAIN] == [5901] * AGAIN + [5909] * AGAIN


def test_a_lost_window_costs_a_round_and_not_the_way() -> None:
    first = len(tour_lists(MHZ)[0])
    visited = walk(TunerTour(MHZ), 3 * len(MHZ), lost=(first - 1,))
    assert visited[first : first + 1] == visited[:1]
    assert set(visited) == set(MHZ)


def test_what_comes_late_of_the_list_before_moves_nothing() -> None:
    tour = TunerTour(MHZ)
    upper, lower = tour_lists(MHZ)
    assert [tour.heard(window(index, mhz), None) for index, mhz in enumerate(upper)][-1] is not None
    assert tour.heard(window(len(upper), upper[0]), None) is None
    assert [tour.heard(window(index, mhz), None) for index, mhz in enumerate(lower)][-1] is not None


def test_a_list_that_does_not_fit_is_refused() -> None:
    for mhz in ((), tuple(range(5000, 5042)), (5800, 5700)):
        with pytest.raises(ValueError, match="41"):
            tuner_plan(mhz)
