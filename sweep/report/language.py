"""In which language a command speaks: by the locale, as other programs do; Korean where it is Korean, else English.

Input is the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from sweep.phrases import Language, Phrase, Spoken, words


def language_of(environment: Mapping[str, str]) -> Language:
    """The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as POSIX has it."""
    chosen = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "ko" if chosen.lower().startswith("ko") else "en"


def spoken(what: Phrase | Spoken | BaseException | str) -> str:
    """One line in the language of this process's locale."""
    return words(what, language_of(os.environ))
