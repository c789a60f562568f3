"""How much faster than the line itself the link decodes, and how much faster than time the emulator runs."""

import time
from collections.abc import Callable

from sweep.link.frame import FrameReader, encode
from sweep.link.messages import EnvelopeWindow, Exposure
from sweep.sim.head.machine import HeadMachine
from sweep.sim.head.scene import Emitter, RfScene

LINE_BYTES_PER_S = 50_000  # 500 kbaud, ten bits a byte
LEAST_RATIO = 20


def test_link_decodes_faster_than_the_line(report: Callable[[str], None]) -> None:
    window = EnvelopeWindow(6580, 0, 3125, 3125, 0, 2408659, 567, 843, 606, 834, 842, 939, 31, 30, 62, 402)
    stream = b"".join(
        encode(window, n & 0xFF) + encode(Exposure(n * 521, n, n % 3, 31), n & 0xFF) for n in range(20_000)
    )
    reader = FrameReader()
    began = time.process_time()
    for at in range(0, len(stream), 512):
        reader.feed(stream[at : at + 512])
    ratio = len(stream) / (time.process_time() - began) / LINE_BYTES_PER_S
    assert reader.received == 40_000
    report(f"link: decodes {ratio:.0f} x the line's 50 kB/s on one core (floor {LEAST_RATIO})")
    assert ratio >= LEAST_RATIO


def test_emulator_against_time(report: Callable[[str], None]) -> None:
    machine = HeadMachine(RfScene((Emitter("wifi", -40.0),)))
    began = time.process_time()
    machine.run(5.0)
    report(f"emulated head: {5.0 / (time.process_time() - began):.1f} x real time on one core")
