"""The Wi-Fi capture cases: as many without a camera as with one."""

import struct
from collections.abc import Callable
from pathlib import Path

from sweep.captures.packets import LINK_IEEE80211, LINK_RADIOTAP
from sweep.sim.air.frames import WifiEmitter
from tests.cases import Case
from tests.simulators.pcap import write_pcap
from tests.simulators.wifi_captures import write_wifi_capture
from tests.wifi.elements import RATES, element, rsn, wps
from tests.wifi.frames import AP, OTHER, ROUTER, START_NS, STATION, beacon, data_down, data_up, frame, radiotap

BUILDING = WifiEmitter("ap", AP, 6.0, 2.0, tx_dbm=18.0, ssid=b"building")
SEEN_FROM = (2.0, 1.5)


def simulated(seconds: float, seed: int, *emitters: WifiEmitter) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_wifi_capture(path, emitters=[BUILDING, *emitters], listener_xy_m=SEEN_FROM, seconds=seconds, seed=seed)

    return write


def hostile_names(path: Path) -> None:
    names = [
        b"<img src=x onerror=alert(1)>",
        "\u202egpj.exe".encode(),
        b"\x1b]0;owned\x07\x1b[2J",
        b'=HYPERLINK("x")',
        b"\xff\xfe\x00",
        b"net\nname",
    ]
    frames = [beacon(f"02:00:00:00:01:{n:02x}", ssid=name, sequence=n) for n, name in enumerate(names)]
    packets = [(START_NS + n * 50_000_000, radiotap(-60 - n) + f, 15 + len(f)) for n, f in enumerate(frames)]
    write_pcap(path, packets, link_type=LINK_RADIOTAP)


def odd_frames(path: Path) -> None:
    antennas = struct.pack("<BBHIIbxbb", 0, 0, 16, 1 << 5 | 1 << 29 | 1 << 31, 1 << 5 | 1 << 11, -48, -50, 1)
    frames = [
        antennas + beacon(),
        radiotap(-70, flags=0x40) + data_up(),  # failed its checksum
        radiotap(-71, flags=0x10) + data_up(sequence=2) + b"FCS!",
        radiotap(-71) + data_up(sequence=2, flags=0x08),  # a retry
        radiotap(-72) + frame(2, 8, AP, OTHER, ROUTER, STATION, flags=3, tid=0, body=bytes(60)),
        radiotap(-73) + frame(3, 0, OTHER, body=bytes(20)),
        radiotap(-74) + frame(1, 11, AP, STATION),
        radiotap(-74) + frame(1, 13, STATION),
        radiotap(-75) + data_down()[:12],
        radiotap(-75) + b"\x81" + beacon()[1:],
        b"\x01" + radiotap()[1:] + beacon(),
        radiotap(-76) + frame(0, 4, "ff:ff:ff:ff:ff:ff", STATION, "ff:ff:ff:ff:ff:ff", body=b"\x00\x04home"),
    ]
    packets = [(START_NS + n * 20_000_000, f, len(f)) for n, f in enumerate(frames)]
    write_pcap(path, packets, link_type=LINK_RADIOTAP)
    with path.open("ab") as stream:
        stream.write(struct.pack("<IIII", START_NS // 10**9, 1, 500, 500) + b"cut off")


def bare_frames(path: Path) -> None:
    frames = [beacon(sequence=n) for n in range(20)] + [data_up(sequence=n, length=300) for n in range(20)]
    packets = [(START_NS + n * 90_000_000, f, len(f)) for n, f in enumerate(frames)]
    write_pcap(path, packets, link_type=LINK_IEEE80211, snap_length=64)


def elements(path: Path) -> None:
    camera, router, liar = "02:00:00:00:02:01", "02:00:00:00:02:02", "02:00:00:00:02:03"
    frames = [
        beacon(camera, ssid=b"IPC-0002") + RATES + element(3, b"\x06") + rsn(keys=(2, 8)) + wps(b"Camera"),
        beacon(router, ssid=b"building") + RATES + element(61, b"\x24" + bytes(21)) + rsn((4, 2), (1,)),
        beacon(liar, ssid=b"x" * 33) + element(48, b"\1\0\x00\x0f\xac\x04\xff\xff") + element(3, b"\x0b") + b"\xdd\xff",
        beacon(liar, ssid=b"much") + element(7, b"") * 200,
    ]
    packets = [(START_NS + n * 100_000_000, one, len(one)) for n, one in enumerate(frames * 3)]
    write_pcap(path, packets, link_type=LINK_IEEE80211)


CASES = {
    "camera_station": Case(
        "capture.pcap",
        simulated(8.0, 11, WifiEmitter("camera_station", STATION, 1.0, 1.0, peer=AP)),
        "a camera streams 10 pictures a second to the building's access point.",
        "the plain case of a video uplink.",
    ),
    "camera_own_ap": Case(
        "capture.pcap",
        simulated(
            8.0,
            12,
            WifiEmitter("camera_ap", OTHER, 1.0, 1.0, peer=STATION, ssid=b"IPC-0001"),
            WifiEmitter("browser", STATION, 9.0, 2.0),
        ),
        "a camera streams through its own access point to one phone.",
        "the uplink comes from an access point that is itself the source.",
    ),
    "two_cameras": Case(
        "capture.pcap",
        simulated(
            8.0,
            13,
            WifiEmitter("camera_station", STATION, 1.0, 1.0, peer=AP, bitrate_kbps=250.0, pictures_hz=15.0),
            WifiEmitter("camera_station", OTHER, 3.0, 2.5, peer=AP, bitrate_kbps=200.0, pictures_hz=8.0),
        ),
        "two cameras share a channel.",
        "each keeps its own clock.",
    ),
    "video_call": Case(
        "capture.pcap",
        simulated(8.0, 14, WifiEmitter("caller", STATION, 1.0, 1.0, peer=AP, bitrate_kbps=250.0)),
        "a video call, pictures both ways; no camera is hidden.",
        "pictures keep a clock, but come back as well.",
    ),
    "backup": Case(
        "capture.pcap",
        simulated(8.0, 15, WifiEmitter("uploader", STATION, 1.0, 1.0, peer=AP, bitrate_kbps=800.0)),
        "photographs go to a cloud; no camera is hidden.",
        "one way, large and lasting, but without a clock.",
    ),
    "browsing": Case(
        "capture.pcap",
        simulated(12.0, 16, WifiEmitter("browser", STATION, 1.0, 1.0, peer=AP)),
        "a person reads pages; no camera is hidden.",
        "the usual negative.",
    ),
    "hostile_names": Case(
        "capture.pcap",
        hostile_names,
        "six access points whose names try to become markup, escapes or formulas.",
        "no name reaches the output.",
    ),
    "odd_frames": Case(
        "capture.pcap",
        odd_frames,
        "frames with several antennas, failed checksums, four addresses, 60 GHz beacons, cut headers and a cut file.",
        "every rejection has its name, and the rest is read.",
    ),
    "elements": Case(
        "capture.pcap",
        elements,
        "a camera with its own access point that says so by WPS, a router, and a sender of elements that lie.",
        "what management frames say is read once, channels without a receiver's word, and lies are named.",
    ),
    "bare_frames": Case(
        "capture.pcap",
        bare_frames,
        "an access point and a station without any receiver header, cut to 64 octets.",
        "no level and no channel is no error.",
    ),
}
