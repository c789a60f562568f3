"""No frame of a filmed room reaches disk or network; of a confirmed candidate one small crop does, and nothing else.

A sweep is filmed in a process of its own under two watches (`watch.py`). Each frame carries a mark; afterwards every
byte that is left anywhere is unwrapped and searched for it in every way in which it might be written down.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sweep.entry.envelope import from_wire
from tests.lens.filmed import COUNT, MARK_COLUMN, MARK_ROW, MARK_WIDTH, frames, mark
from tests.test_privacy import files_under, unwrapped

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "sweep" / "sim" / "recorded"


class Filmed:
    """What the process did and left."""

    def __init__(self, home: Path) -> None:
        for name in ("state", "scratch", "cache", "here"):
            (home / name).mkdir()
        folders = {"TMPDIR": "scratch", "XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state"}
        places = {"HOME": str(home)} | {name: str(home / folder) for name, folder in folders.items()}
        kept: dict[str, str] = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "VIRTUAL_ENV"}}
        done = subprocess.run(
            [sys.executable, "-m", "tests.lens.watch", str(home), str(DEMO)],
            cwd=ROOT,
            env={**kept, **places, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        self.told: dict[str, Any] = json.loads(done.stdout)
        self.left = files_under(home) | {"stdout": done.stdout, "stderr": done.stderr}
        wires = [path.read_bytes() for path in home.rglob("*.entry")]
        self.pictures = [
            body.data for wire in wires for body in from_wire(wire)[1] if body.media_type.startswith("image/")
        ]


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Filmed:
    return Filmed(tmp_path_factory.mktemp("filmed"))


def spellings() -> dict[str, bytes]:
    """The mark in every form in which a frame might be kept."""
    values = mark()
    light = np.clip((values.astype(np.float32) - 60.0) * 4.0, 0, None)
    return {
        "16 bits": values.astype("<u2").tobytes(),
        "16 bits, big-endian": values.astype(">u2").tobytes(),
        "16 bits, shifted": (values << 6).astype("<u2").tobytes(),
        "8 bits": (values >> 2).astype(np.uint8).tobytes(),
        "8 bits, low": (values & 255).astype(np.uint8).tobytes(),
        "float": values.astype("<f4").tobytes(),
        "electrons": light.astype("<f4").tobytes(),
        "text": ", ".join(str(v) for v in values[:6]).encode(),
        "text, tight": ",".join(str(v) for v in values[:6]).encode(),
    }


def search(left: dict[str, bytes]) -> list[str]:
    found = []
    for place, data in left.items():
        for layer in unwrapped(data):
            found += [f"{place}: {name}" for name, needle in spellings().items() if needle in layer]
    return sorted(set(found))


def test_the_sweep_was_filmed_and_found_the_lens(filmed: Filmed) -> None:
    """Otherwise there would be nothing to leak."""
    assert filmed.told["updates"] == COUNT
    assert filmed.told["observations"] >= 1
    assert filmed.told["findings"]


def test_filming_writes_no_file_and_opens_no_connection(filmed: Filmed) -> None:
    assert filmed.told["filming"] == {"audit": [], "kernel": []}


def test_no_frame_is_left_anywhere(filmed: Filmed) -> None:
    assert search(filmed.left) == []


def test_only_crops_of_candidates_leave_and_they_are_small(filmed: Filmed) -> None:
    assert 1 <= len(filmed.pictures) <= 20
    assert len(filmed.pictures) <= filmed.told["crops"]
    cited = sum(o["crop_commitment"] is not None for o in filmed.told["report"]["observations"])
    assert cited == len(filmed.pictures)
    for data in filmed.pictures:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert image is not None
        assert image.dtype == np.uint8
        assert image.ndim == 2
        assert max(image.shape) <= 64
        assert not any(name in data for name in (b"tEXt", b"iTXt", b"zTXt", b"eXIf")), "no words in the picture"


def test_pictures_lie_in_entries_and_nowhere_else(filmed: Filmed) -> None:
    for place, data in filmed.left.items():
        if place.endswith(".entry"):
            continue
        layers = list(unwrapped(data))
        assert not any(b"\x89PNG" in layer or b"\xff\xd8\xff" in layer or b"\x93NUMPY" in layer for layer in layers), (
            place
        )


@pytest.mark.parametrize("form", ["npy", "raw", "base64", "json", "shared"])
def test_the_search_finds_a_frame_that_is_hidden(form: str) -> None:
    """A search that finds nothing because it cannot look is worth nothing."""
    frame = frames()[0]
    row = frame[MARK_ROW, MARK_COLUMN : MARK_COLUMN + MARK_WIDTH]
    assert np.array_equal(row, mark())
    hidden = {
        "npy": frame.tobytes(),
        "raw": b"x" * 7 + (frame >> 2).astype(np.uint8).tobytes(),
        "base64": json.dumps({"f": base64.b64encode(frame.tobytes()).decode()}).encode(),
        "json": json.dumps(frame.tolist()).encode(),
        "shared": frame.astype(np.float32).tobytes(),
    }[form]
    assert search({"somewhere": hidden}) != []


def test_the_watch_sees_what_it_should(tmp_path: Path) -> None:
    """Python's writes, native code's writes, sockets and processes are all seen."""
    code = """
import json, sys, os, socket, subprocess
import cv2, numpy as np
import tests.lens.watch as watch
folder = sys.argv[1]
kernel = watch.Inotify([folder])
sys.addaudithook(watch.hook)
watch.is_watching = True
open(folder + "/python", "wb").write(b"x")
cv2.imwrite(folder + "/native.png", np.zeros((4, 4), np.uint8))
np.zeros(3).tofile(folder + "/array")
os.unlink(folder + "/array")
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
subprocess.run(["true"])
watch.is_watching = False
print(json.dumps({"audit": watch.events, "kernel": kernel.events()}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, check=True, timeout=120
    )
    seen = json.loads(done.stdout)
    for what in ("open", "socket.sendto", "subprocess.Popen"):
        assert any(event.startswith(what) for event in seen["audit"]), what
    for name in ("python", "native.png", "array"):
        assert any(event.endswith(f"/{name}") for event in seen["kernel"]), name
