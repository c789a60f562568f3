"""Ids of accounts, the names they bore, and separate codes for setting up another way to log in.

Revises: 0036.
"""

from __future__ import annotations

import base64
import itertools
import json
import secrets
import time
import uuid

import sqlalchemy as sa
from alembic import op

from server.interface.plain_text import looks

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

LONGEST = 60


def upgrade() -> None:
    """Make the schema newer: each account gets an id, and of names that look alike the later ones a number."""
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("account", sa.String(length=16), nullable=True))
        users.add_column(sa.Column("enrolment_hash", sa.Text(), nullable=True))
        users.add_column(sa.Column("first_age_s", sa.BigInteger(), nullable=False, server_default="0"))
        users.add_column(sa.Column("registered_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "account_names",
        sa.Column("name_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=LONGEST), nullable=True),
        sa.Column("district_id", sa.String(length=64), nullable=True),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name_id", name=op.f("pk_account_names")),
    )
    op.create_index(op.f("ix_account_names_account"), "account_names", ["account"])
    _name_accounts(op.get_bind())
    with op.batch_alter_table("users") as users:
        users.alter_column("account", existing_type=sa.String(length=16), nullable=False)
        users.create_unique_constraint(op.f("uq_users_account"), ["account"])
    op.execute("UPDATE users SET enrolment_hash = '' WHERE must_change_password")  # nobody was given a code yet
    with op.batch_alter_table("statements") as statements:
        statements.add_column(sa.Column("second_json", sa.Text(), nullable=True))
    with op.batch_alter_table("photos") as photos:
        photos.add_column(sa.Column("account", sa.String(length=16), nullable=True))
    with op.batch_alter_table("photo_declarations") as declarations:
        declarations.add_column(sa.Column("first_account", sa.String(length=16), nullable=True))
        declarations.add_column(sa.Column("second_account", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Make the schema older; names stay as they are."""
    with op.batch_alter_table("photo_declarations") as declarations:
        declarations.drop_column("second_account")
        declarations.drop_column("first_account")
    with op.batch_alter_table("photos") as photos:
        photos.drop_column("account")
    with op.batch_alter_table("statements") as statements:
        statements.drop_column("second_json")
    op.drop_index(op.f("ix_account_names_account"), table_name="account_names")
    op.drop_table("account_names")
    with op.batch_alter_table("users") as users:
        users.drop_constraint(op.f("uq_users_account"), type_="unique")
        for name in ("registered_ms", "first_age_s", "enrolment_hash", "account"):
            users.drop_column(name)


def _name_accounts(connection: sa.Connection) -> None:
    names = ("username", "display_name", "district_id", "created_ms", "account")
    users = sa.table("users", sa.column("user_id", sa.Uuid()), *(sa.column(name, sa.String()) for name in names))
    rows = connection.execute(sa.select(users).order_by(users.c.created_ms, users.c.username)).all()
    borne: list[tuple[str | None, frozenset[str]]] = []
    spent: set[str] = set()
    for row in rows:
        others = [
            look for district, look in borne if None in (district, row.district_id) or district == row.district_id
        ]
        name = next(one for one in _names(row.display_name) if not any(looks(one) & look for look in others))
        borne.append((row.district_id, looks(name)))
        account = next(one for one in iter(_new_account, "") if one not in spent)
        spent.add(account)
        own = users.c.user_id == row.user_id
        connection.execute(sa.update(users).where(own).values(account=account, display_name=name))
        _write(connection, "account_names", account=account, name=name, district_id=row.district_id)
        if name != row.display_name:
            detail = {"from": row.display_name, "to": name, "why": "looked like the name of another account"}
            said = {"actor": "system", "action": "user.renamed", "object_id": row.username}
            _write(connection, "audit", **said, detail_json=json.dumps(detail, ensure_ascii=False, sort_keys=True))


def _write(connection: sa.Connection, table: str, /, **values: str | None) -> None:
    id_name, time_name = {"account_names": ("name_id", "since_ms"), "audit": ("audit_id", "at_ms")}[table]
    columns: list[sa.ColumnClause[object]] = [sa.column(id_name, sa.Uuid()), sa.column(time_name, sa.BigInteger())]
    columns += [sa.column(one, sa.String()) for one in values]
    row = {id_name: uuid.uuid4(), time_name: time.time_ns() // 1_000_000, **values}
    connection.execute(sa.insert(sa.table(table, *columns)).values(**row))


def _names(name: str) -> itertools.chain[str]:
    numbered = (f"{name[: LONGEST - len(str(number)) - 1]} {number}" for number in itertools.count(2))
    return itertools.chain([name], numbered)


def _new_account() -> str:
    return "p-" + base64.b32encode(secrets.token_bytes(7)).decode()[:10].lower()
