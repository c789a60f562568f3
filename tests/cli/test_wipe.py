"""What `sweep wipe` asks, takes and leaves, and a key that is sealed to the machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sweep.cli import build_app
from sweep.cli import wipe as wipe_cli
from sweep.cli.config import open_signer
from sweep.entry.dsse import EntryError
from sweep.run.field_weights import FILE_NAME as WEIGHTS_FILE
from sweep.run.reference.reference import FILE_NAME as REFERENCE_FILE
from sweep.run.watch.power_bank_watch import FILE as BANK_FILE
from tests.run.power_rig import Witness, open_box, sweep

PROGRAM = """#!/bin/sh
case "$1" in
  encrypt) [ -z "$BROKEN" ] || { echo "No TPM2" >&2; exit 1; }; cp "$3" "$4" ;;
  decrypt) cat "$3" ;;
esac
"""
"""systemd-creds as far as it is called."""


def command(state: Path, *arguments: str, said: str | None = None) -> Result:
    return CliRunner().invoke(build_app(), [*arguments, "--state", str(state)], input=said)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a probe with two entries that no server has, and somebody else's file beside it."""
    monkeypatch.setattr(wipe_cli, "STORE", tmp_path / "store")
    folder = tmp_path / "state"
    folder.mkdir()
    with open_box(folder) as outbox:
        sweep(folder, outbox, Witness(tmp_path / "witness"), 0)
    for name in (BANK_FILE, REFERENCE_FILE, WEIGHTS_FILE):
        (folder / name).write_text("{}")
    (folder / "notes.txt").write_text("mine")
    return folder


def test_everything_of_the_probe_goes_and_nothing_else(state: Path) -> None:
    done = command(state, "wipe", "--yes")
    assert done.exit_code == 0, done.output
    assert [path.name for path in state.iterdir()] == ["notes.txt"]
    for told in (
        "2 signed entries",
        "the server must admit a new one",
        "1 address key",
        "notes.txt",
    ):
        assert told in done.output
    assert "nothing to wipe" in command(state, "wipe").output


def test_without_a_person_or_the_word_nothing_goes(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(state.rglob("*"))
    done = command(state, "wipe", said="wipe\n")
    assert (done.exit_code, "nobody can answer" in done.output) == (2, True)
    monkeypatch.setattr(wipe_cli, "has_terminal", lambda: True)
    done = command(state, "wipe", said="yes\n")
    assert (done.exit_code, "nothing was removed" in done.output) == (2, True)
    assert sorted(state.rglob("*")) == before
    assert command(state, "wipe", said="wipe\n").exit_code == 0
    assert not (state / "probe.key").exists()


def test_it_refuses_while_a_sweep_holds_the_outbox(state: Path) -> None:
    with open_box(state):
        done = command(state, "wipe", "--yes")
    assert (done.exit_code, "end it first" in done.output) == (2, True)
    assert (state / "probe.key").exists()


def test_keys_go_first_so_that_a_cut_leaves_nothing_that_signs(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone: list[str] = []
    remove = shutil.rmtree

    def note(path: Path) -> None:
        assert not (state / "probe.key").exists()
        gone.append(path.name)
        remove(path)

    monkeypatch.setattr("shutil.rmtree", note)
    command(state, "wipe", "--yes")
    assert gone.index("room-keys") < gone.index("journal") < gone.index("outbox")


def test_a_sealed_key_is_the_services_alone(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, store = tmp_path / "bin" / "systemd-creds", tmp_path / "store"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    signer, secret = open_signer(state), (state / "probe.key").read_bytes()
    monkeypatch.setenv("BROKEN", "1")
    done = command(state, "key", "--seal")
    assert (done.exit_code, "No TPM2" in done.output) == (2, True)
    assert (state / "probe.key").read_bytes() == secret, "what could not be sealed stays as it was"
    monkeypatch.delenv("BROKEN")
    done = command(state, "key", "--seal")
    assert done.exit_code == 0, done.output
    assert signer.public_key.hex() in done.output
    assert not (state / "probe.key").exists()
    with pytest.raises(EntryError, match="sealed to the machine"):
        open_signer(state)
    assert signer.public_key.hex() in command(state, "key").output
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(store))
    assert open_signer(state).key_id == signer.key_id
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    assert "wiped" in command(state, "wipe", "--yes").output
    assert not list(store.iterdir())
    assert open_signer(state).key_id != signer.key_id
