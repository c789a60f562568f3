"""`settings`: what an operator may choose, each with its default and a sentence in the language of the locale."""

from __future__ import annotations

from pathlib import Path

import typer

from server.cli.base import ENVIRONMENT, print_words
from server.config.settings import ENVIRONMENT_PREFIX, Settings
from sweep.phrases import catalogue
from sweep.report.language import language_of

SERVER = Path(__file__).parent.parent


def settings() -> None:
    """List the settings of the server: environment variables, their defaults, and what each decides."""
    language = language_of(ENVIRONMENT.get())
    for name, field in Settings.model_fields.items():
        meaning = field.description or ""
        typer.echo(f"{ENVIRONMENT_PREFIX}{name.upper()}={shown(field.default)}")
        typer.echo(f"    {catalogue('ko', 'help').gettext(meaning) if language == 'ko' else meaning}")
    print_words("setting_unknown_is_refused")


def shown(default: object) -> str:
    """A default as it would be written down; a file of the package from its folder on, nothing for none."""
    if isinstance(default, Path) and default.is_relative_to(SERVER):
        return str(default.relative_to(SERVER.parent))
    return "" if default is None else str(default)
