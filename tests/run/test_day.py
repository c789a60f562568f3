"""A day of one agent: twenty simulated sweeps in one process leave its memory, files and folders as they were."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from sweep.entry.kinds import OPENED, REPORT
from tests.hostile_server import HostileServer
from tests.run.phone import Phone
from tests.run.test_kills import descendants

SWEEPS = 20
GROWTH_MIB = 12.0
"""From the third sweep to the last: guessed, a tenth of what the process holds; a leak of one frame a sweep is more."""


@dataclass(frozen=True)
class Evening:
    """The agent's process after a sweep."""

    took_s: float
    memory_mib: float
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


@pytest.mark.soak
def test_a_day_of_twenty_sweeps_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scratch, phone, evenings = tmp_path / "tmp", Phone(), list[Evening]()
    scratch.mkdir()
    with HostileServer(phone) as server:
        command = [sys.executable, "-m", "sweep.cli", "agent", "--sim", "--camera-in", "stall-2"]
        command += ["--server", server.url, "--state", str(tmp_path / "state")]
        with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(scratch)}) as agent:
            try:
                phone.wait_for(lambda: phone.live, "the agent")
                for _ in range(SWEEPS):
                    evenings.append(one_sweep(phone, agent.pid, scratch))
                    with capsys.disabled():
                        print(f"\n{len(evenings):2} {evenings[-1]}", end="")
            finally:
                agent.terminate()
                agent.wait(60)
    first, last = evenings[2], evenings[-1]
    assert last.memory_mib <= first.memory_mib + GROWTH_MIB
    assert (last.children, last.scratch) == (first.children, 0)
    assert abs(last.files - first.files) <= 1, "a request that is on its way has one, and a thread"
    assert abs(last.threads - first.threads) <= 1
    assert {(one.findings, one.lens_samples) for one in evenings} == {(first.findings, first.lens_samples)}
    assert not list((tmp_path / "state" / "journal").iterdir())
    assert not list((tmp_path / "state" / "outbox").glob("*.entry"))
    assert not list(scratch.iterdir())


def one_sweep(phone: Phone, pid: int, scratch: Path) -> Evening:
    begun_s = time.monotonic()
    sweep_id = phone.start()
    phone.wait_for(lambda: phone.state_of(sweep_id) == "waiting_for_empty", "the start")
    phone.declare(sweep_id)
    phone.wait_for(lambda: phone.state_of(sweep_id) in {"done", "aborted", "failed"}, "the end", 900.0)
    assert phone.state_of(sweep_id) == "done"
    phone.wait_for(lambda: sweep_id in phone.reports, "the report")
    assert phone.kinds[sweep_id] == [OPENED, REPORT]
    report = phone.reports[sweep_id]
    lens = [one for one in report.coverage if one.modality == "lens"]
    return Evening(
        took_s=round(time.monotonic() - begun_s, 1),
        memory_mib=round(status(pid, "VmRSS") / 1024, 1),
        files=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=status(pid, "Threads"),
        children=len(descendants(pid)),
        scratch=len(list(scratch.iterdir())),
        lens_samples=sum(one.samples for one in lens),
        lens_seconds=sum(one.dwell_s for one in lens),
        findings=tuple(one.zone_id for one in report.findings),
    )
