"""Nothing that a file may hold brings the verifier down, and two implementations never disagree on whether it holds."""

from __future__ import annotations

from random import Random

import pytest

from tests.package_kit import WITNESS, a_log, checkpoint, pack, scoped
from tests.server.verifier.judges import both
from tests.server.verifier.mangler import flipped, mangled, signed_otherwise

FULL = 1_000


def count(number: int) -> object:
    return pytest.param(number, marks=pytest.mark.soak) if number == FULL else number


@pytest.mark.parametrize("number", [count(60), count(FULL)])
def test_every_flipped_bit_is_seen(number: int) -> None:
    book, random = a_log(), Random(number)
    files = [pack(scoped(book.lines, scope), scope=scope, witness=WITNESS) for scope in ("full", "city", "structure")]
    unseen = 0
    for turn in range(number):
        data = flipped(files[turn % 3], random)
        unseen += sum(not found for found in both(data))
    assert unseen == 0


@pytest.mark.parametrize("number", [count(100), count(FULL)])
def test_mangled_files_are_judged_alike(number: int) -> None:
    book, random = a_log(), Random(number)
    honest = checkpoint(book.lines)
    disagreements, held = [], 0
    for turn in range(number):
        data = mangled(book, random)
        given = honest if turn % 4 == 0 else None
        first, second = both(data, checkpoint=given)
        held += not first
        if bool(first) != bool(second):
            disagreements.append((turn, first[:3], second[:3]))
    assert disagreements == []
    assert held < number / 2


@pytest.mark.parametrize("number", [count(60), count(FULL)])
def test_statuses_that_one_derives_the_other_derives(number: int) -> None:
    book, random = a_log(), Random(number)
    disagreements, held = [], 0
    for turn in range(number):
        first, second = both(signed_otherwise(book, random))
        held += not first
        if bool(first) != bool(second):
            disagreements.append((turn, first[:3], second[:3]))
    assert disagreements == []
    assert held > number / 20


def test_files_that_are_no_packages() -> None:
    for data in (
        b"",
        b"\n",
        b"{}",
        b"[]\n",
        b"\xff\n",
        b"PK\x03\x04",
        b"[" * 100_000 + b"\n",
        b'{"ansim_log":1,"keys":[]}\n',
    ):
        first, second = both(data)
        assert (bool(first), bool(second)) == (True, True)
