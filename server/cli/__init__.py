"""`sweep-server`: run the server and look after its database, keys and log from a terminal (`commands`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from importlib import import_module

from sweep.host.installation import command_for
from sweep.host.interrupts import held
from sweep.host.loading import loading
from sweep.phrases import Phrase, words
from sweep.report.language import language_of


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> None:
    """Run the command line, that of this process by default; every expected failure is one line and exit code 2."""
    if "server.cli.commands" not in sys.modules:
        try:
            with loading(), held():
                import_module("server.cli.commands")
        except ModuleNotFoundError as error:
            if not error.name or error.name.partition(".")[0] in {"server", "sweep"}:
                raise
            told = Phrase("part_lacking", part=error.name, command=command_for("server"))
            print(f"sweep-server: {words(told, language_of(environment))}", file=sys.stderr)
            sys.exit(2)
    from server.cli.commands import run

    copy_context().run(run, arguments, environment)  # what is set for this command line ends with it
