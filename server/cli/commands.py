"""`sweep-server`: run the server and look after its database, keys and log from a terminal.

Exit code 0: done. 1: `verify` found problems. 2: bad usage or input, with one clear line on standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

import typer
from sqlalchemy.exc import DatabaseError
from typer.exceptions import TyperException

from server.backup import backups
from server.backup.snapshots import SnapshotError
from server.cli import (
    backup,
    certificate,
    documents,
    evidence_keys,
    facilities,
    field_weights,
    hotspot,
    keys,
    package,
    people,
    relay,
    root,
    schedule,
    serving,
    settings,
    witness,
)
from server.cli.base import ENVIRONMENT, end_with, fail, fail_of, said
from server.config.inspection_policy import PolicyError
from server.config.retention import RetentionError
from server.config.settings import SettingsError
from server.interface.errors import ApiError
from server.log.tiles import TreeError
from server.projections.log_records import ExportError
from server.store.crypto.body_keys import BodyKeysError
from server.store.faults import AwayError, BusyError, DiskFullError, NoRoomError, SchemaError
from server.verifier.command import AnchorError
from server.verifier.findings import PackageError
from server.witness.folder import MemoryLostError
from server.witness.witness_state import ResolveError
from sweep.host.interrupts import EXIT_STOPPED
from sweep.phrases import Phrase, words
from sweep.report import ContractError
from sweep.report.help.commands import SPOKEN, SpokenCommand, SpokenGroup, installing
from sweep.report.help.version import with_version
from sweep.report.language import language_of
from sweep.report.refusals import usage

EXPORTS: dict[str, Callable[..., None]] = {
    "entries": package.export_entries,
    "checkpoint": package.export_checkpoint,
    "log": documents.export_log,
    "timestamps": documents.export_timestamps,
    "access-log": documents.export_access_log,
    "statistics": documents.export_statistics,
    "analyst-copy": documents.export_analyst_copy,
}
"""Commands below `export`."""
EXPORT = typer.Typer(
    cls=SpokenGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Write the inspection log of a period, or the log of entries.",
)
GROUPS: dict[str, dict[str, Callable[..., None] | typer.Typer]] = {
    "Run the server": {
        "serve": serving.serve,
        "settings": settings.settings,
        "migrate": serving.migrate,
        "rebuild": serving.rebuild,
        "move-bodies": serving.move_bodies,
        "backup": backup.back_up,
        "restore": backup.restore,
        "hotspot": hotspot.hotspot,
        "certificate": certificate.app,
        "relay": relay.show_relay,
    },
    "Facilities": {
        "import-facilities": facilities.import_facilities,
        "undo-import": facilities.undo_import,
        "due": schedule.due,
    },
    "Accounts": {
        "add-user": people.add_user,
        "reset-password": people.reset_password,
        "enrolment-code": people.enrolment_code,
        "deactivate-user": people.deactivate_user,
    },
    "Probes and keys": {
        "enrol": keys.enrol,
        "keys": keys.list_keys,
        "revoke": keys.revoke,
        "replace": keys.replace,
        "quarantine": keys.show_quarantine,
        "sign-weights": field_weights.sign_weights,
        "rotate-key": keys.rotate_key,
        "root": root.app,
        "evidence-key": evidence_keys.app,
    },
    "Log and proof": {
        "export": EXPORT,
        "verify": package.verify_file,
        "witness": witness.witness,
        "retention": serving.retention,
    },
}
"""By task, in the order in which the help lists them."""
app = typer.Typer(
    cls=SpokenGroup,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=__doc__,
)
app.callback()(with_version)
for name, function in EXPORTS.items():
    EXPORT.command(name, cls=SpokenCommand)(function)
for heading, group in GROUPS.items():
    for name, command in group.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, rich_help_panel=heading)
        else:
            app.command(name, cls=SpokenCommand, rich_help_panel=heading)(command)

USAGE_ERRORS = (
    SettingsError,
    ContractError,
    ApiError,
    ExportError,
    RetentionError,
    PolicyError,
    AnchorError,
    PackageError,
    DiskFullError,
    NoRoomError,
    BusyError,
    AwayError,
    SchemaError,
    TreeError,
    BodyKeysError,
    MemoryLostError,
    ResolveError,
    SnapshotError,
    backups.BackupError,
    OSError,
)


def run(arguments: Sequence[str] | None, environment: Mapping[str, str]) -> None:
    """Run the command line; every expected failure is one line and exit code 2."""
    ENVIRONMENT.set(environment)
    language = language_of(environment)
    SPOKEN.set(language)
    try:
        with installing(sys.argv[1:] if arguments is None else arguments):
            code = app(arguments, prog_name="sweep-server", standalone_mode=False) or 0
        if code == EXIT_STOPPED:  # Typer's own for Ctrl-C
            end_with(said(Phrase("stopped")), code=code)
        sys.exit(code)
    except typer.Abort:
        end_with(said(Phrase("stopped")), code=EXIT_STOPPED)
    except TyperException as error:
        message = error.format_message()
        if "\n" in message:  # no arguments: the help text
            print(message)
        else:
            end_with(words(usage(error, help_of="sweep-server"), language), code=error.exit_code)
        raise SystemExit(error.exit_code) from None
    except USAGE_ERRORS as error:
        fail_of(error)
    except DatabaseError as error:
        fail("database_refuses", why=error.orig)
