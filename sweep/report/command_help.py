"""What a command line says of itself under `--help`, in the language that `SPOKEN` names.

Input is the commands of Typer with their English texts; output is the same help with the texts of `korean/help.toml` in
their place.  The catalogue is read when Korean help is asked for, not before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from sweep.phrases import Language
from sweep.report.sentences import catalogue

SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")
"""Set once by the entry point, from the locale."""
JOINER: Final = "\u2060"
"""Takes no place on a screen: after each character of two columns, it lets a line be measured by its length."""
HEADINGS: Final = (
    (re.compile(r"^(?:Usage|usage): ", re.MULTILINE), "사용법: "),
    (re.compile(r"^(?:Options|options):$", re.MULTILINE), "옵션:"),
    (re.compile(r"^Arguments:$", re.MULTILINE), "인수:"),
    (re.compile(r"^Commands:$", re.MULTILINE), "명령:"),
    (re.compile(r"\[default: "), "[기본값: "),
    (re.compile(r"\brequired\]"), "필수]"),
)


class SpokenCommand(TyperCommand):
    """A command whose help is in the language of the person."""

    def get_help(self, ctx: Any) -> str:  # a context of Typer's own copy of Click, which it does not show
        """The whole help text."""
        return _spoken(self, super().get_help, ctx)


class SpokenGroup(TyperGroup):
    """Commands whose help is in the language of the person."""

    def get_help(self, ctx: Any) -> str:  # a context of Typer's own copy of Click, which it does not show
        """The whole help text."""
        return _spoken(self, super().get_help, ctx)


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
    words = catalogue("help")
    paragraphs = (" ".join(one.split()) for one in text.split("\n\n"))
    return "\n\n".join(_measured(words.get(one, one)) for one in paragraphs)


def _measured(text: str) -> str:
    return "".join(c + JOINER if unicodedata.east_asian_width(c) in "WF" else c for c in text)


def headed(text: str) -> str:
    """A whole help text with its headings in Korean, as wide as it was meant to be."""
    for pattern, ko in HEADINGS:
        text = pattern.sub(ko, text)
    return text.replace(JOINER, "")
