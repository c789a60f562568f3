"""Passwords as they are stored, at a thousandth of what a real hash costs whoever makes or checks it.

An account made with one logs in at once; a real one takes a sixth of a second of a processor each time (measured), and
hundreds of tests log in.  What a real hash is like is tested where passwords are: `tests/server/people`.
"""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from server.people import auth


def quick_hash(password: str) -> auth.HashedPassword:
    """A password hashed in a moment: a server takes it as it takes any, for the hash says how it was made."""
    return auth.HashedPassword(PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(password))
