"""What the parsers of the command lines refuse, as a phrase: by the class of their error and what it names.

Input is an error of Typer; output is a phrase that names the option and where help is.  What a parser alone knows is
quoted as it says it.  Nothing here prints.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from typer.exceptions import TyperException

from sweep.phrases import Phrase, phrase_of, quote
from sweep.report.problems import problem


class UsageRefused(TyperException):
    """A command line that one of ours refuses."""

    exit_code = 2

    def __init__(self, phrase: Phrase) -> None:
        super().__init__(str(phrase))
        self.args = (phrase,)


def usage(error: TyperException, *, help_of: str) -> Phrase:
    """What is wrong with a command line.  `help_of`: the program or command whose help says more."""
    return Phrase("usage_refused", why=_wrong_in(error), command=help_of)


def is_of_path(error: Any) -> bool:
    """Whether it is about a file or folder: no parameter asks more of one than that it can be read."""
    kind = _kind_of(error)
    return isinstance(kind, type) and issubclass(kind, Path)


def _kind_of(error: Any) -> object:
    """Of the value that a parameter takes; None where it is about none."""
    param = getattr(error, "param", None)  # of Typer's own copy of Click
    return None if param is None else getattr(param.get_runtime_param(), "annotation", None)


def _wrong_in(error: Any) -> Phrase:  # the classes of its errors Typer does not show
    match type(error).__name__:
        case "UsageRefused":
            return phrase_of(error)
        case "NoSuchOption" if error.possibilities:
            return Phrase("no_such_option_near", option=error.option_name, near=", ".join(sorted(error.possibilities)))
        case "NoSuchOption":
            return Phrase("no_such_option", option=error.option_name)
        case "MissingParameter" if error.param is not None and error.param.param_type_name == "option":
            return Phrase("option_missing", option=error.param.get_error_hint())
        case "MissingParameter" if error.param is not None:
            return Phrase("argument_missing", argument=error.param.get_error_hint())
        case "BadOptionUsage":
            return _wrong_use(error)
        case "BadParameter" if error.param is not None:
            return Phrase("parameter_invalid", name=error.param.get_error_hint(), why=_wrong_value(error))
        case _:
            return Phrase("usage_as_told", text=quote(error.format_message()).rstrip("."))


def _wrong_use(error: Any) -> Phrase:
    """An option without its value, or with one that it does not take."""
    options = [one for one in error.ctx.command.params if error.option_name in one.opts] if error.ctx else []
    if any(one.is_flag for one in options):
        return Phrase("option_takes_no_value", option=error.option_name)
    return Phrase("option_needs_value", option=error.option_name)


def _wrong_value(error: Any) -> Phrase | str:
    if is_of_path(error):
        return Phrase("permission_denied")
    kind = _kind_of(error)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Phrase("must_be_one_of", choices=", ".join(str(one.value) for one in kind))
    if isinstance(error.__cause__, ValidationError):
        why = problem(error.__cause__.errors(include_url=False, include_input=False)[0])
        return why.rstrip(".") if isinstance(why, str) else why
    return quote(error.message).rstrip(".")
