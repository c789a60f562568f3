"""The probes of the made-up city: their keys, and the entries that they would have sent.

Input is a time and what a probe says; output are signed entries through the ingest path.  Every key is a demo key and
every source `simulated`, so that nothing of it can pass for a measurement.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from server.api.service.services import Services
from server.cli.demo_city_places import ACTOR, DISTRICTS
from server.cli.demo_city_reports import Checked
from server.ingest.arrivals import Arrival
from server.signing import keys
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import Body, EntryTime, Envelope, make_body, sign_envelope
from sweep.report import SweepOpened, SweepReport, new_id, to_json

PROBES_OF_FIRST, PROBES_OF_OTHERS = 1, 2
BOOT_ID = uuid4()


@dataclass
class CityProbe:
    """A probe of a district: its key, and where its chain of entries stands."""

    probe_id: str
    district_id: str
    signer: Signer
    drift_db: float
    """What its lamp loses a day in the end."""
    seq: int = 0
    prev: str | None = None
    last_check: Checked | None = None

    def open_sweep(self, services: Services, report: SweepReport) -> None:
        """Send the entry that opens a sweep."""
        opened = SweepOpened(
            v=1,
            sweep_id=report.sweep_id,
            room_id=report.room_id,
            plan_version=report.plan.version,
            source=report.source,
            mode=report.mode,
            inspectors=report.inspectors,
            declared_empty=True,
            probe_id=report.probe_id,
            opened=report.started,
        )
        body = make_body(kinds.OPENED_TYPE, to_json(opened))
        self.send(services, kinds.OPENED, report, body, report.started.utc)

    def send(self, services: Services, kind: str, report: SweepReport | None, body: Body, at: datetime) -> None:
        """Send an entry."""
        self.seq += 1
        envelope = Envelope(
            v=1,
            kind=kind,
            entry_id=new_id(int(at.timestamp() * 1000)),
            tenant=self.district_id,
            room_id=None if report is None else report.room_id,
            sweep_id=None if report is None else report.sweep_id,
            key_id=self.signer.key_id,
            subject=self.probe_id,
            assurance="device",
            source="simulated",
            seq=self.seq,
            prev=self.prev,
            refs=(),
            bodies=(body.ref,),
            time=EntryTime(utc=at, boot_id=BOOT_ID, boottime_ns=self.seq * 10**9, synchronised=True, max_error_ms=50),
            seen_checkpoint=None,
        )
        entry = sign_envelope(envelope, self.signer)
        services.ingest.accept(Arrival(entry, envelope, (body,), envelope.bodies, envelope.entry_id, None))
        self.prev = entry.entry_hash


def new_probe(name: str, district_id: str, drift_db: float = 0.0) -> CityProbe:
    """A probe with a key that nobody has seen."""
    signer = Signer.from_seed(hashlib.sha256(name.encode() + os.urandom(16)).digest())
    return CityProbe(name, district_id, signer, drift_db)


def admit_probes(connection: Connection) -> list[CityProbe]:
    """One in the first district and more in the others, the lamp of one of which drifts."""
    found = []
    for district in DISTRICTS:
        for number in range(1, 1 + (PROBES_OF_FIRST if district is DISTRICTS[0] else PROBES_OF_OTHERS)):
            drifts = district is DISTRICTS[1] and number == 1
            name = f"probe-{district.district_id.split('-')[0]}-{number}"
            probe = new_probe(name, district.district_id, 0.03 if drifts else 0.0)
            keys.admit(
                connection,
                public_key=probe.signer.public_key,
                role="demo",
                probe_id=name,
                name=f"시범 점검기 {district.ko} {number}",
                actor=ACTOR,
                tenant=district.district_id,
            )
            found.append(probe)
    return found
