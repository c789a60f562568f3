"""The channel plan against made-up air: everything is visited, cameras get the time, late ones are found."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.packets import LINK_RADIOTAP
from sweep.wifi.capture.channels import LISTEN_S, RETUNE_S, SURVEY_S, Channel, ChannelPlan, Dwell, Interest
from sweep.wifi.frames.reading import read_log
from sweep.wifi.listen import judge_interest
from tests.simulators.pcap import write_pcap
from tests.wifi.frames import START_NS, data_up, radiotap

TWO, FIVE = [2_412 + 5 * n for n in range(13)], [5_180 + 20 * n for n in range(8)] + [5_745, 5_765, 5_785, 5_805]
SIX = [5_955 + 20 * n for n in range(24)]


def play(plan: ChannelPlan, seconds: float, cameras: dict[int, float]) -> list[tuple[float, Dwell]]:
    """(when, dwell) with cameras on channels from some second on; a short dwell only hears that something uploads."""
    now_s, dwells = 0.0, []
    while (dwell := plan.next(seconds - now_s)) is not None:
        dwells.append((now_s, dwell))
        now_s += dwell.seconds + RETUNE_S
        is_camera = cameras.get(dwell.channel.mhz, 1e9) <= now_s - dwell.seconds / 2
        news: Interest = "quiet" if not is_camera else "camera" if dwell.seconds >= LISTEN_S else "undecided"
        plan.note(dwell, news)
    return dwells


def plan_of(*mhz: int) -> ChannelPlan:
    return ChannelPlan(tuple(Channel(one) for one in mhz))


def test_a_survey_visits_every_channel_where_networks_usually_are_first() -> None:
    plan = plan_of(*TWO, *FIVE, *SIX)
    dwells = play(plan, 60.0, {})
    survey = [dwell.channel for _, dwell in dwells if dwell.reason == "survey"]
    assert sorted(c.mhz for c in survey) == TWO + FIVE + SIX
    preferred = [c.is_preferred for c in survey]
    assert preferred == sorted(preferred, reverse=True)
    assert [c.mhz for c in survey[:4]] == [2_412, 2_437, 2_462, 2_472]
    assert plan.is_surveyed


def test_the_time_goes_to_the_channel_of_a_camera() -> None:
    time_s: dict[int, float] = defaultdict(float)
    for _, dwell in play(plan_of(*TWO, *FIVE), 40.0, {2_437: 0.0}):
        time_s[dwell.channel.mhz] += dwell.seconds
    assert time_s[2_437] >= 15.0
    assert min(time_s.values()) >= SURVEY_S


@pytest.mark.parametrize("mhz", [2_427, 5_260, 5_805])
def test_a_camera_that_starts_late_is_found_while_another_one_holds_the_attention(mhz: int) -> None:
    dwells = play(plan_of(*TWO, *FIVE), 90.0, {2_437: 0.0, mhz: 12.0})
    found_s = next(when for when, dwell in dwells if dwell.channel.mhz == mhz and dwell.seconds >= LISTEN_S)
    assert found_s <= 12.0 + 60.0


def test_interests_stay_for_the_next_position_and_listening_starts_anew() -> None:
    plan = plan_of(*TWO)
    play(plan, 60.0, {2_437: 0.0})
    plan.begin_position()
    first = plan.next(20.0)
    assert first is not None
    long = [dwell for _, dwell in play(plan, 20.0, {2_437: 0.0}) if dwell.seconds >= LISTEN_S]
    assert {dwell.channel.mhz for dwell in long} == {2_437}
    assert len(long) >= 2


def test_what_turns_out_to_be_no_camera_is_let_go() -> None:
    plan = plan_of(*TWO)
    while not plan.is_surveyed:
        dwell = plan.next(60.0)
        assert dwell is not None
        plan.note(dwell, "undecided" if dwell.channel.mhz == 2_437 else "quiet")
    reasons = []
    for _ in range(30):
        dwell = plan.next(60.0)
        assert dwell is not None
        reasons.append((dwell.channel.mhz, dwell.reason))
        plan.note(dwell, "quiet")
    assert reasons.count((2_437, "undecided")) == 1


@given(
    channels=st.sets(st.sampled_from(TWO + FIVE + SIX), min_size=1),
    seconds=st.floats(0.0, 120.0),
    news=st.lists(st.sampled_from(["quiet", "undecided", "camera"]), min_size=1, max_size=40),
)
def test_dwells_fit_the_time_and_always_end(channels: set[int], seconds: float, news: list[Interest]) -> None:
    plan, left_s, count = plan_of(*channels), seconds, 0
    while (dwell := plan.next(left_s)) is not None:
        assert SURVEY_S <= dwell.seconds <= max(left_s, SURVEY_S)
        plan.note(dwell, news[count % len(news)])
        left_s -= dwell.seconds
        count += 1
    assert count <= seconds / SURVEY_S + 1
    assert plan.is_surveyed or seconds <= SURVEY_S * (len(channels) + 1)


def test_an_adapter_without_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="hears nothing"):
        ChannelPlan(())


@pytest.mark.parametrize(
    ("mhz", "centre"),
    [(5_180, 5_210), (5_240, 5_210), (5_260, 5_290), (5_500, 5_530), (5_745, 5_775), (5_805, 5_775), (5_955, 5_985),
     (6_015, 5_985), (6_035, 6_065)],
)  # fmt: skip
def test_blocks_of_80_mhz(mhz: int, centre: int) -> None:
    assert Channel(mhz, is_wide=True).centre_80_mhz == centre


@pytest.mark.parametrize(("every", "news"), [(10_000, "undecided"), (10, "camera")])
def test_what_may_be_reports_deserves_another_dwell(tmp_path: Path, every: int, news: Interest) -> None:
    """Eight times a second some 2,000 octets; a camera sends a complete picture of five times as much now and then."""
    rng = np.random.default_rng(1)
    packets: list[tuple[int, bytes, int]] = []
    for number in range(48):
        left = int(2_000 * rng.lognormal(0, 0.1)) * (5 if number % every == every - 1 else 1)
        at_ns = START_NS + number * 125_000_000 + int(rng.exponential(1e6))
        while left > 0:
            octets = radiotap() + data_up(length=min(left, 1_400) + 60, sequence=len(packets) % 4_096)
            packets.append((at_ns, octets, len(octets)))
            left, at_ns = left - 1_400, at_ns + 300_000
    path = tmp_path / "capture.pcap"
    write_pcap(path, packets, link_type=LINK_RADIOTAP)
    log, _ = read_log(path)
    assert judge_interest(log, Dwell(Channel(2_437), 6.0, "undecided")) == news
