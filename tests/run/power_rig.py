"""What a probe keeps through two sweeps, as fast as it can: key, outbox, journal, reports and their delivery.

Run as `python -m tests.run.power_rig FOLDER WITNESS`.  Everything that touches the disk is the real one; what is sensed
is made up.  Each step is written to WITNESS once it may be relied on: `key`, `signed` (an entry was appended),
`received` (a server has it, before it says so) and `kept` (so many words of a sweep are in its journal).
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import UUID

from sweep.cli.config import open_signer
from sweep.deliver.journal import JournalFile, read_journal
from sweep.deliver.journal_records import JOURNAL_VERSION, JournalHeader
from sweep.deliver.outbox import Outbox
from sweep.entry import dsse
from sweep.entry import envelope as e
from sweep.host.clock import NOT_SYNCHRONISED, read_boot_id
from sweep.modality.measurement import Measurement
from sweep.report import Position, new_id
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.reporting.journal_writer import JournalWriter
from sweep.run.reporting.recovery import Now, measurements_of, report_from
from sweep.run.reporting.report_builder import software_name
from sweep.run.reporting.sweep_entries import EntryIds, SweepEntries
from sweep.run.room_keys import open_room_key
from sweep.run.sweep_sources import read_manifest
from tests.entry_factory import signer
from tests.report_factory import START, make_glint
from tests.run.test_sweep import DEMO

SWEEPS: Final = 2
POSITIONS: Final = 2
WORDS: Final = 3
"""Of each modality at a position before it is through."""
SECOND_NS: Final = 1_000_000_000


class Server:
    """Takes entries and forgets none: what it has is in the witness before it says so."""

    def __init__(self, witness: Witness) -> None:
        self.key = signer("server")
        self._witness = witness

    def send(self, wire: bytes) -> object:
        """The receipt."""
        entry, bodies = e.from_wire(wire)
        envelope = e.parse_envelope(entry.payload)
        self._witness.say("received", envelope.seq, entry.entry_hash)
        commitments = tuple(body.commitment for body in bodies)
        receipt = e.Receipt(
            v=1, entry_id=envelope.entry_id, entry_hash=entry.entry_hash, commitments=commitments, log_index=0,
            received_ms=1, inclusion_proof=None,
        )  # fmt: skip
        return self.key.sign(dsse.RECEIPT_TYPE, receipt.model_dump_json().encode()).to_json()


class Witness:
    """A file that no cut reaches; one line, one write."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(self, *words: object) -> None:
        """A line."""
        os.write(self._descriptor, (" ".join(map(str, words)) + "\n").encode())


def open_box(state: Path) -> Outbox:
    """The outbox of this state's probe."""
    return Outbox(
        state / "outbox", open_signer(state), tenant="demo-gu", subject="probe-demo-1", reserve_bytes=64 * 1024
    )


def sweep(state: Path, outbox: Outbox, witness: Witness, number: int) -> None:
    """One sweep from its first entry to its last."""
    manifest = read_manifest(DEMO)
    open_room_key(state, manifest.room_id, manifest.started, NOT_SYNCHRONISED)
    clock_ns = [SECOND_NS]

    def now_ns() -> int:
        clock_ns[0] += SECOND_NS // 10
        return clock_ns[0]

    sweep_id, ids = UUID(int=number + 1), EntryIds(new_id(), new_id())
    folder = state / "journal" / str(sweep_id)
    with JournalWriter(JournalFile(folder), now_ns=now_ns, on_trouble=lambda _: None) as journal:
        outbox.reserve()
        journal.begin(
            JournalHeader(
                v=JOURNAL_VERSION, sweep_id=sweep_id, opened_entry_id=ids.opened, report_entry_id=ids.report,
                boot_id=read_boot_id(), begun_ns=SECOND_NS, begun=START, source="live", manifest=manifest, limits=(),
                software=software_name(),
            )
        )  # fmt: skip
        entries = SweepEntries(outbox, journal, ids, sweep_id, manifest.room_id, "live", lambda: NOT_SYNCHRONISED)
        signed(witness, entries.open(manifest, is_declared=True))
        for visit in range(POSITIONS):
            at = position(f"p{visit + 1}", clock_ns[0])
            journal.write_position(at, manifest, is_over=False)
            for message in range(WORDS + 1):
                for modality in ("lens", "wifi"):
                    one = measured(at, 10 * message + 1)
                    one = one if modality == "lens" else replace(one, modality="wifi", observations=(), crops={})
                    journal.measured(one) if message == WORDS else journal.partial_result(one)
                journal.flush()
                witness.say("kept", sweep_id, at.position_id, 10 * message + 1)
            journal.write_position(at, manifest, is_over=True)
        journal.flush()
        told = read_journal(folder)
        now = Now(clock_ns[0], read_boot_id())
        measurements = measurements_of(told, SENSING_MODALITIES, now)
        _, entry = entries.close(report_from(told, measurements, SENSING_MODALITIES, now), measurements)
        signed(witness, entry)


def signed(witness: Witness, entry: dsse.SignedEntry) -> None:
    """An entry was appended."""
    witness.say("signed", e.parse_envelope(entry.payload).seq, entry.entry_hash)


def position(position_id: str, start_ns: int) -> Position:
    """A position in the recorded room."""
    return Position(
        position_id=position_id, zone_id="stall-2", x_m=1.0, y_m=1.0, facing_deg=0.0, start_ns=start_ns,
        end_ns=start_ns + SECOND_NS,
    )  # fmt: skip


def measured(at: Position, samples: int) -> Measurement:
    """What the lens modality has there so far."""
    glint = make_glint(new_id(), at.start_ns).model_copy(update={"position_id": at.position_id, "zone_id": at.zone_id})
    return Measurement(
        zone_id=at.zone_id, position_id=at.position_id, modality="lens", dwell_s=samples / 10, samples=samples,
        dropped=0, quality=1.0, blind_reason=None, observations=(glint,),
        crops={str(glint.observation_id): b"\x89PNG" + bytes(3_000)},
    )  # fmt: skip


def main(state: Path, witness: Witness) -> None:
    """Two sweeps, the first delivered before the second begins, the second after it."""
    with open_box(state) as outbox:
        witness.say("key", open_signer(state).key_id)
        server = Server(witness)
        for number in range(SWEEPS):
            sweep(state, outbox, witness, number)
            outbox.deliver(server.send, server.key.public_key)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Witness(Path(sys.argv[2])))
