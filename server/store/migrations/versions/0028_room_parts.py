"""Sex, floor and stalls of rooms apart, filled from their names as exports read them until now.

Revises: 0027.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# As the exports read names before this release: a migration keeps what it did, whatever the code reads later.
FLOOR = re.compile(
    r"(?P<below>지하)?\s*(?P<b>B\s*)?(?P<floor>\d{1,3})\s*층|\bB(?P<basement>\d{1,2})\b|\b(?P<f>\d{1,3})F\b",
    re.IGNORECASE,
)
SEXES = (
    (re.compile(r"남\s*[녀여]\s*(?:공용|공동)|공용|혼성"), "unisex"),
    (re.compile(r"가족"), "family"),
    (re.compile(r"여자|여성|\b여\b|\(여\)|女"), "women"),
    (re.compile(r"남자|남성|\b남\b|\(남\)|男"), "men"),
)
AT_ONCE = 1_000


def upgrade() -> None:
    """Make the schema newer; stalls stay open, for plans say them until somebody counts."""
    with op.batch_alter_table("rooms") as batch:
        batch.add_column(sa.Column("sex", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("floor", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("stalls", sa.Integer(), nullable=True))
    rooms = sa.table(
        "rooms",
        sa.column("room_id", sa.Uuid()),
        sa.column("name_ko", sa.Text()),
        sa.column("sex", sa.String()),
        sa.column("floor", sa.Integer()),
    )
    connection = op.get_bind()
    found = []
    for row in connection.execute(sa.select(rooms.c.room_id, rooms.c.name_ko)):
        sex = next((code for pattern, code in SEXES if pattern.search(row.name_ko)), None)
        floor = _floor_in(row.name_ko)
        if sex is not None or floor is not None:
            found.append({"of": row.room_id, "new_sex": sex, "new_floor": floor})
    of_room = sa.update(rooms).where(rooms.c.room_id == sa.bindparam("of"))
    change = of_room.values(sex=sa.bindparam("new_sex"), floor=sa.bindparam("new_floor"))
    for start in range(0, len(found), AT_ONCE):
        connection.execute(change, found[start : start + AT_ONCE])


def downgrade() -> None:
    """Make the schema older; names say it still."""
    with op.batch_alter_table("rooms") as batch:
        for name in ("stalls", "floor", "sex"):
            batch.drop_column(name)


def _floor_in(name: str) -> int | None:
    found = FLOOR.search(name)
    if found is None:
        return None
    number = int(found["floor"] or found["basement"] or found["f"])
    is_below = found["below"] is not None or found["b"] is not None or found["basement"] is not None
    return None if number == 0 else -number if is_below else number
