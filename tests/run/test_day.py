"""A day of one agent: forty simulated sweeps in one process, in every second of which the server goes away, leave its
memory, files and folders as they were, and lose nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sweep.entry.envelope import from_wire, parse_envelope
from sweep.entry.kinds import OPENED, REPORT
from tests.hostile_server import HostileServer, Request
from tests.run.phone import Phone
from tests.run.test_kills import descendants

SWEEPS = int(os.environ.get("DAY_SWEEPS", "40"))
MOST_MIB = 1_024.0
"""Of agent and all its processes, of a machine of 4 GB that runs a server besides (the unit's MemoryHigh)."""
GROWTH_MIB = 12.0
"""From the third sweep to the last: guessed, a tenth of what the process holds; a leak of one frame a sweep is more."""


@dataclass(frozen=True)
class Evening:
    """The agent's process after a sweep."""

    took_s: float
    memory_mib: float
    most_mib: float
    """Of the whole family while it went on, what they share counted once."""
    was_away: bool
    """The server was, from the start of the measurement until the report lay in the outbox."""
    files: int
    threads: int
    children: int
    scratch: int
    lens_samples: int
    lens_seconds: float
    findings: tuple[str, ...]


def status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def memory_of(pid: int) -> float:
    """MiB of a process and all below it."""
    found = 0
    for one in (pid, *descendants(pid)):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended
            continue
        found += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return found / 1024


def kinds_in(outbox: Path) -> set[str]:
    """Of the entries that wait."""
    wires = [path.read_bytes() for path in outbox.glob("*.entry")]
    return {parse_envelope(from_wire(wire)[0].payload).kind for wire in wires}


def nobody(_request: Request) -> None:
    """A server that hangs up."""


@pytest.mark.soak
def test_a_day_of_forty_sweeps_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scratch, phone, evenings = tmp_path / "tmp", Phone(), list[Evening]()
    scratch.mkdir()
    with HostileServer(phone) as server:
        command = [sys.executable, "-m", "sweep.cli", "agent", "--sim", "--camera-in", "stall-2"]
        command += ["--server", server.url, "--state", str(tmp_path / "state")]
        with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(scratch)}) as agent:
            try:
                phone.wait_for(lambda: phone.live, "the agent")
                for number in range(SWEEPS):
                    evenings.append(one_sweep(phone, agent.pid, scratch, server if number % 2 else None))
                    with capsys.disabled():
                        print(f"\n{len(evenings):2} {evenings[-1]}", end="")
            finally:
                agent.terminate()
                agent.wait(60)
    first, last = evenings[2], evenings[-1]
    assert max(one.most_mib for one in evenings) <= MOST_MIB
    assert len(phone.reports) == SWEEPS
    assert phone.stored == list(range(1, 2 * SWEEPS + 1)), "each entry once, in order"
    assert last.memory_mib <= first.memory_mib + GROWTH_MIB
    assert (last.children, last.scratch) == (first.children, 0)
    assert abs(last.files - first.files) <= 1, "a request that is on its way has one, and a thread"
    assert abs(last.threads - first.threads) <= 1
    assert {(one.findings, one.lens_samples) for one in evenings} == {(first.findings, first.lens_samples)}
    assert not list((tmp_path / "state" / "journal").iterdir())
    assert not list((tmp_path / "state" / "outbox").glob("*.entry"))
    assert not list(scratch.iterdir())


def one_sweep(phone: Phone, pid: int, scratch: Path, leaves: HostileServer | None) -> Evening:
    """`leaves`: the server, which goes away while it is measured and comes back when the report is written."""
    begun_s, most_mib, outbox = time.monotonic(), 0.0, scratch.parent / "state" / "outbox"

    def goes_on(is_there: Callable[[], bool]) -> bool:
        nonlocal most_mib
        most_mib = max(most_mib, memory_of(pid))
        return is_there()

    sweep_id = phone.start()
    phone.wait_for(lambda: phone.state_of(sweep_id) == "waiting_for_empty", "the start")
    phone.declare(sweep_id)
    if leaves is not None:
        phone.wait_for(lambda: phone.state_of(sweep_id) == "running", "the measurement")
        leaves.answer = nobody
        phone.wait_for(lambda: goes_on(lambda: REPORT in kinds_in(outbox)), "the report", 1_800.0)
        leaves.answer = phone
    over = {"done", "aborted", "failed"}
    phone.wait_for(lambda: goes_on(lambda: phone.state_of(sweep_id) in over), "the end", 1_800.0)
    assert phone.state_of(sweep_id) == "done"
    phone.wait_for(lambda: sweep_id in phone.reports, "the report")
    assert phone.kinds[sweep_id] == [OPENED, REPORT]
    report = phone.reports[sweep_id]
    lens = [one for one in report.coverage if one.modality == "lens"]
    return Evening(
        took_s=round(time.monotonic() - begun_s, 1),
        memory_mib=round(status(pid, "VmRSS") / 1024, 1),
        most_mib=round(most_mib),
        was_away=leaves is not None,
        files=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=status(pid, "Threads"),
        children=len(descendants(pid)),
        scratch=len(list(scratch.iterdir())),
        lens_samples=sum(one.samples for one in lens),
        lens_seconds=sum(one.dwell_s for one in lens),
        findings=tuple(one.zone_id for one in report.findings),
    )
