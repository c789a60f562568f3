"""A monitor-mode interface without a radio: a TAP device of type 803 in a network namespace of its own.

Run as `unshare -n python -m tests.wifi.tap_rig SCENE SECONDS`; prints one JSON object.  A second process writes frames
to the device at a steady rate; this one gives up its capabilities and captures.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from sweep.modality.messages import NOBODY
from sweep.wifi.capture.adapter import open_adapter
from sweep.wifi.capture.air import CaptureOpenError, CaptureTally
from sweep.wifi.capture.capture import LiveCapture, drop_capabilities
from sweep.wifi.frames.dot11 import parse_block
from sweep.wifi.frames.element_reader import read_elements
from sweep.wifi.frames.framelog import build_log
from sweep.wifi.observations import judge_position
from sweep.wifi.position import WifiRequest
from sweep.wifi.recording.lines import steps_beside
from sweep.wifi.recording.player import open_recording
from sweep.wifi.recording.recorder import record_position
from sweep.wifi.session import hear_position
from tests.run.test_workers import TASK
from tests.wifi.frames import AP, STATION, beacon, data_down, data_up, frame, radiotap

NAME: Final = "mon0"
_TUNSETIFF, _TUNSETLINK, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x400454CD, 0x0002, 0x1000
_SIOCSIFFLAGS, _SIOCSIFNAME = 0x8914, 0x8923
SECRET: Final = b"payload of a bystander"
HOME: Final = b"name of a bystander's home"


def make_tap(name: str = NAME, link: int = 803) -> int:
    """Descriptor of a new TAP device; whatever is written to it is received on the interface."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI))
    fcntl.ioctl(descriptor, _TUNSETLINK, link)
    set_up(name)
    return descriptor


def set_up(name: str, is_up: bool = True) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH22x", name.encode(), int(is_up)))


def rename(name: str, to: str) -> None:
    set_up(name, is_up=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFNAME, struct.pack("16s16s8x", name.encode(), to.encode()))
    set_up(to)


def make_frames() -> list[bytes]:
    """A mix as on a busy channel: mostly data, some control and management frames."""
    probe = frame(0, 4, "ff:ff:ff:ff:ff:ff", STATION, "ff:ff:ff:ff:ff:ff", body=bytes([0, len(HOME)]) + HOME)
    block_ack = frame(1, 9, STATION, AP, body=struct.pack("<HHQ", 4, 16, 0xFFFF))
    up = data_up(length=600)[:26] + SECRET * 25
    down = data_down(length=1_400)[:26] + SECRET * 60
    return [
        radiotap() + one for one in (up, up, up, down, down, block_ack, up, beacon(ssid=b"building"), probe, b"\x88")
    ]


def send(tap: int, per_second: int, seconds: float, sent: Any) -> None:
    """Write frames in small batches at the rate asked for; counts what the device took."""
    frames, count, began = make_frames(), 0, time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        while count < per_second * elapsed:
            with contextlib.suppress(OSError):  # the device is down
                os.write(tap, frames[count % len(frames)])
            count += 1
        time.sleep(0.001)  # the rate is what is tried
    sent.value = count


def flood(seconds: float, per_second: int) -> dict[str, object]:
    """Every frame accounted for, and the share of a core that reading and parsing took."""
    tap = make_tap()
    with LiveCapture(NAME) as capture:
        drop_capabilities()
        sent = multiprocessing.Value("q", 0)
        sender = multiprocessing.Process(target=send, args=(tap, per_second, seconds, sent))
        sender.start()
        before, parsed, rejected = resource.getrusage(resource.RUSAGE_SELF), 0, 0
        for block in capture.blocks(seconds + 1.0):
            frames, reasons = parse_block(block)
            parsed += len(frames)
            rejected += sum(reasons.values())
        after = resource.getrusage(resource.RUSAGE_SELF)
        sender.join()
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counts = {"sent": sent.value, "parsed": parsed, "rejected": rejected, "core_share": used / seconds}
    return counts | describe(capture.tally)


def headers_only() -> dict[str, object]:
    """One of each frame: what reached this process, and whether it could still open a socket."""
    tap = make_tap()
    with LiveCapture(NAME) as capture:
        drop_capabilities()
        try:
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
            is_able = True
        except PermissionError:
            is_able = False
        frames = make_frames()
        before_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        for one in frames:
            os.write(tap, one)
        blocks = list(capture.blocks(0.3))
        after_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    packets = [block.packet(i) for block in blocks for i in range(len(block))]
    buffers = b"".join(block.data.tobytes() for block in blocks)
    log = build_log(blocks)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return {
        "captured": [len(one) for one in packets],
        "is_prefix": all(whole.startswith(part) for whole, part in zip(frames, packets, strict=True)),
        "originals": [int(n) for block in blocks for n in block.original] == [len(one) for one in frames],
        "in_time": all(before_ns - 1e8 <= t <= after_ns + 1e8 for block in blocks for t in block.t_ns),
        "holds_secret": SECRET[:6] in buffers or HOME[:6] in buffers,
        "names": sorted(
            name.decode() for one in read_elements(log.management).by_sender.values() for name in one.ssids
        ),
        "frames": len(log.frames),
        "rejected": dict(log.rejected),
        "is_able": is_able,
        "capabilities": next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff")),
    } | describe(capture.tally)


def interrupted() -> dict[str, object]:
    """The interface goes down and comes back, is renamed, and is taken out of monitor mode for a while."""
    tap = make_tap()
    received = []
    with LiveCapture(NAME) as capture:

        def listen() -> None:
            before = capture.tally.received
            list(capture.blocks(0.4))
            received.append(capture.tally.received - before)

        def write() -> None:
            for one in make_frames():
                with contextlib.suppress(OSError):
                    os.write(tap, one)

        write()
        listen()
        set_up(NAME, is_up=False)
        listen()
        fcntl.ioctl(tap, _TUNSETLINK, 1)
        set_up(NAME)
        listen()
        set_up(NAME, is_up=False)
        fcntl.ioctl(tap, _TUNSETLINK, 803)
        set_up(NAME)
        listen()
        write()
        listen()
        rename(NAME, "other0")
        listen()
        write()
        listen()
        os.close(tap)
        listen()
        tap = make_tap()
        listen()
        write()
        listen()
    return {"each": received} | describe(capture.tally)


def by_service() -> dict[str, object]:
    """A process that never had a capability asks the helper's service, as installed, and hears when it is gone."""
    tap = make_tap()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "capture.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(str(place))
            listener.listen()  # before the process is there, as systemd does: whoever comes early waits
            service = multiprocessing.get_context("fork").Process(target=accept, args=(listener,), daemon=True)
            service.start()
        drop_capabilities()
        heard = []
        for _ in range(2):  # the second stand finds the source open
            with open_adapter(NAME, place) as capture:
                for one in make_frames():
                    os.write(tap, one)
                heard.append(sum(len(block) for block in capture.blocks(0.3)))
        service.terminate()
        service.join()
        place.unlink()
        said = ""
        with open_adapter(NAME, place) as capture:
            try:
                capture.channels()
            except CaptureOpenError as error:
                said = str(error)
            return {"heard": heard, "said": said, "has_helper": capture.has_helper}


def end(helpers: list[subprocess.Popen[bytes]]) -> None:
    for helper in helpers:
        helper.kill()
    sys.exit()


def accept(listener: socket.socket) -> None:
    """What systemd does for ansim-sweep-capture.socket: a helper with the connection as its standard input for each."""
    helpers: list[subprocess.Popen[bytes]] = []
    signal.signal(signal.SIGTERM, lambda *_: end(helpers))
    while True:
        connection, _ = listener.accept()
        command = [sys.executable, "-m", "sweep.wifi.capture.helper_process", NAME, "0"]
        helpers.append(subprocess.Popen(command, stdin=connection.fileno()))
        connection.close()


def kept(seconds: float, per_second: int) -> dict[str, object]:
    """A position of a real interface, which is away for a while: kept and heard again, and what its files hold."""
    tap = make_tap()
    wish = WifiRequest(dwell_s=seconds)
    with LiveCapture(NAME) as capture, tempfile.TemporaryDirectory() as folder:
        sent = multiprocessing.Value("q", 0)
        sender = multiprocessing.Process(target=send, args=(tap, per_second, seconds, sent))
        sender.start()
        for share in (0.4, 0.6):
            threading.Timer(seconds * share, set_up, (NAME, share > 0.5)).start()
        path = Path(folder) / "stand.pcapng"
        with record_position(path, wish, capture, NOBODY) as keeping:
            found = judge_position(TASK, wish, hear_position(wish, keeping.air, keeping.line))
        sender.join()
        with open_recording(path) as again:
            replayed = judge_position(TASK, again.wish, hear_position(again.wish, again.air, again.line))
        octets = path.read_bytes() + steps_beside(path).read_bytes()
    return {
        "is_equal": replayed == found,
        "rejected": dict(again.rejected),
        "samples": found.samples,
        "gaps_s": [(gap.end_ns - gap.start_ns) / 1e9 for gap in found.gaps],
        "holds_secret": SECRET[:6] in octets or HOME[:6] in octets,
        "fault": keeping.paper.fault,
    }


def describe(tally: CaptureTally) -> dict[str, object]:
    gaps = [[gap.reason, round((gap.end_ns - gap.begin_ns) / 1e9, 2)] for gap in tally.gaps]
    return {"received": tally.received, "dropped": tally.dropped, "gaps": gaps, "clock_steps": tally.clock_steps}


def main() -> None:
    """Run one scene and print what came of it."""
    scene, seconds, rate = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    match scene:
        case "flood":
            result = flood(seconds, rate)
        case "kept":
            result = kept(seconds, rate)
        case "by_service":
            result = by_service()
        case "headers_only":
            result = headers_only()
        case _:
            result = interrupted()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
