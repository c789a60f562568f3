"""Live capture on a TAP device: headers only, every frame accounted for, and back after the adapter was away."""

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sweep.captures.packets import LINK_IEEE80211, LINK_RADIOTAP
from sweep.wifi.capture.air import CaptureOpenError
from sweep.wifi.capture.capture import LiveCapture
from sweep.wifi.capture.channels import Channel
from sweep.wifi.capture.filter import ANNOUNCEMENT_OCTETS, build_filter
from sweep.wifi.capture.helper_process import read_channel, write_channel
from sweep.wifi.frames.dot11 import ORDER, PROTECTED
from tests.wifi.rings import need_live_capture


def run_rig(scene: str, seconds: float = 1.0, per_second: int = 1_000) -> dict[str, Any]:
    need_live_capture()
    command = ["unshare", "-n", sys.executable, "-m", "tests.wifi.tap_rig", scene, str(seconds), str(per_second)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=seconds + 300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_only_headers_leave_the_kernel_and_the_reader_can_open_nothing() -> None:
    found = run_rig("headers_only")
    assert found["captured"] == [41, 41, 41, 41, 41, 43, 41, 61, 39, 16]  # 15 octets of radiotap each
    assert found["is_prefix"]
    assert found["originals"]
    assert found["in_time"]
    assert not found["holds_secret"]
    assert found["names"] == ["building"]
    assert (found["frames"], found["rejected"]) == (9, {"short_header": 1})
    assert (found["is_able"], int(found["capabilities"], 16)) == (False, 0)


@pytest.mark.parametrize(("seconds", "per_second"), [(2.0, 10_000), pytest.param(30.0, 40_000, marks=pytest.mark.soak)])
def test_every_frame_is_accounted_for(seconds: float, per_second: int) -> None:
    found = run_rig("flood", seconds, per_second)
    print(found)
    assert found["received"] + found["dropped"] == found["sent"] >= 0.9 * seconds * per_second
    assert found["parsed"] + found["rejected"] == found["received"]
    assert found["dropped"] == 0
    assert found["core_share"] <= 0.4


def test_an_interface_that_goes_away_is_waited_for_and_the_gap_said() -> None:
    found = run_rig("interrupted")
    assert found["each"] == [10, 0, 0, 0, 10, 0, 10, 0, 0, 10]
    reasons = [reason for reason, _ in found["gaps"]]
    assert any("monitor mode" in reason for reason in reasons)
    assert any("plug the adapter in" in reason for reason in reasons)
    assert all(length_s > 0 for _, length_s in found["gaps"])
    assert all("\n" not in reason for reason in reasons)


def test_a_stand_of_a_real_interface_is_kept_and_heard_again() -> None:
    found = run_rig("kept", 6.0, 2_000)
    assert (found["is_equal"], found["fault"], found["rejected"]) == (True, None, {})
    assert found["samples"] > 4_000
    assert [1.0 <= gap_s <= 3.0 for gap_s in found["gaps_s"]] == [True]
    assert not found["holds_secret"]


def test_without_a_capability_the_helpers_service_opens_the_adapter() -> None:
    found = run_rig("by_service")
    assert found["heard"] == [10, 10]
    assert "helper ended" in found["said"]
    assert not found["has_helper"]


def test_a_service_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(CaptureOpenError, match=r"systemctl status ansim-sweep-capture\.socket"):
        LiveCapture("mon0", service=tmp_path / "none")


@pytest.mark.parametrize("name", ["lo", "none0", "a\nb", "x" * 40])
def test_what_is_no_monitor_interface_gives_one_line(name: str) -> None:
    with pytest.raises(CaptureOpenError, match=r"^[^\n]+; [^\n]+$"):
        LiveCapture(name)


def test_a_helper_that_ends_is_said() -> None:
    with pytest.raises(CaptureOpenError, match="helper ended"):
        LiveCapture("mon0", helper=[sys.executable, "-c", "pass"])


@pytest.mark.parametrize("refusal", [errno.ENOPROTOOPT, errno.EINVAL, errno.EAFNOSUPPORT])
def test_a_kernel_without_packet_rings_is_said_to_be_the_reason(refusal: int) -> None:
    helper = [sys.executable, "-m", "tests.wifi.helper_without_rings", str(refusal)]
    with pytest.raises(CaptureOpenError, match=r"no packet rings .*; run Raspberry Pi OS") as caught:
        LiveCapture("lo", helper=helper, repairs=True)
    assert caught.value.code == "no_packet_rings"
    assert "interface up" not in str(caught.value)


def test_a_ring_for_which_memory_lacks_is_another_reason() -> None:
    with pytest.raises(CaptureOpenError, match=r"'lo': cannot be opened .*; free some memory") as caught:
        LiveCapture("lo", helper=[sys.executable, "-m", "tests.wifi.helper_without_rings", str(errno.ENOMEM)])
    assert caught.value.code == "adapter_away"


@pytest.mark.parametrize("link_type", [LINK_RADIOTAP, LINK_IEEE80211])
def test_jumps_of_the_filter_stay_inside(link_type: int) -> None:
    program = build_filter(link_type)
    for place, (_, if_true, if_false, _) in enumerate(program):
        assert 0 <= if_true < len(program) - place
        assert 0 <= if_false < len(program) - place


def run_filter(program: list[tuple[int, int, int, int]], packet: bytes) -> int:
    """What the kernel's machine would keep, for the instructions used here."""
    a = x = place = 0
    while True:
        code, if_true, if_false, k = program[place]
        place += 1
        if code in {0x06, 0x16}:
            return k if code == 0x06 else a
        if code in {0x15, 0x35, 0x2D, 0x45}:
            is_true = {0x15: a == k, 0x35: a >= k, 0x2D: a > x, 0x45: bool(a & k)}[code]
            place += if_true if is_true else if_false
        elif code in {0x07, 0x01}:
            x = a if code == 0x07 else k
        elif code in {0x30, 0x50}:
            at = k + (x if code == 0x50 else 0)
            if at >= len(packet):
                return 0
            a = packet[at]
        else:
            a = {0x80: len(packet), 0x64: a << k, 0x54: a & k, 0x04: a + k, 0x0C: a + x, 0x1C: a - x, 0x87: x}[code]


@pytest.mark.parametrize("subtype", range(16))
@pytest.mark.parametrize("flags", range(4))
@pytest.mark.parametrize("kind", range(4))
def test_a_frame_of_any_kind_is_cut_behind_its_header(kind: int, subtype: int, flags: int) -> None:
    frame = bytes([kind << 2 | subtype << 4, flags]) + bytes(1_500)
    kept = run_filter(build_filter(LINK_IEEE80211), frame)
    if kind == 2:
        assert kept == 24 + 2 * (subtype >= 8) + 6 * (flags == 3)
    elif kind == 1:
        assert kept == 52
    else:
        assert kept == (ANNOUNCEMENT_OCTETS if kind == 0 and subtype in {5, 8} else 24)
    assert run_filter(build_filter(LINK_RADIOTAP), b"\0\0\x0a\x01" + bytes(262) + frame) == 266 + kept


@pytest.mark.parametrize(
    ("subtype", "flags", "header"),
    [(0, 1, 24), (0, 3, 30), (8, 1, 26), (8, 2, 26), (8, 3, 32), (8, 0x81, 30), (8, 0x83, 36)],
)  # fmt: skip
def test_of_an_encrypted_frame_the_packet_number_is_kept_and_nothing_behind_it(
    subtype: int, flags: int, header: int
) -> None:
    number = bytes([1, 2, 0, 0x20, 3, 4, 5, 6])
    head = (bytes([2 << 2 | subtype << 4, flags | PROTECTED]) + bytes(40))[:header]
    program = build_filter(LINK_IEEE80211)
    assert run_filter(program, head + number + b"\xff" * 1_000) == header + 8
    assert run_filter(program, head + bytes(3) + b"\x1f" + b"\xff" * 1_000) == header + 4
    short = header if flags < ORDER else header - 4
    assert run_filter(program, head + number[:7]) == short
    beacon = bytes([0x40, PROTECTED]) + bytes(100)
    assert run_filter(program, beacon) == 24


@pytest.mark.parametrize("packet", [b"", b"\0", b"\0\0\x08\0", b"\0\0\x08\0" + bytes(5), b"\0\0\xff\xff" + bytes(99)])
def test_nothing_is_dropped_for_being_odd(packet: bytes) -> None:
    assert run_filter(build_filter(LINK_RADIOTAP), packet) == 64
    assert run_filter(build_filter(LINK_IEEE80211), packet[:1]) == 64


@pytest.mark.parametrize("channel", [Channel(2_412), Channel(5_180, is_wide=True), Channel(5_260, True, True)])
def test_channels_go_to_the_helper_and_back(channel: Channel) -> None:
    assert read_channel(write_channel(channel)) == channel


@pytest.mark.parametrize("message", ["", "w", "2412x", "99999", "²412", "-2412"])
def test_a_word_that_is_no_channel_is_refused(message: str) -> None:
    with pytest.raises(CaptureOpenError):
        read_channel(message)
