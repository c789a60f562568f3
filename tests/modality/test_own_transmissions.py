"""The log of the probe's own transmissions, and the intervals that RF windows avoid."""

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.deliver.uplink import Uplink
from sweep.modality.messages import RfHeard
from sweep.modality.own_transmissions import (
    FULL_LOG,
    MARGIN_NS,
    MAX_REMEMBERED,
    OwnTransmissions,
    intervals_ns,
    own_addresses,
    without_own,
)
from sweep.report import OwnTransmission, RfWindow
from sweep.rf.modality import judge_rf
from tests.entry_factory import signer
from tests.run.test_workers import TASK

S = 1_000_000_000


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def window(t_ns: int) -> RfWindow:
    levels: dict[str, Any] = dict.fromkeys(("min", "mean", "max", "p10", "p50", "p90"), 800.0)
    return RfWindow(
        t_ns=t_ns,
        duration_s=0.1,
        receiver="log_detector",
        centre_mhz=None,
        samples=3125,
        dropped=0,
        duty_cycle=0.0,
        bursts=0,
        gaps=0,
        **{f"{name}_counts": value for name, value in levels.items()},
    )


def test_a_capture_sees_what_was_sent_during_it_and_nothing_else() -> None:
    clock = Clock()
    air = OwnTransmissions(clock)
    clock.now_ns = 10 * S
    with air.sending("ble_scan"):
        clock.now_ns = 12 * S
    clock.now_ns = 20 * S
    air.note("uplink")
    with air.sending("hotspot"):
        assert air.during(19 * S, 25 * S) == (
            OwnTransmission(radio="uplink", start_s=1.0, end_s=1.0),
            OwnTransmission(radio="hotspot", start_s=1.0, end_s=6.0),
        )
    assert air.during(11 * S, 15 * S) == (OwnTransmission(radio="ble_scan", start_s=0.0, end_s=1.0),)
    assert air.during(13 * S, 15 * S) == ()


def test_a_log_that_overflowed_leaves_nothing_to_judge() -> None:
    clock = Clock()
    air = OwnTransmissions(clock)
    for _ in range(MAX_REMEMBERED + 1):
        clock.now_ns += S
        air.note("phone")
    assert air.during(0, S) == (FULL_LOG,)
    assert len(air.during(10 * S, 12 * S)) == 3


def test_what_still_sends_is_not_forgotten_however_much_came_after() -> None:
    clock = Clock()
    air = OwnTransmissions(clock)
    with air.sending("earphone"):
        for _ in range(2 * MAX_REMEMBERED):
            clock.now_ns += S
            air.note("uplink")
        now_ns = clock.now_ns
        assert [one.radio for one in air.during(now_ns + S, now_ns + 2 * S)] == ["earphone"]


def test_it_may_be_kept_from_several_threads() -> None:
    air = OwnTransmissions(Clock())

    def send() -> None:
        for _ in range(100):
            air.note("uplink")

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(air.during(0, S)) == 400


@given(st.floats(0, 600), st.floats(0, 60), st.floats(-0.005, 0.005), st.integers(-45, 45))
def test_the_margin_covers_resonator_and_queue(start_s: float, length_s: float, drift: float, late_ms: int) -> None:
    spans = intervals_ns((OwnTransmission(radio="ble_scan", start_s=start_s, end_s=start_s + length_s),), 7 * S)
    assert spans is not None
    ((begin, end),) = spans
    for moment_s in (start_s, start_s + length_s):
        shown = 7 * S + round(moment_s * (1 + drift) * 1e9) + late_ms * 1_000_000
        assert begin <= shown <= end
    assert end - begin <= 2 * MARGIN_NS + round((length_s + 0.01 * (start_s + length_s)) * 1e9) + 2


def test_windows_of_the_baseline() -> None:
    windows = [window(n * S // 10) for n in range(20)]
    own = (OwnTransmission(radio="phone", start_s=0.5, end_s=0.6),)
    kept = without_own(windows, own)
    # 0.5 - 0.6 s with its margin touches the windows from 0.4 to 0.7 s.
    assert [w.t_ns for w in windows if w not in kept] == [4 * S // 10, 5 * S // 10, 6 * S // 10]
    assert without_own(windows, None) == without_own(windows, ()) == tuple(windows)
    assert without_own((), own) == ()
    assert intervals_ns(None, 0) is None


@pytest.mark.parametrize(("url", "is_radio"), [("http://10.0.0.2:8000", True), ("http://127.0.0.1:8000", False)])
def test_the_uplink_keeps_the_log_unless_the_server_is_here(url: str, is_radio: bool) -> None:
    clock = Clock()
    air = OwnTransmissions(clock)

    def answer(request: httpx.Request) -> httpx.Response:
        clock.now_ns += 2 * S
        body = b'{"commands":[]}' if request.method == "GET" else b'{"accepted":0}'
        return httpx.Response(200, content=body)

    with Uplink(url, signer("demo"), transport=httpx.MockTransport(answer), own_transmissions=air) as uplink:
        uplink.send_live("probe-demo-1", [])
        uplink.poll_commands("probe-demo-1", None, 25.0)
    spans = [(one.start_s, one.end_s) for one in air.during(0, 10 * S)]
    # A long poll is on the air at its ends only.
    assert spans == ([(0.0, 2.0), (2.0, 2.0), (4.0, 4.0)] if is_radio else [])


def test_a_radio_that_is_turned_on_sends_until_the_end() -> None:
    clock = Clock()
    air = OwnTransmissions(clock)
    air.turn_on("hotspot")
    clock.now_ns = 500 * S
    assert air.during(100 * S, 110 * S) == (OwnTransmission(radio="hotspot", start_s=0.0, end_s=10.0),)


def test_the_addresses_of_this_machine_are_its_own(tmp_path: Path) -> None:
    for name, address in (("lo", "00:00:00:00:00:00"), ("wlan0", "02:00:00:00:0c:01"), ("can0", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(f"{address}\n", encoding="ascii")
    (tmp_path / "gone").mkdir()
    assert own_addresses(tmp_path) == {0x02_00_00_00_0C_01}
    assert own_addresses(tmp_path / "nothing") == frozenset()


def test_windows_that_were_measured_live_while_a_request_was_on_the_air_are_left_out() -> None:
    clock = Clock()
    air = OwnTransmissions(clock)
    windows = tuple(window(100 * S + number * S // 10) for number in range(40))
    clock.now_ns = 101 * S
    with air.sending("uplink"):
        clock.now_ns += S // 2
    clock.now_ns = 104 * S
    found = judge_rf(TASK, heard(windows, air), RfHeard())
    assert 5 <= found.rejections["own_transmission"] <= 8
    assert found.samples == 40 - found.rejections["own_transmission"]
    assert "rf_own_transmissions_blanked" in found.limits
    air.turn_on("hotspot")
    clock.now_ns = 110 * S
    later = heard(tuple(replace_time(one, one.t_ns + 5 * S) for one in windows), air)
    assert judge_rf(TASK, later, RfHeard()).blind_reason == "own_transmissions"


def test_without_a_log_or_a_head_that_is_said() -> None:
    windows = tuple(window(100 * S + number * S // 10) for number in range(40))
    assert "rf_own_transmissions_unlogged" in judge_rf(TASK, RfHeard(windows), RfHeard()).limits
    assert judge_rf(TASK, RfHeard(because="head_away"), RfHeard()).blind_reason == "head_away"


def heard(windows: tuple[RfWindow, ...], air: OwnTransmissions) -> RfHeard:
    """What the coordinator answers."""
    start_ns, end_ns = windows[0].t_ns, windows[-1].t_ns + round(windows[-1].duration_s * 1e9)
    return RfHeard(windows, own=intervals_ns(air.during(start_ns, end_ns), start_ns))


def replace_time(one: RfWindow, t_ns: int) -> RfWindow:
    return one.model_copy(update={"t_ns": t_ns})
