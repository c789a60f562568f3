"""The store of keys on disk: what survives a crash, who notices a change, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.store.crypto import body_keys as module
from server.store.crypto.body_keys import BLOCK, BodyKeys, BodyKeysError, overwrite_and_unlink
from server.store.crypto.sealing import COMPRESSED_FROM_BYTES, SealError, open_body, open_text, seal_body, seal_text
from sweep.entry.envelope import make_body
from tests.server.body_opener import open_sealed, read_store
from tests.server.body_opener import open_text as open_text_by_page
from tests.server.conftest import keys_in


@pytest.fixture
def keys(tmp_path: Path) -> BodyKeys:
    made = keys_in(tmp_path)
    made.create()
    return made


def test_slots_are_given_out_once_by_several_processes(keys: BodyKeys, tmp_path: Path) -> None:
    other, taken = keys_in(tmp_path), list[int]()
    for count in (3, BLOCK, 1, 2 * BLOCK + 1):
        taken += keys.take(count)
        taken += other.take(2)
    taken += keys_in(tmp_path).take(5)  # a restart leaves the rest of its block unused
    assert len(set(taken)) == len(taken)
    assert read_store(*keys.read_files()).reserved % BLOCK == 0


def test_what_one_process_destroys_the_other_cannot_open(keys: BodyKeys, tmp_path: Path) -> None:
    other = keys_in(tmp_path)
    first, second = keys.take(2)
    before = other.seed(first), other.seed(second)
    assert None not in before
    keys.destroy([(first, first + 1)])
    for store in (keys, other, keys_in(tmp_path)):
        assert (store.seed(first), store.seed(second)) == (None, before[1])
        assert (store.holds(first), store.times_destroyed) == (False, 1)
    opened = read_store(*keys.read_files())
    assert (opened.name, opened.seed(first), opened.seed(second)) == (keys.store_id, None, before[1])


def test_a_block_that_another_process_cleared_away_is_left(keys: BodyKeys, tmp_path: Path) -> None:
    keys.take(1)
    first, end = keys.unused
    keys_in(tmp_path).destroy([(first, end)])
    assert keys.seed(keys.take(1)[0]) is not None


@pytest.mark.parametrize("step", ["write", "link", "replace", "overwrite"])
def test_a_crash_leaves_the_old_store_or_the_new_one(
    keys: BodyKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (slot,) = keys.take(1)
    old = keys.path.read_bytes()

    def crash(*_: object) -> None:
        raise KeyboardInterrupt(step)

    with monkeypatch.context() as patch:
        if step == "write":
            patch.setattr(os, "fsync", crash)
        elif step == "link":
            patch.setattr(os, "link", crash)
        elif step == "replace":
            patch.setattr(Path, "replace", crash)
        else:
            patch.setattr(module, "overwrite_and_unlink", crash)
        with pytest.raises(KeyboardInterrupt):
            keys.destroy([(slot, slot + 1)])
    again = keys_in(tmp_path)
    assert again.holds(slot) is (step != "overwrite")
    again.destroy([(slot, slot + 1)])
    assert not again.holds(slot)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["bodies.key", "bodies.keys"]
    assert old not in {path.read_bytes() for path in tmp_path.iterdir()}


def test_a_file_is_overwritten_where_it_lies(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"secret" * 1_000)
    os.link(file, link)
    overwrite_and_unlink(file)
    assert not file.exists()
    assert link.read_bytes() == bytes(6_000)
    overwrite_and_unlink(file)


def test_what_cannot_be_used_says_so_in_one_line(keys: BodyKeys, tmp_path: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    with pytest.raises(BodyKeysError, match="there already"):
        keys.create()
    stranger = keys_in(tmp_path / "stranger")
    stranger.create()
    with pytest.raises(BodyKeysError, match="belongs to another database"):
        keys.destroy_what_is_not_in(stranger)
    key = keys.key_path.read_bytes()
    keys.key_path.write_bytes(bytes(32))
    with pytest.raises(BodyKeysError, match="does not open"):
        keys_in(tmp_path).seed(0)
    keys.key_path.unlink()
    with pytest.raises(BodyKeysError, match=r"bodies\.key is not there"):
        keys_in(tmp_path).seed(0)
    keys.key_path.write_bytes(key)
    keys.path.write_bytes(b"")
    with pytest.raises(BodyKeysError, match="does not open"):
        keys_in(tmp_path).seed(0)
    keys.path.unlink()
    with pytest.raises(BodyKeysError, match="not there"):
        keys.seed(0)


def test_two_copies_of_a_store_keep_what_both_open(keys: BodyKeys, tmp_path: Path) -> None:
    copy = keys_in(tmp_path / "copy")
    copy.path.parent.mkdir()
    for file, data in zip((copy.path, copy.key_path), keys.read_files(), strict=True):
        file.write_bytes(data)
    one, two, three = keys.take(3)
    keys.destroy([(one, one + 1)])
    copy.destroy([(two, two + 1)])
    copy.destroy_what_is_not_in(keys)
    assert [copy.holds(slot) for slot in (one, two, three)] == [False, False, True]
    assert copy.take(1)[0] >= BLOCK


SIZES = [0, 1, 63, COMPRESSED_FROM_BYTES - 1, COMPRESSED_FROM_BYTES, 70_000]


@given(st.sampled_from(SIZES), st.sampled_from([b"a", b"ab\x00", None]), st.binary(min_size=32, max_size=32))
def test_a_body_opens_with_its_own_key_only(size: int, word: bytes | None, seed: bytes) -> None:
    data = os.urandom(size) if word is None else (word * size)[:size]
    body = make_body("x/y", data)
    sealed = seal_body(seed, body)
    assert open_body(seed, body.commitment, sealed) == (body.salt, data)
    assert open_sealed(seed, body.commitment, sealed) == (body.salt, data)
    assert size < 8 or data not in sealed
    if size < COMPRESSED_FROM_BYTES:  # its length says nothing that the envelope does not say
        assert len(sealed) == 12 + 32 + 1 + size + 16
    else:
        assert len(sealed) <= 12 + 32 + 1 + size + 16
    for other_seed, commitment, changed in (
        (bytes(32), body.commitment, sealed),
        (seed, "00" * 32, sealed),
        (seed, body.commitment, sealed[:-1]),
        (seed, body.commitment, sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]),
    ):
        if (other_seed, commitment, changed) != (seed, body.commitment, sealed):
            with pytest.raises(SealError):
                open_body(other_seed, commitment, changed)


def test_a_text_dies_with_the_first_of_its_bodies(keys: BodyKeys) -> None:
    slots = keys.take(3)
    sealed = seal_text(keys.seed, [*slots, slots[0]], "line 1", "글")
    assert open_text(keys.seed, "line 1", sealed) == "글"
    assert open_text_by_page(read_store(*keys.read_files()), "line 1", sealed) == "글"
    assert open_text(keys.seed, "line 2", sealed) is None
    keys.destroy([(slots[1], slots[1] + 1)])
    assert open_text(keys.seed, "line 1", sealed) is None
    with pytest.raises(SealError):
        seal_text(keys.seed, slots, "line 1", "글")
