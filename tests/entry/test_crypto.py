"""Points of small order, for which anybody can sign, are told apart from keys."""

from __future__ import annotations

import random

from sweep.entry.crypto import SigningKey, has_small_order, is_signature
from tests import log_verifier

P = 2**255 - 19


def test_the_list_is_that_of_the_curve() -> None:
    spelled = [bytes.fromhex(text) for text in _spellings()]
    assert len(spelled) == 14, "seven values of y, with either sign of x"
    assert all(has_small_order(one) and log_verifier.has_small_order(one) for one in spelled)
    chance = random.Random(8)
    for _ in range(200):
        one = chance.randbytes(32)
        assert not has_small_order(one) and not log_verifier.has_small_order(one)
    assert not has_small_order(SigningKey(bytes(32)).public_key)


def test_anybody_can_sign_for_the_identity() -> None:
    identity = bytes((1,)) + bytes(31)
    assert has_small_order(identity)
    assert is_signature(identity, identity + bytes(32), b"whatever")


def _spellings() -> list[str]:
    """Every y below 2^255 that stands for a point whose order divides 8, with either sign of x."""
    half = [
        int.from_bytes(bytes.fromhex(text), "little")
        for text in (
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        )
    ]
    values = [y + more for y in (0, 1, P - 1, *half) for more in (0, P) if y + more < 2**255]
    return [(y | sign << 255).to_bytes(32, "little").hex() for y in values for sign in (0, 1)]
