"""Sweeps of a district in numbers: signed as a probe signs them, made from one report so that a bench can have many."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from uuid import UUID

from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import Body, to_wire
from sweep.report import SweepReport, new_id, to_json
from tests.entry_factory import make_entry, signer
from tests.report_factory import uid
from tests.server.sweep_kit import DEMO_ROOM, report_of

POSITIONS = 12
OBSERVATIONS_AT_EACH = 40


def full_report() -> SweepReport:
    """A report of 12 positions with 40 observations each, one candidate, 221 KB."""
    report = report_of(uid(1), "simulated")
    glint, position = report.observations[0], report.positions[0]
    positions = tuple(position.model_copy(update={"position_id": f"p{number}"}) for number in range(POSITIONS))
    numbers = itertools.product(range(POSITIONS), range(OBSERVATIONS_AT_EACH))
    observations = tuple(
        glint.model_copy(
            update={
                "observation_id": glint.observation_id
                if (place, number) == (2, 0)
                else uid(0x1000 + 100 * place + number),
                "position_id": f"p{place}",
                "clip": f"p{place}-{number:02d}-of-a-clip-with-a-name-as-the-probe-gives-it",
                "crop_commitment": hashlib.sha256(f"{place} {number}".encode()).hexdigest(),
            }
        )
        for place, number in numbers
    )
    return report.model_copy(update={"positions": positions, "observations": observations})


@dataclass
class BenchProbe:
    """A probe of the demonstration facility that has many sweeps to send."""

    name: str
    report_json: bytes
    """The report of `uid(1)`; each sweep sends it under an id of its own."""
    seq: int = 0
    prev: str | None = None

    @property
    def key(self) -> Signer:
        """Its key, which follows from its name."""
        return signer(self.name)

    def sweep(self, room_id: UUID = DEMO_ROOM) -> bytes:
        """Wire bytes of the report of a new sweep; those of a room all see one thing."""
        sweep_id = new_id()
        report_json = self.report_json.replace(str(uid(1)).encode(), str(sweep_id).encode())
        report_json = report_json.replace(str(DEMO_ROOM).encode(), str(room_id).encode())
        body = Body(kinds.REPORT_TYPE, report_json, hashlib.sha256(sweep_id.bytes).digest())
        self.seq += 1
        entry = make_entry(
            self.key,
            self.seq,
            self.prev,
            kind=kinds.REPORT,
            bodies=(body,),
            sweep_id=sweep_id,
            room_id=room_id,
        )
        self.prev = entry.entry_hash
        return to_wire(entry, (body,))


def probes(count: int, report: SweepReport) -> tuple[BenchProbe, ...]:
    """Probes with keys of their own that send this report over and over."""
    return tuple(BenchProbe(f"bench-{number}", to_json(report)) for number in range(count))
