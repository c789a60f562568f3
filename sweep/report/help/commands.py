"""What a command line says of itself under `--help`, in the language that `SPOKEN` names.

Input is the commands of Typer with their English texts; output is the same help with the texts of the catalogue
`help.po` in their place.  It is read when Korean help is asked for, not before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextvars import ContextVar
from difflib import get_close_matches
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from sweep.phrases import Language, Phrase, catalogue
from sweep.report.refusals import UsageRefused

SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")
"""Set once by the entry point, from the locale."""
JOINER: Final = "\u2060"
"""Takes no place on a screen: after each character of two columns, it lets a line be measured by its length."""
HEADINGS: Final = re.compile(
    r"^(?:[Uu]sage: |(?:[Oo]ptions|Arguments|Commands):$)|\[default: |required\]", re.MULTILINE
)
"""What Typer and `argparse` themselves say in a help text."""


class SpokenCommand(TyperCommand):
    """A command whose help is in the language of the person."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises UsageRefused for what is left over."""
        ctx.allow_extra_args = True
        left = super().parse_args(ctx, args)
        if left and not ctx.resilient_parsing:
            raise UsageRefused(Phrase("extra_arguments", arguments=" ".join(left)))
        return left

    def get_help(self, ctx: Any) -> str:  # a context of Typer's own copy of Click, which it does not show
        """The whole help text."""
        return _spoken(self, super().get_help, ctx)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002  a sentence that is cut says nothing
        """Its first sentence, whole, for the list of commands."""
        return _first_sentence(self.help or "")


class SpokenGroup(TyperGroup):
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

    def get_help(self, ctx: Any) -> str:  # a context of Typer's own copy of Click, which it does not show
        """The whole help text."""
        return _spoken(self, super().get_help, ctx)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002  a sentence that is cut says nothing
        """Its first sentence, whole, for the list of commands."""
        return _first_sentence(self.help or "")


def _first_sentence(text: str) -> str:
    line = " ".join(text.partition("\n\n")[0].split())
    first, stop, _ = line.partition(". ")
    return first + stop.rstrip()


def _spoken(command: TyperCommand | TyperGroup, get_help: Callable[[Any], str], ctx: Any) -> str:
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


def headed(text: str) -> str:
    """A whole help text with its headings in Korean, as wide as it was meant to be."""
    return HEADINGS.sub(lambda said: catalogue("ko", "help").gettext(said[0]), text).replace(JOINER, "")
