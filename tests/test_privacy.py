"""No payload, no bystander's address and no bystander's network name leaves a sweep: every byte it writes is searched.

Two sweeps run as processes of their own with a home, a state folder and a working folder that are new: a simulated
room with a camera, and captures whose frames carry what nobody may keep.  Everything on disk afterwards, everything on
standard output and error and everything sent to a server on the loopback is unwrapped (JSON, base64, hexadecimal) and
searched for what is known to be in the air.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sweep.ble.linklayer import LINK_LL_RADIO
from sweep.entry.dsse import RECEIPT_TYPE
from sweep.entry.envelope import Body, Receipt, from_wire, parse_envelope
from sweep.entry.kinds import DETAILS_TYPE, REPORT_TYPE
from sweep.modality.addresses import format_address, parse_address
from sweep.report import FindingDetails, SweepReport, parse_json
from sweep.sim.air.radios import BUILDING_AP, CAMERA
from tests.ble import packets as ble
from tests.entry_factory import signer
from tests.simulators.pcap import write_pcap
from tests.wifi import frames as wifi

AIR_SSID = "공공와이파이".encode()
SIMULATED_BYSTANDERS = (
    BUILDING_AP, "02:11:22:00:00:01", "02:11:22:00:00:02", "4a:10:00:00:00:01", "5b:10:00:00:00:02",
    "6c:10:00:00:00:03", "00:00:5e:00:53:fe",
)  # fmt: skip

PHONE, HOME_AP, PEER, EARBUDS = "02:9f:31:7c:5a:e1", "00:00:5e:00:53:a7", "02:b6:d4:18:93:2f", "c9:4d:e7:52:b8:06"
HOME_SSID, SOUGHT_SSID, EARBUDS_NAME = b"Maple-Family-5F", b"Blue-Harbour-Hotel", b"Buds of Bystander"
PAYLOAD = b"\xd3PAYLOAD-OF-A-BYSTANDER\x9a"
BEACON_SECRET = bytes.fromhex("e7c15b2a9d40f386")
"""Octets of an advertisement's manufacturer data."""


@dataclass
class Server:
    """Acknowledges what it gets, as the ingest path does, and keeps every byte of it."""

    url: str = ""
    received: list[bytes] = field(default_factory=list)
    wires: list[bytes] = field(default_factory=list)

    def receipt(self, wire: bytes) -> dict[str, Any]:
        entry, bodies = from_wire(wire)
        receipt = Receipt(
            v=1,
            entry_id=parse_envelope(entry.payload).entry_id,
            entry_hash=entry.entry_hash,
            commitments=tuple(body.commitment for body in bodies),
            received_ms=time.time_ns() // 1_000_000,
            log_index=len(self.wires),
            inclusion_proof=None,
        )
        return signer("server").sign(RECEIPT_TYPE, receipt.model_dump_json().encode()).to_json()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    kept = Server()

    class FakeSource(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def answer(self, document: dict[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            kept.received.append(f"{self.requestline}\n{self.headers}".encode())
            self.answer({"key_id": signer("server").key_id, "public_key": signer("server").public_key.hex()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.received += [f"{self.requestline}\n{self.headers}".encode(), body]
            kept.wires.append(body)
            self.answer(kept.receipt(body))

    with ThreadingHTTPServer(("127.0.0.1", 0), FakeSource) as http:
        kept.url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield kept
        http.shutdown()
        thread.join()


@dataclass
class Trace:
    """Everything that a run left: name of the place -> bytes."""

    left: dict[str, bytes]
    details: list[bytes]
    """Bodies that may hold the addresses of a device which a finding cites."""
    report: SweepReport


def run_sweep(home: Path, *arguments: str) -> dict[str, bytes]:
    """What `sweep ARGUMENTS` said, run with nothing of this user's own."""
    names = {
        "HOME": "",
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "TMPDIR": "scratch",
    }
    places = {name: str(home / folder) for name, folder in names.items()}
    for folder in (*places.values(), str(home / "here")):
        Path(folder).mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "VIRTUAL_ENV", "PYTHONPATH"}}
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-m", "sweep.cli", *arguments],
        cwd=home / "here",
        env={**kept, **places, "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    label = " ".join(arguments[:2])
    return {f"{label} stdout": done.stdout, f"{label} stderr": done.stderr}


def files_under(home: Path) -> dict[str, bytes]:
    """Every file and its content; the name counts as content too."""
    return {str(p.relative_to(home)): p.name.encode() + b"\n" + p.read_bytes() for p in home.rglob("*") if p.is_file()}


def trace_of(home: Path, said: dict[str, bytes], server: Server) -> Trace:
    left = files_under(home) | said
    left |= {f"request {number}": data for number, data in enumerate(server.received)}
    bodies: list[Body] = []
    for wire in (*server.wires, *(path.read_bytes() for path in home.rglob("*.entry"))):
        bodies += from_wire(wire)[1]
    (report,) = {body.data for body in bodies if body.media_type == REPORT_TYPE}
    details = [body.data for body in bodies if body.media_type == DETAILS_TYPE]
    return Trace(left, details, parse_json(SweepReport, report))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Trace:
    """A room with a camera, all the way to the server; the recording itself is scratch and must be gone."""
    home = tmp_path_factory.mktemp("simulated")
    server.received.clear()
    server.wires.clear()
    said = run_sweep(home, "run", "--sim", "--camera-in", "stall-2", "--server", server.url, "--json", "report.json")
    return trace_of(home, said, server)


def write_captures(folder: Path) -> tuple[Path, Path]:
    """Wi-Fi and BLE captures, not cut to headers, of people who are nobody's business."""
    air: list[bytes] = []
    for number in range(400):
        air.append(wifi.data_up(PHONE, HOME_AP, 26, number) + PAYLOAD * 20)
        air.append(wifi.data_down(PHONE, HOME_AP, 26, number, source=PEER) + PAYLOAD * 3)
        if number % 10 == 0:
            air.append(wifi.beacon(HOME_AP, HOME_SSID, number))
            sought = bytes([0, len(SOUGHT_SSID)]) + SOUGHT_SSID
            air.append(wifi.frame(0, 4, wifi.BROADCAST, PHONE, wifi.BROADCAST, sequence=number, body=sought))
    folder.mkdir()
    wifi_path = wifi.write_frames(folder / "air.pcap", air, interval_ms=20.0)
    advert = ble.part(0x09, EARBUDS_NAME) + ble.part(0xFF, b"\x57\x01")
    data = ble.part(0xFF, b"\xff\x7f" + BEACON_SECRET)
    pdus = [ble.pdu(part, address=parse_address(EARBUDS)) for _ in range(40) for part in (advert, data)]
    packets = [ble.radio(ble.link_layer(pdu), flags=0x0C03) for pdu in pdus]
    timed = [(ble.T_NS + number * 50_000_000, packet, len(packet)) for number, packet in enumerate(packets)]
    write_pcap(folder / "ble.pcap", timed, link_type=LINK_LL_RADIO)
    return wifi_path, folder / "ble.pcap"


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Trace:
    """Captures of people, through every command that reads them; what is given to the commands is not searched."""
    given, home = tmp_path_factory.mktemp("given"), tmp_path_factory.mktemp("assembled")
    air, adverts = write_captures(given / "captures")
    server.received.clear()
    server.wires.clear()
    said: dict[str, bytes] = {}
    folder = str(given / "sweep")
    for arguments in (
        ["wifi", str(air), "--json", "wifi.json"],
        ["wifi", str(air), "--json", "-"],
        ["ble", str(adverts), "--json", "ble.json"],
        ["ble", str(adverts), "--json", "-"],
        ["assemble", folder, *(["--wifi", str(air)] * 2), "--ble", str(adverts)],
        ["replay", folder, "--json", "report.json"],
        ["replay", folder, "--again", "--server", server.url],
    ):
        said |= {f"{len(said)} {name}": text for name, text in run_sweep(home, *arguments).items()}
    left = files_under(home) | said | {f"request {n}": data for n, data in enumerate(server.received)}
    bodies = [body for wire in server.wires for body in from_wire(wire)[1]]
    details = [body.data for body in bodies if body.media_type == DETAILS_TYPE]
    return Trace(left, details, parse_json(SweepReport, (home / "here" / "report.json").read_bytes()))


def unwrapped(data: bytes, depth: int = 4) -> Iterator[bytes]:
    """The bytes themselves and all that is wrapped in them as JSON text, base64 or hexadecimal."""
    yield data
    if depth == 0:
        return
    for text in re.findall(rb"[A-Za-z0-9+/_-]{8,}={0,2}", data):
        for decode in (_hexadecimal, _base64):
            inner = decode(text)
            if inner is not None:
                yield from unwrapped(inner, depth - 1)
    unescaped = re.sub(rb"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)).encode("utf-8", "replace"), data)
    unescaped = unescaped.replace(b"\\/", b"/").replace(b'\\"', b'"')
    if unescaped != data:
        yield unescaped


def _hexadecimal(text: bytes) -> bytes | None:
    try:
        return binascii.unhexlify(text)
    except binascii.Error:
        return None


def _base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def spellings(address: str) -> dict[str, bytes]:
    """Every way in which an address might be written down."""
    number = parse_address(address)
    octets = number.to_bytes(6, "big")
    colons = format_address(number).encode()
    return {
        "binary": octets,
        "binary, little-endian": octets[::-1],
        "colons": colons,
        "dashes": colons.replace(b":", b"-"),
        "underscores": colons.replace(b":", b"_"),
        "hexadecimal": octets.hex().encode(),
        "number": str(number).encode(),
        "plain hash": hashlib.sha256(octets).digest(),
        "plain hash of text": hashlib.sha256(colons).digest(),
    }


def search(trace: Trace, secrets: dict[str, bytes], *, spare_details: bool = False) -> list[str]:
    """`place: secret` of every secret that lies anywhere; text is compared without regard to case."""
    needles = {name: secret.lower() for name, secret in secrets.items()}
    found = set()
    for place, data in trace.left.items():
        for layer in unwrapped(data):
            if spare_details and layer in trace.details:
                continue
            lowered = layer.lower()
            found |= {f"{place}: {name}" for name, secret in needles.items() if secret in lowered}
    return sorted(found)


def addresses(*of: str) -> dict[str, bytes]:
    return {f"{address} ({form})": octets for address in of for form, octets in spellings(address).items()}


def test_nothing_of_a_bystander_leaves_a_simulated_sweep(simulated: Trace) -> None:
    assert [o for o in simulated.report.observations if o.modality == "wifi"]
    assert [o for o in simulated.report.observations if o.modality == "ble"]
    secrets = addresses(*SIMULATED_BYSTANDERS) | {"network name": AIR_SSID}
    assert search(simulated, secrets) == []


def test_the_address_of_a_cited_device_is_in_the_details_of_its_finding_and_nowhere_else(simulated: Trace) -> None:
    assert [finding.zone_id for finding in simulated.report.findings] == ["stall-2"]
    (details,) = {parse_json(FindingDetails, body) for body in simulated.details}
    assert details.addresses == (CAMERA,)
    assert search(simulated, addresses(CAMERA), spare_details=True) == []
    assert search(simulated, addresses(CAMERA)) != []


def test_a_simulated_sweep_leaves_no_capture_behind(simulated: Trace) -> None:
    assert [name for name in simulated.left if name.startswith("scratch")] == []
    assert [name for name in simulated.left if re.search(r"\.(pcap|pcapng|serial|npz|pgm)$", name)] == []


@pytest.mark.soak
def test_nothing_of_a_bystander_leaves_an_assembled_sweep(assembled: Trace) -> None:
    assert len([o for o in assembled.report.observations if o.modality == "wifi"]) >= 4
    assert [o for o in assembled.report.observations if o.modality == "ble"]
    secrets = addresses(PHONE, HOME_AP, PEER, EARBUDS) | {
        "network name": HOME_SSID,
        "name of a network that a phone looks for": SOUGHT_SSID,
        "name of a device": EARBUDS_NAME,
        "payload": PAYLOAD,
        "a part of the payload": PAYLOAD[1:-1],
        "data of an advertisement": BEACON_SECRET,
    }
    assert search(assembled, secrets) == []
    assert assembled.details == []


@pytest.mark.parametrize(
    "hide",
    [
        lambda secret: secret,
        lambda secret: base64.b64encode(b"x" + secret),
        lambda secret: json.dumps({"a": base64.b64encode(json.dumps({"b": secret.hex()}).encode()).decode()}).encode(),
        lambda secret: json.dumps(format_address(int.from_bytes(secret, "big")).upper()).encode(),
    ],
    ids=["plain", "base64", "nested", "capitals"],
)
def test_the_search_finds_what_is_hidden(hide: Callable[[bytes], bytes], simulated: Trace) -> None:
    """A search that finds nothing because it cannot look is worth nothing."""
    secret = parse_address(PHONE).to_bytes(6, "big")
    leaky = Trace({"x": b'{"k": "' + hide(secret) + b'"}'}, [], simulated.report)
    assert search(leaky, addresses(PHONE)) != []
    name = Trace({"x": json.dumps({"ssid": AIR_SSID.decode()}).encode()}, [], simulated.report)
    assert search(name, {"network name": AIR_SSID}) != []
