"""What was not measured is told as not measured: no feature makes a number of a missing phase or triple."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.lens.evidence.columns import ratio_of_sums, slope_of
from sweep.lens.evidence.evidence import AT as FEATURE
from sweep.lens.evidence.evidence import FEATURES, Matrix, Scene, weigh_up
from sweep.lens.follow.track import AT, Tracks

PHASES = {
    "off_axis": tuple(name for name in AT if name.startswith("off_") or name in ("twins", "twin")),
    "dark": tuple(name for name in AT if name.startswith("dark_")),
    "middle": tuple(name for name in AT if name.startswith("middle_")),
    "outer": tuple(name for name in AT if name.startswith("outer_")),
    "red": tuple(name for name in AT if name.startswith("red_")),
    "short": tuple(name for name in AT if name.startswith("short_")),
    "second eye": tuple(name for name in AT if name.startswith("fellow")),
}
"""Quantities that are missing together."""
APART = "dark_peak"
"""The light of one dark frame over the median on_axis light: a missing dark frame leaves the median as it is."""
PLACES = 5


@st.composite
def followed(draw: st.DrawFn) -> npt.NDArray[np.float32]:
    """Places that move over a lit wall, some of them saturated, each measured in full: N x T x quantities."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    triples = draw(st.integers(4, 8))
    shape = (PLACES, triples)
    rows = rng.uniform(0.05, 1.0, (*shape, len(AT))).astype(np.float32)

    def put(name: str, values: npt.NDArray[Any]) -> None:
        rows[:, :, AT[name]] = values

    put("found", rng.random(shape) < 0.85)
    for name in AT:
        if name.endswith("_e"):
            put(name, rng.uniform(20.0, 900.0, shape))
    for name in ("dark_around_e", "dark_point_e"):
        put(name, rng.uniform(0.0, 30.0, shape))
    put("z", rng.uniform(3.0, 40.0, shape))
    put("x", rng.uniform(0.0, 300.0, (PLACES, 1)) + 3.0 * np.arange(triples))
    put("y", rng.uniform(0.0, 200.0, (PLACES, 1)) + np.zeros(triples))
    put("moved_x", np.full(shape, 3.0))
    put("moved_y", np.zeros(shape))
    for high, low in (("area_high", "area_low"), ("off_area_high", "off_area_low")):
        put(high, rng.uniform(0.0, 9.0, shape))
        put(low, rows[:, :, AT[high]] + rng.uniform(0.0, 9.0, shape))
    return rows


def features_of(rows: npt.NDArray[np.float32], scene: Scene) -> Matrix:
    return weigh_up(Tracks(rows, np.arange(rows.shape[1])), scene)


def is_same(one: Matrix, other: Matrix) -> npt.NDArray[np.bool_]:
    return np.isclose(one, other, rtol=1e-4, atol=1e-4, equal_nan=True)


@given(rows=followed(), phase=st.sampled_from(sorted(PHASES)), data=st.data())
def test_a_missing_phase_is_unknown_or_as_without_that_triple(
    rows: npt.NDArray[np.float32], phase: str, data: st.DataObject
) -> None:
    """At one place, in some triples or all."""
    triples = rows.shape[1]
    missed = sorted(data.draw(st.sets(st.integers(0, triples - 1), min_size=1, max_size=triples)))
    scene = Scene(triples, 1.0, 1.2, 0.030, 0.045)
    gone, without = rows.copy(), rows.copy()
    for triple in missed:
        gone[0, triple, [AT[name] for name in PHASES[phase]]] = np.nan
        without[0, triple, :] = np.nan
    said, whole, left = (features_of(table, scene)[0] for table in (gone, rows, without))
    honest = np.isnan(said) | is_same(said, whole) | is_same(said, left)
    honest[FEATURE[APART]] |= said[FEATURE[APART]] <= whole[FEATURE[APART]] and len(missed) < triples
    assert honest.all(), [(FEATURES[i], said[i], whole[i], left[i]) for i in np.flatnonzero(~honest)]


@given(rows=followed(), first=st.integers(0, 2), last=st.integers(0, 2))
def test_a_missing_triple_is_as_if_the_clip_had_not_had_it(
    rows: npt.NDArray[np.float32], first: int, last: int
) -> None:
    triples = rows.shape[1]
    kept = slice(first, triples - last if triples - last - first > 1 else triples)
    gone = np.full_like(rows, np.nan)
    gone[:, kept] = rows[:, kept]
    scene = Scene(triples, 1.0, 1.2)
    said, without = features_of(gone, scene), features_of(rows[:, kept], scene)
    assert is_same(said, without).all(), [FEATURES[i] for i in np.flatnonzero(~is_same(said, without).all(axis=0))]


@pytest.mark.parametrize("name", ["middle", "outer", "red", "short"])
def test_no_frame_of_a_lamp_is_no_dark_frame(name: str) -> None:
    """Of a place that was followed in some triples only as well: it was 0 there, as if the lamp had shown nothing."""
    rows = np.random.default_rng(3).uniform(20.0, 90.0, (PLACES, 6, len(AT))).astype(np.float32)
    rows[:, :, AT["found"]] = 1.0
    rows[:, :, [AT[one] for one in PHASES[name]]] = np.nan
    rows[0, :2] = np.nan
    assert np.isnan(features_of(rows, Scene(6, 1.0, 1.2, 0.03, 0.045))[:, FEATURE[f"{name}_ratio"]]).all()


def test_sums_leave_out_what_one_side_lacks() -> None:
    part = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]], np.float32)
    whole = np.array([[2.0, 9.0, np.nan], [4.0, 4.0, 4.0]], np.float32)
    ratio = ratio_of_sums(part, whole, np.array([[True, True, True], [True, False, True]]))
    assert ratio[0] == 0.5
    assert np.isnan(ratio[1])


def test_one_triple_has_no_slope() -> None:
    values = np.array([[np.nan, 2.0, np.nan], [1.0, np.nan, 5.0], [np.nan] * 3], np.float32)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        slope = slope_of(values)
    assert np.isnan(slope[[0, 2]]).all()
    assert slope[1] == pytest.approx(2.0)
