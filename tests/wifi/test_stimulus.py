"""Whose traffic follows the light: power on a camera, honesty on everything else, and sequence files."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from sweep.modality.chips import draw_chips
from sweep.sim.air.frames import WifiEmitter
from sweep.wifi import read_log
from sweep.wifi.stimulus import significance
from sweep.wifi.stimulus.likelihood import Response, correlate_terms
from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.p_value import FLOW_ALONE, find_p_value
from sweep.wifi.stimulus.response_test import looks_within
from sweep.wifi.stimulus.sensitivity import LAMP_SHARE
from sweep.wifi.stimulus.sequence import (
    MARK_STEP_S,
    ChipSequence,
    SequenceError,
    mark_walks,
    read_sequence,
    shuffle_marked,
)
from sweep.wifi.stimulus.significance import LOOKS, examine_at_looks, examine_flow, judge_stimulus
from sweep.wifi.stimulus.stopping_rule import is_enough, is_hopeless
from sweep.wifi.traffic.pictures import drop_uneven_sound, find_group_period, rebuild_pictures
from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.missed_frames import Queue, drop_sound, queue_frames
from sweep.wifi.transmitters.streams import list_flows
from tests.simulators import air_encoded, air_flows, air_queues
from tests.simulators.flow_of import flow_of
from tests.simulators.lateness import late
from tests.simulators.wifi_captures import DEFAULT_START_NS, write_wifi_capture

Air = air_encoded.Air
AP, CAMERA, OTHER_CAMERA, CALLER = (f"02:00:00:00:00:{n:02x}" for n in (1, 0x21, 0x22, 0x12))
START_S = DEFAULT_START_NS / 1e9


def draw_sequence(seconds: float, seed: int, *, start_s: float = START_S + 1.0) -> ChipSequence:
    chips = np.random.default_rng(seed).integers(0, 2, int((seconds - 3.0) / 0.6))
    return ChipSequence(start_s, 0.3, 0.6, tuple(int(chip) for chip in chips))


def queue_of(t_s: Any, octets: Any, missing: Any = 0) -> Queue:
    lengths = np.asarray(octets).astype(np.int32)
    return Queue(np.asarray(t_s, dtype=np.float64), lengths, np.zeros(len(lengths), dtype=np.int64) + missing, True)


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
    sequence = draw_sequence(120.0, seed)
    log, _ = read_log(record(tmp_path / "a.pcap", sequence, 120.0, seed))
    document = judge_stimulus(log, sequence).to_json(addresses="full")
    by_address = {one["addresses"][0]: one for one in document["transmitters"]}
    assert by_address[CAMERA]["verdict"] == "follows_light"
    assert by_address[CAMERA]["p_value"] <= 0.001
    assert by_address[CAMERA]["delay_s"] == pytest.approx(0.2, abs=0.15)
    assert by_address[CAMERA]["smallest_light_share"] is None
    other = by_address[OTHER_CAMERA]
    smallest = other["smallest_light_share"] or 1.0
    denied = ("does_not", None) if smallest <= LAMP_SHARE else ("not_assessable", "light_too_weak")
    assert (other["verdict"], other["reason"]) == denied
    assert by_address[AP]["verdict"] == "not_assessable"  # it only forwards
    assert by_address[AP]["p_value"] is None
    assert CAMERA not in json.dumps(judge_stimulus(log, sequence).to_json())


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


@pytest.mark.parametrize(
    ("shift_s", "reason"),
    [
        (-30.0, "too_short"), (-44.0, "sequence_before_capture"), (-1e6, "sequence_before_capture"),
        (70.0, "sequence_after_capture"), (17.0, "sequence_after_capture"),
    ],
)  # fmt: skip
def test_a_capture_that_does_not_cover_the_sequence_is_not_assessable(
    tmp_path: Path, shift_s: float, reason: str
) -> None:
    sequence = draw_sequence(60.0, 6)
    log, _ = read_log(record(tmp_path / "a.pcap", sequence, 30.0, 6))
    moved = replace(sequence, start_s=sequence.start_s + shift_s)
    by_sender = {one.addresses[0] & 0xFF: one for one in judge_stimulus(log, moved).transmitters}
    assert {one.verdict for one in by_sender.values()} == {"not_assessable"}
    assert by_sender[0x22].reason == reason


NULLS = 199
"""Fewer than in the field, where rates over many tests are counted."""


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
def test_p_values_of_controls_are_uniform(count: int) -> None:
    heard: Any = SimpleNamespace(start_ns=0, listened_s=40.0)
    found = []
    for number in range(count):
        sequence = draw_sequence(40.0, 5_000 + number, start_s=1.0)
        test = examine_flow(control_flow(number), sequence, NullSequences(sequence, NULLS), heard)
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
def test_whenever_one_stops_false_decisions_stay_below_alpha(flows: int, sequences: int) -> None:
    """Stopping at the look that pleases most, over null sequences drawn anew for each of some flows."""
    rng = np.random.default_rng(8)
    decided = naive = 0
    for number in range(flows):
        name = air_encoded.LIT[number % len(air_encoded.LIT)]
        flow, played, _ = air_encoded.draw_lit(name, 30 * number, 200, np.random.default_rng([72, number]))
        coins = NullSequences(played, NULLS)
        responses = [(significance.respond(flow, played, coins, chips), chips, share) for chips, share in LOOKS]
        for _ in range(sequences):
            chips_played = tuple(int(chip) for chip in rng.integers(0, 2, 200))
            nulls = NullSequences(replace(played, chips=chips_played), NULLS)
            p_values = []
            for response, chips, share in responses:
                assert response is not None
                p_value, _ = find_p_value(response, nulls.rows(chips))
                p_values.append((p_value / share, p_value))
            decided += min(p for p, _ in p_values) <= 0.05
            naive += min(p for _, p in p_values) <= 0.05
    total = flows * sequences
    print(f"{total} null sequences: {decided} decided falsely at some look ({naive} if looks cost nothing)")
    assert decided <= 0.05 * total + 3 * (0.05 * 0.95 * total) ** 0.5
    assert naive > decided


def p_of_lit(
    name: str, seconds: float, first_chip: int, air: Air = "radio", *, sigma_s: float = 0.0, batches: bool = False
) -> tuple[float, float]:
    """The p-value of a camera under the lamp after so long, and the one that holds at any stopping time."""
    rng = np.random.default_rng([73, first_chip, sum(map(ord, name))])
    flow, sequence, listened_s = air_encoded.draw_lit(
        name, first_chip, round(seconds / 0.6), rng, air=air, sigma_s=sigma_s, batches=batches
    )
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    nulls = NullSequences(sequence)
    fixed, any_time = (examine(flow, sequence, nulls, heard) for examine in (examine_flow, examine_at_looks))
    return (fixed.p_value if fixed else 1.0), (any_time.p_value if any_time else 1.0)


def p_when_it_ends(
    name: str, seconds: float, first_chip: int, air: Air, *, sigma_s: float = 0.0, batches: bool = False
) -> float:
    """The p-value at the look at which a live test of that camera alone ends (`sweep.wifi.stimulus.stopping_rule`)."""
    rng = np.random.default_rng([73, first_chip, sum(map(ord, name))])
    flow, sequence, _ = air_encoded.draw_lit(
        name, first_chip, round(seconds / 0.6), rng, air=air, sigma_s=sigma_s, batches=batches
    )
    nulls, held = NullSequences(sequence), 1.0
    for chips in looks_within(seconds):
        response, share = significance.respond(flow, sequence, nulls, chips), dict(LOOKS)[chips]
        if response is not None:
            p_value, _ = find_p_value(response, nulls.rows(chips), FLOW_ALONE.at_look(share))
            held = min(held, p_value / share)
        if is_enough(held) or is_hopeless(held, chips):
            break
    return held


@pytest.mark.parametrize(
    ("name", "seconds", "air"),
    [("lit_capped_600", 60.0, "radio"), ("lit_filler_500", 120.0, "radio"), ("lit_mjpeg", 60.0, "cell")],
)
def test_real_encoders_follow_the_lamp_also_among_twenty_flows(name: str, seconds: float, air: Air) -> None:
    fixed, any_time = p_of_lit(name, seconds, 300, air)
    assert fixed * 20 <= 0.05
    assert any_time * 20 <= 0.05


@pytest.mark.soak
@pytest.mark.parametrize("air", ["radio", "cell"])
@pytest.mark.parametrize("seconds", [60.0, 120.0])
@pytest.mark.parametrize("kind", ["rows that choices were made on", "fresh rows"])
def test_power_among_twenty_flows_by_encoder(kind: str, seconds: float, air: Air) -> None:
    step = round(seconds / 0.6)
    total: Counter[str] = Counter()
    names = air_encoded.list_fresh() if kind == "fresh rows" else (*air_encoded.LIT, "dim_capped_600")
    for name in names:
        found = [p_of_lit(name, seconds, first, air) for first in range(0, 1_490 - step, step)]
        fixed, any_time = (sum(pair[i] * 20 <= 0.05 for pair in found) for i in (0, 1))
        print(f"{kind}, {air}, {seconds:.0f} s, {name}: {fixed} of {len(found)} follow, sequential {any_time}")
        rates = "dim" if "dim" in name else "filler" if "filler" in name else "variable"
        total.update({f"{rates} followed": fixed, f"{rates} sequential": any_time, f"{rates} all": len(found)})
    print(f"{kind}, {air}, {seconds:.0f} s: {dict(total)}")
    assert total["variable followed"] >= 0.9 * total["variable all"]
    assert total["filler followed"] >= (0.9 if seconds > 100 else 0.75) * total["filler all"]


LATE: Final[dict[str, dict[str, Any]]] = {
    "on time": {}, "30 ms": {"sigma_s": 0.03}, "45 ms": {"sigma_s": 0.045}, "60 ms": {"sigma_s": 0.06},
    "90 ms": {"sigma_s": 0.09}, "batches": {"batches": True},
}  # fmt: skip
"""How late pictures are (`tests/simulators/lateness.py`)."""


@pytest.mark.parametrize(
    ("name", "lateness"),
    [
        ("fresh_capped_600_2", "90 ms"), ("fresh_average_600_2", "90 ms"),
        ("fresh_capped_600_2", "batches"), ("fresh_mjpeg_2", "batches"),
    ],
)  # fmt: skip
def test_a_camera_without_a_clock_follows_the_lamp(name: str, lateness: str) -> None:
    fixed, _ = p_of_lit(name, 60.0, 100, "good", **LATE[lateness])
    assert fixed <= 0.05


@pytest.mark.soak
@pytest.mark.parametrize("air", ["good", "radio"])
@pytest.mark.parametrize("lateness", LATE)
def test_power_of_cameras_whose_pictures_are_late(lateness: str, air: Air) -> None:
    """Fresh rows: 60 s where rates vary, 120 s with filler."""
    total: Counter[str] = Counter()
    for name in air_encoded.list_fresh():
        rates, seconds = ("filler", 120.0) if "filler" in name else ("variable", 60.0)
        for first in range(0, 1_490 - round(seconds / 0.6), 5 * round(seconds / 1.2)):
            fixed, any_time = p_of_lit(name, seconds, first, air, **LATE[lateness])
            total.update({f"{rates} alone": fixed <= 0.05, f"{rates} of twenty": fixed * 20 <= 0.05})
            total.update({f"{rates} sequential": any_time <= 0.05, f"{rates} all": 1})
            total.update({f"{rates} ended": p_when_it_ends(name, seconds, first, air, **LATE[lateness]) <= 0.05})
        print(f"{lateness}, {air}, {name}: so far {dict(total)}", flush=True)
    print(f"{lateness}, {air}: {dict(total)}")
    if air == "good":
        least = 0.95 if lateness in {"on time", "30 ms", "45 ms"} else 0.8
        assert total["variable alone"] >= least * total["variable all"]
        assert total["variable ended"] >= least * total["variable all"], "as live tests end"
        assert total["filler ended"] >= total["filler sequential"] - 1, "ending early gives hardly any away"


@pytest.mark.parametrize("count", [40, pytest.param(1_170, marks=pytest.mark.soak)])
def test_late_pictures_that_see_another_lamp_decide_falsely_as_often_as_they_say(count: int) -> None:
    heard: Any = SimpleNamespace(start_ns=0, listened_s=40.0)
    found: dict[str, list[tuple[float, float]]] = {}
    for number in range(count):
        rng = np.random.default_rng([79, number])
        name = air_encoded.LIT[number % len(air_encoded.LIT)]
        lateness = list(LATE)[number % len(LATE)]
        flow = air_encoded.stream(name, float(rng.uniform(0, 850)), 40.0, rng, "rtp", air="good", **LATE[lateness])
        sequence = draw_sequence(40.0, 9_000 + number, start_s=1.0)
        nulls = NullSequences(sequence)
        tests = [examine(flow, sequence, nulls, heard) for examine in (examine_flow, examine_at_looks)]
        assert tests[0] is not None
        assert tests[1] is not None
        found.setdefault(lateness, []).append((tests[0].p_value, tests[1].p_value))
    every = np.concatenate(list(found.values()))
    for lateness, values in [*((key, np.array(pairs)) for key, pairs in found.items()), ("all", every)]:
        alone, called = ((values <= p_value).sum(axis=0).tolist() for p_value in (0.05, 0.0025))
        print(
            f"{lateness}, another lamp: of {len(values)} at p <= 0.05 {alone[0]}, at any look {alone[1]}; "
            f"called among twenty {called[0]}, at any look {called[1]}"
        )
    shares = (every <= 0.05).mean(axis=0)
    assert shares.max() <= (0.06 if count > 100 else 0.175)
    assert shares[0] >= (0.036 if count > 100 else 0.0)
    assert (every <= 0.0025).mean(axis=0).max() <= (0.01 if count > 100 else 0.05)


def test_a_crowd_is_not_tested_without_end_whoever_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thickest are, which no chip tells."""
    monkeypatch.setattr(significance, "MAX_FIRST", 3)
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    crowd = tuple(
        replace(flow_of((np.arange(100 + n, dtype=np.int64), np.full(100 + n, 1_500)), none), sender=n)
        for n in range(1, 9)
    )

    def tested(*chosen: int) -> list[int]:
        return [flow.sender for flow in significance._list_tested(crowd, frozenset(chosen))]

    assert tested() == [8, 7, 6]
    assert tested(1, 2, 3, 4, 5) == [5, 4, 3, 8, 7, 6]
    assert tested(1) == [1, 8, 7, 6, 5, 4, 3, 2]


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
    found = rebuild_pictures(queue_of(times, octets))
    assert found is not None
    assert found.rate_hz == pytest.approx(15.0, abs=0.01)
    assert found.octets.tolist() == sizes.tolist()
    assert (
        rebuild_pictures(queue_of(np.sort(np.random.default_rng(5).uniform(0, 30, 2_000)), np.full(2_000, 900))) is None
    )


@pytest.mark.parametrize("late_by", [{"sigma_s": 0.045}, {"sigma_s": 0.09}, {"batches": True}])
def test_late_pictures_are_put_together_by_their_ends(late_by: dict[str, Any]) -> None:
    rng = np.random.default_rng(12)
    sizes = 1_400 * rng.integers(2, 6, 900) + rng.integers(100, 1_300, 900)  # the last frame tells the end
    times, octets = air_encoded.cut(np.arange(900) / 15, sizes.astype(np.float64), 1_400, 0.0003, 0.0)
    picture = np.repeat(np.arange(900), np.ceil(sizes / 1_400).astype(np.int64))
    found = rebuild_pictures(queue_of(late(times, octets, picture, rng, **late_by), octets))
    assert found is not None
    assert not found.has_clock
    assert found.octets.tolist() == sizes.tolist()
    apart_s = found.edges_s[:900] - np.arange(900) / 15
    assert np.abs(apart_s - np.median(apart_s)).max() < (0.3 if "batches" in late_by else 0.05)
    assert (np.diff(found.edges_s) >= 0).all()


def test_sound_of_varying_length_ends_no_picture() -> None:
    rng = np.random.default_rng(13)
    pictures_s, sizes = air_encoded.cut(np.arange(600) / 10, rng.uniform(5_000, 9_000, 600), 1_400, 0.001, 0.0)
    sound_s = np.arange(0.003, 60.0, 0.064)
    order = np.argsort(np.concatenate([pictures_s, sound_s]), kind="stable")
    octets = np.concatenate([sizes, rng.uniform(250.0, 370.0, len(sound_s))])[order]
    queue = queue_of(np.concatenate([pictures_s, sound_s])[order], octets)
    left = drop_uneven_sound(queue)
    is_band = (left.octets >= 250) & (left.octets < 370)
    assert is_band.sum() <= 0.1 * len(sound_s)
    assert len(left.octets) >= 0.95 * len(sizes)
    alike = queue_of(*air_encoded.cut(np.arange(600) / 10, rng.uniform(5_900, 6_000, 600), 1_400, 0.001, 0.0))
    assert len(drop_uneven_sound(alike).octets) == len(alike.octets), "ends of pictures that are alike stay"


def test_what_was_not_heard_is_found_between_the_numbers() -> None:
    """Frames of pictures in which some are missing, one is sent again too late, and the counter wraps."""
    sizes = np.random.default_rng(6).integers(3_000, 9_000, 400).astype(np.float64)
    starts = np.arange(400) / 15
    t_s, octets = air_encoded.cut(starts, sizes, 1_400, 0.001, 0.0)
    number = (np.arange(len(t_s)) + 3_900) % 4_096
    is_heard = np.random.default_rng(7).random(len(t_s)) >= 0.1
    late = np.flatnonzero(is_heard)[100]
    sent_s = t_s.copy()
    sent_s[late] += 0.02
    order = np.flatnonzero(is_heard)[np.argsort(sent_s[is_heard], kind="stable")]
    flow = numbered_flow(sent_s[order], octets[order], number[order])
    queue = queue_frames(flow, 0.0, -1.0, 100.0)
    assert queue.is_numbered
    assert queue.missing.sum() == np.ptp(np.flatnonzero(is_heard)) + 1 - is_heard.sum()
    assert queue.octets.tolist() == octets[is_heard].astype(np.int32).tolist()
    assert (np.diff(queue.t_s) >= 0).all()
    found = rebuild_pictures(queue)
    assert found is not None
    heard_only = rebuild_pictures(replace(queue, missing=np.zeros(len(queue.t_s), dtype=np.int64)))
    assert heard_only is not None
    errors = [float(np.abs(one.octets - sizes[: len(one.octets)]).mean()) for one in (found, heard_only)]
    assert errors[0] < 0.4 * errors[1]


def test_a_counter_that_begins_anew_hides_nothing() -> None:
    t_s = np.arange(300) / 30
    number = np.concatenate([np.arange(1_000, 1_150), np.arange(150)])
    queue = queue_frames(numbered_flow(t_s, np.full(300, 900.0), number), 0.0, 0.0, 100.0)
    assert queue.missing.sum() == 0
    assert np.allclose(queue.t_s, t_s)


def test_sound_is_taken_out_with_what_was_not_heard_of_it() -> None:
    pictures_s, sizes = air_encoded.cut(np.arange(300) / 10, np.full(300, 6_100.0), 1_400, 0.001, 0.0)
    sound_s = np.arange(0.003, 30.0, 0.04)
    t_s = np.concatenate([pictures_s, sound_s])
    octets = np.concatenate([sizes, np.full(len(sound_s), 332.0)])
    order = np.argsort(t_s, kind="stable")
    is_sound = octets[order] == 332
    is_heard = ~is_sound | (np.random.default_rng(8).random(len(order)) >= 0.2)
    flow = numbered_flow(t_s[order][is_heard], octets[order][is_heard], np.flatnonzero(is_heard) % 4_096)
    queue = drop_sound(queue_frames(flow, 0.0, 0.0, 100.0))
    assert 332 not in queue.octets
    assert queue.missing.sum() <= 0.1 * (~is_heard).sum()


def numbered_flow(t_s: Any, octets: Any, number: Any) -> Flow:
    none = np.zeros(0, dtype=np.int64)
    return flow_of(((t_s * 1e9).astype(np.int64), octets), (none, none), number)


def test_flows_carry_the_numbers_of_the_capture(tmp_path: Path) -> None:
    log, _ = read_log(record(tmp_path / "a.pcap", draw_sequence(20.0, 4), 20.0, 4))
    (camera,) = [flow for flow in list_flows(log) if flow.sender & 0xFF == 0x21 and not flow.is_from_ap]
    assert len(camera.sequence_number) == len(camera.tid) == len(camera.t_ns)
    assert camera.sequence_number.min() >= 0
    assert camera.sequence_number.max() <= 4_095


def test_a_response_is_told_from_its_mirror_image_and_its_delay_found() -> None:
    chips = np.random.default_rng(9).integers(0, 2, (200, 80)).astype(np.int8)
    edges = 6 * np.arange(81)
    series = np.random.default_rng(10).normal(0, 1, 480 + 10)
    series[4:484] += np.repeat(chips[0], 6) + 2.0 * np.repeat(np.abs(np.diff(chips[0], prepend=0)), 6) * np.tile(
        [1, 0, 0, 0, 0, 0], 80
    )
    pattern = np.random.default_rng(11).integers(0, 2, 4_000).astype(np.int8)
    response = Response([series], edges, 11, pattern)
    scores = response.score(chips)
    assert int(np.argmax(scores)) == 0
    assert scores[0] > scores[1:].max() + 30
    assert int(np.argmax(response.compare(chips[:1])[0])) == 4
    products = correlate_terms(pattern.tobytes(), 6.0)
    assert products[0][0, 0] == pytest.approx(1.0, abs=0.01)
    assert products[0][1, 1] == pytest.approx(1 / 24, abs=0.005)  # one bin of six at every fourth chip


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


def marks_of(chips: Any, chip_s: float, rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """Marks of somebody who walks by chips, from the first pause on; a button is pressed up to 0.4 s too late."""
    padded = np.concatenate([[0], chips, [0]])
    first, last = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    late_s = rng.uniform(0.0, 0.4, (2, len(first)))
    return tuple(
        (float(a), float(b)) for a, b in zip(first * chip_s + late_s[0], last * chip_s + late_s[1], strict=True)
    )


def p_of_walks(first_chip: int, chips: int, *, is_other: bool = False) -> float:
    """The p-value of a camera in whose picture somebody walks, who marks when; or of the marks of another time."""
    rng = np.random.default_rng([76, first_chip])
    flow, played, listened_s = air_encoded.draw_lit("walk_capped_600", first_chip, chips, rng)
    walked = rng.integers(0, 2, chips) if is_other else np.array(played.chips)
    walked[0] = 0
    marks = marks_of(walked, played.chip_s, rng)
    sequence = mark_walks(played.start_s, 0.3, marks)
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s + 1.0)
    test = examine_flow(flow, sequence, NullSequences(sequence), heard)
    assert test is not None
    return test.p_value


def test_somebody_who_walks_at_will_and_marks_it_is_followed() -> None:
    assert p_of_walks(60, 45) <= 0.0025
    assert p_of_walks(60, 45, is_other=True) > 0.0025


@pytest.mark.soak
def test_power_of_marked_walks() -> None:
    for chips in (15, 30, 45):
        found = [p_of_walks(first, chips) for first in range(0, 220 - chips, chips)]
        print(f"walks marked for {4 * chips} s: {sum(p <= 0.0025 for p in found)} of {len(found)} at p <= 0.0025")


def draw_habit(kind: int, rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """Walks and pauses as people choose them: of any length, even, ever longer, or short walks and long pauses."""
    count = 12
    even = rng.uniform(3, 9) * (1 + rng.normal(0, 0.15, 2 * count).clip(-0.4, 0.4))
    lengths = [
        rng.uniform(2, 9, 2 * count), even, np.linspace(3, 8, 2 * count) * rng.uniform(0.8, 1.2, 2 * count),
        np.where(np.arange(2 * count) % 2, rng.uniform(2, 4, 2 * count), rng.uniform(5, 10, 2 * count)),
    ][kind]  # fmt: skip
    times = np.cumsum(np.maximum(lengths, 2 * MARK_STEP_S))
    times = times[: 2 * int(np.searchsorted(times[1::2], 110.0))]
    return tuple((float(a), float(b)) for a, b in times.reshape(-1, 2))


def draw_wandering(rng: np.random.Generator) -> Flow:
    """A stream whose rate wanders by itself over seconds, as where people come and go in some other room."""
    level = np.zeros(1_900)
    pull, push = float(rng.uniform(0.002, 0.05)), float(rng.uniform(0.05, 0.3))
    for number in range(1, len(level)):
        level[number] = level[number - 1] * (1 - pull) + push * rng.normal() * pull**0.5
    sizes = 3_000 * np.exp(level) * rng.gamma(20, 0.05, len(level))
    starts = np.arange(len(level)) / 15 + rng.gamma(2, 0.001, len(level))
    t_s, octets = air_encoded.cut(starts, sizes, 1_400, 0.0002, 50.0)
    return numbered_flow(t_s, octets, np.arange(len(t_s)) % 4_096)


@pytest.mark.parametrize("count", [40, pytest.param(2_000, marks=pytest.mark.soak)])
def test_marked_walks_decide_falsely_as_often_as_they_say(count: int) -> None:
    """Habits of marking against traffic that wanders, pulses and is a camera that watches somebody else."""
    heard: Any = SimpleNamespace(start_ns=0, listened_s=125.0)
    found: dict[int, list[float]] = {}
    for number in range(count):
        rng = np.random.default_rng([77, number])
        sequence = mark_walks(1.0, 0.3, draw_habit(number % 4, rng))
        flow = (
            draw_wandering(rng) if number % 8 < 4
            else air_encoded.stream("walk_capped_600", float(rng.uniform(0, 770)), 125.0, rng, "rtp")
        )  # fmt: skip
        test = examine_flow(flow, sequence, NullSequences(sequence, NULLS), heard)
        assert test is not None
        found.setdefault(number % 8, []).append(test.p_value)
    every = np.concatenate([found[key] for key in sorted(found)])
    by_case = {key: f"{sum(p <= 0.05 for p in found[key])} of {len(found[key])}" for key in sorted(found)}
    share = float((every <= 0.05).mean())
    print(f"{count} flows and marks that have nothing to do with each other: {share:.2%} at p <= 0.05; {by_case}")
    assert share <= (0.07 if count > 1_000 else 0.18)


def test_shuffled_marks_keep_walks_and_pauses() -> None:
    sequence = mark_walks(0.0, 0.3, ((2.0, 5.0), (7.0, 8.0), (10.0, 16.0), (17.0, 19.0), (24.0, 25.5), (27.0, 30.0)))
    chips = np.array(sequence.chips, dtype=np.int8)
    assert len(chips) == 60
    assert chips.sum() == 33
    rows = shuffle_marked(chips, 50, np.random.default_rng(1))
    assert (rows.sum(axis=1) == 33).all()
    assert (np.abs(rows - np.roll(rows, 1, axis=1)).sum(axis=1) == 12).all()
    assert len(np.unique(rows, axis=0)) > 45
    assert (shuffle_marked(np.roll(chips, 17), 50, np.random.default_rng(1)).sum(axis=1) == 33).all()
    assert shuffle_marked(np.zeros(9, dtype=np.int8), 2, np.random.default_rng(1)).tolist() == [[0] * 9] * 2


def test_marks_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "SEQ.json"
    marks = [[3.0 * n, 3.0 * n + 1.5] for n in range(1, 9)]
    document = {"start": 1_750_000_000.0, "start_uncertainty_s": 0.5, "marks": marks}
    path.write_text(json.dumps(document))
    sequence = read_sequence(path)
    assert sequence.to_json() == document
    assert sequence.duration_s == 25.5
    assert sequence.chips[:9] == (0, 0, 0, 0, 0, 0, 1, 1, 1)
    log, _ = read_log(record(tmp_path / "a.pcap", draw_sequence(20.0, 4), 20.0, 4))
    with pytest.raises(SequenceError, match=r"^[^\n]*without|leave out"):
        judge_stimulus(log, sequence, is_sequential=True)


@pytest.mark.parametrize(
    "marks",
    [[], [[1, 2]] * 9, [[1, 2, 3]] * 9, "12", [[2 * n, 2 * n + 0.5] for n in range(1, 9)], [[1, None]] * 8,
     [[1e9 * n, 1e9 * n + 2] for n in range(1, 9)], [[float("nan"), 3.0]] * 8],
)  # fmt: skip
def test_wrong_marks_give_one_line(tmp_path: Path, marks: Any) -> None:
    path = tmp_path / "SEQ.json"
    path.write_text(json.dumps({"start": 1.0, "start_uncertainty_s": 0.5, "marks": marks}))
    with pytest.raises(SequenceError, match=r"^[^\n]*marks must[^\n]*$"):
        read_sequence(path)


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
