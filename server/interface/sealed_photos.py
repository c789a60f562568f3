"""A photograph as it comes in: an age file for just so many keys, of just the size that was declared.

Input are bytes that nobody here can open; output is how many recipients they have and how large the picture in them is,
or an ApiError 400 that says what to do.  Who the recipients are an age file does not tell: they are counted.  A picture
that was not sealed is refused and never sealed here: then it has left the phone in the open.  Format:
age-encryption.org/v1 (C2SP age.md): header lines, a MAC, a nonce, chunks.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from server.interface.errors import ApiError, invalid
from sweep.phrases import Phrase

MAX_SEALED_BYTES = 1024 * 1024  # derived: a JPEG of 1,600 pixels at quality 0.85 took at most 0.6 MB in trials
MAX_HEADER_BYTES = 16 * 1024  # derived: a recipient takes about 120 bytes, and there are at most 16
VERSION_LINE = b"age-encryption.org/v1\n"
CHUNK = 64 * 1024
TAG = 16
NONCE = 16
PICTURES = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*", b"\x00\x00\x00")
_BASE64 = rb"[A-Za-z0-9+/]"
_KEY = rb"-> X25519 " + _BASE64 + rb"{43}\n" + _BASE64 + rb"{43}\n"
# Writers may add a stanza of a random name that means nothing, so that readers stay used to unknown ones; a longer one
# than theirs would hold something.
_GREASE = rb"-> [!-~]{1,32}-grease(?: [!-~]{1,32}){0,4}\n(?:" + _BASE64 + rb"{64}\n){0,3}" + _BASE64 + rb"{0,63}\n"
_HEADER = re.compile(rb"age-encryption\.org/v1\n((?:" + _KEY + rb")+)(?:" + _GREASE + rb")?--- " + _BASE64 + rb"{43}\n")
_OTHER_KEY = re.compile(rb"^-> (?!X25519 )[!-~]*(?<!-grease)(?: |\n)", re.MULTILINE)
_IN_THE_OPEN = re.compile(
    rb"\xff\xd8\xff[\xc0\xc4\xdb\xe0\xe1\xfe]\x00|\x89PNG\r\n\x1a\n|GIF8[79]a[\x00-\xff]{3}\x00|JFIF\x00\x01|Exif\x00\x00|ftyp(?:heic|heix|mif1|avif|isom|mp42)"
    rb"|RIFF[\x00-\xff]{4}WEBP|<svg[ >]|<html[ >]|<script|PK\x03\x04[\x00-\xff]\x00"
)
"""What pictures, and files in pictures, begin with; by chance in one of 10,000 sealed files of a MiB, sealed anew."""
PIECE = 16 * 1024
LEAST = 2 * 1024  # derived: eight of each octet, below which chi-square is none
MAX_UNEVENNESS = (
    600  # derived: chi-square with 255 degrees of freedom, 15 deviations above its mean; JPEG has thousands
)


class SealedPhoto(NamedTuple):
    """What can be told of a sealed photograph without opening it."""

    recipients: int
    plain_size: int
    """Bytes of the picture inside."""


def read_sealed(data: bytes) -> SealedPhoto:
    """Read the header of an age file; ApiError 400 for anything else, first of all for a picture in the open."""
    if data.startswith(PICTURES):
        raise _in_the_open()
    header = _HEADER.match(data[:MAX_HEADER_BYTES])
    if header is None:
        if data.startswith(VERSION_LINE) and _OTHER_KEY.search(data[:MAX_HEADER_BYTES]):
            raise _no_age(Phrase("sealed_to_other_keys"))
        raise _no_age(Phrase("not_an_age_file"))
    recipients = header[1].count(b"-> X25519 ")
    payload = len(data) - header.end() - NONCE
    chunks = -(-payload // (CHUNK + TAG))
    plain_size = payload - chunks * TAG
    if payload < TAG or plain_size <= 0:
        raise _no_age(Phrase("age_file_cut_off"))
    if _is_in_the_open(data[header.end() :]):
        raise _in_the_open()
    return SealedPhoto(recipients, plain_size)


def _is_in_the_open(payload: bytes) -> bool:
    """Does part of it stand there unsealed?  What is sealed looks like noise from its first octet to its last."""
    whole = (payload[start : start + PIECE] for start in range(0, len(payload) - PIECE + 1, PIECE))
    pieces = (piece for piece in (*whole, payload[-PIECE:]) if len(piece) >= LEAST)
    return _IN_THE_OPEN.search(payload) is not None or any(_unevenness(piece) > MAX_UNEVENNESS for piece in pieces)


def _unevenness(piece: bytes) -> float:
    """Chi-square of how often each octet occurs against all being as frequent."""
    expected = len(piece) / 256
    return sum(count * count for count in Counter(piece).values()) / expected - len(piece)


def too_large() -> ApiError:
    """The refusal of a photograph beyond the bound."""
    return ApiError(413, Phrase("photo_too_large", most=MAX_SEALED_BYTES))


def _in_the_open() -> ApiError:
    return invalid(Phrase("photo_unsealed"), code="photo_not_sealed")


def _no_age(why: Phrase) -> ApiError:
    return invalid(Phrase("photo_seal_invalid", why=why), code="photo_not_sealed")
