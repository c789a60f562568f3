"""Passwords as they are stored, at a thousandth of what a real hash costs whoever makes or checks it.

An account made with one logs in at once; a real one takes a sixth of a second of a processor each time (measured), and
hundreds of tests log in.  What a real hash is like is tested where passwords are: `tests/server/people`.
"""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from server.people import auth

REAL_HASH = PasswordHash.hash
"""What a server hashes with, for a test that holds it to what it costs."""
_QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


def hash_quickly(_: PasswordHash, password: str) -> str:
    """In the place of `PasswordHash.hash`: a server takes it as it takes any, for the hash says how it was made."""
    return REAL_HASH(_QUICK, password)


def quick_hash(password: str) -> auth.HashedPassword:
    """A password hashed in a moment."""
    return auth.HashedPassword(hash_quickly(_QUICK, password))
