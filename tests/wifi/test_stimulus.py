"""Whose traffic follows the light: power on a camera, honesty on everything else, and sequence files."""

import importlib
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
from sweep.wifi import read_log
from sweep.wifi.sequence import ChipSequence, SequenceError, read_sequence
from sweep.wifi.stimulus import NullSequences, examine_flow, find_group_period, holm, judge_stimulus, stimulus_file

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


CONTROLS = 40


@pytest.mark.parametrize("count", [CONTROLS, pytest.param(1_700, marks=pytest.mark.soak)])
def test_p_values_of_controls_are_honest(count: int) -> None:
    found = []
    sources: list[tuple[Any, str]] = [
        (importlib.import_module("tests.simulators.air_flows"), "camera"),
        (importlib.import_module("tests.simulators.air_queues"), "encoder"),
    ]
    heard: Any = SimpleNamespace(start_ns=0, listened_s=40.0)
    for seed in range(3):
        sequence = draw_sequence(40.0, 100 + seed, start_s=1.0)
        nulls = NullSequences(sequence)
        for i in range(count):
            source, kind = sources[i % 2]
            flow = source.draw_flow(kind, 40.0, np.random.default_rng([seed, i]))
            test = examine_flow(flow, sequence, nulls, heard)
            assert test is not None
            found.append(test.p_value)
    share = float((np.array(found) <= 0.05).mean())
    assert share <= (0.065 if count > CONTROLS else 0.11)
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)


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
    series = np.random.default_rng(1).normal(0, 0.5, 600).astype(np.float32)
    series[::20] += 4
    assert find_group_period(series - series.mean()) in {20, 40}
    assert find_group_period(np.random.default_rng(2).normal(0, 1, 600).astype(np.float32)) == 0
    assert find_group_period(np.zeros(600, dtype=np.float32)) == 0


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
