"""The BLE capture cases: as many without a camera as with one."""

from collections.abc import Callable
from pathlib import Path

from sweep.sim.air.ble import BleEmitter, BleKind
from tests.ble.packets import (
    ADDRESS,
    OTHER,
    T_NS,
    btsnoop,
    extended_report,
    legacy_report,
    link_layer,
    nordic,
    part,
    pdu,
)
from tests.cases import Case
from tests.simulators.ble_captures import write_ble_capture
from tests.simulators.pcap import write_pcap

SEEN_FROM = (2.0, 1.5)


def simulated(seed: int, *kinds: BleKind) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        emitters = [BleEmitter(kind, f"c2:00:00:00:00:{n:02x}", 1.0 + n, 1.0) for n, kind in enumerate(kinds)]
        write_ble_capture(path, emitters=emitters, listener_xy_m=SEEN_FROM, seconds=12.0, seed=seed)

    return write


def hostile_names(path: Path) -> None:
    names = [b"<img src=x onerror=alert(1)>", "\u202egpj.exe".encode(), b"\x1b[2J\x07", b'=HYPERLINK("x")', b"\xff\x00"]
    packets = [
        (T_NS + n * 100_000_000, nordic(link_layer(pdu(part(0x09, name), address=ADDRESS + n))), 0)
        for n, name in enumerate(names)
    ]
    broken = nordic(link_layer(pdu(part(0x09, b"noise"), address=0xDEADBEEF0000), crc=b"\0\0\0"))
    write_pcap(path, [(t, p, len(p)) for t, p, _ in packets] + [(T_NS + 10**9, broken, len(broken))], link_type=272)


def host_log(path: Path) -> None:
    packets = [
        b"\x04" + legacy_report((ADDRESS, part(0x09, b"GoPro 1234") + part(0x03, b"\xa6\xfe"), -58)),
        b"\x04" + extended_report(OTHER, part(0x16, b"\xb2\xfc\x01\x00"), -70),
        b"\x01\x03\x0c\x00",
    ]
    path.write_bytes(btsnoop(packets))


CASES = {
    "camera_setup": Case(
        "capture.pcap",
        simulated(21, "camera_setup", "phone"),
        "a camera waits to be set up, a phone lies beside it.",
        "a set-up beacon is a hint.",
    ),
    "action_camera": Case(
        "capture.btsnoop",
        host_log,
        "the log of a host: an action camera, a tracker by its standard service, a command.",
        "legacy and extended reports, and what is no advertisement.",
    ),
    "phones": Case(
        "capture.json",
        simulated(22, "phone", "phone", "watch", "headphones", "computer"),
        "what people carry; no camera.",
        "the usual negative, in the JSON form.",
    ),
    "trackers": Case(
        "capture.pcap",
        simulated(23, "tracker", "tracker", "beacon"),
        "two trackers and a beacon; no camera.",
        "trackers are information and never evidence.",
    ),
    "hostile_names": Case(
        "capture.pcap",
        hostile_names,
        "names that try to become markup, escapes or formulas, and one packet of noise.",
        "names are shown escaped; noise is no device.",
    ),
}
