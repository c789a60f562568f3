"""Databases with words in them of which none may be found again, and everything that somebody with their files sees."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import (
    NullPool,
    create_engine,
    make_url,
    select,
    text,
)

from server.api.app import build_services
from server.config.settings import Settings
from server.projections import projecting
from server.store.schema import (
    body_data,
    body_refs,
    entries,
    log_rows,
    sightings,
    sweeps,
)
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.report import FindingDetails, new_id, to_json
from tests.report_factory import make_report
from tests.server.conftest import Client, Site, running
from tests.server.log_kit import plain_lines
from tests.server.older_database import make_older
from tests.server.sweep_kit import Probe

ADDRESS = "02:5e:c2:e7:00:17"
SSID = "KKOCH-SSID-4711"
NAME = "BLE-MARKER-0815"
NOTE = "메모-표식-2718"
NOTED_TWICE = """
    INSERT INTO dispositions SELECT log_index + 1000000, sweep_id, finding_id, verdict, note_json, subject, assurance,
    decided_ms FROM dispositions
"""
INSPECTOR = "점검자-표식-31"


def spellings(marker: bytes) -> tuple[bytes, ...]:
    """How a word may stand in a file."""
    return marker, marker.hex().encode(), b64encode(marker)[2:-4]


@dataclass
class Crime:
    """What was stored with unique words in it, and what was erased of it."""

    crop: bytes
    words: dict[str, bytes]
    commitments: list[str] = field(default_factory=list)
    sealed: dict[str, bytes] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    """Sealed texts of projections that were read from these bodies, by purpose."""

    def plain_in(self, files: Sequence[Path]) -> dict[str, list[str]]:
        """Names of the files in which a word lies in plain, by word."""
        found: dict[str, list[str]] = {}
        for file in files:
            data = file.read_bytes()
            for what, marker in self.words.items():
                if any(spelling in data for spelling in spellings(marker)):
                    found.setdefault(what, []).append(file.name)
        return found

    def copies_in(self, files: Sequence[Path]) -> list[str]:
        """Names of the files that hold a sealed body, whole or a piece of it."""
        pieces = [sealed[start : start + 48] for sealed in self.sealed.values() for start in (0, len(sealed) - 60)]
        return [file.name for file in files if any(piece in file.read_bytes() for piece in pieces)]


@dataclass
class Place:
    """A database whose files an attacker has."""

    settings: Settings
    folder: Path
    """With everything that the database keeps on disk."""
    backups: Path

    def files(self) -> list[Path]:
        """Every file there is, backups and working files too, but for the store and its key."""
        own = {self.settings.body_keys_path, self.settings.store_key_path}
        roots = (self.folder, self.backups, self.settings.data_dir)
        found = {path for root in roots for path in root.rglob("*") if path.is_file()}
        return sorted(found - own)


def settle(place: Place) -> None:
    """Let PostgreSQL sample what it may, and what is in memory reach the files."""
    if place.settings.url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(make_url(place.settings.url).database or "")) as driver:
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)")
    else:
        as_superuser(place, "ANALYZE", "CHECKPOINT")


def as_superuser(place: Place, *statements: str) -> list[str]:
    """What whoever runs the PostgreSQL says in this place's database; the first column of the last answer."""
    url = make_url(place.settings.url).set(username="ansim")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        answers = [connection.exec_driver_sql(statement) for statement in statements]
        return [str(row[0]) for row in answers[-1]] if answers[-1].returns_rows else []


def remove_old_wal(place: Place) -> None:
    """As the README says."""
    as_superuser(place, "ALTER SYSTEM SET wal_recycle = off", "SELECT pg_reload_conf()")
    as_superuser(place, *("SELECT pg_switch_wal()", "CHECKPOINT") * 2)


def store_crime(site: Site, client: Client) -> tuple[Crime, UUID]:
    """A sweep with words of which none may be found again: details, a crop, a report, a person's note."""
    probe = Probe()
    site.admit(probe.signer)
    finding = make_report().findings[0].finding_id
    details = FindingDetails(
        finding_id=finding, addresses=(ADDRESS,), ssids=(SSID.encode().hex(),), names=(NAME.encode().hex(),)
    )
    sweep_id = new_id()
    assert site.send(probe.opened(sweep_id)).status_code == 200
    report = probe.made_up(sweep_id).model_copy(update={"inspectors": (INSPECTOR, "점검자-02")})
    crop = b"\x89PNG\r\n\x1a\n" + os.urandom(2_000)
    bodies = (
        make_body(kinds.REPORT_TYPE, to_json(report)),
        make_body(kinds.DETAILS_TYPE, to_json(details)),
        make_body(kinds.CROP_TYPE, crop),
    )
    assert site.send(probe.entry(kinds.REPORT, bodies, sweep_id=sweep_id)[1]).status_code == 200
    verdict = {"sweep_id": str(sweep_id), "verdict": "recheck", "note": {"ko": NOTE, "en": "-"}}
    assert client.post(f"/api/findings/{finding}/disposition", verdict).status_code == 201
    projecting.drain(site.db)
    words = {
        "address": ADDRESS.encode(),
        "SSID": SSID.encode(),
        "name": NAME.encode(),
        "note": NOTE.encode(),
        "inspector": INSPECTOR.encode(),
        "crop": crop[100:140],
        "details": to_json(details),
    }
    crime = Crime(crop, words)
    with site.db.read() as connection:
        rows = connection.execute(
            select(body_data.c.commitment, body_data.c.sealed)
            .join(body_refs, body_refs.c.commitment == body_data.c.commitment)
            .join(entries, entries.c.log_index == body_refs.c.log_index)
            .where(entries.c.sweep_id == sweep_id)
        ).all()
        crime.commitments = [row.commitment for row in rows]
        crime.sealed = {row.commitment: row.sealed for row in rows}
        line = connection.scalar(select(log_rows.c.sealed).where(log_rows.c.sweep_id == sweep_id))
        things = connection.scalar(select(sightings.c.things_sealed).where(sightings.c.sweep_id == sweep_id))
        inspectors = connection.scalar(select(sweeps.c.inspectors_sealed).where(sweeps.c.sweep_id == sweep_id))
    assert line is not None
    assert inspectors is not None
    assert things is not None
    crime.texts = {f"line {sweep_id}": line, f"inspectors {sweep_id}": inspectors, f"things {sweep_id}": things}
    assert len(crime.commitments) == 5
    return crime, sweep_id


def leave_in_plain(place: Place) -> tuple[Crime, list[bytes]]:
    """A database as an older release left it, with words in plain in its tables and in PostgreSQL's samples of them.

    Returns the words, and the log as it was.
    """
    with running(place.settings) as site:
        crime, _ = store_crime(site, site.login("admin", "관리자-01"))
        with site.db.read() as connection:
            lines = plain_lines(connection)
    services = build_services(place.settings)
    make_older(services.db, "0008")
    with services.db.write() as connection:  # what is there twice is sampled in plain; more of it is compressed
        connection.execute(text("UPDATE dispositions SET note_json = :note"), {"note": NOTE})
        connection.execute(text(NOTED_TWICE))
    settle(place)
    services.db.close()
    return crime, lines
