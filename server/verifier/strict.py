"""JSON and base64 as the log writes them, and nothing that merely means the same.

Input are bytes from outside; output are plain values, or ValueError with one line.  Structure is counted before
anything is built from it, so that a line of brackets costs no memory.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any, TypeGuard

from sweep.phrases import Phrase

MAX_VALUES = 8_192  # derived: 256 bodies in the two lists of a line, or a purge of 2,000 ranges, and as much again

MAX_DEPTH = 32  # derived: an envelope has 3, and some


def read_json(data: bytes, *, max_bytes: int) -> Any:
    """The value in UTF-8 JSON; ValueError for a key that stands twice, NaN, or too much of anything."""
    if len(data) > max_bytes:
        raise ValueError(Phrase("bytes_more_than_allowed", octets=len(data), most=max_bytes))
    brackets = data.count(b"[") + data.count(b"{")
    if data.count(b",") + brackets > MAX_VALUES or data.count(b'"') > 4 * MAX_VALUES:
        raise ValueError(Phrase("too_much_structure"))
    try:
        value = json.loads(data.decode(), object_pairs_hook=no_key_twice, parse_constant=no_constant)
    except UnicodeDecodeError:
        raise ValueError(Phrase("not_utf8")) from None
    except json.JSONDecodeError:
        raise ValueError(Phrase("not_json")) from None
    except RecursionError:
        raise ValueError(Phrase("nested_too_deeply")) from None
    if brackets > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise ValueError(Phrase("nested_too_deeply"))
    return value


def read_exact(data: bytes, *, max_bytes: int) -> Any:
    """`read_json` of bytes that are exactly what Python's `json.dumps` writes without spaces; else ValueError."""
    if not data.isascii():  # found out before it is built: one rare character takes four bytes for each of the others
        raise ValueError(Phrase("json_not_canonical"))
    value = read_json(data, max_bytes=max_bytes)
    if write_exact(value) != data:
        raise ValueError(Phrase("json_not_canonical"))
    return value


def write_exact(value: Any) -> bytes:
    """The one way in which a package writes a value."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def read_base64(text: object, *, max_bytes: int) -> bytes:
    """Bytes in standard base64 with padding, written as the encoder writes them; else ValueError."""
    if type(text) is not str or len(text) > max_bytes * 4 // 3 + 4:
        raise ValueError(Phrase("not_base64_or_too_large"))
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError(Phrase("not_base64")) from None
    if len(raw) > max_bytes or base64.b64encode(raw).decode() != text:
        raise ValueError(Phrase("base64_not_canonical"))
    return raw


def is_index(value: object) -> TypeGuard[int]:
    """Is it a number that may be an index, a size or a time in milliseconds?"""
    return type(value) is int and 0 <= value < 2**53


def _is_deeper(value: object, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [child for one in level for child in _children(one)]
    return any(type(one) in (list, dict) for one in level)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; ValueError when a key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(Phrase("a_key_stands_twice"))
    return found


def no_constant(name: str) -> Any:
    """ValueError for NaN and Infinity."""
    raise ValueError(Phrase("value_not_a_number", given=name))
