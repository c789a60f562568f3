"""Tables of sentences in Korean and English, by code.

The words stand in the catalogue (`sweep.phrases`), each table in a context of its own.  Values that go into a sentence
are numbers and contract text only; nothing that came from the air is ever put into one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sweep.phrases import LANGUAGES, catalogue

from .base import LocalText


class Sentence(NamedTuple):
    """One sentence or name in both languages; values may stand in it as `{name}`."""

    ko: str
    en: str

    def text(self, **values: str | float | LocalText) -> LocalText:
        """The sentence with its values, each in its language; raises KeyError for a missing one."""
        ko = {name: value.ko if isinstance(value, LocalText) else value for name, value in values.items()}
        en = {name: value.en if isinstance(value, LocalText) else value for name, value in values.items()}
        return LocalText(ko=self.ko.format(**ko), en=self.en.format(**en))


class Sentences(Mapping[str, Sentence]):
    """Sentences by code, each read from the catalogue when it is first asked for."""

    def __init__(self, context: str, codes: str) -> None:
        """`context`: of these in the catalogue; `codes` have spaces between."""
        self._context = context
        self._said: dict[str, Sentence | None] = dict.fromkeys(codes.split())

    def __getitem__(self, code: str) -> Sentence:
        said = self._said[code]
        if said is None:
            said = Sentence(*(catalogue(language).pgettext(self._context, code) for language in LANGUAGES))
            self._said[code] = said
        return said

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)
