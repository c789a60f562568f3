"""A probe for tests: one key, entries in a chain, a whole sweep of the demonstration's first room."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sweep.entry import kinds
from sweep.entry.dsse import SignedEntry, Signer
from sweep.entry.envelope import DEFAULT_TENANT, Assurance, Body, to_wire
from sweep.report import Disposition, FindingDetails, Mode, Source, SweepOpened, SweepReport, new_id, to_json
from tests.entry_factory import make_entry, salted, signer
from tests.report_factory import START, clock, make_plan, make_report

DEMO_ROOM = UUID("01920000-0000-7000-8000-00000000a001")
CROP = bytes.fromhex("89504e470d0a1a0a") + b"not really a picture"


class Probe:
    """Signs entries with growing numbers, each following the one before."""

    def __init__(
        self,
        name: str = "probe",
        source: Source = "simulated",
        *,
        probe_id: str = "probe-demo-1",
        subject: str | None = None,
        assurance: Assurance = "device",
        tenant: str = DEFAULT_TENANT,
        room_id: UUID = DEMO_ROOM,
        start: datetime = START,
    ) -> None:
        self.signer: Signer = signer(name)
        self.source: Source = source
        self.probe_id = probe_id
        self.subject = subject or probe_id
        self.assurance: Assurance = assurance
        self.tenant = tenant
        self.room_id = room_id
        self.start = start
        self.seq = 0
        self.prev: str | None = None

    def entry(
        self, kind: str, bodies: tuple[Body, ...] = (), *, sweep_id: UUID | None = None, refs: tuple[UUID, ...] = ()
    ) -> tuple[SignedEntry, bytes]:
        """The next entry and its wire bytes."""
        self.seq += 1
        entry = make_entry(
            self.signer,
            self.seq,
            self.prev,
            kind=kind,
            bodies=bodies,
            source=self.source,
            sweep_id=sweep_id,
            room_id=self.room_id,
            refs=refs,
            tenant=self.tenant,
            subject=self.subject,
            assurance=self.assurance,
        )
        self.prev = entry.entry_hash
        return entry, to_wire(entry, bodies)

    def opened(self, sweep_id: UUID, mode: Mode = "full") -> bytes:
        """Wire bytes of `sweep.opened`."""
        record = SweepOpened(
            v=1,
            sweep_id=sweep_id,
            room_id=self.room_id,
            plan_version=1,
            source=self.source,
            mode=mode,
            inspectors=("점검자-01", "점검자-02"),
            declared_empty=True,
            probe_id=self.probe_id,
            opened=clock(0, self.start),
        )
        return self.entry(kinds.OPENED, (salted(kinds.OPENED_TYPE, to_json(record)),), sweep_id=sweep_id)[1]

    def report_changed(self, sweep_id: UUID, **changes: object) -> bytes:
        """Wire bytes of `sweep.report`, the made-up one with these fields changed, without a crop."""
        report = self.made_up(sweep_id).model_copy(update=changes)
        return self.entry(kinds.REPORT, (salted(kinds.REPORT_TYPE, to_json(report)),), sweep_id=sweep_id)[1]

    def report(self, sweep_id: UUID, details: FindingDetails | None = None) -> bytes:
        """Wire bytes of `sweep.report` with one candidate, its details and a crop."""
        crop = salted(kinds.CROP_TYPE, CROP + f"{self.signer.key_id} {self.seq}".encode())
        report = self.made_up(sweep_id)
        glint = report.observations[0].model_copy(update={"crop_commitment": crop.commitment})
        report = report.model_copy(update={"observations": (glint, *report.observations[1:])})
        bodies = [salted(kinds.REPORT_TYPE, to_json(report))]
        if details is not None:
            bodies.append(salted(kinds.DETAILS_TYPE, to_json(details)))
        bodies.append(crop)
        return self.entry(kinds.REPORT, tuple(bodies), sweep_id=sweep_id)[1]

    def made_up(self, sweep_id: UUID) -> SweepReport:
        changes = {"room_id": self.room_id, "probe_id": self.probe_id}
        return report_of(sweep_id, self.source, self.start).model_copy(update=changes)

    def disposition(self, sweep_id: UUID, verdict: str, minutes: float = 20) -> bytes:
        """Wire bytes of a disposition of the report's only finding."""
        record = Disposition.model_validate(
            {
                "v": 1,
                "finding_id": make_report().findings[0].finding_id,
                "sweep_id": sweep_id,
                "verdict": verdict,
                "note": None,
                "decided": clock(minutes),
            }
        )
        return self.entry(kinds.DISPOSITION, (salted(kinds.DISPOSITION_TYPE, to_json(record)),), sweep_id=sweep_id)[1]

    def whole_sweep(self, details: FindingDetails | None = None) -> tuple[UUID, bytes, bytes]:
        """(sweep id, wire of the opening, wire of the report)."""
        sweep_id = new_id()
        return sweep_id, self.opened(sweep_id), self.report(sweep_id, details)


def desk(name: str = "desk", source: Source = "simulated", person: str = "점검자-01") -> Probe:
    """What signs for a person who logged in with a password, as a server does; admit it without a probe."""
    return Probe(name, source, subject=person, assurance="password")


def report_of(sweep_id: UUID, source: Source, start: datetime = START) -> SweepReport:
    """The made-up report, moved to this sweep and the demonstration's room."""
    changes = {"sweep_id": sweep_id, "room_id": DEMO_ROOM, "source": source, "plan": make_plan()}
    return make_report(start).model_copy(update=changes)
