"""The sweeps that a log as JSON lists, read one by one: a month of a large district is no reason to hold all of it.

Input are the octets of `{…, "sweeps": [{…}, …]}` in pieces; output is each sweep as it stands there, or ValueError with
one line.  Whatever another reader could take for something else is refused: a key that stands twice, what is no JSON,
anything before or behind it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from server.verifier.strict import no_constant, no_key_twice
from sweep.phrases import Phrase

MAX_VALUE = 256 * 1024  # guessed: characters of one sweep or of what stands beside the list; a sweep has 5,000
MAX_KEYS = 64  # guessed: beside the list; there are five
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(object_pairs_hook=no_key_twice, parse_constant=no_constant)


def listed_sweeps(pieces: Iterable[bytes]) -> Iterator[Any]:
    """What the list holds; ValueError as soon as it is no such log."""
    text, seen = _Text(pieces), set[str]()
    text.take("{")
    while True:
        name = text.value()
        if type(name) is not str or name in seen or len(seen) == MAX_KEYS:
            raise ValueError(Phrase("json_log_key_invalid"))
        seen.add(name)
        text.take(":")
        if name == "sweeps":
            yield from _items(text)
        else:
            text.value()
        if text.take(",}") == "}":
            break
    if "sweeps" not in seen or not text.is_over():
        raise ValueError(Phrase("json_log_without_sweeps"))


def _items(text: _Text) -> Iterator[Any]:
    text.take("[")
    if text.has("]"):
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return


class _Text:
    """Characters that come in pieces, of which only those that are needed are held."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = codecs.iterdecode(pieces, "utf-8")
        self._held, self._at = "", 0

    def has(self, wanted: str) -> bool:
        """Is the next character behind spaces one of these?"""
        return self._is_any() and self._held[self._at] in wanted

    def take(self, wanted: str) -> str:
        """The next character behind spaces, which must be one of these."""
        if not self.has(wanted):
            raise ValueError(Phrase("not_a_json_log"))
        self._at += 1
        return self._held[self._at - 1]

    def value(self) -> Any:
        """The next value."""
        self._is_any()
        tried, is_last = 0, False
        while True:
            held = len(self._held) - self._at
            if is_last or held >= 2 * tried:  # what comes in small pieces is tried a few times only
                tried = held
                try:
                    value, end = _DECODER.raw_decode(self._held, self._at)
                except (json.JSONDecodeError, RecursionError):
                    if is_last or held > MAX_VALUE:
                        raise ValueError(Phrase("not_json_or_too_large")) from None
                else:
                    if end - self._at > MAX_VALUE:
                        raise ValueError(Phrase("value_too_large"))
                    if is_last or end < len(self._held):
                        self._at = end
                        return value
            is_last = not self._more()

    def is_over(self) -> bool:
        """Is there nothing left but spaces?"""
        return not self._is_any()

    def _is_any(self) -> bool:
        """Is there anything behind the spaces?"""
        while True:
            self._at = _SPACE.match(self._held, self._at).end()  # type: ignore[union-attr]  # it always matches
            if self._at < len(self._held):
                return True
            if not self._more():
                return False

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._held, self._at = self._held[self._at :] + piece, 0
        return True
