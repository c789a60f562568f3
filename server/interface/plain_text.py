"""Text as a reader sees it: what two strings look like (UTS #39), and links behind other dots and letters.

Input is what a person wrote; output is a form to compare or to search, never one to show.  It is the only module that
uses ICU.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import icu

_LOOKS = icu.SpoofChecker()
_LOOKS.setRestrictionLevel(icu.URestrictionLevel.HIGHLY_RESTRICTIVE)
_NO_CHECK_FAILED = 0
_DOTS = str.maketrans({"。": ".", "‧": "."})
"""IDNA takes the first for a dot (UTS #46, section 2.3); NFKC has made the full-width and half-width ones these two."""
_TOP = "com|net|org|info|kr"
_SHORT = "biz|to|me|io|tv|cc|ly|gg|co|app|dev|xyz|site|link|live|club|top|shop|onion|jp|cn|ru|us"
"""Those that end a sentence's word too, so that a name in Latin letters has to stand before them."""
_LINK = re.compile(
    rf"\b[a-z][a-z0-9+.-]{{1,20}}:/{{1,2}}\S*|\bh(?:tt|xx)ps?:\S*|\bwww\.\S*|\bxn--\S*"
    rf"|\b(?:[\w-]+\.)+(?:{_TOP})(?![a-z0-9-])(?:[/:?#]\S*)?"
    rf"|(?<![a-z0-9-])[a-z0-9-]+(?:\.[\w-]+)*\.(?:(?:{_SHORT})(?![a-z0-9-])(?:[/:?#]\S*)?|[a-z]{{2,12}}/\S*)"
    rf"|\b(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}[/:]\S*",
    re.IGNORECASE,
)


def folded(text: str) -> str:
    """The text by NFKC, without what nobody sees, with plain dots, and Latin letters for those that look like them."""
    return "".join(letter for letter in _with_plain_letters(text) if letter.isascii() or not is_invisible(letter))


def has_link(text: str) -> bool:
    """Does a text lead to anything outside?"""
    return _LINK.search(folded(text)) is not None


def without_links(text: str, instead: str) -> str:
    """The text, with `instead` for each link; folded when there was one, and else as it was written."""
    for read in (_with_plain_letters, folded):  # what nobody sees stays where it hides no link: others make it visible
        cut, links = _LINK.subn(instead, read(text))
        text = cut if links else text
    return text


def is_invisible(character: str) -> bool:
    """Does this character leave no mark, as a zero-width space or a Hangul filler?"""
    return bool(icu.Char.hasBinaryProperty(character, icu.UProperty.DEFAULT_IGNORABLE_CODE_POINT))


def mixes_scripts(text: str) -> bool:
    """Does it mix scripts or digits as no writing does ("highly restrictive" of UTS #39), or stack marks?"""
    return bool(_LOOKS.check(text) != _NO_CHECK_FAILED)


def looks(text: str) -> frozenset[str]:
    """What a text looks like, with and without capitals; texts that share one look alike. Spaces do not count."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    return frozenset(str(_LOOKS.getSkeleton(0, one)) for one in (plain, plain.casefold()))


def unlike(names: Sequence[str]) -> int:
    """How many of these names look different."""
    found: list[frozenset[str]] = []
    for name in names:
        if not any(looks(name) & one for one in found):
            found.append(looks(name))
    return len(found)


def _with_plain_letters(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text).translate(_DOTS).replace("[.]", ".").replace("(.)", ".")
    return "".join(map(_latin, normal))


@lru_cache(maxsize=4096)
def _latin(character: str) -> str:
    look = character if character.isascii() else str(_LOOKS.getSkeleton(0, character))
    return look if look.isascii() and look.isalnum() else character
