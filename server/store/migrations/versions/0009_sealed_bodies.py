"""Bodies are sealed under keys of their own, and so is what was read from them and kept.

Old bodies are encrypted here; projections that held words from bodies are begun anew, and the projector fills them.

Revises: 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.store.bodies import sealed_rows
from server.store.db import SQLITE_HOLDS_PLAIN_COPIES
from sweep.entry.envelope import Body

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 200
OLD_BODIES = (
    "SELECT commitment, salt, data, arrived_ms FROM {table} WHERE commitment > :after ORDER BY commitment LIMIT :n"
)
KEPT_OF_SWEEPS = (
    "sweep_id, room_id, source, mode, outcome, result, started_ms, ended_ms, claimed_ms, received_ms, candidates, "
    "not_assessable_zones, probe_id, plan_version, report_log_index, report_commitment, report_state"
)
DUE = """
    INSERT INTO due_sweeps (sweep_id, log_index)
    SELECT sweep_id, min(log_index) FROM entries
    WHERE status = 'accepted' AND sweep_id IS NOT NULL AND sweep_id NOT IN (SELECT sweep_id FROM due_sweeps)
    GROUP BY sweep_id
"""


def upgrade() -> None:
    """Make the schema newer; what held plain text is a new table, so that nothing of the old one stays in the file."""
    op.create_table(
        "body_blocks",
        sa.Column("first_slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("first_slot", name=op.f("pk_body_blocks")),
    )
    with op.batch_alter_table("erased_bodies") as table:
        table.alter_column("log_index", existing_type=sa.BigInteger(), nullable=True)
        table.add_column(sa.Column("slot", sa.BigInteger(), nullable=True))
    _seal_bodies()
    _begin_projections_anew()


def downgrade() -> None:
    """Refuse: what was sealed stays sealed."""
    raise NotImplementedError("bodies stay sealed")


def _replace(name: str, *columns: sa.Column[object] | sa.PrimaryKeyConstraint) -> str:
    """Put an empty table in the place of another; returns the name under which the old one is there until dropped."""
    old, connection = f"{name}_before_0009", op.get_bind()
    for index in sa.inspect(connection).get_indexes(name):
        op.drop_index(str(index["name"]), name)
    op.rename_table(name, old)
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {old} RENAME CONSTRAINT pk_{name} TO pk_{old}")
    op.create_table(name, *columns)
    return old


def _seal_bodies() -> None:
    connection = op.get_bind()
    old = _replace(
        "body_data",
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_body_data")),
    )
    if connection.dialect.name == "postgresql":  # what is encrypted cannot be compressed
        op.execute("ALTER TABLE body_data ALTER COLUMN sealed SET STORAGE EXTERNAL")
    new = sa.table("body_data", *map(sa.column, ("commitment", "slot", "sealed", "arrived_ms")))
    after, statement = "", sa.text(OLD_BODIES.format(table=old))
    while rows := connection.execute(statement, {"after": after, "n": AT_ONCE}).all():
        bodies = [Body("", bytes(row.data), bytes(row.salt)) for row in rows]
        sealed = sealed_rows(connection, bodies)
        arrived = [{"commitment": row.commitment, "arrived_ms": row.arrived_ms} for row in rows]
        connection.execute(sa.insert(new), [one | two for one, two in zip(sealed, arrived, strict=True)])
        after = rows[-1].commitment
    op.drop_table(old)
    op.create_index("ix_body_data_slot", "body_data", ["slot"], unique=True)
    if connection.dialect.name == "sqlite" and after:
        op.execute(f"PRAGMA user_version = {SQLITE_HOLDS_PLAIN_COPIES}")


def _begin_projections_anew() -> None:
    old = _replace(
        "sweeps",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("claimed_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("received_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("not_assessable_zones", sa.Integer(), nullable=False),
        sa.Column("inspectors_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("probe_id", sa.String(length=64), nullable=False),
        sa.Column("plan_version", sa.BigInteger(), nullable=False),
        sa.Column("report_log_index", sa.BigInteger(), nullable=True),
        sa.Column("report_commitment", sa.String(length=64), nullable=True),
        sa.Column("report_state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", name=op.f("pk_sweeps")),
    )
    op.execute(f"INSERT INTO sweeps ({KEPT_OF_SWEEPS}) SELECT {KEPT_OF_SWEEPS} FROM {old}")  # noqa: S608  names only
    op.drop_table(old)
    op.create_index(op.f("ix_sweeps_started_ms"), "sweeps", ["started_ms"])
    op.create_index("ix_sweeps_of_room", "sweeps", ["room_id", "started_ms", "sweep_id"])
    old = _replace(
        "findings",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", "finding_id", name=op.f("pk_findings")),
    )
    op.execute(f"INSERT INTO findings (sweep_id, finding_id) SELECT sweep_id, finding_id FROM {old}")  # noqa: S608  names only
    op.drop_table(old)
    op.create_index("ix_findings_finding_id", "findings", ["finding_id"])
    old = _replace(
        "dispositions",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("assurance", sa.String(length=16), nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_dispositions")),
    )
    op.drop_table(old)
    op.create_index(op.f("ix_dispositions_sweep_id"), "dispositions", ["sweep_id"])
    old = _replace(
        "log_rows",
        sa.Column("sweep_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", name=op.f("pk_log_rows")),
    )
    op.drop_table(old)
    op.execute(DUE)
