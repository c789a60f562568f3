"""Accounts from a terminal: `add-user`, `reset-password`, `enrolment-code`, `deactivate-user`."""

from __future__ import annotations

from typing import Annotated, get_args

import typer
from pydantic import TypeAdapter, ValidationError

from server.cli.base import DatabaseUrl, DataDir, database_of, fail, kept_settings, print_words
from server.interface.fields import Role, Username
from server.people import auth, enrolment
from server.people.first_passwords import FIRST_PASSWORD_H, random_code
from sweep.report import display_text


def add_user(
    username: str,
    display_name: Annotated[str, typer.Option(help="Pseudonym that goes into entries, such as 점검자-01.")],
    role: Annotated[str, typer.Option(help=f"One of {', '.join(get_args(Role))}.")] = "inspector",
    district: Annotated[str, typer.Option(help="The only district that this person sees; none: the whole city.")] = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add a user and print a random password once."""
    try:
        TypeAdapter(Username).validate_python(username)
    except ValidationError:
        fail("user_name_invalid", name=display_text(username, limit=60))
    roles: dict[str, Role] = {name: name for name in get_args(Role)}
    if role not in roles:
        fail("option_one_of", option="--role", choices=", ".join(roles))
    password, code = auth.random_password(), random_code()
    stored, stored_code = auth.hashed(password), enrolment.hashed_code(code)
    with database_of(kept_settings(data_dir, database_url)) as db, db.write() as connection:
        auth.create_user(
            connection,
            username=username,
            display_name=display_text(display_name, limit=60),
            role=roles[role],
            password=stored,
            actor="sweep-server",
            is_one_time=True,
            code=stored_code,
            district_id=district or None,
        )
    _say(username, password, code)


def reset_password(username: str, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Reset a user's password, print it once and enable the account. Its sessions end."""
    password, code = auth.random_password(), random_code()
    stored, stored_code = auth.hashed(password), enrolment.hashed_code(code)
    with database_of(kept_settings(data_dir, database_url)) as db, db.write() as connection:
        auth.set_password(connection, username, stored, actor="sweep-server", is_one_time=True, code=stored_code)
    _say(username, password, code)


def enrolment_code(username: str, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Make a new enrolment code. A first password needs it to set up another way to log in."""
    code = random_code()
    stored = enrolment.hashed_code(code)
    with database_of(kept_settings(data_dir, database_url)) as db, db.write() as connection:
        enrolment.give_code(connection, username, stored, actor="sweep-server")
    print_words("user_enrolment_code", username=username, code=code)


def _say(username: str, password: str, code: str) -> None:
    print_words("user_password", username=username, password=password, hours=FIRST_PASSWORD_H)
    print_words("enrolment_code", code=code)


def deactivate_user(username: str, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Deactivate an account. Its sessions end, and its live pages within a second."""
    with database_of(kept_settings(data_dir, database_url)) as db, db.write() as connection:
        auth.deactivate_user(connection, username, actor="sweep-server")
    print_words("user_switched_off", username=username)
