"""A server from its first start on, which takes entries one by one; each receipt goes into the witness.

Run as `python -m tests.server.power_rig DATA WITNESS ENTRIES`.  Database, log, keys and store are the real ones, on
SQLite.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx

from server.config.settings import Settings
from sweep.deliver.outbox import Outbox
from sweep.entry.envelope import from_wire, make_body
from sweep.host.clock import NOT_SYNCHRONISED
from sweep.report import new_id
from tests.entry_factory import signer
from tests.server.conftest import running


def settings_in(folder: Path) -> Settings:
    """Of a server whose everything is in one folder."""
    return Settings(data_dir=folder, port=0, min_free_mib=0, web_dir=folder.parent / "none")


def main(folder: Path, witness: Path, entries: int) -> None:
    """Start, admit a probe, take entries, stop."""
    descriptor = os.open(witness, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    probe = signer("probe")
    with running(settings_in(folder), linger_s=0.0) as site:
        site.admit(probe)
        os.write(descriptor, b"admitted -\n")
        outside = witness.parent / "outbox"  # of a probe elsewhere, which no cut reaches
        with Outbox(outside, probe, tenant="demo-gu", subject="probe-demo-1") as outbox:
            for number in range(entries):
                body = make_body("application/octet-stream", bytes([number]) * 20_000)
                outbox.append(
                    "note", (body,), source="simulated", room_id=None, sweep_id=new_id(), clock=NOT_SYNCHRONISED
                )
            for _, wire in outbox.pending():
                answer = httpx.post(f"{site.url}/api/entries", content=wire, timeout=60)
                assert answer.status_code == 200, answer.text
                os.write(descriptor, f"received {from_wire(wire)[0].entry_hash}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
