from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import COMMANDS, build_app
from sweep.sim.air.ble import BleEmitter
from sweep.sim.air.frames import WifiEmitter
from tests.simulators.ble_captures import write_ble_capture
from tests.simulators.wifi_captures import write_wifi_capture
from tests.waiting import PATIENCE_S
from tests.wifi.frames import data_up, write_frames

RUNNER = CliRunner()
app = build_app()
HOSTILE_SSID = b"<img src=x onerror=alert(1)>\x1b[2J\xe2\x80\xae"
HOSTILE_NAME = b"V380_\x1b]0;x\x07\xe2\x80\xaegnp"


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("captures")
    write_wifi_capture(
        folder / "wifi.pcap",
        emitters=[WifiEmitter("ap", "00:00:5e:00:53:01", 1.0, 1.0, ssid=HOSTILE_SSID)],
        listener_xy_m=(2.0, 2.0),
        seconds=6.0,
        seed=1,
    )
    write_ble_capture(
        folder / "ble.json",
        emitters=[BleEmitter("camera_setup", "4a:00:00:00:00:01", 1.0, 1.0, name=HOSTILE_NAME[:26])],
        listener_xy_m=(2.0, 2.0),
        seconds=6.0,
        seed=1,
    )
    (folder / "noise.bin").write_bytes(bytes(range(256)) * 8)
    (folder / "empty.pcap").write_bytes(b"")
    (folder / "cut.pcap").write_bytes((folder / "wifi.pcap").read_bytes()[:30])
    (folder / "text.csv").write_text("a,b\n1,2\n")
    (folder / "folder").mkdir()
    return folder


def sweep(*arguments: str | Path) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("command", ["wifi", "ble", "rf", "lens", "stimulus", "replay"])
@pytest.mark.parametrize("name", ["noise.bin", "empty.pcap", "text.csv", "folder", "absent", "cut.pcap"])
def test_a_foreign_file_gives_one_line_and_exit_code_2(captures: Path, command: str, name: str) -> None:
    extra: list[str | Path] = ["--sequence", captures / "text.csv"] if command == "stimulus" else []
    state: list[str | Path] = ["--state", captures / "state"] if command == "replay" else []
    code, out, err = sweep(command, captures / name, *extra, *state)
    assert code == 2, out
    lines = err.strip().splitlines()
    assert "Traceback" not in err
    assert " ".join(lines).startswith("sweep: ")
    assert len(" ".join(lines)) < 450


def test_a_truncated_capture_is_said_and_what_stands_before_the_cut_is_kept(captures: Path, tmp_path: Path) -> None:
    whole = (captures / "wifi.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(whole[: len(whole) - 7])
    code, _, err = sweep("wifi", tmp_path / "cut.pcap", "--json", tmp_path / "out.json")
    assert code == 2
    assert "cut off" in err
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["frames"] > 0
    assert document["cut_tail_octets"] > 0


def test_hostile_names_never_reach_the_terminal(captures: Path) -> None:
    for arguments in (("wifi", captures / "wifi.pcap"), ("ble", captures / "ble.json")):
        for form in ("hashed", "full"):
            code, out, err = sweep(*arguments, "--addresses", form)
            assert code == 0, err
            assert "\x1b" not in out + err
            assert "\u202e" not in out + err
            assert "\x07" not in out + err


def test_json_goes_to_a_file_or_to_standard_output(captures: Path, tmp_path: Path) -> None:
    code, out, _ = sweep("wifi", captures / "wifi.pcap", "--json", "-", "--addresses", "full")
    assert code == 0
    assert json.loads(out)["transmitters"][0]["addresses"] == ["00:00:5e:00:53:01"]
    target = tmp_path / "out.json"
    code, out, _ = sweep("wifi", captures / "wifi.pcap", "--json", target)
    assert (code, out) == (0, "")
    assert json.loads(target.read_text())["transmitters"][0]["addresses"] != ["00:00:5e:00:53:01"]
    code, _, err = sweep("wifi", captures / "wifi.pcap", "--json", tmp_path / "no" / "such" / "out.json")
    assert code == 2
    assert "such/out.json: there is no folder" in "".join(err.splitlines())


@pytest.mark.parametrize("command", ["wifi", "ble"])
def test_a_result_never_takes_the_place_of_its_capture(captures: Path, tmp_path: Path, command: str) -> None:
    source = captures / ("wifi.pcap" if command == "wifi" else "ble.json")
    link = tmp_path / "link"
    link.symlink_to(source)
    before = source.read_bytes()
    for target in (source, link):
        code, _, err = sweep(command, source, "--json", target)
        assert code == 2
        assert "another file" in " ".join(err.split())
    assert source.read_bytes() == before


def test_devices_and_links_stay_what_they_are(captures: Path, tmp_path: Path) -> None:
    pipe, link, real = tmp_path / "pipe", tmp_path / "link", tmp_path / "real.json"
    os.mkfifo(pipe)
    link.symlink_to(real)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text, encoding="utf-8")
        assert sweep("ble", captures / "ble.json", "--json", pipe)[0] == 0
        assert json.loads(read.result(PATIENCE_S))["adverts"] > 0
    assert pipe.is_fifo()
    assert sweep("ble", captures / "ble.json", "--json", link)[0] == 0
    assert link.is_symlink()
    assert json.loads(real.read_text())["adverts"] > 0


def test_a_camera_hint_stands_above_a_crowd(tmp_path: Path) -> None:
    crowd = [BleEmitter("phone", f"4a:00:00:00:01:{n:02x}", 1.0, 1.0) for n in range(60)]
    camera = BleEmitter("camera_setup", "4a:00:00:00:00:01", 3.0, 3.0, name=b"V380_999")
    path = tmp_path / "crowd.json"
    write_ble_capture(path, emitters=[*crowd, camera], listener_xy_m=(2.0, 2.0), seconds=4.0, seed=1)
    code, out, _ = sweep("ble", path)
    assert code == 0
    lines = out.splitlines()
    first = lines[next(n for n, line in enumerate(lines) if "─" in line) + 1]
    assert "camera hint" in first
    assert "V380_999" in first
    assert "more (" in out


LIMITS = {"wifi": "pads its stream to a constant rate", "ble": "a hint and decides nothing"}


@pytest.mark.parametrize("command", LIMITS)
def test_what_a_result_cannot_tell_stands_below_it_and_not_in_its_json(captures: Path, command: str) -> None:
    file = captures / ("wifi.pcap" if command == "wifi" else "ble.json")
    code, out, _ = sweep(command, file)
    assert code == 0
    assert LIMITS[command] in " ".join(out.partition("Limits of this result:")[2].split())
    assert "Limits" not in sweep(command, file, "--json", "-")[1]


def test_whoever_sends_no_data_is_not_said_to_be_heard_too_little(captures: Path) -> None:
    code, out, _ = sweep("wifi", captures / "wifi.pcap")
    assert code == 0
    assert "not assessable: sent no data 1" in out
    assert "too few frames" not in out
    told = json.loads(sweep("wifi", captures / "wifi.pcap", "--json", "-")[1])["transmitters"][0]["video"]
    assert told["reason"] == "no_data_sent"


def test_frames_that_all_carry_one_time_are_said_to(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.pcap", [data_up()] * 40, interval_ms=0.0)
    assert "not assessable: all at one time 1" in sweep("wifi", tmp_path / "a.pcap")[1]
    write_frames(tmp_path / "b.pcap", [data_up()] * 40, interval_ms=1.0)
    assert "not assessable: heard too briefly 1" in sweep("wifi", tmp_path / "b.pcap")[1]


def test_a_capture_in_which_nothing_was_heard_says_that_nothing_is_judged(tmp_path: Path) -> None:
    write_frames(tmp_path / "a.pcap", [])
    code, out, _ = sweep("wifi", tmp_path / "a.pcap")
    assert code == 0
    assert "nothing was heard, and nothing is judged" in " ".join(out.split())


def test_what_was_not_read_of_advertisements_is_said(tmp_path: Path) -> None:
    file = tmp_path / "adverts.json"
    file.write_text('[{"address": "00:00:5e:00:53:01", "rssi_dbm": -60, "name": "Desk", "txPower": 4}]')
    told = " ".join(sweep("ble", file)[1].split())
    assert "Advertisements heard: 1. Left out: none" in told
    assert "Unknown fields not read: 1. Those that are read: t_s, address" in told
    assert "Names withheld: 1; --addresses full shows them" in told
    in_full = sweep("ble", file, "--addresses", "full")[1]
    assert "Desk" in in_full
    assert "withheld" not in in_full
    file.write_text("[]")
    assert "no advertisement in the file" in sweep("ble", file)[1]


def test_packets_of_no_interface_are_counted(tmp_path: Path) -> None:
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    packet = struct.pack("<IIIIIII", 6, 36, 7, 0, 0, 4, 4) + b"abcd" + struct.pack("<I", 36)
    (tmp_path / "a.pcapng").write_bytes(section + packet)
    code, out, _ = sweep("wifi", tmp_path / "a.pcapng", "--json", "-")
    assert code == 0
    assert json.loads(out)["rejected"] == {"unknown_interface": 1}


@pytest.mark.parametrize("command", [("run",), ("agent", "--server", "http://127.0.0.1:9")], ids=["run", "agent"])
def test_a_live_sweep_that_has_nothing_to_measure_with_says_so(command: tuple[str, ...]) -> None:
    code, _, err = sweep(*command)
    assert code == 2
    assert "nothing to measure with" in " ".join(err.split())


def test_every_command_has_help() -> None:
    for command in COMMANDS:
        code, out, _ = sweep(command, "--help")
        assert code == 0
        assert "Usage" in out


def test_bad_usage_is_exit_code_2_without_a_traceback() -> None:
    for arguments in (["wifi"], ["nonsense"], ["run", "--seed", "x"]):
        done = subprocess.run(
            [sys.executable, "-m", "sweep.cli", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert done.stderr.startswith("sweep: ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("part", "command"),
    [("sweep.lab", "city"), ("scipy.special", "city"), ("sweep.lab", "lens . --html page.html")],
)
def test_a_command_of_the_laboratory_says_what_is_not_here(part: str, command: str) -> None:
    arguments = ["sweep", *command.split()]
    code = f"import sys; sys.modules[{part!r}] = None; sys.argv = {arguments}; import sweep.cli; sweep.cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert part in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_the_key_is_printed_and_stays(tmp_path: Path) -> None:
    first = sweep("key", "--state", tmp_path)
    assert first == sweep("key", "--state", tmp_path)
    key_id, public = first[1].split()
    assert (len(key_id), len(public)) == (16, 64)


@pytest.mark.parametrize("octets", [0, 20])
def test_a_truncated_key_is_named_with_what_to_do(octets: int, tmp_path: Path) -> None:
    (tmp_path / "probe.key").write_bytes(bytes(octets))
    code, _, err = sweep("key", "--state", tmp_path)
    assert code == 2
    assert "probe.key is damaged" in err
    assert "enrol" in err


def test_an_error_that_was_said_is_not_said_again(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_bytes(b"")
    code, _, err = sweep("run", "--sim", "--quiet", "--state", tmp_path)
    assert code == 2
    assert len(err.splitlines()) == 1


def test_configuration_errors_name_the_key(tmp_path: Path) -> None:
    path = tmp_path / "sweep.toml"
    for text, message in (
        ("probe = 1", "probe"),
        ("probe_id = 3", "probe_id"),
        ("=", "TOML"),
        ('server = "x"', "server"),
    ):
        path.write_text(text)
        code, _, err = sweep("key", "--config", path, "--state", tmp_path)
        assert code == 2
        assert message in err


def test_a_device_that_takes_no_result_is_named(tmp_path: Path) -> None:
    (tmp_path / "adverts.json").write_text('{"adverts": []}')
    done = CliRunner().invoke(build_app(["ble"]), ["ble", str(tmp_path / "adverts.json"), "--json", "/dev/full"])
    assert (done.exit_code, done.stderr.splitlines()) == (2, ["sweep: /dev/full: No space left on device"])
