"""What a command line says of itself under `--help`, in the language that `SPOKEN` names.

Input is the commands of Typer with their English texts and panels; output is the same help, plain and below headings,
with the texts of the catalogue `help.po` in their place and the examples of `examples.toml` at the end.  Both are read
when they are asked for, not before.
"""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from difflib import get_close_matches
from functools import cache
from importlib import resources
from io import StringIO
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from sweep.phrases import Language, Phrase, catalogue, words
from sweep.report.refusals import UsageRefused, is_of_path

if TYPE_CHECKING:
    from typer._click.core import Command
else:
    Command = object

SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")
"""Set once by the entry point, from the locale."""
JOINER: Final = "\u2060"
"""Takes no place on a screen: after each character of two columns, it lets a line be measured by its length."""
HEADINGS: Final = re.compile(
    r"^(?:[Uu]sage: |(?:[Oo]ptions|Arguments|Commands|Examples):$)|\[default:|required\]", re.MULTILINE
)
"""What Typer and `argparse` themselves say in a help text."""


class Explained(Command):
    """What commands and groups of them have in common: a first sentence, examples, and their language."""

    def get_help(self, ctx: Any) -> str:  # a context of Typer's own copy of Click, which it does not show
        """The whole help text."""
        return _folded(_spoken(self, super().get_help, ctx), ctx.make_formatter().width).replace("`", "'")

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002  a sentence that is cut says nothing
        """Its first sentence, whole, for the list of commands."""
        return _first_sentence(self.help or "")

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples: what to type, and what it does below it."""
        if found := examples_of(ctx.command_path.partition(" ")[2]):
            with formatter.section("Examples"):
                for line, ko, en in found:
                    formatter.write(f"{' ' * formatter.current_indent}{_broken(line, formatter.width - 2)}\n")
                    with formatter.indentation():
                        formatter.write_text(_measured(ko) if SPOKEN.get() == "ko" else en)


class SpokenCommand(Explained, TyperCommand):
    """A command whose help is in the language of the person."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises UsageRefused for what is left over, and for a file that this person must not read."""
        ctx.allow_extra_args = True
        try:
            left = super().parse_args(ctx, list(args))
        except TyperException as error:
            unreadable = [one for one in args if Path(one).exists() and not os.access(one, os.R_OK)]
            if not unreadable or not is_of_path(error):
                raise
            raise UsageRefused(Phrase("of_file", file=unreadable[0], why=Phrase("permission_denied"))) from None
        if left and not ctx.resilient_parsing:
            raise UsageRefused(Phrase("extra_arguments", arguments=" ".join(left)))
        return left


class SpokenGroup(Explained, TyperGroup):
    """Commands whose help is in the language of the person."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Raises UsageRefused for a command that is none."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = ", ".join(map(repr, get_close_matches(name, self.commands)))
            raise UsageRefused(
                Phrase("no_such_command_near", command=name, near=near)
                if near
                else Phrase("no_such_command", command=name)
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # as typer calls it
        """The commands below the headings of their panels, their names as wide everywhere."""
        panels: dict[str, list[tuple[str, str]]] = {}
        width = max(map(len, self.commands), default=0)
        for name, command in self.commands.items():
            panel = getattr(command, "rich_help_panel", None)
            rows = panels.setdefault(panel if isinstance(panel, str) else "Commands", [])
            rows.append((name.ljust(width), command.get_short_help_str()))
        for panel, rows in panels.items():
            with formatter.section(panel if SPOKEN.get() == "en" else in_help(panel)):
                formatter.write_dl(rows)


@cache
def _examples() -> dict[str, list[tuple[str, str, str]]]:
    text = (resources.files("sweep.report.help") / "examples.toml").read_text(encoding="utf-8")
    return {path: [(line, ko, en) for line, ko, en in told] for path, told in tomllib.loads(text).items()}


def examples_of(path: str) -> list[tuple[str, str, str]]:
    """Of the command of these words: what to type, and what it does in Korean and English."""
    return _examples().get(path, [])


def _broken(line: str, width: int) -> str:
    """A line to type as a shell takes it in several."""
    return " \\\n      ".join(wrap(line, width - 6, break_long_words=False, break_on_hyphens=False))


def _folded(text: str, width: int) -> str:
    """A help text whose long lists of choices go on below each other."""
    lines = []
    for line in text.splitlines():
        rest = line
        while len(rest) > width and (cut := rest.rfind("|", 0, width)) > 0:
            lines.append(rest[: cut + 1])
            rest = f"      {rest[cut + 1 :]}"
        lines.append(rest)
    return "\n".join(lines)


def _first_sentence(text: str) -> str:
    line = " ".join(text.partition("\n\n")[0].split())
    first, stop, _ = line.partition(". ")
    return first + stop.rstrip()


def _spoken(command: Command, get_help: Callable[[Any], str], ctx: Any) -> str:
    if SPOKEN.get() == "en":
        return get_help(ctx)
    helped: list[Any] = [command, *getattr(command, "commands", {}).values(), *command.get_params(ctx)]
    for one in helped:
        one.help = in_help(one.help)
    return headed(get_help(ctx))


def in_help(text: str | None) -> str | None:
    """The Korean of a text, paragraph by paragraph; what has none stays as it is."""
    if text is None:
        return None
    paragraphs = (" ".join(one.split()) for one in text.split("\n\n") if one.strip())
    return "\n\n".join(_measured(catalogue("ko", "help").gettext(one)) for one in paragraphs)


def _measured(text: str) -> str:
    return "".join(c + JOINER if unicodedata.east_asian_width(c) in "WF" else c for c in text)


@contextmanager
def installing(arguments: Sequence[str]) -> Iterator[None]:
    """What Typer says in English of a completion that it installed is said in the language of the person."""
    if "--install-completion" not in arguments:
        yield
        return
    try:
        with redirect_stdout(StringIO()):
            yield
    except SystemExit as ended:
        if not ended.code:
            print(words(Phrase("completion_installed"), SPOKEN.get()))
        raise


def headed(text: str) -> str:
    """A whole help text with its headings in Korean, as wide as it was meant to be."""
    return HEADINGS.sub(lambda said: catalogue("ko", "help").gettext(said[0]), text).replace(JOINER, "")
