"""What a sender's frames say together: names of all, of everything else what was said first; and life without scapy."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sweep.wifi.frames.element_reader import Said, read_elements
from sweep.wifi.frames.elements import Elements, join_elements
from sweep.wifi.frames.management import Management, ManagementBody
from tests.wifi.elements import RATES, UUID, element, rsn, wps
from tests.wifi.frames import beacon, write_frames


def say(*octets: bytes) -> Said:
    bodies = tuple(ManagementBody(True, one, None if n else 7) for n, one in enumerate(octets))
    return read_elements(Management({1: bodies}))


def test_frames_of_one_sender_are_joined() -> None:
    said = say(element(0, b"net") + RATES, element(0, b"guest") + RATES + rsn() + wps())
    (found,) = said.by_sender.values()
    assert found.ssids == (b"net", b"guest")
    assert found.names == (b"Camera <b>", b"ACME\x1b[2J")
    assert (found.uuid, found.device_category, found.security) == (UUID, "camera", ("rsn psk, ccmp-128",))
    assert found.clock_us == 7
    assert found.signature == say(element(0, b"") + RATES).by_sender[1].signature
    assert (said.dissected, said.rejected) == (2, {})


def test_a_cut_frame_gives_its_names_and_leaves_the_signature_to_a_whole_one() -> None:
    cut, whole = element(0, b"net") + RATES + wps() + b"\xdd\xffcut", element(0, b"net") + RATES
    said = say(cut, whole)
    assert said.by_sender[1].signature == say(whole).by_sender[1].signature
    assert said.by_sender[1].uuid == UUID
    assert said.rejected == {"cut_element": 1}
    assert say(cut).by_sender[1].signature is None


def test_what_found_no_room_is_counted() -> None:
    assert read_elements(Management({}, missed=3)).rejected == {"over_limit": 3}


@given(octets=st.lists(st.sampled_from([b"net", b"a", b"\0"]), min_size=1, max_size=6))
def test_joining_is_associative(octets: list[bytes]) -> None:
    found = [Elements(signature=one.hex(), ssids=(one,), names=(one[:1],), rejected=()) for one in octets]
    left = found[0]
    for one in found[1:]:
        left = join_elements(left, one)
    right = found[-1]
    for one in reversed(found[:-1]):
        right = join_elements(one, right)
    assert left == right


def test_without_scapy_the_rest_goes_on_and_the_loss_is_counted(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "a.pcap", [beacon()])
    code = (
        "import sys; from pathlib import Path; from importlib.machinery import PathFinder as P; find = P.find_spec; "
        "P.find_spec = lambda name, *others: None if name == 'scapy' else find(name, *others); "
        "from sweep.wifi.scan import scan_file; scan = scan_file(Path(sys.argv[1])); "
        "print(len(scan.transmitters), dict(scan.said.rejected), [n for n in sys.modules if 'scapy' in n])"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert run.stdout == "1 {'no_scapy': 1} []\n"
