"""Updates of this probe: packages on a stick or in a folder, with a manifest that a release key signed.

Input is the folder, the public key that this machine trusts, and what is installed; output is the packages, verified
and copied into the state folder of `host.apply_update`, with the ones before them kept beside, or `UpdateError` with
one line: another key, a file that is short or changed, an older version.  It installs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import StringConstraints

from sweep.entry.dsse import UPDATE_TYPE, EntryError, Signer, parse_signed, verify_signature
from sweep.host import apply_update
from sweep.host.apply_update import write_durably
from sweep.host.packages import PackageError, is_newer, repack
from sweep.phrases import Phrase
from sweep.report import ContractError, UtcTime, parse_json
from sweep.report.base import HexDigest, Record, reject_duplicate_keys
from sweep.report.files import read_bounded
from sweep.report.structure import check_structure

MANIFEST: Final = "update.json"
KEY_FILE: Final = Path("/etc/ansim-sweep/update.pub")
"""The release key that this machine trusts, 64 hexadecimal digits."""
PACKAGES: Final = ("ansim-sweep-probe", "ansim-sweep-server")
MAX_MANIFEST_BYTES: Final = 64 * 1024
MAX_FILE_BYTES: Final = 1 << 30
"""Guessed: ten times a package."""
ROOM: Final = 6
"""Free space is so many times the packages (guessed: copy, kept copy, and a tree twice that dpkg exchanges)."""
SYSTEM_ROOM: Final = 4
"""Free space where programs lie, in the same measure: until an update is over the tree before lies beside the new one
(measured: unpacked, a package is 3.2 to 3.7 times as large).
"""
SYSTEM: Final = Path("/usr")
BLOCK: Final = 1 << 20

Version = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Za-z.+~]{0,39}$")]
DebName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._+~-]{0,99}\.deb$")]


class UpdateError(ValueError):
    """Why nothing is installed; the message is one line."""


class UpdateFile(Record):
    """One package of an update."""

    name: DebName
    """In the manifest's own folder."""
    package: Literal["ansim-sweep-probe", "ansim-sweep-server"]
    architecture: Literal["amd64", "arm64"]
    octets: int
    sha256: HexDigest


class UpdateManifest(Record):
    """What the release key signs."""

    v: Literal[1]
    version: Version
    """Of every package in it."""
    made: UtcTime
    files: tuple[UpdateFile, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """A manifest whose signature holds, and where its packages should be."""

    folder: Path
    manifest: UpdateManifest

    def files_for(self, architecture: str, installed: Mapping[str, str]) -> dict[str, UpdateFile]:
        """By package, what this machine takes: every package that it has.  Raises UpdateError where one is missing."""
        found = {one.package: one for one in self.manifest.files if one.architecture == architecture}
        lacking = sorted(set(installed) - set(found))
        if lacking:
            raise UpdateError(Phrase("update_lacks_package", packages=", ".join(lacking), architecture=architecture))
        return {name: found[name] for name in PACKAGES if name in installed}


def open_update(folder: Path, key: bytes) -> Update:
    """The update in `folder`, if `key` signed it.  Raises UpdateError."""
    path = folder / MANIFEST
    if not path.is_file():
        raise UpdateError(Phrase("update_without_manifest", folder=folder, file=MANIFEST))
    data = read_bounded(path, MAX_MANIFEST_BYTES, UpdateError)
    try:
        check_structure(data)
        document: Any = json.loads(data, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError):
        raise UpdateError(Phrase("file_damaged_not_json", file=path)) from None
    try:
        payload = verify_signature(parse_signed(document), UPDATE_TYPE, key)
    except EntryError as error:
        raise UpdateError(Phrase("not_an_update_for_machine", folder=path, why=error)) from None
    try:
        manifest = parse_json(UpdateManifest, payload)
    except ContractError as error:
        raise UpdateError(Phrase("place_and_reason", place=path, why=error)) from None
    return Update(folder, manifest)


def sign_update(folder: Path, manifest: UpdateManifest, signer: Signer) -> None:
    """Write the manifest of the packages that lie in `folder`."""
    document = signer.sign(UPDATE_TYPE, manifest.model_dump_json().encode())
    (folder / MANIFEST).write_bytes(json.dumps(document.to_json()).encode() + b"\n")


def describe(file: Path, package: str, architecture: str) -> UpdateFile:
    """A package as a manifest has it."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    described = {
        "name": file.name, "package": package, "architecture": architecture, "octets": file.stat().st_size,
        "sha256": digest,
    }  # fmt: skip
    return UpdateFile.model_validate(described)


def require_newer(update: Update, installed: Mapping[str, str], *, may_go_back: bool) -> None:
    """Raises UpdateError where a package here is as new or newer; `may_go_back`: where it is just as new."""
    for package, version in installed.items():
        if version == update.manifest.version:
            continue
        if not may_go_back and not is_newer(update.manifest.version, version):
            raise UpdateError(
                Phrase("installed_version_newer", package=package, installed=version, version=update.manifest.version)
            )
    if all(version == update.manifest.version for version in installed.values()):
        raise UpdateError(Phrase("version_already_installed", version=update.manifest.version))


def stage(
    update: Update,
    architecture: str,
    installed: Mapping[str, str],
    state: Path,
    wrong_codes: Callable[[], list[str] | None],
) -> None:
    """Copy what is to be installed to `state`, verified as it is copied, keep what is installed, and write down what is
    to be done.  `wrong_codes`: what the installed program finds wrong in itself.  Raises UpdateError, OSError.
    """
    wanted = update.files_for(architecture, installed)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (state / "update.json").exists():
        raise UpdateError(Phrase("update_not_finished"))
    for folder, times in ((state, ROOM), (SYSTEM, SYSTEM_ROOM)):
        need = times * sum(file.octets for file in wanted.values())
        if shutil.disk_usage(folder).free < need:
            raise UpdateError(Phrase("no_space_for_update", folder=folder, mb=need // 1_000_000))
    shutil.rmtree(state / "next", ignore_errors=True)
    (state / "next").mkdir()
    for file in wanted.values():
        _copy(update.folder / file.name, state / "next" / file.name, file)
    _keep(installed, architecture, state / "kept")
    before = wrong_codes()
    shutil.copyfile(Path(apply_update.__file__), state / "apply_update.py")
    (state / "last.json").unlink(missing_ok=True)
    os.sync()
    told = {
        "phase": "staged",
        "from": {name: installed[name] for name in wanted},
        "to": dict.fromkeys(wanted, update.manifest.version),
        "wrong_before": before or [],
    }
    write_durably(state / "update.json", json.dumps(told).encode())


def _copy(source: Path, target: Path, file: UpdateFile) -> None:
    """The bytes that are checked are the bytes that are kept: a stick may say something else the second time."""
    if not 0 < file.octets <= MAX_FILE_BYTES:
        raise UpdateError(Phrase("update_package_wrong_size", file=file.name, octets=file.octets))
    if not source.is_file():
        raise UpdateError(Phrase("file_missing", file=source))
    digest, length = hashlib.sha256(), 0
    with source.open("rb") as opened, target.open("wb") as written:
        while block := opened.read(min(BLOCK, file.octets + 1 - length)):
            length += len(block)
            digest.update(block)
            written.write(block)
        written.flush()
        os.fsync(written.fileno())
    if length != file.octets:
        said = "more" if length > file.octets else "only"
        raise UpdateError(Phrase("update_file_wrong_size", file=source, which=said, given=length, octets=file.octets))
    if digest.hexdigest() != file.sha256:
        raise UpdateError(Phrase("update_file_differs_from_signed", file=source))


def _keep(installed: Mapping[str, str], architecture: str, folder: Path) -> None:
    """The packages that are installed, to go back to: as they came with the last update, else packed anew."""
    wanted = {name: f"{name}_{version}_{architecture}.deb" for name, version in installed.items()}
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        if file.name not in wanted.values():
            file.unlink()
    for package, name in wanted.items():
        if not (folder / name).exists():
            try:
                repack(package, folder / name)
            except PackageError as error:
                raise UpdateError(Phrase("package_not_kept", package=package, why=error)) from None
