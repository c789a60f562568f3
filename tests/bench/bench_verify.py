"""What memory and time does it take to verify a log of 10^4 to 10^6 entries?  Three a sweep, with small bodies."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from sweep.entry import kinds
from sweep.entry.dsse import SignedEntry
from sweep.entry.envelope import Body
from sweep.report import new_id
from tests.entry_factory import salted
from tests.package_kit import ORIGIN, PROBE, ROOT, SERVER, WitnessState, base64_of, compact

SIZES = (10_000, 100_000, 300_000, 1_000_000)
MOST_MIB = 512  # at 3 million
MEASURED = """
import resource, sys, time
from pathlib import Path
from server.verifier.verification import read_lines, verify
files = iter([Path(sys.argv[1]).open("rb") for _ in range(2)])
began = time.process_time()
found = verify(lambda: read_lines(next(files).readline), is_sealed=False)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f'{{"problems": {found.count}, "entries": {found.size}, "mib": {peak}, "s": {time.process_time() - began}}}')
"""


@dataclass
class WrittenLog(WitnessState):
    """Entries that go into a file instead of memory."""

    file: BinaryIO | None = None
    size: int = 0

    def add(self, entry: SignedEntry, bodies: tuple[Body, ...] = (), status: str = "accepted") -> int:  # type: ignore[override]  # as it is called
        carried = [
            {"media_type": one.media_type, "salt": base64_of(one.salt), "data": base64_of(one.data)} for one in bodies
        ]
        line = {"log_index": self.size, "status": status, "received_ms": 1_772_000_000_000 + self.size}
        assert self.file is not None
        self.file.write(compact(line | {"dsse": entry.to_json(), "bodies": carried, "states": {}}) + b"\n")
        self.size += 1
        return self.size - 1


def write_log(path: Path, size: int) -> None:
    """A log of so many entries."""
    with path.open("wb") as file:
        file.write(compact({"ansim_log": 2, "origin": ORIGIN, "scope": "full", "checkpoint": ""}) + b"\n")
        book = WrittenLog(file=file)
        for key, role, probe_id in ((ROOT, "root", None), (SERVER, "server", None), (PROBE, "probe", "probe-a")):
            book.admit(key, role, probe_id)
        said = {"sweep_id": "", "number": 0}
        while book.size < size:
            sweep_id = new_id()
            for kind, media_type in ((kinds.OPENED, kinds.OPENED_TYPE), (kinds.REPORT, kinds.REPORT_TYPE)):
                body = salted(media_type, json.dumps(said | {"number": book.size}).encode())
                book.say(PROBE, kind, body, sweep_id=sweep_id, room_id=sweep_id)
            body = salted(kinds.DISPOSITION_TYPE, json.dumps({"number": book.size}).encode())
            book.say(
                SERVER, kinds.DISPOSITION, body, sweep_id=sweep_id, room_id=sweep_id, subject="점검자-01",
                assurance="password",
            )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_memory_does_not_grow_with_the_log(size: int, tmp_path: Path, repo_root: Path) -> None:
    write_log(tmp_path / "log", size)
    run = [sys.executable, "-c", MEASURED, str(tmp_path / "log")]
    done = json.loads(subprocess.run(run, check=True, capture_output=True, text=True, cwd=repo_root).stdout)
    print(f"{done['entries']} entries: {done['mib']:.0f} MiB, {done['s']:.0f} s of processor time")
    assert (done["problems"], done["mib"] < MOST_MIB) == (0, True)
