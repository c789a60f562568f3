"""The process that makes documents, as the queue sees it: started, measured, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sweep.phrases import Phrase

GONE_S = 10.0  # guessed: time for an ended process to be gone
MIB = 1024 * 1024
ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Worker:
    """The process, what it reads and what it says."""

    process: asyncio.subprocess.Process
    jobs: asyncio.StreamWriter
    words: asyncio.StreamReader


def memory_mib_of(pid: int) -> float:
    """What a process holds in memory with those that it has begun; 0 for one that is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        begun = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, IndexError):
        return 0.0
    return pages * 4096 / MIB + sum(memory_mib_of(int(one)) for one in begun)


async def start_worker(temporary: Path) -> Worker:
    """A fresh process whose temporary files go into `temporary`; OSError when there is no room for one more."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "server.exports.jobs.export_worker")
    environment = os.environ | {"TMPDIR": str(temporary)}
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, cwd=ROOT, env=environment, start_new_session=True
    )
    if process.stdin is None or process.stdout is None:
        raise OSError(Phrase("worker_no_pipes"))
    return Worker(process, process.stdin, process.stdout)


async def end_worker(worker: Worker) -> None:
    """Have it gone with what it has begun, whatever it does; TimeoutError after GONE_S."""
    with suppress(ProcessLookupError):
        os.killpg(worker.process.pid, signal.SIGKILL)  # it writes nothing but its file, which goes with the job
    worker.jobs.close()
    await asyncio.wait_for(worker.process.wait(), GONE_S)
    with suppress(OSError):  # it is gone, and its pipe with it
        await worker.jobs.wait_closed()
