"""A photograph as it comes in: an age file for just so many keys, of just the size that was declared.

Input are bytes that nobody here can open; output is how many recipients they have and how large the picture in them is,
or an ApiError 400 that says what to do.  Who the recipients are an age file does not tell: they are counted.  A picture
that was not sealed is refused and never sealed here: then it has left the phone in the open.  Format:
age-encryption.org/v1 (C2SP age.md): header lines, a MAC, a nonce, chunks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from server.interface.errors import ApiError, invalid

MAX_SEALED_BYTES = 1024 * 1024  # derived: a JPEG of 1,600 pixels at quality 0.85 took at most 0.6 MB in trials
MAX_HEADER_BYTES = 16 * 1024  # derived: a recipient takes about 120 bytes, and there are at most 16
VERSION_LINE = b"age-encryption.org/v1\n"
CHUNK = 64 * 1024
TAG = 16
NONCE = 16
PICTURES = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*", b"\x00\x00\x00")
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n((?:-> [!-~]+(?: [!-~]+)*\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)+)"
    rb"--- [A-Za-z0-9+/]{43}\n"
)
_STANZA = re.compile(rb"^-> ([!-~]+)", re.MULTILINE)


class SealedPhoto(NamedTuple):
    """What can be told of a sealed photograph without opening it."""

    recipients: int
    plain_size: int
    """Bytes of the picture inside."""


def read_sealed(data: bytes) -> SealedPhoto:
    """Read the header of an age file; ApiError 400 for anything else, first of all for a picture in the open."""
    if data.startswith(PICTURES):
        raise invalid(
            "the photograph is not sealed; seal it on the phone to the evidence officers' keys and send only that",
            ko="봉인되지 않은 사진이라 저장하지 않았습니다. 휴대전화에서 증거담당자의 키로 봉인한 것만 받습니다",
            code="photo_not_sealed",
        )
    header = _HEADER.match(data[:MAX_HEADER_BYTES])
    if header is None:
        raise _no_age("no age file (age-encryption.org/v1)")
    # writers may add stanzas of a random name that mean nothing, so that readers stay used to unknown ones
    kinds = [kind for kind in _STANZA.findall(header[1]) if not kind.endswith(b"-grease")]
    if set(kinds) != {b"X25519"}:
        raise _no_age("sealed to something else than evidence officers' keys (X25519)")
    payload = len(data) - header.end() - NONCE
    chunks = -(-payload // (CHUNK + TAG))
    plain_size = payload - chunks * TAG
    if payload < TAG or plain_size <= 0:
        raise _no_age("cut off, or nothing in it")
    return SealedPhoto(len(kinds), plain_size)


def too_large() -> ApiError:
    """The refusal of a photograph beyond the bound."""
    return ApiError(
        413,
        "photo_too_large",
        "사진이 너무 큽니다. 휴대전화의 페이지로 다시 촬영하십시오",
        f"the photograph has more than {MAX_SEALED_BYTES} bytes; take it again with the page",
    )


def _no_age(why: str) -> ApiError:
    return invalid(
        f"sealed: {why}; seal it again with the page",
        ko="봉인이 올바르지 않습니다. 다시 촬영하십시오",
        code="photo_not_sealed",
    )
