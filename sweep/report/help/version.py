"""`--version` of both command lines: the release that is installed."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer


def _say(ctx: typer.Context, is_asked: bool) -> None:
    if is_asked:
        print(f"{ctx.info_name} {version('ansim-sweep')}")
        raise typer.Exit


def with_version(
    _version: Annotated[
        bool, typer.Option("--version", callback=_say, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A command line that can say which release it is of."""
