"""`sweep-server`: run the server and look after its database, keys and log from a terminal.

Exit code 0: done. 1: `verify` found problems. 2: bad usage or input, with one clear line on standard error.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, BinaryIO
from uuid import UUID

import typer
from sqlalchemy.exc import DatabaseError

from server import access_log, auth, dump, facilities, inspection_log, keys, projections, quarantine, verify
from server.app import build_services
from server.db import AwayError, BusyError, Database, DiskFullError, SchemaError
from server.errors import ApiError
from server.exports.rows import ExportError, Period
from server.fields import SLUG, KeyRole, Role
from server.judging import quarantined_of_admitted, release_quarantine
from server.running import open_socket, run
from server.settings import Settings, SettingsError, load_settings
from sweep.entry import key_id_of
from sweep.report import ContractError, display_text

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
export = typer.Typer(no_args_is_help=True, help="Write the inspection log of a period, or the log of entries.")
app.add_typer(export, name="export")

DataDir = Annotated[Path | None, typer.Option(help="Folder of database and keys (ANSIM_DATA_DIR).")]
DatabaseUrl = Annotated[str | None, typer.Option(help="SQLAlchemy URL (ANSIM_DATABASE_URL).")]
NO_REASON = "(명령줄, 사유 없음)"
PERSONAL_DATA: dict[str, tuple[access_log.Shown, ...]] = {
    "export log": ("inspection_log",),
    "export entries": ("device_addresses", "device_names", "crops", "bodies"),
    "export access-log": ("access_log",),
    "serve": (),
    "migrate": (),
    "import-facilities": (),
    "verify": (),
    "rebuild": (),
    "enrol": (),
    "revoke": (),
    "replace": (),
    "keys": (),
    "quarantine": (),
    "add-user": (),
    "reset-password": (),
    "deactivate-user": (),
}
"""What each command writes of personal data: those that write any leave a line in the access log."""
KeyIdArgument = Annotated[str, typer.Argument(help="16 hexadecimal digits, as `sweep key` and `keys` print them.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
_environment: ContextVar[Mapping[str, str]] = ContextVar("environment")
USAGE_ERRORS = (
    SettingsError,
    ContractError,
    ApiError,
    ExportError,
    verify.VerifyError,
    DiskFullError,
    BusyError,
    AwayError,
    SchemaError,
    OSError,
)


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> None:
    """Run the command line, that of this process by default; every expected failure is one line and exit code 2."""
    _environment.set(environment)
    try:
        app(arguments, prog_name="sweep-server")
    except USAGE_ERRORS as error:
        _fail(str(error))
    except DatabaseError as error:
        _fail(f"the database refuses: {error.orig}")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (ANSIM_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 picks one (ANSIM_PORT).")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Serve until Ctrl-C. The first start makes the user `admin` and prints its password once."""
    settings = _settings(data_dir, database_url, host=host, port=port)
    with closing(open_socket(settings.host, settings.port)) as listener:
        with _database(settings) as db:
            password = auth.ensure_first_user(db, settings.first_password)
        if password is not None:
            typer.echo(f"first user: {auth.FIRST_USER}   password: {password}   (shown once)")
        address = f"http://{settings.host}:{listener.getsockname()[1]}"
        run(settings, listener, on_started=lambda: typer.echo(f"serving on {address}"))


@app.command()
def migrate(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Bring the database up to date."""
    with _database(_settings(data_dir, database_url)):
        typer.echo("the database is up to date")


@app.command("import-facilities")
def import_facilities(file: Path, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Add facilities with their rooms and plans from a JSON file; those that are there already stay as they are."""
    if file.suffix.lower() != ".json":
        _fail(f"{file}: tables of the national standard are not read yet; give a JSON file of facilities")
    found = facilities.read_facility_file(file)
    added = 0
    with _database(_settings(data_dir, database_url)) as db:
        for item in found:  # one transaction each, so that a running server takes entries in between
            with db.write() as connection:
                added += facilities.import_facility(connection, item, is_demo=False, actor="sweep-server")
    typer.echo(f"{added} facilities added, {len(found) - added} were there already")


@export.command("log")
def export_log(
    out: Annotated[Path, typer.Argument(help="File to write; its ending (.csv, .pdf, .xlsx) chooses the format.")],
    reason: Annotated[str, typer.Option(help="Why; it is written down.")],
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"])] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"])] = None,
    room: Annotated[UUID | None, typer.Option(help="Only this room.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the inspection log of a period (Korean days, both included; by default the last 31)."""
    settings, now = _settings(data_dir, database_url), inspection_log.today()
    formats: dict[str, inspection_log.Format] = {".csv": "csv", ".pdf": "pdf", ".xlsx": "xlsx"}
    if out.suffix.lower() not in formats:
        _fail(f"{out}: the file must end in .csv, .pdf or .xlsx")
    last_day = last.date() if last else now.date()
    period = Period(first.date() if first else last_day - timedelta(days=30), last_day)
    wanted = inspection_log.LogRequest(
        formats[out.suffix.lower()], period, room, settings.tenant, "sweep-server", display_text(reason, limit=300)
    )
    with _database(settings) as db:
        _note(db, "log.exported", out.name, ("inspection_log",), wanted.reason)
        projections.drain(db)
        with db.read() as connection, _new_file(out) as file:
            inspection_log.write_log_to(file, connection, wanted, now)
    typer.echo(f"{out}: {out.stat().st_size} bytes, {period.first} to {period.last}")


@export.command("entries")
def export_entries(
    out: Annotated[Path, typer.Argument(help="File to write, JSON lines; `sweep-server verify` reads it.")],
    bodies: Annotated[bool, typer.Option(help="Include the bodies; without them the file holds no addresses.")] = True,
    reason: Annotated[str, typer.Option(help="Why; it is written down in the access log.")] = NO_REASON,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write all entries with keys and bodies."""
    count = -1
    with _database(_settings(data_dir, database_url)) as db:
        if bodies:
            shown: tuple[access_log.Shown, ...] = ("device_addresses", "device_names", "crops", "bodies")
            _note(db, "entries.exported", out.name, shown, display_text(reason, limit=300))
        with db.read() as connection, out.open("w") as file:
            for line in dump.dump_lines(connection, with_bodies=bodies):
                file.write(line + "\n")
                count += 1
    typer.echo(f"{out}: {count} entries")


@export.command("access-log")
def export_access_log(
    out: Annotated[Path, typer.Argument(help="File to write, CSV.")],
    month: Annotated[str, typer.Option(help="Month of Korean time, such as 2026-11.")],
    reason: Annotated[str, typer.Option(help="Why; it is written down too.")] = "월간 점검",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write who looked at personal data in a month, for the monthly review."""
    if re.fullmatch(r"[2-9][0-9]{3}-(0[1-9]|1[0-2])", month) is None:
        _fail(f"--month must be a month such as 2026-11, not {month}")
    with _database(_settings(data_dir, database_url)) as db:
        _note(db, "access_log.exported", month, ("access_log",), display_text(reason, limit=300))
        with db.read() as connection:
            lines = list(access_log.review_lines(connection, month))
    out.write_bytes(b"".join(lines))
    typer.echo(f"{out}: {len(lines) - 1} accesses in {month}")


@app.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(help="A file of `sweep-server export entries`, or an SQLite database.")],
    key: Annotated[list[str] | None, typer.Option(help="Trust this public key (hex), not the file's own.")] = None,
) -> None:
    """Verify signatures, bodies, chains and sources of a log; exit code 1 when something does not hold."""
    pinned = None if not key else dict(_parse_key(item) for item in key)
    with file.open("rb") as start:
        is_sqlite = start.read(16) == b"SQLite format 3\0"
    if is_sqlite:
        with closing(Database(f"sqlite:///file:{file.resolve()}?mode=ro&uri=true")) as db:
            db.check_schema()
            with db.read() as connection:
                found = verify.verify_lines(dump.dump_lines(connection), pinned)
    else:
        with file.open(encoding="utf-8", errors="replace") as lines:
            found = verify.verify_lines(lines, pinned)
    typer.echo(
        f"{found.entries} entries: {found.valid} signatures hold, {found.unreadable} unreadable kinds, "
        f"{found.quarantined} in quarantine{f', {found.purged} purged' if found.purged else ''}; "
        f"bodies: {found.bodies_present} hold, {found.bodies_erased} erased, {found.bodies_missing} missing"
    )
    for problem in found.problems:
        typer.echo(f"problem: {display_text(problem, limit=300)}")
    if found.problems:
        raise typer.Exit(1)


@app.command()
def rebuild(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Throw the projections away and compute them anew from the entries."""
    with _database(_settings(data_dir, database_url)) as db:
        typer.echo(f"{projections.rebuild(db)} sweeps rebuilt")


@app.command()
def enrol(
    public_key: Annotated[str, typer.Argument(help="64 hexadecimal digits, as `sweep key` prints them.")],
    role: Annotated[str, typer.Option(help="probe, demo, server or witness.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    probe_id: Annotated[str | None, typer.Option(help="The probe that this key speaks for.")] = None,
    tenant: Annotated[str | None, typer.Option(help="District it speaks for, by default this server's.")] = None,
    from_index: Annotated[int, typer.Option(min=0, help="Log index from which on it counts; 0: all it sent.")] = 0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Admit a key. Its entries that waited in quarantine are judged anew."""
    roles: dict[str, KeyRole] = {"probe": "probe", "demo": "demo", "server": "server", "witness": "witness"}
    if role not in roles:
        _fail(f"--role must be one of {', '.join(roles)}")
    if role in {"probe", "demo"} and probe_id is None:
        _fail("--probe-id is needed for the key of a probe")
    if tenant is not None and re.fullmatch(SLUG, tenant) is None:
        _fail("--tenant: letters, digits, dots, dashes and underscores, at most 64")
    _, public = _parse_key(public_key)
    services = build_services(_settings(data_dir, database_url))
    with closing(services.db) as db, db.write() as connection:
        key = keys.admit(
            connection,
            public_key=public,
            role=roles[role],
            probe_id=probe_id,
            name=display_text(name, limit=100),
            actor="sweep-server",
            tenant=tenant or services.notary.tenant,
            valid_from_index=from_index,
        )
        released, left = release_quarantine(connection, key)
    typer.echo(f"key {key.key_id} is admitted as {role}; {released} entries released, {left} left in quarantine")


@app.command()
def revoke(
    key_id: KeyIdArgument,
    reason: Annotated[str, typer.Option(help="Why; it is written down.")],
    from_index: Annotated[
        int | None, typer.Option(min=0, help="Log index from which on nothing of it counts; by default from now.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the revocation back.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Let a key speak no more; what it sends from then on is quarantined. `--undo` takes it back."""
    why = display_text(reason, limit=300)
    with _database(_settings(data_dir, database_url)) as db, db.write() as connection:
        if undo:
            key = keys.reinstate(connection, key_id, actor="sweep-server", reason=why)
        else:
            key = keys.revoke(connection, key_id, actor="sweep-server", reason=why, from_index=from_index)
        released, left = release_quarantine(connection, key)
    state = "counts again" if undo else f"is revoked from log index {key.revoked_from_index} on"
    typer.echo(f"key {key_id} {state}; {released} entries released, {left} left in quarantine")


@app.command()
def replace(
    key_id: KeyIdArgument,
    public_key: Annotated[str, typer.Argument(help="The new key: 64 hexadecimal digits, as `sweep key` prints them.")],
    reason: Annotated[str, typer.Option(help="Why; it is written down.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a probe a new key: it is admitted like the old one, and the old one is revoked from now on."""
    _, public = _parse_key(public_key)
    why = display_text(reason, limit=300)
    with _database(_settings(data_dir, database_url)) as db, db.write() as connection:
        key = keys.replace_key(connection, key_id, public_key=public, actor="sweep-server", reason=why)
        released, left = release_quarantine(connection, key)
    typer.echo(f"key {key.key_id} replaces {key_id}; {released} entries released, {left} left in quarantine")


@app.command("keys")
def list_keys(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the admitted keys and whether they are revoked."""
    with _database(_settings(data_dir, database_url)) as db, db.read() as connection:
        held = quarantined_of_admitted(connection)
        for key in keys.all_keys(connection):
            state = "valid" if key.revoked_from_index is None else f"revoked from {key.revoked_from_index}"
            waits = f", {held[key.key_id]} entries in quarantine" if key.key_id in held else ""
            probe = f" of {key.probe_id}" if key.probe_id else ""
            typer.echo(f"{key.key_id} {key.role}{probe}, tenant {key.tenant}, {state}{waits}: {display_text(key.name)}")


@app.command("quarantine")
def show_quarantine(
    release: Annotated[str | None, typer.Option(help="Judge what waits of this admitted key anew.")] = None,
    discard: Annotated[str | None, typer.Option(help="Purge what strangers sent under this key.")] = None,
    reason: Annotated[str, typer.Option(help="Why it is purged; it is written down.")] = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List what waits of keys that nobody admitted, judge it anew or purge it."""
    if discard is not None and not reason.strip():
        _fail("--discard needs --reason")
    with _database(_settings(data_dir, database_url)) as db:
        if release is not None:
            with db.write() as connection:
                released, left = release_quarantine(connection, keys.the_key(connection, release))
            typer.echo(f"key {release}: {released} entries released, {left} left in quarantine")
        if discard is not None:
            why = display_text(reason, limit=300)
            with db.write() as connection:
                done = quarantine.discard(connection, discard, actor="sweep-server", reason=why)
            if done:
                db.scrub()
            typer.echo(f"key {discard}: {done} entries purged")
        if release is None and discard is None:
            with db.read() as connection:
                for item in quarantine.waiting(connection):
                    where = ", ".join(item.networks)
                    typer.echo(f"{item.key_id}: {item.entries} entries, {item.size} bytes, from {where}")


@app.command("add-user")
def add_user(
    username: str,
    display_name: Annotated[str, typer.Option(help="Pseudonym that goes into entries, such as 점검자-01.")],
    role: Annotated[str, typer.Option(help="admin, inspector or viewer.")] = "inspector",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Add a user and print a random password once."""
    roles: dict[str, Role] = {"admin": "admin", "inspector": "inspector", "viewer": "viewer"}
    if role not in roles:
        _fail(f"--role must be one of {', '.join(roles)}")
    password = auth.random_password()
    stored = auth.hashed(password)
    with _database(_settings(data_dir, database_url)) as db, db.write() as connection:
        auth.create_user(
            connection,
            username=username,
            display_name=display_text(display_name, limit=60),
            role=roles[role],
            password=stored,
            actor="sweep-server",
            is_one_time=True,
        )
    typer.echo(f"user: {username}   password: {password}   (shown once, to be changed at first login)")


@app.command("reset-password")
def reset_password(username: str, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Give a user a new random password, print it once, and switch the account on; its sessions end."""
    password = auth.random_password()
    stored = auth.hashed(password)
    with _database(_settings(data_dir, database_url)) as db, db.write() as connection:
        auth.set_password(connection, username, stored, actor="sweep-server", is_one_time=True)
    typer.echo(f"user: {username}   password: {password}   (shown once, to be changed at first login)")


@app.command("deactivate-user")
def deactivate_user(username: str, data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Switch an account off; its sessions end, and within a second its live pages too."""
    with _database(_settings(data_dir, database_url)) as db, db.write() as connection:
        auth.deactivate_user(connection, username, actor="sweep-server")
    typer.echo(f"user {username} is switched off")


def _settings(data_dir: Path | None, database_url: str | None, **options: object) -> Settings:
    return load_settings(_environment.get(), data_dir=data_dir, database_url=database_url, **options)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` once it is whole, readable by its owner only."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _database(settings: Settings) -> closing[Database]:
    return closing(build_services(settings).db)


def _note(
    db: Database, action: access_log.Action, object_id: str, shown: tuple[access_log.Shown, ...], reason: str
) -> None:
    """Write an access down before anything is read: what fails later was asked for all the same."""
    with db.write() as connection:
        access_log.note(connection, access_log.Reader.at_terminal(), action, object_id, shown, reason)


def _parse_key(text: str) -> tuple[str, bytes]:
    try:
        public = bytes.fromhex(text)
    except ValueError:
        public = b""
    if len(public) != keys.PUBLIC_KEY_BYTES:
        _fail("a public key is 64 hexadecimal digits")
    return key_id_of(public), public


def _fail(line: str) -> None:
    sys.stderr.write(f"sweep-server: {display_text(line, limit=400)}\n")
    raise SystemExit(2)


if __name__ == "__main__":
    main()
