"""Signed updates: what is refused before anything is touched, and what is copied."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from sweep.entry.dsse import UPDATE_TYPE, WEIGHTS_TYPE, Signer
from sweep.host.packages import repack
from sweep.run import updating
from sweep.run.updating import (
    MANIFEST,
    UpdateError,
    UpdateManifest,
    describe,
    open_update,
    require_newer,
    sign_update,
    stage,
)

RELEASE, STRANGER = Signer.from_seed(b"r" * 32), Signer.from_seed(b"s" * 32)
PROBE, SERVER = "ansim-sweep-probe", "ansim-sweep-server"
INSTALLED = {PROBE: "0.1.0"}


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    write(folder)
    return folder


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def packed(package: str, target: Path) -> None:
        target.write_text(f"{package} as it was")

    assert packed.__code__.co_argcount == repack.__code__.co_argcount
    monkeypatch.setattr(updating, "repack", packed)
    return tmp_path / "state"


def write(folder: Path, version: str = "0.2.0", signer: Signer = RELEASE, packages: tuple[str, ...] = (PROBE,)) -> None:
    files = []
    for package in packages:
        file = folder / f"{package}_{version}_arm64.deb"
        file.write_bytes(f"{package} {version} ".encode() * 4_000)
        files.append(describe(file, package, "arm64"))
    made = datetime(2026, 11, 20, 9, tzinfo=UTC)
    sign_update(folder, UpdateManifest(v=1, version=version, made=made, files=tuple(files)), signer)


def put(stick: Path, state: Path, installed: dict[str, str] = INSTALLED) -> None:
    stage(open_update(stick, RELEASE.public_key), "arm64", installed, state, lambda: ["golden_clip"])


def test_an_update_is_copied_with_what_to_go_back_to(stick: Path, state: Path) -> None:
    put(stick, state)
    name = f"{PROBE}_0.2.0_arm64.deb"
    assert (state / "next" / name).read_bytes() == (stick / name).read_bytes()
    assert (state / "kept" / f"{PROBE}_0.1.0_arm64.deb").read_text() == f"{PROBE} as it was"
    assert json.loads((state / "update.json").read_text()) == {
        "phase": "staged", "from": INSTALLED, "to": {PROBE: "0.2.0"}, "wrong_before": ["golden_clip"],
    }  # fmt: skip
    assert (state / "apply_update.py").is_file()


def test_a_package_that_came_with_the_last_update_is_not_packed_anew(stick: Path, state: Path) -> None:
    (state / "kept").mkdir(parents=True)
    (state / "kept" / f"{PROBE}_0.1.0_arm64.deb").write_text("as it came")
    (state / "kept" / f"{PROBE}_0.0.9_arm64.deb").write_text("older")
    put(stick, state)
    assert {file.name: file.read_text() for file in (state / "kept").iterdir()} == {
        f"{PROBE}_0.1.0_arm64.deb": "as it came"
    }


@pytest.mark.parametrize(("is_system", "times"), [(False, updating.ROOM), (True, updating.SYSTEM_ROOM)])
def test_a_disk_without_room_is_named_before_anything_is_copied(
    is_system: bool, times: int, stick: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = Path("/usr") if is_system else state
    octets = (stick / f"{PROBE}_0.2.0_arm64.deb").stat().st_size

    def usage(folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=times * octets - 1 if folder == short else 10**12)

    monkeypatch.setattr("shutil.disk_usage", usage)
    with pytest.raises(UpdateError, match=f"the disk of {short} needs"):
        put(stick, state)
    assert not (state / "next").exists()


def shorten(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def lengthen(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"x")


def change(file: Path) -> None:
    file.write_bytes(b"x" + file.read_bytes()[1:])


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (shorten, "has only 95999 of 96000 octets"),
        (lengthen, "has more 96001 of 96000 octets"),
        (change, "is not what was signed"),
        (Path.unlink, "is missing"),
    ],
)
def test_a_package_that_is_not_the_signed_one_is_refused(
    harm: Callable[[Path], object], said: str, stick: Path, state: Path
) -> None:
    harm(stick / f"{PROBE}_0.2.0_arm64.deb")
    with pytest.raises(UpdateError, match=said):
        put(stick, state)
    assert not (state / "update.json").exists()


def test_a_manifest_by_another_key_or_of_another_kind_or_cut_is_refused(stick: Path) -> None:
    with pytest.raises(UpdateError, match="not signed by key"):
        open_update(stick, STRANGER.public_key)
    whole = (stick / MANIFEST).read_bytes()
    for cut in range(0, len(whole) - 1, 97):
        (stick / MANIFEST).write_bytes(whole[:cut])
        with pytest.raises(UpdateError):
            open_update(stick, RELEASE.public_key)
    (stick / MANIFEST).write_text(json.dumps(RELEASE.sign(WEIGHTS_TYPE, b"{}").to_json()))
    with pytest.raises(UpdateError, match="another type"):
        open_update(stick, RELEASE.public_key)
    (stick / MANIFEST).write_text(json.dumps(RELEASE.sign(UPDATE_TYPE, b"{}").to_json()))
    with pytest.raises(UpdateError, match="UpdateManifest"):
        open_update(stick, RELEASE.public_key)
    (stick / MANIFEST).unlink()
    with pytest.raises(UpdateError, match="no update"):
        open_update(stick, RELEASE.public_key)


def test_a_signed_name_leads_to_no_other_folder(stick: Path) -> None:
    payload = open_update(stick, RELEASE.public_key).manifest.model_dump_json()
    bad = payload.replace(f"{PROBE}_0.2.0", f"../{PROBE}_0.2.0")
    assert bad != payload
    (stick / MANIFEST).write_text(json.dumps(RELEASE.sign(UPDATE_TYPE, bad.encode()).to_json()))
    with pytest.raises(UpdateError, match="name"):
        open_update(stick, RELEASE.public_key)


def test_every_package_that_is_here_has_to_be_in_it(stick: Path, state: Path) -> None:
    with pytest.raises(UpdateError, match=f"no {SERVER} for arm64"):
        put(stick, state, INSTALLED | {SERVER: "0.1.0"})


def test_an_older_release_needs_a_word(stick: Path) -> None:
    update = open_update(stick, RELEASE.public_key)
    require_newer(update, INSTALLED, may_go_back=False)
    with pytest.raises(UpdateError, match="needs --downgrade"):
        require_newer(update, {PROBE: "0.10.0"}, may_go_back=False)
    require_newer(update, {PROBE: "0.10.0"}, may_go_back=True)
    with pytest.raises(UpdateError, match="installed already"):
        require_newer(update, {PROBE: "0.2.0"}, may_go_back=True)
    require_newer(update, {PROBE: "0.2.0", SERVER: "0.1.0"}, may_go_back=False)


def test_another_update_that_is_not_finished_is_left_alone(stick: Path, state: Path) -> None:
    put(stick, state)
    before = (state / "update.json").read_bytes()
    with pytest.raises(UpdateError, match="not finished"):
        put(stick, state)
    assert (state / "update.json").read_bytes() == before
