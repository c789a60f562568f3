"""`sweep-server`: run the server and look after its database, keys and log from a terminal (`commands`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from importlib import import_module

from sweep.host.loading import loading


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> None:
    """Run the command line, that of this process by default; every expected failure is one line and exit code 2."""
    if "server.cli.commands" not in sys.modules:
        with loading():
            import_module("server.cli.commands")
    from server.cli.commands import run

    copy_context().run(run, arguments, environment)  # what is set for this command line ends with it
