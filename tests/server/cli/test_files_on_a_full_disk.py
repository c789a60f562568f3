"""What a command writes on a full disk: one line that names the file, and nothing half written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from server.api.app import build_services
from server.config.settings import Settings
from tests.small_disk import can_mount, run_on_small_disk

FILLED = 'head -c 4096 /dev/zero >"$0/filler" && exec "$@"'


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("backup", "", "--recipient", "RECIPIENT"), ".sqlite3"),
        (("export", "analyst-copy", "copy.db", "--reason", "x"), "copy.db"),
        (("export", "access-log", "access.csv", "--month", "2026-11"), "access.csv"),
        (("export", "checkpoint", "checkpoint.txt"), "checkpoint.txt"),
        (("evidence-key", "make", "officer.txt"), "officer.txt"),
        (("certificate", "authority", "", "--name", "x"), "authority.key"),
        (("hotspot", "probe-01", "--folder", "", "--label", "label.svg"), "ansim-sweep-hotspot.nmconnection"),
    ],
)
def test_what_does_not_fit_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], file: str
) -> None:
    import pyrage

    settings, full = Settings(data_dir=tmp_path / "data"), tmp_path / "full"
    if not can_mount(tmp_path):
        pytest.skip("no small disk can be mounted here")
    build_services(settings).db.close()
    monkeypatch.setenv("ANSIM_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("LANG", "C")
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    paths = {"": str(full), "RECIPIENT": recipient} | {name: str(full / name) for name in words if "." in name}
    command = [sys.executable, "-m", "server.cli", *(paths.get(word, word) for word in words)]
    done = run_on_small_disk(full, 4, ["sh", "-c", FILLED, str(full), *command])
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert said.startswith("sweep-server: no space left for ")
    assert file in said
    assert [path.name for path in (tmp_path / "full.left").rglob("*") if path.is_file()] == ["filler"]
