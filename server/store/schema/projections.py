"""What the entries of sweeps say: rebuilt from them at any time, and the sweeps that wait for it.

What is sealed in them opens with the keys of the bodies that it was read from (BODIES.md).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Uuid, false

from server.store.schema.base import metadata

sweeps = Table(
    "sweeps",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("room_id", Uuid, nullable=False),
    Column("source", String(16), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("outcome", String(16), nullable=True),
    Column("equipment", String(16), nullable=False),
    Column("said", String(16), nullable=False),
    Column("started_ms", BigInteger, nullable=False, index=True),
    Column("ended_ms", BigInteger, nullable=True),
    Column("claimed_ms", BigInteger, nullable=False, server_default="0"),
    Column("received_ms", BigInteger, nullable=False, server_default="0"),
    Column("candidates", Integer, nullable=False),
    Column("not_assessable_zones", Integer, nullable=False),
    Column("inspectors_sealed", LargeBinary, nullable=True),
    Column("probe_id", String(64), nullable=False),
    Column("plan_version", BigInteger, nullable=False),
    Column("report_log_index", BigInteger, nullable=True),
    Column("report_commitment", String(64), nullable=True),
    Column("report_state", String(16), nullable=False),
    Column("persons", Integer, nullable=True),
    Column("eye_looks", Integer, nullable=False, server_default="0"),
    Column("eye_look_ms", Integer, nullable=False, server_default="0"),
    Column("eye_controls", Integer, nullable=False, server_default="0"),
    Column("eye_errors", Integer, nullable=False, server_default="0"),
    Index("ix_sweeps_of_room", "room_id", "started_ms", "sweep_id"),
    Index("ix_sweeps_done", "source", "outcome", "started_ms", "room_id", "mode", "persons"),
)

findings = Table(
    "findings",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("finding_id", Uuid, primary_key=True),
    Column("by_eye", Boolean, nullable=False, server_default=false()),
    Index("ix_findings_finding_id", "finding_id"),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("sweep_id", Uuid, nullable=False, index=True),
    Column("finding_id", Uuid, nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("subject", String(60), nullable=False),
    Column("assurance", String(16), nullable=False),
    Column("decided_ms", BigInteger, nullable=False),
)

log_rows = Table(
    "log_rows",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("sweep_id", Uuid, nullable=True, index=True),
    Column("finding_id", Uuid, nullable=True),
    Column("room_id", Uuid, nullable=False),
    Column("recorded_room_id", Uuid, nullable=False),
    Column("source", String(16), nullable=False),
    Column("state", String(24), nullable=False),
    Column("stands", String(16), nullable=False),
    Column("steps", Integer, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("due", String(10), nullable=True),
    Column("reopens", String(10), nullable=True),
    Column("joins", Uuid, nullable=True, index=True),
    Column("named", String(10), nullable=True),
    Index("ix_cases_of_room", "room_id", "case_id"),
    Index("ix_cases_by_state", "state", "case_id"),
)

# What a sweep's findings are about, for other sweeps of its room.
sightings = Table(
    "sightings",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("room_id", Uuid, nullable=False),
    Column("source", String(16), nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("things_sealed", LargeBinary, nullable=False),
    Index("ix_sightings_of_room", "room_id", "source"),
)

PROJECTIONS = (sweeps, findings, dispositions, log_rows, cases, sightings)

# Cases in which a camera stood found when an entry behind that ceased to count (signing/kept_finds.py): as they stood
# before this place in the log.  Not computed from entries, and never removed.
kept_finds = Table(
    "kept_finds",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("kept_index", BigInteger, nullable=False),
    Column("sweep_id", Uuid, nullable=True, index=True),
    Column("finding_id", Uuid, nullable=True),
    Column("room_id", Uuid, nullable=False),
    Column("recorded_room_id", Uuid, nullable=False),
    Column("source", String(16), nullable=False),
    Column("state", String(24), nullable=False),
    Column("steps", Integer, nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)

# Where the steps of cases lie that no sweep opened.
case_steps = Table(
    "case_steps",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", Uuid, nullable=False, index=True),
)

# Who proved what a Pi's server said in their name: `place` 0 is the first person whom that entry names, 1 the second.
proofs = Table(
    "proofs",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("about_log_index", BigInteger, nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("account", String(40), nullable=False),
)

# What Pis' servers said in persons' names that waits for their proofs.
unproven = Table(
    "unproven",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("sweep_id", Uuid, nullable=True, index=True),
    Column("case_id", Uuid, nullable=True, index=True),
    Column("room_id", Uuid, nullable=True),
)

# Where the reference checks of probes lie, which belong to no sweep; what they read is in their bodies.
reference_checks = Table(
    "reference_checks",
    metadata,
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("probe_id", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("checked_ms", BigInteger, nullable=False),
    Index("ix_reference_checks_of_probe", "probe_id", "checked_ms", "log_index"),
)

# Photographs of objects: that they are there and what became of them. `overdue_s` is how long the server has run since
# the period of retention was over.
photos = Table(
    "photos",
    metadata,
    Column("photo_id", Uuid, primary_key=True),
    Column("log_index", BigInteger, nullable=False, unique=True),
    Column("case_id", Uuid, nullable=False, index=True),
    Column("shows", String(16), nullable=False),
    Column("person", String(60), nullable=False),
    Column("taken_ms", BigInteger, nullable=False),
    Column("commitment", String(64), nullable=False, index=True),
    Column("declaration_id", Uuid, nullable=False, index=True),
    Column("opened", Integer, nullable=False),
    Column("is_doubted", Boolean, nullable=False),
    Column("account", String(16), nullable=True),
    Column("overdue_s", BigInteger, nullable=False, server_default="0"),
    Index("ix_photos_of_person", "person", "taken_ms"),
)

# Sweeps of which entries arrived that no projection has read yet: written with the entry, gone with the projection.
due_sweeps = Table(
    "due_sweeps",
    metadata,
    Column("sweep_id", Uuid, primary_key=True),
    Column("log_index", BigInteger, nullable=False, index=True),
)
