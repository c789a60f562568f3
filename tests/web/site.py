"""A real server for the page tests: seeded in a folder of its own, run as a process, filled through the ingest path."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import pyrage
from sqlalchemy import Connection, func, select, update

from server.api.app import build_services
from server.config.settings import Settings
from server.interface.fields import Role
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.people import auth, evidence_keys
from server.places import facilities
from server.signing import keys
from server.store.db import Database
from server.store.schema import rooms as places
from server.store.schema import users
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import Body, to_wire
from sweep.report import SweepOpened, SweepReport, to_json
from tests.entry_factory import make_entry, salted, signer
from tests.passwords import quick_hash
from tests.report_factory import text
from tests.web import evidence as made
from tests.web.air import CAMERA_TAG

PASSWORD = "correct-horse-battery"
QUICK_HASH = quick_hash(PASSWORD)
PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("inspector", "점검자-01", "inspector"),
    ("supervisor", "감독자-01", "inspector"),
    ("chief", "감독자-02", "supervisor"),
    ("viewer", "열람자-01", "viewer"),
)
PROBE_ID = "probe-01"
REAL_PROBE_ID = "probe-02"
DEMO_KEY = "web demo probe"
REAL_KEY = "web probe"


class Sender:
    """One key's way through the ingest path, with its sequence numbers."""

    def __init__(self, url: str, key: Signer, probe_id: str) -> None:
        self._url = url
        self.key = key
        self._probe_id = probe_id
        self._seq = 0
        self._prev: str | None = None

    def deliver(self, sweep: made.MadeSweep, crops: tuple[Body, ...] = ()) -> SweepReport:
        """Send a sweep's two entries: opened, then the report with its details and crops."""
        report = sweep.report.model_copy(update={"probe_id": self._probe_id})
        opened = SweepOpened(
            v=1,
            sweep_id=report.sweep_id,
            room_id=report.room_id,
            plan_version=report.plan.version,
            source=report.source,
            mode=report.mode,
            inspectors=report.inspectors,
            declared_empty=sweep.is_declared,
            probe_id=report.probe_id,
            opened=report.started,
        )
        self._send(kinds.OPENED, report, (salted(kinds.OPENED_TYPE, to_json(opened)),))
        details = (salted(kinds.DETAILS_TYPE, to_json(detail)) for detail in sweep.details)
        self._send(kinds.REPORT, report, (salted(kinds.REPORT_TYPE, to_json(report)), *details, *crops))
        return report

    @property
    def sent(self) -> int:
        """How many entries it made."""
        return self._seq

    def skip_one(self) -> None:
        """Lose an entry: its sequence number never arrives."""
        self._seq += 1

    def _send(self, kind: str, report: SweepReport, bodies: tuple[Body, ...]) -> None:
        self._seq += 1
        entry = make_entry(
            self.key,
            self._seq,
            self._prev if self._seq > 1 else None,
            kind=kind,
            bodies=bodies,
            source=report.source,
            sweep_id=report.sweep_id,
            room_id=report.room_id,
            subject=self._probe_id,
        )
        answer = httpx.post(f"{self._url}/api/entries", content=to_wire(entry, bodies), timeout=30)
        assert answer.status_code == 200, answer.text
        self._prev = entry.entry_hash


class OwnRoom(NamedTuple):
    """A room that no other test knows."""

    room_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server answers and what was put into it."""

    url: str
    suspected_room: UUID
    """Its last real sweep found nothing; a newer, simulated one has a candidate."""
    untouched_room: UUID
    suspected_sweep: UUID
    real_sweep: UUID
    finding_id: UUID
    demo: Sender
    """The probe `PROBE_ID`, whose key signs simulations."""
    real: Sender
    """Another probe, whose key signs real sweeps."""
    folder: Path
    """The server's data."""

    def deliver(
        self,
        name: str,
        *,
        candidate_zone: str | None,
        is_real: bool = False,
        room_id: UUID | None = None,
        again: SweepReport | None = None,
    ) -> SweepReport:
        """One more sweep of the first or that room, named for its ids; a new one whenever a test is asked again.

        Its camera is another one than that of any other sweep, so that its case is a test's own;
        but `again`: it sees the camera of that one, a day later.
        """
        sender = self.real if is_real else self.demo
        sweep_id = seed_ids(f"{name} {sender.sent}")
        tag, after = (sweep_id, timedelta()) if again is None else (again.sweep_id, timedelta(days=1))
        room_id = room_id or self.suspected_room
        return _deliver(sender, room_id, candidate_zone, sweep_id, tag=tag.hex[-16:], after=after)

    def make_accounts_older(self, milliseconds: int) -> None:
        with closing(Database(Settings(data_dir=self.folder).url)) as db, db.write() as connection:
            connection.execute(update(users).values(created_ms=users.c.created_ms - milliseconds))

    def another_room(self) -> OwnRoom:
        """A room with the plan of the first in its facility, for a test that says what stands in a whole room."""
        with closing(Database(Settings(data_dir=self.folder).url)) as db, db.write() as connection:
            statement = select(places.c.facility_id).where(places.c.room_id == self.suspected_room)
            facility_id = connection.execute(statement).scalar_one()
            floor = 10 + (connection.scalar(select(func.count()).select_from(places)) or 0)
            name = text(f"남자 화장실 {floor}층", f"Men's restroom, {floor}F")
            request = RoomRequest(name=name, kind="restroom", plan=made.restroom_plan())
            return OwnRoom(facilities.add_room(connection, facility_id, request, actor="test"), name.ko)


def seed_ids(name: str) -> UUID:
    """A UUIDv7-shaped id that follows from `name`."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return UUID(f"019c0000-0000-7{digest[:3]}-8{digest[3:6]}-{digest[6:18]}")


@contextmanager
def serving(folder: Path, tenant: str | None = None) -> Iterator[str]:
    """Run the server on the data in `folder`, of a district; gives its address, stops it at the end."""
    with start_server(folder, tenant) as process:
        try:
            yield address_of(process)
        finally:
            process.terminate()


def start_server(folder: Path, tenant: str | None = None) -> subprocess.Popen[str]:
    """The server's process, which says where it answers once it does: `address_of`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIM_")}
    environment["ANSIM_LOGIN_ATTEMPTS_PER_MINUTE"] = "10000"
    if tenant is not None:
        environment["ANSIM_TENANT"] = tenant
    return subprocess.Popen(
        [sys.executable, "-m", "server.cli", "serve", "--port", "0", "--data-dir", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """Seed a server in `folder`, run it, fill it through HTTP, stop it at the end."""
    probe, real_probe = signer(DEMO_KEY), signer(REAL_KEY)
    rooms = _seed(folder, probe, real_probe)
    with serving(folder) as url:
        demo, real = Sender(url, probe, PROBE_ID), Sender(url, real_probe, REAL_PROBE_ID)
        suspected = _deliver(demo, rooms[0], "stall-2", seed_ids("suspected"))
        yield Site(
            url=url,
            suspected_room=rooms[0],
            untouched_room=rooms[1],
            suspected_sweep=suspected.sweep_id,
            real_sweep=_deliver(real, rooms[0], None, seed_ids("real")).sweep_id,
            finding_id=suspected.findings[0].finding_id,
            demo=demo,
            real=real,
            folder=folder,
        )


def add_people(connection: Connection) -> None:
    """Two inspectors, a supervisor of theirs and a viewer, all with `PASSWORD`."""
    for username, display_name, role in PEOPLE:
        auth.create_user(
            connection, username=username, display_name=display_name, role=role, password=QUICK_HASH, actor="test"
        )


def _seed(folder: Path, probe: Signer, real_probe: Signer) -> tuple[UUID, ...]:
    services = build_services(Settings(data_dir=folder))
    with services.db.write() as connection:
        add_people(connection)
        evidence_keys.add(
            connection,
            str(pyrage.x25519.Identity.generate().to_public()),
            name="증거담당자-01",
            district_id=None,
            user_id=None,
            actor="test",
        )
        for key, role_of_key, probe_id in ((probe, "demo", PROBE_ID), (real_probe, "probe", REAL_PROBE_ID)):
            keys.admit(
                connection,
                public_key=key.public_key,
                role="demo" if role_of_key == "demo" else "probe",
                probe_id=probe_id,
                name="점검기",
                actor="test",
            )
        park = facilities.add_facility(
            connection,
            FacilityRequest(name=text("한빛공원 공중화장실", "Hanbit Park restrooms"), address="가상구 한빛로 1"),
            actor="test",
        )
        centre = facilities.add_facility(
            connection,
            FacilityRequest(name=text("새울구민체육센터", "Saeul Sports Centre"), address="가상구 새울로 2"),
            actor="test",
        )
        wanted = (
            (park, text("남자 화장실 1층", "Men's restroom, 1F"), made.restroom_plan()),
            (park, text("여자 화장실 1층", "Women's restroom, 1F"), made.restroom_plan(is_verified=False)),
            (centre, text("여자 탈의실", "Women's changing room"), None),
        )
        rooms = tuple(
            facilities.add_room(
                connection,
                facility_id,
                RoomRequest(name=name, kind="changing_room" if plan is None else "restroom", plan=plan),
                actor="test",
            )
            for facility_id, name, plan in wanted
        )
    services.db.close()
    return rooms


def address_of(process: subprocess.Popen[str]) -> str:
    """Where a server that has just been started answers; AssertionError with what it said when it ended instead."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("serving on "):
            return line.removeprefix("serving on ").strip()
    raise AssertionError(f"the server did not start:\n{''.join(said)}")


def _deliver(
    sender: Sender,
    room_id: UUID,
    candidate_zone: str | None,
    sweep_id: UUID,
    tag: str = CAMERA_TAG,
    after: timedelta = timedelta(),
) -> SweepReport:
    is_real = sender.key.key_id == signer(REAL_KEY).key_id
    crop = salted(kinds.CROP_TYPE, made.grey_png())
    sweep = made.make_sweep(
        sweep_id=sweep_id,
        room_id=room_id,
        source="live" if is_real else "simulated",
        candidate_zone=candidate_zone,
        started=made.STARTED - timedelta(days=30) + after if is_real else made.STARTED + after,
        crop_commitment=crop.commitment if candidate_zone else None,
    )
    report = SweepReport.model_validate_json(sweep.report.model_dump_json().replace(CAMERA_TAG, tag))
    return sender.deliver(made.MadeSweep(report, sweep.details), (crop,) if candidate_zone else ())
