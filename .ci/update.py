"""The release's side of `sweep update`: `update.py key FILE` makes a key sealed under a passphrase, and `update.py sign
FILE FOLDER DEB [DEB ...]` copies packages into FOLDER and signs their manifest.

The passphrase is asked for, or read from ANSIM_PASSPHRASE.  The key belongs on a machine without a network; its public
half, which `key` prints, goes into /etc/ansim-sweep/update.pub of each probe.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sweep.entry.crypto import SigningKey, seal, unseal  # noqa: E402 - the checkout's own
from sweep.entry.dsse import Signer  # noqa: E402 - the same
from sweep.run.updating import UpdateManifest, describe, sign_update  # noqa: E402 - the same


def main() -> None:
    """Entry point."""
    match sys.argv[1:]:
        case ["key", file]:
            make_key(Path(file))
        case ["sign", file, folder, *packages] if packages:
            sign(Path(file), Path(folder), [Path(package) for package in packages])
        case _:
            sys.exit("use: update.py key FILE | update.py sign FILE FOLDER DEB [DEB ...]")


def make_key(file: Path) -> None:
    """A new release key in `file`, sealed; its public half on standard output."""
    key = SigningKey.make()
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(seal(key, passphrase()))
    print(key.public_key.hex())


def sign(file: Path, folder: Path, packages: list[Path]) -> None:
    """A folder, or a stick, that `sweep update` takes."""
    signer = Signer(unseal(file.read_bytes(), passphrase()))
    folder.mkdir(parents=True, exist_ok=True)
    files, versions = [], set()
    for package in packages:
        name, version, architecture = (field_of(package, what) for what in ("Package", "Version", "Architecture"))
        copied = folder / package.name
        shutil.copyfile(package, copied)
        files.append(describe(copied, name, architecture))
        versions.add(version)
    if len(versions) != 1:
        sys.exit(f"error: packages of one version, not of {', '.join(sorted(versions))}")
    made = datetime.now(UTC).replace(microsecond=0)
    manifest = UpdateManifest(v=1, version=versions.pop(), made=made, files=tuple(files))
    sign_update(folder, manifest, signer)
    print(f"{folder}: {manifest.version}, {len(files)} packages, signed by key {signer.key_id}")


def field_of(package: Path, name: str) -> str:
    """A field of a package's control file."""
    return subprocess.run(
        ["/usr/bin/dpkg-deb", "-f", package, name], capture_output=True, text=True, check=True
    ).stdout.strip()


def passphrase() -> bytes:
    """From the environment, else asked for."""
    return (os.environ.get("ANSIM_PASSPHRASE") or getpass.getpass("passphrase of the release key: ")).encode()


if __name__ == "__main__":
    main()
