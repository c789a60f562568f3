"""What the commands of `sweep-server` share: settings, files that appear whole, refusals in one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer

from server.api.app import build_services
from server.config.settings import Settings, load_settings
from server.people import access_log
from server.signing import keys
from server.store.db import Database
from server.store.faults import whole_file
from sweep.entry.dsse import key_id_of
from sweep.phrases import Phrase, Spoken, words
from sweep.report import display_text
from sweep.report.language import fitted, language_of

ENVIRONMENT: ContextVar[Mapping[str, str]] = ContextVar("environment")
NO_REASON = "(명령줄, 사유 없음)"
DataDir = Annotated[Path | None, typer.Option(help="Folder of database and keys (ANSIM_DATA_DIR).")]
DatabaseUrl = Annotated[str | None, typer.Option(help="SQLAlchemy URL (ANSIM_DATABASE_URL).")]


def settings_of(data_dir: Path | None, database_url: str | None, **options: object) -> Settings:
    """Settings from the environment and the options; raises SettingsError."""
    return load_settings(ENVIRONMENT.get(), data_dir=data_dir, database_url=database_url, **options)


def kept_settings(data_dir: Path | None, database_url: str | None) -> Settings:
    """Those of commands that read or change what is there: a mistyped folder, or none, begins no second server."""
    settings = settings_of(data_dir, database_url)
    if not settings.data_dir.is_dir():
        fail("data_folder_missing", folder=settings.data_dir)
    return settings


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` once it is whole, readable by its owner only."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # a person knows the file, not its part
    with whole_file(part, path):
        with os.fdopen(descriptor, "w+b") as file:
            yield file
        part.replace(path)


def note_access(
    db: Database, action: access_log.Action, object_id: str, shown: tuple[access_log.Shown, ...], reason: str
) -> None:
    """Write an access down before anything is read: what fails later was asked for all the same."""
    with db.write() as connection:
        access_log.note(connection, access_log.Reader.at_terminal(), action, object_id, shown, reason)


def parse_key(text: str) -> tuple[str, bytes]:
    """(key id, key) of 64 hexadecimal digits; ends with one line for anything else."""
    try:
        public = bytes.fromhex(text)
    except ValueError:
        public = b""
    if len(public) != keys.PUBLIC_KEY_BYTES:
        fail("public_key_not_64_digits")
    return key_id_of(public), public


def database_of(settings: Settings, *, may_be_newer: bool = False) -> closing[Database]:
    """The database of these settings, migrated, with the keys of its bodies; closed when the block ends."""
    return closing(build_services(settings, may_be_newer=may_be_newer).db)


def fail(code: str, /, **values: object) -> NoReturn:
    """End with the sentence of a code (`sweep.phrases`) on standard error and exit code 2."""
    end_with(said(Phrase(code, **values)))


def print_words(code: str, /, **values: object) -> None:
    """Say the words of a code on standard output, in the language of the locale."""
    say(Phrase(code, **values))


def say(what: Phrase | Spoken | str) -> None:
    """The same of what has words already."""
    typer.echo(fitted(said(what), sys.stdout))


def said(what: Phrase | Spoken | str) -> str:
    """It in the language of the locale."""
    return words(what, language_of(ENVIRONMENT.get()))


def fail_of(error: Exception) -> NoReturn:
    """End with what an error says, in one line on standard error, and exit code 2."""
    end_with(words(error, language_of(ENVIRONMENT.get())))


def end_with(line: str, *, code: int = 2) -> NoReturn:
    """End with one line on standard error and this exit code."""
    whole = f"sweep-server: {display_text(line, limit=400)}"
    sys.stderr.write(f"{fitted(whole, sys.stderr)}\n")
    raise SystemExit(code)
