"""`sweep-server`: run the server and look after its database, keys and log from a terminal (`commands`)."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> None:
    """Run the command line, that of this process by default; every expected failure is one line and exit code 2."""
    is_first = "server.cli.commands" not in sys.modules
    if is_first:  # a sixth of starting is a search for garbage among what stays to the end
        gc.disable()
    from server.cli.commands import run

    if is_first:
        gc.freeze()
        gc.enable()
    run(arguments, environment)
