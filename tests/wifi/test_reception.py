"""A receiver that hears control frames only must not say "no camera"."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.sim.air.frames import WifiEmitter
from sweep.wifi import read_log, scan_file
from sweep.wifi.frames.framelog import FrameLog, build_log, number_transmitters
from sweep.wifi.scan import JudgedTransmitter
from sweep.wifi.stimulus.sequence import ChipSequence
from sweep.wifi.stimulus.significance import judge_stimulus
from sweep.wifi.traffic.loss_evidence import weigh_loss_evidence
from sweep.wifi.traffic.reception import FLOOR, Reception, ReceptionReport, conclude_reception
from sweep.wifi.traffic.video import judge_flow
from tests.simulators.air_deaf import write_exchange
from tests.simulators.air_queues import SECOND, draw_flow
from tests.simulators.wifi_captures import DEFAULT_START_NS, write_wifi_capture
from tests.wifi.frames import AP, STATION, data_up, frame, octets, radiotap
from tests.wifi.test_radio_headers import block_of

HEARD_WELL = (1.0, 0.85, 0.75)


def assess_reception(log: FrameLog) -> ReceptionReport:
    return conclude_reception(weigh_loss_evidence(log), log.transmitters)


def scan_of(path: Path, kind: str, seed: int, **deafness: Any) -> JudgedTransmitter:
    flow = draw_flow(kind, 10.0, np.random.default_rng([seed, 3]), SECOND)
    write_exchange(path, flow, np.random.default_rng(seed), **deafness)
    station = int.from_bytes(octets(STATION), "big")
    return next(one for one in scan_file(path).transmitters if one.transmitter.addresses == (station,))


def assert_witness(hearing: Reception, basis: str, share: float) -> None:
    assert hearing.witness is not None
    assert hearing.witness[0] == basis
    assert hearing.witness[1] == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize("heard", [*HEARD_WELL, 0.4, 0.2, 0.05, 0.0])
def test_the_share_heard_is_measured_and_below_the_floor_nothing_is_denied(tmp_path: Path, heard: float) -> None:
    found = scan_of(tmp_path / "a.pcap", "encoder", 1, heard_share=heard)
    assert_witness(found.hearing, "block_ack", heard)
    if heard in HEARD_WELL:
        assert (found.video.verdict, found.video.reason) == ("video_uplink", None)
    else:
        assert (found.video.verdict, found.video.reason) == ("not_assessable", "data_unheard")
        assert found.video.decided_after_s is None


@pytest.mark.parametrize("count", [50, pytest.param(500, marks=pytest.mark.soak)])
def test_the_floor_is_where_cameras_begin_to_be_missed(count: int) -> None:
    def share_found(heard: float) -> float:
        found = 0
        for i in range(count):
            flow = draw_flow("encoder", 10.0, np.random.default_rng([41, i]))
            kept = np.random.default_rng([42, i]).random(len(flow.t_ns)) < heard
            found += (
                judge_flow(replace(flow, t_ns=flow.t_ns[kept], frame_len=flow.frame_len[kept])).verdict
                == "video_uplink"
            )
        return found / count

    assert share_found(FLOOR) >= 0.96
    assert share_found(0.3) <= 0.5


@pytest.mark.parametrize("kind", ["photographs", "pages", "congestion_window"])
def test_others_are_denied_only_when_heard(tmp_path: Path, kind: str) -> None:
    assert scan_of(tmp_path / "a.pcap", kind, 2).video.verdict == "not_video"
    deaf = scan_of(tmp_path / "b.pcap", kind, 2, heard_share=0.1)
    assert (deaf.video.verdict, deaf.video.reason) == ("not_assessable", "data_unheard")


@pytest.mark.parametrize("heard", [0.9, 0.3, 0.1])
def test_gaps_tell_where_nobody_acknowledges_blocks(tmp_path: Path, heard: float) -> None:
    found = scan_of(tmp_path / "a.pcap", "encoder", 3, heard_share=heard, with_block_acks=False, with_rts=False)
    assert_witness(found.hearing, "sequence_gaps", heard)
    assert (found.video.reason == "data_unheard") == (heard < FLOOR)


def test_answered_reservations_tell_where_no_data_is_heard_and_keep_the_clock(tmp_path: Path) -> None:
    found = scan_of(tmp_path / "a.pcap", "encoder", 4, heard_share=0.0, with_block_acks=False)
    assert found.hearing.witness == ("reservations", 0.0)
    assert found.video.reason == "data_unheard"
    assert found.hearing.reserved_s > 0.05
    assert found.hearing.clock_hz is not None


def test_a_call_whose_other_half_is_unheard_is_no_camera(tmp_path: Path) -> None:
    verdicts = [
        scan_of(tmp_path / f"{n}.pcap", "conference", n, back_heard_share=0.0, with_rts=False).video for n in range(4)
    ]
    assert {one.verdict for one in verdicts} <= {"not_video", "not_assessable"}
    assert "peer_unheard" in {one.reason for one in verdicts}


def test_who_is_never_heard_is_counted(tmp_path: Path) -> None:
    flow = draw_flow("encoder", 5.0, np.random.default_rng(5))
    path = write_exchange(tmp_path / "a.pcap", flow, np.random.default_rng(5), heard_share=0.0, with_rts=False)
    document = scan_file(path).to_json(addresses="full")
    # both are seen as receivers that acknowledge, so both are transmitters; neither sends data that we hear
    assert document["unheard_senders"] == 0
    lone = [radiotap() + frame(1, 9, STATION, AP, body=struct.pack("<HHQ", 4, n << 4, 1)) for n in range(40)]
    assert assess_reception(build_log([block_of(lone)])).unheard_senders == 1


def test_one_counter_for_all_receivers_is_no_deafness() -> None:
    frames = [radiotap() + data_up(ap=f"02:00:00:00:01:{n % 3:02x}", sequence=n % 4096) for n in range(200)]
    report = assess_reception(build_log([block_of(frames)]))
    assert report.of((int.from_bytes(octets(STATION), "big"),)).witness == ("sequence_gaps", 1.0)


def test_counters_wrap_and_repeats_are_no_gaps() -> None:
    numbers = [n % 4096 for n in range(4_000, 4_300)]
    frames = [radiotap() + data_up(sequence=n, flags=f) for n in numbers for f in ((0, 8) if n % 7 == 0 else (0,))]
    report = assess_reception(build_log([block_of(frames)]))
    assert report.of((int.from_bytes(octets(STATION), "big"),)).witness == ("sequence_gaps", 1.0)


def test_light_may_be_seen_but_not_denied_by_the_deaf(tmp_path: Path) -> None:
    chips = tuple(int(chip) for chip in np.random.default_rng(7).integers(0, 2, 95))
    played = ChipSequence(DEFAULT_START_NS / 1e9 + 1.0, 0.3, 0.6, chips)
    emitters = [
        WifiEmitter("camera_station", STATION, 1.0, 1.0, peer=AP, follows_light=True),
        WifiEmitter("camera_station", "02:00:00:00:00:03", 1.0, 1.0, peer=AP),
    ]
    path = tmp_path / "a.pcap"
    write_wifi_capture(path, emitters=emitters, listener_xy_m=(2.0, 1.0), seconds=60.0, seed=7, stimulus=played)
    log, _ = read_log(path)
    keep = np.random.default_rng(7).random(len(log.frames)) < 0.4
    deaf = number_transmitters(log.frames.keep(keep), log.control, log.management, log.rejected)
    found = {one.addresses[0] & 0xFF: one for one in judge_stimulus(deaf, played).transmitters}
    assert found[2].verdict in {"follows_light", "not_assessable"}
    assert (found[3].verdict, found[3].reason) == ("not_assessable", "data_unheard")
    heard = {one.addresses[0] & 0xFF: one for one in judge_stimulus(log, played).transmitters}
    assert heard[2].verdict == "follows_light"
    assert (heard[3].verdict, heard[3].reason) in {("does_not", None), ("not_assessable", "light_too_weak")}


@given(st.lists(st.binary(min_size=0, max_size=60), max_size=30))
def test_any_control_frames_are_survived(bodies: list[bytes]) -> None:
    packets = [radiotap() + frame(1, kind, AP, STATION, body=body) for kind in (9, 11, 12) for body in bodies]
    packets += [radiotap() + data_up(sequence=n) for n in range(len(bodies))]
    report = assess_reception(build_log([block_of(packets)]))
    for hearing in report.by_sender.values():
        assert 0 <= hearing.confirmed_heard <= hearing.confirmed
        assert 0 <= hearing.counted_heard <= hearing.counted
        assert hearing.reservations_filled <= hearing.reservations


def test_nothing_tells_of_silence() -> None:
    assert Reception().witness is None
    assert not Reception().is_deaf
    assert assess_reception(build_log([])).by_sender == {}


def test_a_recorded_receiver_was_deaf_to_its_busiest_streams(shared_data: Path) -> None:
    scan = scan_file(shared_data / "wifi" / "Chrome_1.pcapng")
    by_frames = sorted(
        (one for one in scan.transmitters if one.hearing.confirmed > 1_000), key=lambda one: -one.hearing.confirmed
    )
    shares = [one.hearing.witness[1] for one in by_frames if one.hearing.witness]
    assert shares == [pytest.approx(0.023, abs=0.005), pytest.approx(0.072, abs=0.005)]
    assert {one.video.reason for one in by_frames} == {"data_unheard"}
