"""In which language a command speaks: by the locale, as other programs do; Korean where it is Korean, else English.

Input is the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

from sweep.phrases import Language, Phrase, words


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


def language_of(environment: Mapping[str, str]) -> Language:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as POSIX has it."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "ko" if chosen.lower().startswith("ko") else "en"


def spoken(what: Said) -> str:
    """One line in the language of this process's locale."""
    language = language_of(os.environ)
    if isinstance(what, Phrase | BaseException | str):
        return words(what, language)
    return what.ko if language == "ko" else what.en
