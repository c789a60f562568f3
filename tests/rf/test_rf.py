"""Levels, channel tables and the first judgement, on hand-made windows and on windows of the emulated firmware."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.report import RfWindow
from sweep.rf.channels import CHANNELS, TUNER_BANDS, tuner_frequencies
from sweep.rf.envelope import NOMINAL, DetectorLaw, summarise
from sweep.rf.judge import judge_windows, to_json

QUIET_DBM = -62.0


def window(
    *, quiet_dbm: float = QUIET_DBM, loud_dbm: float | None = None, duty: float = 0.0, bursts: int = 0, number: int = 0
) -> RfWindow:
    """A window whose samples are at `quiet_dbm`, and for a share `duty` at `loud_dbm`."""
    quiet = NOMINAL.to_counts(quiet_dbm)
    loud = quiet if loud_dbm is None else NOMINAL.to_counts(loud_dbm)

    def percentile(percent: int) -> float:
        return loud if percent / 100 < duty else quiet

    return RfWindow(
        t_ns=number * 100_000_000,
        duration_s=0.1,
        receiver="log_detector",
        centre_mhz=None,
        samples=3125,
        dropped=0,
        min_counts=min(quiet, loud) - 3 if duty else quiet - 4,
        mean_counts=duty * loud + (1 - duty) * quiet,
        max_counts=(loud if duty >= 1 else quiet) + 3,
        p10_counts=percentile(10),
        p50_counts=percentile(50),
        p90_counts=percentile(90),
        duty_cycle=duty,
        bursts=bursts,
        gaps=bursts + 1,
    )


def run(count: int = 20, **kwargs: Any) -> list[RfWindow]:
    return [window(number=n, **kwargs) for n in range(count)]


@given(st.floats(-80, 10), st.floats(0.018, 0.03), st.floats(10, 30))
def test_the_law_and_its_inverse(dbm: float, slope: float, intercept: float) -> None:
    law = DetectorLaw(slope_v_per_db=slope, intercept_dbm=intercept)
    assert law.to_dbm(law.to_counts(dbm)) == pytest.approx(dbm, abs=1e-6)


def test_the_law_is_the_datasheets() -> None:
    # AD8318, nominal: 0.6 V at -4 dBm, 2.1 V at -64 dBm.
    assert NOMINAL.to_dbm(0.6 / 2.5 * 1023) == pytest.approx(-4.0)
    assert NOMINAL.to_dbm(2.1 / 2.5 * 1023) == pytest.approx(-64.0)


def test_a_constant_carrier() -> None:
    result = judge_windows(run(loud_dbm=-40.0, quiet_dbm=-40.0, duty=1.0, bursts=1))
    (emitter,) = result.emitters
    assert emitter.kind == "continuous"
    assert emitter.level_dbm == pytest.approx(-40.0, abs=0.1)
    assert (emitter.baseline_dbm, emitter.excess_db, emitter.centre_mhz) == (None, None, None)
    assert "no_baseline" in result.limits


def test_bursts_by_rate_and_duty() -> None:
    for kind, duty, bursts in (("wifi", 0.3, 25), ("dect", 0.037, 10), ("ble", 0.0096, 4), ("unknown", 0.5, 1)):
        (emitter,) = judge_windows(run(loud_dbm=-35.0, duty=duty, bursts=bursts)).emitters
        assert emitter.kind == kind
        assert emitter.level_dbm == pytest.approx(-35.0, abs=0.5)
        assert emitter.duty_cycle == pytest.approx(duty)


def test_silence_is_no_emitter_and_never_clear() -> None:
    result = judge_windows(run())
    assert result.emitters == ()
    assert result.floor_dbm == pytest.approx(QUIET_DBM)
    assert "records_to_card_radiate_nothing" in result.limits
    assert "clear" not in json.dumps(to_json(result))


def test_analog_video_is_never_claimed_without_a_line_rate() -> None:
    for level in range(-50, -5, 5):
        result = judge_windows(run(loud_dbm=float(level), quiet_dbm=float(level), duty=1.0, bursts=1))
        assert {emitter.kind for emitter in result.emitters} == {"continuous"}
        assert "no_line_rate_without_tuner" in result.limits


def test_inside_minus_outside() -> None:
    inside = run(loud_dbm=-30.0, quiet_dbm=-30.0, duty=1.0, bursts=1)
    leaking = run(loud_dbm=-48.0, quiet_dbm=-48.0, duty=1.0, bursts=1)
    (emitter,) = judge_windows(inside, leaking).emitters
    assert emitter.excess_db == pytest.approx(18.0, abs=0.2)
    (emitter,) = judge_windows(inside, run()).emitters
    assert emitter.baseline_dbm == pytest.approx(QUIET_DBM, abs=0.1)
    assert emitter.excess_db == pytest.approx(32.0, abs=0.2)
    (emitter,) = judge_windows(leaking, inside).emitters
    assert emitter.excess_db == pytest.approx(-18.0, abs=0.2)


def test_limits_say_what_could_not_be_judged() -> None:
    few = judge_windows(run(3, loud_dbm=-30.0, quiet_dbm=-30.0, duty=1.0, bursts=1))
    assert "too_few_windows" in few.limits
    assert [emitter.kind for emitter in few.emitters] == ["unknown"]
    lossy = [w.model_copy(update={"samples": 3000, "dropped": 125}) for w in run()]
    assert "samples_dropped" in judge_windows(lossy).limits
    loud = judge_windows(run(loud_dbm=0.0, quiet_dbm=0.0, duty=1.0, bursts=1))
    assert "saturated" in loud.limits
    nothing = judge_windows([])
    assert (nothing.windows, nothing.floor_dbm, nothing.emitters) == (0, None, ())
    assert "no_samples" in nothing.limits


@given(st.permutations(range(12)))
def test_the_order_of_windows_does_not_matter(order: list[int]) -> None:
    windows = [*run(6, loud_dbm=-35.0, duty=0.3, bursts=20), *run(6)]
    assert judge_windows([windows[n] for n in order]) == judge_windows(windows)


@given(
    st.lists(
        st.tuples(st.floats(0, 1023), st.floats(0, 1023), st.floats(0, 1), st.integers(0, 1500)), min_size=1, max_size=8
    )
)
def test_any_window_gives_a_finite_document(rows: list[tuple[float, float, float, int]]) -> None:
    windows = [
        window(number=n).model_copy(
            update={
                "min_counts": min(a, b),
                "p10_counts": min(a, b),
                "p50_counts": (a + b) / 2,
                "p90_counts": max(a, b),
                "max_counts": max(a, b),
                "duty_cycle": duty,
                "bursts": bursts,
            }
        )
        for n, (a, b, duty, bursts) in enumerate(rows)
    ]
    document = json.loads(json.dumps(to_json(judge_windows(windows, windows)), allow_nan=False))
    assert document["windows"] == len(windows)
    assert set(document) == {
        "windows", "samples", "dropped", "floor_dbm", "emitters", "limits", "blanked", "floor_change_db",
        "calibration",
    }  # fmt: skip


def test_windows_of_a_tuner_are_not_the_detectors() -> None:
    tuned = [w.model_copy(update={"receiver": "tuner", "centre_mhz": 5800.0}) for w in run()]
    assert summarise(tuned) is None


# --- channels ---------------------------------------------------------------------------------------------------------


def test_tables_agree_with_the_transcribed_facts(shared_data: Path) -> None:
    facts = json.loads((shared_data / "rf" / "analog_video_channels.json").read_text(encoding="utf-8"))
    ours: dict[str, set[tuple[int, ...]]] = {}
    for channel in CHANNELS:
        ours.setdefault(channel.band, set())
    rows: dict[tuple[str, str, bool], list[int]] = {}
    for channel in CHANNELS:
        rows.setdefault((channel.band, channel.table, channel.is_ambiguous), []).append(channel.centre_mhz)
    for band in ("5.8GHz", "2.4GHz", "1.2GHz"):
        stored = sorted(frequency for row in facts[band].values() for frequency in row)
        assert sorted(c.centre_mhz for c in CHANNELS if c.band == band) == stored
    for table in TUNER_BANDS:
        assert rows["5.8GHz", table, False] == facts["5.8GHz"][table]


def test_l_is_ambiguous_and_kept_out_of_the_tuner_sweep() -> None:
    assert {channel.is_ambiguous for channel in CHANNELS if channel.table == "L"} == {True}
    assert 5362 not in tuner_frequencies()
    assert len(tuner_frequencies()) == len(set(tuner_frequencies()))
