"""Elements taken apart by scapy as tshark does it; hostile ones are rejected by name and spoil nothing else."""

import hashlib
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.files import open_capture
from sweep.captures.packets import LINK_IEEE80211
from sweep.wifi.frames.dissection import MAX_ELEMENTS, WPS_CATEGORIES, dissect_body, examine
from sweep.wifi.frames.dot11 import BEACON, MANAGEMENT, PROBE_REQUEST, PROBE_RESPONSE, parse_block
from sweep.wifi.frames.elements import Elements
from tests.simulators.pcap import write_pcap
from tests.wifi.elements import RATES, UUID, attribute, element, rsn, suites, wps
from tests.wifi.frames import AP, BROADCAST, START_NS, beacon, frame

FIXED = {PROBE_REQUEST: 0, PROBE_RESPONSE: 12, BEACON: 12}
ORACLE = (
    "wlan.tag.number", "wlan.ssid", "wlan.rsn.akms.type", "wlan.rsn.pcs.type", "wlan.ds.current_channel",
    "wlan.ht.info.primarychannel", "wps.device_name", "wps.manufacturer", "wps.model_name", "wps.uuid_e",
    "wps.primary_device_type.category", "wlan.wfa.ie.wpa.akms", "wlan.wfa.ie.wpa.ucs.type",
)  # fmt: skip
AKM = {1: "802.1x", 2: "psk", 3: "ft-802.1x", 4: "ft-psk", 5: "wpa-sha256", 6: "psk-sha256", 8: "sae", 18: "owe"}
CIPHER = {0: "use-group-cipher-suite", 1: "wep-40", 2: "tkip", 4: "ccmp-128", 5: "wep-104", 9: "gcmp-256"}


def dissect(octets: bytes, *, is_announcement: bool = True) -> Elements:
    return dissect_body(octets, is_announcement=is_announcement)


def run_tshark(path: Path) -> list[dict[str, list[str]]]:
    if shutil.which("tshark") is None:
        pytest.fail("tshark is not installed: make setup-test")
    fields = [part for field in ORACLE for part in ("-e", field)]
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "aggregator=\x1e", *fields]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    return [
        {
            field: [one for one in value.split("\x1e") if one]
            for field, value in zip(ORACLE, line.split("\t"), strict=True)
        }
        for line in lines
    ]


def assert_equal(found: Elements, theirs: dict[str, list[str]], subtype: int) -> None:
    """Ours against what tshark reads of the same frame."""
    names = [bytes.fromhex(one.replace("<MISSING>", "")) for one in theirs["wlan.ssid"]]
    names = [one for one in names if one.strip(b"\0")] if subtype != PROBE_REQUEST else []
    assert list(found.ssids) == list(dict.fromkeys(names))
    keys, ciphers = (
        [table.get(int(one), one) for one in theirs[field]]
        for table, field in ((AKM, "wlan.rsn.akms.type"), (CIPHER, "wlan.rsn.pcs.type"))
    )
    is_rsn = "48" in theirs["wlan.tag.number"]
    assert [one for one in found.security if one.startswith("rsn")] == (
        [f"rsn {' '.join(keys)}, {' '.join(ciphers)}"] if is_rsn else []
    )
    old_keys = [AKM.get(int(one) & 0xFF, one) for one in theirs["wlan.wfa.ie.wpa.akms"]]
    old_ciphers = [CIPHER.get(int(one), one) for one in theirs["wlan.wfa.ie.wpa.ucs.type"]]
    old = [f"wpa {' '.join(old_keys)}, {' '.join(old_ciphers)}"] if old_keys or old_ciphers else []
    assert [one for one in found.security if one.startswith("wpa")] == old
    channels = [int(one) for one in theirs["wlan.ds.current_channel"] + theirs["wlan.ht.info.primarychannel"]]
    told_mhz: list[int | None] = [2_407 + 5 * n if n < 14 else 5_000 + 5 * n for n in channels]
    assert found.channel_mhz in (told_mhz or [None])
    told = [*theirs["wps.device_name"], *theirs["wps.manufacturer"], *theirs["wps.model_name"]]
    assert sorted(one.decode("latin-1") for one in found.names) == sorted(one for one in told if one.strip())
    uuids = [bytes.fromhex(one.replace("-", "").replace(":", "")) for one in theirs["wps.uuid_e"]]
    assert found.uuid == next((one for one in uuids if any(one)), b"")
    categories = [int(one, 0) for one in theirs["wps.primary_device_type.category"]]
    assert found.device_category == next((WPS_CATEGORIES[one] for one in categories if one in WPS_CATEGORIES), None)


def make_up(rng: random.Random) -> bytes:
    """The elements of a beacon in any order behind the name; each may be missing."""
    choices = [
        RATES,
        element(3, bytes([rng.randint(1, 13)])),
        element(5, rng.randbytes(4)),
        element(42, b"\0"),
        rsn(tuple(rng.sample((2, 4, 9), rng.randint(1, 3))), tuple(rng.sample((1, 2, 6, 8), rng.randint(1, 3)))),
        element(45, rng.randbytes(26)),
        element(127, rng.randbytes(rng.randint(1, 10))),
        element(221, b"\x00\x50\xf2\x02\x01\x01" + rng.randbytes(18)),
        element(221, b"\x00\x10\x18" + rng.randbytes(rng.randint(1, 20))),
        element(221, b"\x00\x50\xf2\x01\1\0\x00\x50\xf2\x02\1\0\x00\x50\xf2\x02\1\0\x00\x50\xf2\x02"),
        element(221, b"\x00\x50\xf2\x04" + attribute(0x1011, b"cam-%d" % rng.randint(1, 9)) + attribute(0x1047, UUID)),
    ]
    rng.shuffle(choices)
    name = bytes(rng.choices(b"abc-_ ", k=rng.randint(1, 32)))
    return element(0, name) + b"".join(choices[: rng.randint(0, len(choices))])


def test_made_up_beacons_are_read_as_tshark_reads_them(tmp_path: Path) -> None:
    rng = random.Random(11)
    bodies = [make_up(rng) for _ in range(200)]
    head = beacon()[: 24 + 12]
    path = tmp_path / "a.pcap"
    packets = [(START_NS + n, head + body, len(head + body)) for n, body in enumerate(bodies)]
    write_pcap(path, packets, link_type=LINK_IEEE80211)
    for body, theirs in zip(bodies, run_tshark(path), strict=True):
        assert_equal(dissect(body), theirs, BEACON)


def test_recorded_frames_are_read_as_tshark_reads_them(shared_data: Path, tmp_path: Path) -> None:
    chosen: dict[tuple[int, bytes], bytes] = {}
    for path in sorted((shared_data / "wifi").glob("*.*cap*")):
        for subtype, whole in management_frames(path):
            chosen.setdefault((subtype, whole[24 + FIXED[subtype] :]), whole)
    kept = {key: whole for key, whole in chosen.items() if "cut_element" not in dissect(key[1]).rejected}
    assert len(kept) > 500
    path = tmp_path / "a.pcap"
    write_pcap(path, [(START_NS + n, one, len(one)) for n, one in enumerate(kept.values())], link_type=LINK_IEEE80211)
    for (subtype, body), theirs in zip(kept, run_tshark(path), strict=True):
        assert_equal(dissect(body, is_announcement=subtype != PROBE_REQUEST), theirs, subtype)


def management_frames(path: Path) -> Iterator[tuple[int, bytes]]:
    with open_capture(path) as reader:
        for block in reader.blocks:
            if block.link_type not in {105, 127}:
                continue
            found, _ = parse_block(block)
            for row in range(len(found)):
                if found.kind[row] == MANAGEMENT and int(found.subtype[row]) in FIXED:
                    begin = int(found.start[row])
                    yield int(found.subtype[row]), block.data[begin : begin + int(found.captured[row])].tobytes()


def reference_signature(body: bytes) -> str | None:
    """The signature by a walk over octets: number of each element, contents of those that belong to the radio."""
    digest, position = hashlib.sha256(), 0
    while position < len(body):
        number, end = body[position], position + 2 + (body[position + 1] if position + 1 < len(body) else len(body))
        if end > len(body):
            return None
        value = body[position + 2 : end]
        digest.update(bytes([number]))
        if number == 221:
            digest.update(value[:4])
        elif number == 255:
            digest.update(value if value[:1] in {b"\x23", b"\x6c"} else value[:1])
        elif number in {1, 45, 50, 59, 127, 191}:
            digest.update(value)
        position = end
    return digest.hexdigest()[:16]


@given(body=st.binary(max_size=300), is_announcement=st.booleans())
def test_any_octets_are_dissected_to_their_end(body: bytes, is_announcement: bool) -> None:
    found = dissect(body, is_announcement=is_announcement)
    if "too_many_elements" not in found.rejected:
        assert found.signature == reference_signature(body)
        assert ("cut_element" in found.rejected) == (found.signature is None)
    if not is_announcement:
        assert found.ssids == ()


@given(
    parts=st.lists(
        st.tuples(st.sampled_from([0, 3, 48, 61, 221, 255]), st.binary(max_size=60)).map(
            lambda one: element(one[0], (b"\x00\x50\xf2" if one[0] == 221 else b"") + one[1])
        ),
        max_size=8,
    )
)
def test_any_contents_of_elements_that_matter_are_read_or_rejected(parts: list[bytes]) -> None:
    found = dissect(b"".join(parts))
    assert found.signature == reference_signature(b"".join(parts))
    assert set(found.rejected) <= {"odd_name", "odd_security", "odd_channel", "odd_wps"}


def test_the_signature_is_the_kind_and_not_the_moment() -> None:
    first = dissect(element(0, b"home") + RATES + element(5, b"\0\1\0\0"))
    second = dissect(element(0, b"cafe") + RATES + element(5, b"\1\1\0\0"))
    assert first.signature == second.signature
    assert dissect(element(0, b"home") + element(1, b"\x82\x8b") + element(5, bytes(4))).signature != first.signature


def test_names_category_and_uuid_of_a_device_are_read() -> None:
    found = dissect(RATES + wps())
    assert found.names == (b"Camera <b>", b"ACME\x1b[2J")
    assert (found.uuid, found.device_category, found.rejected) == (UUID, "camera", ())
    assert dissect(RATES + wps(category=77)).device_category is None


@pytest.mark.parametrize(
    ("octets", "security"),
    [
        (rsn(), ("rsn psk, ccmp-128",)),
        (rsn((4, 2), (2, 8), b""), ("rsn psk sae, ccmp-128 tkip",)),  # ends before the capabilities
        (element(48, b"\1\0"), ("rsn , ",)),  # ends after the version: nothing is made up
        (element(48, b"\1\0\x00\x0f\xac\x04\1\0\x00\x40\x96\x05\1\0\x00\x0f\xac\x63"), ("rsn 99, 004096:5",)),
        (element(221, b"\x00\x50\xf2\x01\1\0\x00\x50\xf2\x02" + suites(2) + suites(1)), ("wpa 802.1x, tkip",)),
    ],
)
def test_ways_to_join_are_read(octets: bytes, security: tuple[str, ...]) -> None:
    assert dissect(octets + RATES) == Elements(signature=reference_signature(octets + RATES), security=security)


@pytest.mark.parametrize(
    ("octets", "mhz"),
    [
        (element(3, b"\x0b"), 2_462),
        (element(3, b"\x0e"), 2_484),
        (element(61, b"\x24" + bytes(21)), 5_180),
        (element(255, b"\x24\0\0\2" + bytes(3) + b"\x25" + bytes(4)), 6_135),
        (element(3, b"\xf0"), None),
        (element(255, b"\x23" + bytes(30)), None),
    ],
)
def test_channels_of_three_bands_are_read(octets: bytes, mhz: int | None) -> None:
    assert dissect(octets).channel_mhz == mhz


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (element(48, b"\1\0\x00\x0f\xac\x04" + b"\xff\xff" + bytes(40)), "odd_security"),
        (element(48, b"\2\0" + bytes(20)), "odd_security"),
        (element(48, b"\1"), "odd_security"),
        (element(221, b"\x00\x50\xf2\x04\x10\x11\xff"), "odd_wps"),
        (element(221, b"\x00\x50\xf2\x04" + attribute(0x1011, b"") * 62), None),
        (element(3, b""), "odd_channel"),
        (element(0, b"x" * 33), "odd_name"),
        (element(7, b"") * (MAX_ELEMENTS - 2), None),
        (element(7, b"") * (MAX_ELEMENTS - 1), "too_many_elements"),
    ],
)
def test_what_is_odd_is_rejected_by_name_and_spoils_nothing_else(octets: bytes, reason: str | None) -> None:
    found = dissect(element(221, b"\x00\x50\xf2\x04" + attribute(0x1047, UUID)) + octets + element(3, b"\6"))
    assert found.rejected == (() if reason is None else (reason,))
    assert (found.uuid, found.channel_mhz) == (UUID, None if reason == "too_many_elements" else 2_437)
    assert (found.signature is None) == (reason == "too_many_elements")


def test_the_longest_hostile_frame_is_done_within_a_tenth_of_a_second() -> None:
    inner = bytes([3, 0]) * 127
    bombs = [element(0, b"") * 1_140, element(3, inner[:255]) * 8, element(61, inner[:255]) * 8, element(48, inner) * 8]
    for bomb in bombs:
        began_s = time.process_time()
        dissect_body.__wrapped__(bomb, is_announcement=True)
        assert time.process_time() - began_s < 0.1


def test_the_same_octets_are_dissected_once() -> None:
    before = dissect_body.cache_info()
    body = element(0, b"only here") + RATES
    assert dissect(body) is dissect(body)
    after = dissect_body.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 1)


def test_the_installed_scapy_passes_its_examination() -> None:
    assert examine() is None


LOADING = """
import sys
import numpy, sweep.wifi.scan
touched = []
def note(event, arguments):
    if event.split(".")[0] in {"socket", "subprocess", "shutil", "fcntl", "ctypes"} or event in {"os.mkdir", "os.exec"}:
        touched.append(event)
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc", ".so", "/scapy/VERSION")):
        touched.append(str(arguments[0]))
sys.addaudithook(note)
from sweep.wifi.frames.dissection import examine
from scapy.config import conf
print(*sorted(set(touched) - {"/etc/protocols", "/etc/services", "/etc/ethertypes"}))
print(examine(), conf.route.routes, conf.iface, len(conf.ifaces), "scapy.main" in sys.modules)
"""


def test_loading_scapy_opens_no_socket_and_asks_for_no_route_or_interface(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path), "PYTHONWARNINGS": "error"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    run = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout == "\nNone [] None 0 False\n"
    assert run.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_a_probe_request_keeps_the_name_it_asks_for_to_itself() -> None:
    asked = frame(0, 4, BROADCAST, AP, BROADCAST, body=element(0, b"home of A") + RATES)[24:]
    assert dissect(asked, is_announcement=False) == dissect(element(0, b"") + RATES, is_announcement=False)
