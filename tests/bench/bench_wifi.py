"""How much faster `sweep wifi` is than tshark and scapy on a 200,000-frame radiotap file, start-up apart; what scapy
costs where it is used: loaded once, for the management frames that say something new; and memory on long captures.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from scapy.layers.dot11 import RadioTap
from scapy.utils import PcapReader

from sweep.captures.files import open_capture
from sweep.captures.kernel import KERNEL, KERNEL_TROUBLE
from sweep.captures.packets import LINK_RADIOTAP
from sweep.wifi.frames.dissection import dissect_body
from sweep.wifi.frames.dot11 import MANAGEMENT
from sweep.wifi.frames.reading import read_log
from tests.simulators.pcap import write_pcap
from tests.wifi.frames import START_NS, beacon, data_down, data_up, frame, radiotap

FRAMES = 200_000
DISSECTED_FRAMES = 3_000
TSHARK_FIELDS = (
    "frame.time_epoch", "frame.len", "radiotap.dbm_antsignal", "radiotap.channel.freq", "wlan.fc.type_subtype",
    "wlan.fc.retry", "wlan.duration", "wlan.ta", "wlan.ra", "wlan.sa", "wlan.da", "wlan.bssid", "wlan.seq", "wlan.frag",
    "wlan.qos.tid",
)  # fmt: skip
"""What `sweep wifi` reads of each frame."""
WANTED_TSHARK, WANTED_SCAPY = {"recorded": 20.0, "made-up": 15.0}, 100.0
"""What the field asks for by wall time without start-up; printed beside what was reached."""
REPEATS = 3
MOST_MB = 200
MOST_NEW = 0.02
"""Of the management frames of a recorded capture, the share that scapy gets: measured 0.005; above, it gets repeated
beacons."""
MOST_LOADING = 1.0
"""Processor time of loading scapy to that of loading everything else: measured 0.5; above, it asks for more than its
802.11 layer again."""
LOADING = """
import json, resource, time
def used(): return time.process_time(), int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
before = used()
import sweep.wifi.scan
between = used()
import sweep.wifi.frames.dissection
after = used()
print(json.dumps([b - a for pair in ((before, between), (between, after)) for a, b in zip(*pair)]))
"""
LEAST_TSHARK, LEAST_SCAPY = 7.0, 90.0
"""Of processor time without start-up, which other work on the machine distorts less; below, something per frame or per
window has crept in, or the kernel was not built.  Measured 16 and 11 (recorded, made up) on two busy x86-64 cores."""


def made_up(path: Path) -> Path:
    """Five stations, an access point, full-length encrypted data frames, acknowledgements and beacons."""
    rng = np.random.default_rng(1)
    noise = rng.bytes(4_000)
    packets, t_ns = [], START_NS
    for number in range(FRAMES):
        station = f"02:00:00:00:01:{number % 5:02x}"
        kind = number % 10
        begin, length = int(rng.integers(2_000)), int(rng.integers(60, 1_500))
        if kind < 5:
            head = data_up(station, length=26, sequence=number % 4096, flags=0x40)
        elif kind < 7:
            head = data_down(station, length=26, sequence=number % 4096, flags=0x40)
        elif kind < 9:
            head, length = frame(1, 13, station), 0
        else:
            head, length = beacon(ssid=b"bench", sequence=number % 4096), 0
        octets = radiotap(-40 - number % 5) + head + noise[begin : begin + length]
        t_ns += int(rng.exponential(500_000))
        packets.append((t_ns, octets, len(octets)))
    write_pcap(path, packets, link_type=LINK_RADIOTAP)
    return path


def recorded(path: Path, source: Path, frames: int = FRAMES) -> Path:
    """A recorded capture of browsing, one time after the other up to so many frames."""
    with open_capture(source) as reader:
        once = [
            (int(block.t_ns[i]), block.packet(i), int(block.original[i]))
            for block in reader.blocks
            for i in range(len(block))
        ]
    span_ns = once[-1][0] - once[0][0] + 1_000_000
    again = ((t_ns + number * span_ns, o, n) for number in range(frames // len(once) + 1) for t_ns, o, n in once)
    write_pcap(path, islice(again, frames), link_type=LINK_RADIOTAP)
    return path


def as_installed(cache: Path) -> dict[str, str]:
    """The environment with byte code kept in `cache`, as an installer leaves it beside the modules."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(cache)}


class Times(NamedTuple):
    """Of some runs of one command."""

    clock_s: list[float]
    """From start to end, ascending."""
    used_s: float
    """Least seconds of processor time over all cores."""


def time_runs(command: list[str], env: dict[str, str], count: int = REPEATS) -> Times:
    """Run a command so often; once before without counting."""
    clock_s, used_s = [], []
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env=env)
    for _ in range(count):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env=env)
        clock_s.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return Times(sorted(clock_s), min(used_s))


def tshark_on(path: Path) -> list[str]:
    wanted = [part for field in TSHARK_FIELDS for part in ("-e", field)]
    return ["tshark", "-r", str(path), "-T", "fields", *wanted]


@pytest.mark.parametrize("which", ["made-up", "recorded"])
def test_from_start_to_json(
    which: str, tmp_path: Path, request: pytest.FixtureRequest, report: Callable[[str], None]
) -> None:
    if shutil.which("tshark") is None:
        pytest.fail("tshark is not installed: make setup-test")
    path, empty, out = tmp_path / "a.pcap", tmp_path / "empty.pcap", tmp_path / "out.json"
    write_pcap(empty, [], link_type=LINK_RADIOTAP)
    if which == "made-up":
        made_up(path)
    else:
        recorded(path, request.getfixturevalue("shared_data") / "wifi" / "Chrome_1.pcapng")
    env = as_installed(tmp_path / "bytecode")
    sweep = [str(Path(sys.executable).parent / "sweep"), "wifi", "--json", str(out)]
    start, ours = time_runs([*sweep, str(empty)], env), time_runs([*sweep, str(path)], env)
    assert json.loads(out.read_text(encoding="utf-8"))["frames"] == FRAMES
    theirs_start, theirs = time_runs(tshark_on(empty), env), time_runs(tshark_on(path), env)
    began, began_used = time.perf_counter(), time.process_time()
    with PcapReader(str(path)) as packets:
        dissected = sum(isinstance(packet, RadioTap) for packet in islice(packets, DISSECTED_FRAMES))
    scapy_s = (time.perf_counter() - began) * FRAMES / dissected
    scapy_used_s = (time.process_time() - began_used) * FRAMES / dissected
    apart_s, theirs_apart_s = ours.clock_s[0] - start.clock_s[0], theirs.clock_s[0] - theirs_start.clock_s[0]
    used_s, theirs_used_s = ours.used_s - start.used_s, theirs.used_s - theirs_start.used_s
    kernel = "with the kernel" if KERNEL is not None else f"WITHOUT the kernel: {KERNEL_TROUBLE}"
    ratios = f"{theirs_apart_s / apart_s:8.1f}  {scapy_s / apart_s:7.0f}"
    used_ratios = f"{theirs_used_s / used_s:8.1f}  {scapy_used_s / used_s:7.0f}"
    report(
        f"wifi, {which} {FRAMES:,} frames, {kernel}, least of {REPEATS} (largest), {os.cpu_count()} cores\n"
        f"             wall s        start-up  apart  tshark x  scapy x  CPU s apart  tshark x  scapy x\n"
        f"  sweep wifi {_span(ours)}    {start.clock_s[0]:.2f}  {apart_s:5.3f}  {ratios}"
        f"        {used_s:5.3f}  {used_ratios}\n"
        f"  tshark     {_span(theirs)}    {theirs_start.clock_s[0]:.2f}  {theirs_apart_s:5.3f}\n"
        f"  scapy      {scapy_s:.0f} (from {dissected:,} frames)\n"
        f"  wanted by wall: {WANTED_TSHARK[which]:.0f} x and {WANTED_SCAPY:.0f} x; start-up included it is "
        f"{theirs.clock_s[0] / ours.clock_s[0]:.1f} x and {scapy_s / ours.clock_s[0]:.0f} x"
    )
    assert theirs_used_s / used_s > LEAST_TSHARK
    assert scapy_used_s / used_s > LEAST_SCAPY


def _span(times: Times) -> str:
    return f"{times.clock_s[0]:.2f} ({times.clock_s[-1]:.2f})"


@pytest.mark.parametrize("frames", [2_000_000, 4_000_000])
def test_memory_does_not_grow_with_the_capture(
    frames: int, tmp_path: Path, shared_data: Path, report: Callable[[str], None]
) -> None:
    path = recorded(tmp_path / "a.pcap", shared_data / "wifi" / "Chrome_1.pcapng", frames)
    peak_mb = peak_of("wifi", str(path), "--json", str(tmp_path / "out.json"))
    report(f"wifi, {frames:,} frames: {peak_mb:.0f} MB at most")
    assert peak_mb < MOST_MB


@pytest.mark.parametrize("which", ["made-up", "recorded"])
def test_memory_of_the_light_test(
    which: str, tmp_path: Path, request: pytest.FixtureRequest, report: Callable[[str], None]
) -> None:
    path, sequence, frames = tmp_path / "a.pcap", tmp_path / "sequence.json", 2_000_000
    if which == "made-up":
        uplinks(path, frames)
    else:
        recorded(path, request.getfixturevalue("shared_data") / "wifi" / "Chrome_1.pcapng", frames)
    with open_capture(path) as reader:
        start_s = int(next(iter(reader.blocks)).t_ns[0]) / 1e9 + 10.0
    chips = np.random.default_rng(3).integers(0, 2, 150).tolist()
    played = {"start": start_s, "start_uncertainty_s": 0.3, "chip_s": 0.6, "chips": chips}
    sequence.write_text(json.dumps(played), encoding="utf-8")
    out = tmp_path / "out.json"
    peak_mb = peak_of("stimulus", str(path), "--sequence", str(sequence), "--json", str(out))
    tested = json.loads(out.read_text(encoding="utf-8"))["flows_tested"]
    report(f"stimulus, {frames:,} {which} frames, {tested} flows tested: {peak_mb:.0f} MB at most")
    assert tested == (5 if which == "made-up" else 0)
    assert peak_mb < MOST_MB


def uplinks(path: Path, frames: int) -> Path:
    """Five stations that send nothing but data, headers only."""
    rng = np.random.default_rng(3)
    t_ns = (START_NS + np.cumsum(rng.exponential(500_000, frames)).astype(np.int64)).tolist()
    lengths = rng.integers(100, 1_500, frames).tolist()

    def packets() -> Iterator[tuple[int, bytes, int]]:
        for number in range(frames):
            sender = number % 5
            octets = radiotap(-40 - sender)
            octets += data_up(f"02:00:00:00:01:{sender:02x}", length=26, sequence=number // 5 % 4096, flags=0x40)
            yield t_ns[number], octets, lengths[number]

    write_pcap(path, packets(), link_type=LINK_RADIOTAP)
    return path


def peak_of(*arguments: str) -> float:
    """Most memory of a run of `sweep`, in MB."""
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [str(Path(sys.executable).parent / "sweep"), *arguments]
    run = subprocess.run([sys.executable, "-c", script, *command], stdout=subprocess.PIPE, check=True)
    return int(run.stdout.split()[-1]) / 1_024


def test_what_scapy_costs(shared_data: Path, tmp_path: Path, report: Callable[[str], None]) -> None:
    path = shared_data / "wifi" / "Chrome_1.pcapng"
    env = as_installed(tmp_path / "bytecode")
    command = [sys.executable, "-c", LOADING]
    runs = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=env).stdout) for _ in range(6)]
    rest_s, _, scapy_s, scapy_mb = (min(column) for column in zip(*runs[1:], strict=True))
    log, _ = read_log(path)
    bodies = [body for noted in log.management.bodies.values() for body in noted]
    began_s = time.process_time()
    for body in bodies * 10:
        dissect_body.__wrapped__(body.octets, is_announcement=body.is_announcement)
    each_us = (time.process_time() - began_s) / len(bodies) / 10 * 1e6
    management = int((log.frames.kind == MANAGEMENT).sum())
    report(
        f"wifi, scapy: {scapy_s:.2f} s of processor time ({scapy_s / rest_s:.1f} x all else), {scapy_mb:.0f} MB, "
        f"{each_us:.0f} us a frame; {len(bodies)} of {management:,} management frames were new"
    )
    assert len(bodies) / management < MOST_NEW
    assert scapy_s / rest_s < MOST_LOADING
