"""In which language a command speaks: by the locale, as other programs do; Korean where it is Korean, else English.

Input is the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Protocol, TextIO

from sweep.phrases import LANGUAGES, Language, Phrase, words


class InBoth(Protocol):
    """What stands there in both languages: a text of the contract, a sentence of a table."""

    @property
    def ko(self) -> str:
        """Korean."""

    @property
    def en(self) -> str:
        """English."""


Said = Phrase | InBoth | BaseException | str
"""What can be said in one line; a text stays as it is."""


PLAIN: Final = ("C", "POSIX")


def language_of(environment: Mapping[str, str]) -> Language:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set, as POSIX has it; LANGUAGE before it, as gettext has it.

    LANGUAGE counts unless that first one is plain C or POSIX; also beside C.UTF-8, the locale of containers and small
    images, and beside none at all: who sets LANGUAGE=ko wants Korean.
    """
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    listed = [] if chosen in PLAIN else environment.get("LANGUAGE", "").lower().split(":")
    first = next((one for one in listed if one.startswith(LANGUAGES)), chosen.lower())
    return "ko" if first.startswith("ko") else "en"


def fitted(text: str, stream: TextIO) -> str:
    """A text as its reader gets it: wrapped between words on a terminal, and as it is in a pipe or a file."""
    if not stream.isatty():
        return text
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream)
    lines = [line for one in text.splitlines() for line in Text(one).wrap(console, console.width)]
    return "\n".join(line.plain.rstrip() for line in lines)


def spoken(what: Said) -> str:
    """One line in the language of this process's locale."""
    language = language_of(os.environ)
    if isinstance(what, Phrase | BaseException | str):
        return words(what, language)
    return what.ko if language == "ko" else what.en
