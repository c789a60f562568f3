"""Signed notes: made as another library makes them, read back, and refused when a bit is another one."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sweep.entry import notes as n

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "tlog.json").read_text(encoding="utf-8"))
LOG_KEY = n.parse_verifier_key(GOLDEN["log_key"])
WITNESS_KEY = n.parse_verifier_key(GOLDEN["witness_key"])
NOTE: str = GOLDEN["note"]


def signer(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(GOLDEN[name]))


def test_the_note_is_made_as_another_library_made_it() -> None:
    head = n.Checkpoint(GOLDEN["origin"], 300, bytes.fromhex(GOLDEN["roots"]["300"]))
    line = n.sign_note(head.text, LOG_KEY, signer("seed").sign)
    cosigned = n.cosign(head.text, WITNESS_KEY, signer("witness_seed").sign, GOLDEN["witnessed_s"])
    assert f"{head.text}\n{line}{cosigned}" == NOTE
    assert str(LOG_KEY) == GOLDEN["log_key"]
    assert str(WITNESS_KEY) == GOLDEN["witness_key"]


def test_the_note_is_read_and_both_signatures_hold() -> None:
    head = n.open_checkpoint(NOTE, [LOG_KEY])
    assert (head.origin, head.size, head.root.hex()) == (GOLDEN["origin"], 300, GOLDEN["roots"]["300"])
    assert n.cosigned_at(n.parse_note(NOTE), WITNESS_KEY) == GOLDEN["witnessed_s"]


@given(st.integers(0, len(NOTE) - 1), st.integers(0, 6))
def test_a_note_with_another_bit_loses_a_signature(place: int, bit: int) -> None:
    flipped = NOTE[:place] + chr(ord(NOTE[place]) ^ (1 << bit)) + NOTE[place + 1 :]
    try:
        head = n.open_checkpoint(flipped, [LOG_KEY])
        witnessed = n.cosigned_at(n.parse_note(flipped), WITNESS_KEY)
    except n.NoteError:
        return
    assert head == n.open_checkpoint(NOTE, [LOG_KEY])
    assert witnessed is None  # its name or key hash is another one now


def test_lines_by_others_are_skipped() -> None:
    stranger = n.VerifierKey("stranger.example", n.ED25519, signer("witness_seed").public_key().public_bytes_raw())
    text = n.parse_note(NOTE).text
    both = NOTE + n.sign_note(text, stranger, signer("witness_seed").sign)
    assert n.open_checkpoint(both, [LOG_KEY]).size == 300
    with pytest.raises(n.NoteError, match="no key of this log"):
        n.open_checkpoint(both, [stranger])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a\n",
        "\n\n\u2014 a YWFhYWFh\n",
        "a\n\nb\n",
        "a\n\n\u2014 a YWFhYWFh",
        "a\n\n\u2014 a b\n",
        "a\x00\n\n\u2014 a YWFh\n",
    ],
    ids=range(8),
)
def test_what_is_no_note_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(n.NoteError) as caught:
        n.parse_note(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "\n1\nAAAA\n", "a\n1\nAAAA\n"], ids=range(5)
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(n.NoteError):
        n.parse_checkpoint(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (n.parse_note, n.parse_checkpoint, n.parse_verifier_key):
        with contextlib.suppress(n.NoteError):
            read(text)
