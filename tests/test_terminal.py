"""Every command on a terminal of 80 and of 60 columns, in Korean and in English: nothing is wider, no word is cut off,
and no sentence is in the other language.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len

from server.cli import commands as server_commands
from sweep.cli import COMMANDS
from sweep.sim.air.ble import BleEmitter
from sweep.sim.air.frames import WifiEmitter
from sweep.sim.source import RECORDED_SWEEP
from tests.simulators.ble_captures import write_ble_capture
from tests.simulators.wifi_captures import write_wifi_capture

HANGUL = re.compile("[가-힣]")
ENGLISH = re.compile(r"(?:\b[a-z]{2,}\b[ ,]+){4,}[a-z]{2,}")
"""Five words after each other: longer than any command that a Korean sentence names, such as `systemctl start …`."""
IN_ITS_OWN_WORDS = {"weights show", "guessed sweep/ble"}
"""What a table or a comment says of itself is quoted as it is written, and the Korean above it says so."""
TYPED = re.compile("점검자-01|점검기 1|도난|수리|정기")
"""Names and reasons in the examples of `--help`, as a Korean district types them."""
BASES = {"retention --data-dir d"}
"""On which basis something is kept is quoted from the law and the settings of a Korean district."""
RUN = """
import os, sys
from importlib import import_module
main = import_module(sys.argv[1]).main
for line in sys.stdin.read().splitlines():
    print("\\x1e" + line)
    sys.argv = [os.environ["PROGRAM"], *line.split("\\t")] if line else [os.environ["PROGRAM"]]
    try:
        main()
    except SystemExit:
        pass
    sys.stdout.flush()
    sys.stderr.flush()
"""


def walked(program: str, module: str, lines: list[str], locale: str, columns: int, place: Path) -> dict[str, list[str]]:
    """What a terminal shows, by command line."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "LANG"}}
    environment = kept | {"LC_ALL": locale, "PROGRAM": program, "TERM": "xterm", "HOME": str(place)}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", RUN, module],
        cwd=place,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
    ) as child:
        os.close(theirs)
        assert child.stdin is not None
        child.stdin.write("\n".join(lines).encode())
        child.stdin.close()
        told = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            told += part
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told.decode()).replace("\r\n", "\n")
    parts = [part.split("\n", 1) for part in text.split("\x1e")[1:]]
    return {name: body.splitlines() for name, body in parts}


def faults(told: dict[str, list[str]], locale: str, columns: int) -> list[str]:
    """What is too wide or in the other language."""
    found = []
    for command, lines in told.items():
        name = command.replace("\t", " ")
        found += [f"{name}: wide: {line}" for line in lines if cell_len(line) > columns]
        if not locale.startswith("ko"):
            told_in = [TYPED.sub("", line) if name.endswith("--help") else line for line in lines]
            found += [f"{name}: Korean: {line}" for line in told_in if HANGUL.search(line) and name not in BASES]
        elif name not in IN_ITS_OWN_WORDS:
            found += [f"{name}: English: {line}" for line in lines if ENGLISH.search(line) and not HANGUL.search(line)]
        found += [f"{name}: {line}" for line in lines if "Traceback" in line]
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what commands read, under short names."""
    folder = tmp_path_factory.mktemp("t")
    heard, named = (
        WifiEmitter("ap", "00:00:5e:00:53:01", 1.0, 1.0),
        BleEmitter("camera_setup", "4a:00:00:00:00:01", 1, 1),
    )
    write_wifi_capture(folder / "w.pcap", emitters=[heard], listener_xy_m=(2.0, 2.0), seconds=6.0, seed=1)
    write_ble_capture(folder / "b.json", emitters=[named], listener_xy_m=(2.0, 2.0), seconds=6.0, seed=1)
    (folder / "recorded").symlink_to(RECORDED_SWEEP)
    return folder


PROBE = [
    "", "nonsense", "wifi", "wifi nowhere", "wifi w.pcap", "wifi w.pcap --json nowhere/x", "ble b.json",
    "wifi recorded/p2/wifi.pcap", "stimulus recorded/p2/wifi.pcap --sequence recorded/p2/stimulus.json",
    "rf recorded/p2/head.serial", "rf nowhere", "lens recorded/p2/lens", "lens recorded/p2/lens --explain 100,100",
    "lens recorded/p2/lens --explain here", "lens b.json", "doctor", "doctor --head nowhere", "reference --state s",
    "reference --sim --mornings 3 --state s", "weights show", "weights install nowhere", "key --state s",
    "wipe --state s --yes", "wipe --state s --yes", "update", "update nowhere", "flash", "run", "run --inspector A",
    "replay recorded --state s --quiet", "replay recorded --state s", "replay nowhere", "guessed sweep/ble",
    "guessed nowhere", "bench plan c --seed 1", "bench weights c", "bench fit c", "bench mark c", "lens-score b.json c",
    "lens-record clips", "lens-calibrate c --out x.json", "rf-calibrate b.json --out x.toml", "assemble",
    "assemble a --wifi w.pcap", "lens-benchmark --cmd nothing", "city --world second --choose x",
]  # fmt: skip


JUDGED = [
    "wifi w.pcap", "ble b.json", "rf recorded/p2/head.serial", "lens recorded/p2/lens",
    "stimulus recorded/p2/wifi.pcap --sequence recorded/p2/stimulus.json",
]  # fmt: skip
"""Below whose results stands what they cannot tell."""
LIMITS = {"ko_KR.UTF-8": "이 결과의 한계는 다음과 같습니다", "C.UTF-8": "Limits of this result:"}
KEY = {"ko_KR.UTF-8": "키 ID: ", "C.UTF-8": "key id: "}


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_the_probe(place: Path, tmp_path: Path, locale: str, columns: int) -> None:
    for one in place.iterdir():
        (tmp_path / one.name).symlink_to(one)
    lines = [line.replace(" ", "\t") for line in (*PROBE, *(f"{name} --help" for name in COMMANDS))]
    told = walked("sweep", "sweep.cli", lines, locale, columns, tmp_path)
    assert set(told) == set(lines)
    assert all(told.values())
    below = {line: told[line.replace(" ", "\t")] for line in JUDGED}
    assert [line for line, said in below.items() if LIMITS[locale] not in said[:-1]] == []
    assert told["key\t--state\ts"][0].startswith(KEY[locale])
    assert faults(told, locale, columns) == []


SERVER = [
    "", "nonsense", "verify", "verify nowhere", "verify sweep.db", "migrate --data-dir d", "due --data-dir nowhere",
    "keys --data-dir d", "quarantine --data-dir d", "retention --data-dir d", "relay --data-dir d",
    "import-facilities w.pcap --data-dir d", "undo-import --data-dir d", "export log w.pcap", "serve --port none",
    "enrol nothing --data-dir d", "certificate out --domain x",
]  # fmt: skip


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_the_server(place: Path, tmp_path: Path, locale: str, columns: int) -> None:
    for one in place.iterdir():
        (tmp_path / one.name).symlink_to(one)
    (tmp_path / "d").mkdir()
    names = [name for group in server_commands.GROUPS.values() for name in group]
    lines = [line.replace(" ", "\t") for line in (*SERVER, *(f"{name} --help" for name in names))]
    told = walked("sweep-server", "server.cli", lines, locale, columns, tmp_path)
    assert set(told) == set(lines)
    assert faults(told, locale, columns) == []
