"""Whose traffic follows the light: power on a camera, honesty on everything else, and sequence files."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.sim.air_wifi import DEFAULT_START_NS, WifiEmitter, write_wifi_capture
from sweep.wifi import read_log, stimulus
from sweep.wifi.pictures import find_group_period, rebuild_pictures
from sweep.wifi.sequence import ChipSequence, SequenceError, draw_chips, read_sequence
from sweep.wifi.stimulus import (
    LOOKS,
    NullSequences,
    examine_at_looks,
    examine_flow,
    holm,
    judge_stimulus,
    stimulus_file,
)
from sweep.wifi.transmitters import Flow
from tests.simulators import air_encoded, air_flows, air_queues

AP, CAMERA, OTHER_CAMERA, CALLER = (f"02:00:00:00:00:{n:02x}" for n in (1, 0x21, 0x22, 0x12))
START_S = DEFAULT_START_NS / 1e9


def draw_sequence(seconds: float, seed: int, *, start_s: float = START_S + 1.0) -> ChipSequence:
    chips = np.random.default_rng(seed).integers(0, 2, int((seconds - 3.0) / 0.6))
    return ChipSequence(start_s, 0.3, 0.6, tuple(int(chip) for chip in chips))


def record(path: Path, sequence: ChipSequence, seconds: float, seed: int) -> Path:
    emitters = [
        WifiEmitter("ap", AP, 0.0, 0.0, ssid=b"net"),
        WifiEmitter("camera_station", CAMERA, 1.0, 1.0, peer=AP, follows_light=True),
        WifiEmitter("camera_station", OTHER_CAMERA, 3.0, 1.0, peer=AP),
        WifiEmitter("caller", CALLER, 2.0, 2.0, peer=AP),
    ]
    write_wifi_capture(path, emitters=emitters, listener_xy_m=(2.0, 1.0), seconds=seconds, seed=seed, stimulus=sequence)
    return path


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_camera_that_sees_the_light_is_told_from_the_one_that_does_not(tmp_path: Path, seed: int) -> None:
    sequence = draw_sequence(60.0, seed)
    path = tmp_path / "SEQ.json"
    path.write_text(json.dumps(sequence.to_json()))
    document = stimulus_file(record(tmp_path / "a.pcap", sequence, 60.0, seed), path).to_json(addresses="full")
    by_address = {one["addresses"][0]: one for one in document["transmitters"]}
    assert by_address[CAMERA]["verdict"] == "follows_light"
    assert by_address[CAMERA]["p_value"] <= 0.001
    assert by_address[CAMERA]["delay_s"] == pytest.approx(0.2, abs=0.15)
    assert by_address[OTHER_CAMERA]["verdict"] == "does_not"
    assert by_address[AP]["verdict"] == "not_assessable"  # it only forwards
    assert by_address[AP]["p_value"] is None
    assert CAMERA not in json.dumps(stimulus_file(tmp_path / "a.pcap", path).to_json())


def test_a_short_sequence_may_show_but_not_deny(tmp_path: Path) -> None:
    sequence = draw_sequence(20.0, 4)
    log, _ = read_log(record(tmp_path / "a.pcap", sequence, 20.0, 4))
    verdicts = {one.addresses[0] & 0xFF: one.verdict for one in judge_stimulus(log, sequence).transmitters}
    assert verdicts[0x21] in {"follows_light", "not_assessable"}
    assert verdicts[0x22] == "not_assessable"


def test_another_sequence_than_the_one_played_finds_nothing(tmp_path: Path) -> None:
    log, _ = read_log(record(tmp_path / "a.pcap", draw_sequence(60.0, 5), 60.0, 5))
    scan = judge_stimulus(log, draw_sequence(60.0, 99))
    assert {one.verdict for one in scan.transmitters} <= {"does_not", "not_assessable"}


@pytest.mark.parametrize("shift_s", [-30.0, 70.0, -1e6])
def test_a_capture_that_does_not_cover_the_sequence_is_not_assessable(tmp_path: Path, shift_s: float) -> None:
    sequence = draw_sequence(60.0, 6)
    log, _ = read_log(record(tmp_path / "a.pcap", sequence, 30.0, 6))
    moved = replace(sequence, start_s=sequence.start_s + shift_s)
    assert {one.verdict for one in judge_stimulus(log, moved).transmitters} == {"not_assessable"}


def control_flow(number: int) -> Flow:
    """A stream that the sequence cannot have moved: three kinds of simulated cameras, one under another lamp."""
    rng = np.random.default_rng([71, number])
    if number % 3 == 0:
        name = air_encoded.LIT[number // 3 % len(air_encoded.LIT)]
        return air_encoded.stream(name, float(rng.uniform(0, 850)), 40.0, rng, "rtp")
    flow: Flow = (
        air_flows.draw_flow("camera", 40.0, rng) if number % 3 == 1 else air_queues.draw_flow("encoder", 40.0, rng)
    )
    return flow


@pytest.mark.parametrize("count", [90, pytest.param(5_010, marks=pytest.mark.soak)])
def test_p_values_of_controls_are_uniform(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stimulus, "FIRST_NULLS", 199)
    monkeypatch.setattr(stimulus, "ALL_NULLS", 199)
    heard: Any = SimpleNamespace(start_ns=0, listened_s=40.0)
    found = []
    for number in range(count):
        sequence = draw_sequence(40.0, 5_000 + number, start_s=1.0)
        test = examine_flow(control_flow(number), sequence, NullSequences(sequence), heard)
        assert test is not None
        found.append(test.p_value)
    p_values = np.sort(found)
    rank = np.arange(1, count + 1) / count
    distance = float(np.maximum(np.abs(p_values - rank), np.abs(p_values - 0.005 - rank + 1 / count)).max())
    share = float((p_values <= 0.05).mean())
    print(f"{count} control flows: {share:.3%} at p <= 0.05, Kolmogorov-Smirnov distance {distance:.4f}")
    assert distance <= 1.63 / count**0.5 + 0.005  # 1 % of uniform samples are farther; p-values come in steps of 0.005
    assert abs(share - 0.05) <= (0.01 if count > 1000 else 0.08)


@pytest.mark.parametrize(("flows", "sequences"), [(3, 80), pytest.param(20, 500, marks=pytest.mark.soak)])
def test_whenever_one_stops_false_decisions_stay_below_alpha(
    flows: int, sequences: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping at the look that pleases most, over null sequences drawn anew for each of some flows."""
    monkeypatch.setattr(stimulus, "ALL_NULLS", 199)
    monkeypatch.setattr(stimulus, "FIRST_NULLS", 199)
    rng = np.random.default_rng(8)
    decided = naive = 0
    for number in range(flows):
        name = air_encoded.LIT[number % len(air_encoded.LIT)]
        flow, played, _ = air_encoded.draw_lit(name, 30 * number, 200, np.random.default_rng([72, number]))
        responses = [(stimulus.respond(flow, played, chips), chips, share) for chips, share in LOOKS]
        for _ in range(sequences):
            chips_played = tuple(int(chip) for chip in rng.integers(0, 2, 200))
            nulls = NullSequences(replace(played, chips=chips_played))
            p_values = []
            for response, chips, share in responses:
                assert response is not None
                rows = nulls.rows(chips)
                p_value = stimulus.find_p_value(response, rows, float(response.fit(rows[:1]).max()))
                p_values.append((p_value / share, p_value))
            decided += min(p for p, _ in p_values) <= 0.05
            naive += min(p for _, p in p_values) <= 0.05
    total = flows * sequences
    print(f"{total} null sequences: {decided} decided falsely at some look ({naive} if looks cost nothing)")
    assert decided <= 0.05 * total + 3 * (0.05 * 0.95 * total) ** 0.5
    assert naive > decided


VARIABLE = tuple(name for name in air_encoded.LIT if "filler" not in name)
FILLER = tuple(name for name in air_encoded.LIT if "filler" in name)


def p_of_lit(name: str, seconds: float, first_chip: int) -> tuple[float, float]:
    """The p-value of a camera under the lamp after so long, and the one that holds at any stopping time."""
    rng = np.random.default_rng([73, first_chip, sum(map(ord, name))])
    flow, sequence, listened_s = air_encoded.draw_lit(name, first_chip, round(seconds / 0.6), rng)
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    nulls = NullSequences(sequence)
    fixed, any_time = (examine(flow, sequence, nulls, heard) for examine in (examine_flow, examine_at_looks))
    return (fixed.p_value if fixed else 1.0), (any_time.p_value if any_time else 1.0)


@pytest.mark.parametrize(("name", "seconds"), [("lit_capped_600", 60.0), ("lit_filler_500", 120.0)])
def test_real_encoders_follow_the_lamp_also_among_twenty_flows(name: str, seconds: float) -> None:
    fixed, any_time = p_of_lit(name, seconds, 300)
    assert fixed * 20 <= 0.05
    assert any_time * 20 <= 0.05


@pytest.mark.soak
@pytest.mark.parametrize("seconds", [60.0, 120.0])
def test_power_among_twenty_flows_by_encoder(seconds: float) -> None:
    step = round(seconds / 0.6)
    shares = {}
    for name in (*VARIABLE, *FILLER, "dim_capped_600"):
        found = [p_of_lit(name, seconds, first) for first in range(0, 1_490 - step, step)]
        fixed, any_time = (sum(pair[i] * 20 <= 0.05 for pair in found) for i in (0, 1))
        shares[name] = fixed / len(found)
        print(f"{seconds:.0f} s {name}: {fixed} of {len(found)} follow, sequential {any_time}")
    follow = FOLLOW_WELL_60_S if seconds < 100 else FOLLOW_WELL_120_S
    assert all(shares[name] >= 0.8 for name in follow)


FOLLOW_WELL_60_S = ("lit_capped_600", "lit_quality_slow_group", "lit_walked_800")
FOLLOW_WELL_120_S = (*FOLLOW_WELL_60_S, "lit_filler_500")


def test_holm_holds_the_family() -> None:
    assert holm([]) == []
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)


def test_the_distance_of_complete_pictures_is_found() -> None:
    series = np.random.default_rng(1).normal(0, 0.5, 600)
    series[::20] += 4
    assert find_group_period(series - series.mean(), 10.0) in {20, 40}
    assert find_group_period(np.random.default_rng(2).normal(0, 1, 600), 10.0) == 0
    assert find_group_period(np.zeros(600), 10.0) == 0


def test_pictures_are_put_together_again() -> None:
    sizes = np.random.default_rng(3).integers(3_000, 9_000, 400)
    starts = np.arange(400) / 15 + np.random.default_rng(4).gamma(2, 0.002, 400)
    times, octets = air_encoded.cut(starts, sizes.astype(np.float64), 1_400, 0.0003, 0.0)
    found = rebuild_pictures(times, octets.astype(np.int32))
    assert found is not None
    assert found.rate_hz == pytest.approx(15.0, abs=0.01)
    assert found.octets.tolist() == sizes.tolist()
    assert (
        rebuild_pictures(np.sort(np.random.default_rng(5).uniform(0, 30, 2_000)), np.full(2_000, 900, np.int32)) is None
    )


def test_chips_are_fair_coins() -> None:
    chips = np.array(draw_chips(4_000))
    assert set(chips.tolist()) == {0, 1}
    assert abs(chips.mean() - 0.5) < 0.05
    assert abs(np.mean(chips[1:] == chips[:-1]) - 0.5) < 0.05


def test_somebody_who_walks_when_told_to_is_followed() -> None:
    flow, sequence, listened_s = air_encoded.draw_lit("walk_capped_600", 20, 30, np.random.default_rng(74))
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    test = examine_flow(flow, sequence, NullSequences(sequence), heard)
    assert test is not None
    assert test.p_value <= 0.0025
    others = replace(sequence, chips=draw_sequence(60.0, 3).chips[:30])
    control = examine_flow(flow, others, NullSequences(others), heard)
    assert control is not None
    assert control.p_value > 0.0025


GOOD = {"start": 1_750_000_000.0, "start_uncertainty_s": 0.5, "chip_s": 0.6, "chips": [0, 1] * 20}


def test_a_sequence_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "SEQ.json"
    path.write_text(json.dumps(GOOD))
    sequence = read_sequence(path)
    assert sequence.to_json() == GOOD
    assert sequence.duration_s == pytest.approx(24.0)


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        ({"chips": []}, "chips must be"),
        ({"chips": [0, 2] * 20}, "chips must be"),
        ({"chips": [True, False] * 20}, "chips must be"),
        ({"chips": "0101"}, "chips must be"),
        ({"chip_s": 0}, "chip_s must be"),
        ({"chip_s": None}, "chip_s must be"),
        ({"start": -1}, "start must be"),
        ({"start": float("nan")}, "start must be"),
        ({"start_uncertainty_s": True}, "start_uncertainty_s must be"),
    ],
)
def test_a_wrong_sequence_file_gives_one_line(tmp_path: Path, change: dict[str, Any], advice: str) -> None:
    path = tmp_path / "SEQ.json"
    path.write_text(json.dumps(GOOD | change))
    with pytest.raises(SequenceError, match=advice):
        read_sequence(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000, b" " * 2_000_000])
def test_a_foreign_sequence_file_gives_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "SEQ.json"
    path.write_bytes(content)
    with pytest.raises(SequenceError, match=r"^[^\n]+$"):
        read_sequence(path)
