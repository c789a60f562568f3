"""The plain form of `sweep wifi` does what the command line proper does, and leaves to it whatever is not plain."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli.quick import run_plain
from tests.wifi.frames import beacon, data_up, write_frames


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    frames = [data_up(sequence=n, length=900) for n in range(40)]
    return write_frames(tmp_path / "a.pcap", [*frames, beacon(ssid=b"net")])


@pytest.mark.parametrize("extra", [[], ["--flows"], ["--addresses", "full"]])
def test_the_result_is_the_same(capture: Path, extra: list[str]) -> None:
    quick, proper = capture.with_name("quick.json"), capture.with_name("proper.json")
    assert run_plain(["wifi", str(capture), "--json", str(quick), *extra])
    assert CliRunner().invoke(build_app(), ["wifi", str(capture), "--json", str(proper), *extra]).exit_code == 0
    ours, theirs = (json.loads(path.read_text(encoding="utf-8")) for path in (quick, proper))
    if not extra or extra == ["--flows"]:  # tags differ, their keys are random
        for document in (ours, theirs):
            document["key_id"] = ""
            for one in document["transmitters"]:
                one["addresses"] = [""]
    assert ours == theirs
    assert ours["frames"] == 41


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["ble", "{file}", "--json", "{out}"],
        ["wifi", "{file}"],
        ["wifi", "--json", "{out}"],
        ["wifi", "{file}", "--json", "-"],
        ["wifi", "{file}", "--json"],
        ["wifi", "{file}", "{file}", "--json", "{out}"],
        ["wifi", "{file}", "--json", "{out}", "--help"],
        ["wifi", "{file}", "--json={out}"],
        ["wifi", "{file}", "--json", "{out}", "--addresses", "bare"],
        ["wifi", "{file}.absent", "--json", "{out}"],
        ["wifi", "{file}", "--json", "{out}/no/folder"],
        ["wifi", "{cut}", "--json", "{out}"],
        ["wifi", "{file}", "--json", "{file}"],
    ],
)
def test_whatever_is_not_plain_is_left_alone(capture: Path, arguments: list[str]) -> None:
    out, cut = capture.with_name("out.json"), capture.with_name("cut.pcap")
    cut.write_bytes(capture.read_bytes()[:-5])
    assert not run_plain([one.format(file=capture, out=out, cut=cut) for one in arguments])
    assert not out.exists()


@pytest.mark.parametrize("processors", [1, 2])
@pytest.mark.parametrize("frames", [[data_up()], [data_up(), beacon()]], ids=["data", "announcements"])
def test_the_plain_form_loads_scapy_where_no_copy_of_it_can_and_else_nothing(
    frames: list[bytes], processors: int, tmp_path: Path
) -> None:
    capture = write_frames(tmp_path / "a.pcap", frames)
    code = (
        "import os, sys; from sweep.cli import main; "
        "names = {'typer', 'rich', 'pydantic', 'scapy', 'cv2'}; "
        "here, leave = os.getpid(), os._exit; "
        f"os.cpu_count = lambda: {processors}; "
        "tell = lambda: sys.exit(print(sorted(names & set(sys.modules)))); "
        "os._exit = lambda code: tell() if os.getpid() == here else leave(code); "
        "main()"
    )
    command = [sys.executable, "-c", code, "wifi", str(capture), "--json", str(capture.with_name("out.json"))]
    loaded = "['scapy']\n" if len(frames) > 1 and processors == 1 else "[]\n"
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == loaded
