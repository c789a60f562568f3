"""Numbering and ordering give what numpy's sorts give."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from sweep.wifi.frames.columns import (
    count_alike,
    count_distinct,
    is_ascending,
    number_distinct,
    order_streams,
    quantile,
)


@given(
    values=st.one_of(
        hn.arrays(np.uint64, st.integers(0, 300), elements=st.integers(0, 2**64 - 1)),
        hn.arrays(np.int64, st.integers(0, 300), elements=st.integers(-5, 5)),
    )
)
def test_numbering_is_unique(values: np.ndarray) -> None:
    distinct, place = number_distinct(values)
    expected, expected_place = np.unique(values, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert place.tolist() == expected_place.tolist()


def test_numbering_more_values_than_slots() -> None:
    values = np.arange(400_000, dtype=np.int64)[::-1] * 3
    distinct, place = number_distinct(values)
    assert np.array_equal(distinct, np.sort(values))
    assert np.array_equal(distinct[place], values)


@given(rows=st.lists(st.tuples(st.integers(0, 70_000), st.integers(-3, 3)), max_size=100))
def test_order_is_by_stream_then_time_then_row(rows: list[tuple[int, int]]) -> None:
    stream, t_ns = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    assert order_streams(stream, t_ns).tolist() == np.lexsort((t_ns, stream)).tolist()


def test_ascending() -> None:
    assert is_ascending(np.array([1, 1, 2]))
    assert is_ascending(np.zeros(0))
    assert not is_ascending(np.array([2, 1]))


@given(
    st.lists(st.integers(0, 3_000), min_size=1, max_size=60), st.sampled_from([0.0, 0.5, 0.75, 0.9, 0.95, 0.98, 1.0])
)
def test_quantiles_are_those_of_numpy(values: list[int], share: float) -> None:
    assert quantile(np.array(values), share) == float(np.quantile(np.array(values), share))


@given(st.lists(st.sampled_from([-1, 0, 5, 60, 65_535, 65_536, 2**31 - 1]) | st.integers(0, 9), max_size=40))
def test_rows_alike_are_counted(values: list[int]) -> None:
    assert count_alike(np.array(values, dtype=np.int32)).tolist() == [values.count(one) for one in values]
    assert count_distinct(np.array(values, dtype=np.int32)) == len(set(values))
