"""How persons were identified who answer for an entry, so that its reader can weigh it."""

from __future__ import annotations

from typing import Literal

from .base import Record

FirstWay = Literal["password", "code", "passkey", "single_sign_on"]
"""How the first person had logged in; `code`: by a password and a second factor; `single_sign_on`: the city's own."""
SecondWay = Literal["password", "code", "passkey", "pin", "badge_pin"]
"""How the second one agreed, on the first one's phone; `badge_pin`: by a badge and the PIN of whom it names."""


class Identified(Record):
    """How each of two persons was identified."""

    first: FirstWay
    second: SecondWay
