"""How much structure JSON may have, told from the bytes before anything is built from them.

A megabyte of `{},` becomes a hundred megabytes of objects, so a bound on bytes alone is none.  Input are the bytes; the
answer is nothing, or a ValueError with one line.  It does not parse: what it lets pass may still be malformed.
"""

from __future__ import annotations

import re

from sweep.phrases import Phrase

MAX_VALUES = 500_000  # derived: four times the largest report foreseen, 1.5 MB at 14 bytes a value (measured)
MAX_DEPTH = 32  # derived: twice the deepest record, a report's evidence of a finding, and some

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[]{}",\\'))
_STRING = re.compile(rb'"(?:\\.|[^"\\])*"')


def check_structure(data: bytes, *, max_values: int = MAX_VALUES, max_depth: int = MAX_DEPTH) -> None:
    """Raise ValueError for more than `max_values` values or nesting deeper than `max_depth` (twice that may pass).

    Commas and brackets inside texts are counted as if they were values: the bound is far above what texts hold.
    """
    quotes_per_value = 4  # of a key and a text
    structure = data.translate(None, _NOT_STRUCTURE)
    if structure.count(b",") + structure.count(b"[") + structure.count(b"{") > max_values or (
        structure.count(b'"') > quotes_per_value * max_values
    ):
        raise ValueError(Phrase("too_many_values", most=max_values))
    brackets = structure.translate(None, b",")
    if b"\\" not in brackets:
        brackets = brackets.replace(b'""', b"")  # texts without brackets; any quote that is left belongs to one with
    if b'"' in brackets:
        brackets = _STRING.sub(b"", data).translate(None, _NOT_STRUCTURE + b",")
    for _ in range(max_depth):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return
    raise ValueError(Phrase("nested_too_deep_or_open", most=max_depth))
