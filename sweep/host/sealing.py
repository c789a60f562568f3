"""The probe's key in the machine's credential store: encrypted at rest, opened by systemd for the service alone.

Input is a file with a secret; output is the same, sealed by `systemd-creds` to this machine: to its TPM where it has
one, else to a key of the host that lies on the same card.  The first keeps a card that was taken out from signing; the
second only a copy of the state folder, or a backup of it.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from sweep.phrases import Phrase

KEY_FILE: Final = "probe.key"
PUBLIC_FILE: Final = "probe.pub"
"""In the state folder."""
SEALED_FILE: Final = "probe.key.sealed"
"""Is there, and says where the key is, once that was sealed to the machine."""
CREDENTIAL: Final = "ansim-sweep.probe.key"
"""As the unit imports it."""
STORE: Final = Path("/etc/credstore.encrypted")
"""Where systemd looks for sealed credentials (systemd.exec(5), ImportCredential=)."""
PATIENCE_S: Final = 60.0


class SealError(RuntimeError):
    """It could not be sealed, and nothing was changed; one line."""


def given_secret() -> bytes | None:
    """What systemd opened for this process; None where it was given nothing."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    try:
        return None if folder is None else (Path(folder) / CREDENTIAL).read_bytes()
    except FileNotFoundError:
        return None


def seal(secret: Path, store: Path = STORE, program: str = "systemd-creds") -> Path:
    """Seal a file to this machine, and open it again to see that it can be; where it lies.  Raises SealError."""
    target = store / CREDENTIAL
    try:
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SealError(Phrase("sealed_store_not_made", folder=store, why=error)) from None
    _run(program, "encrypt", f"--name={CREDENTIAL}", str(secret), str(target))
    opened = _run(program, "decrypt", f"--name={CREDENTIAL}", str(target), "-")
    if opened != secret.read_bytes():
        target.unlink(missing_ok=True)
        raise SealError(Phrase("seal_opens_something_else", program=program))
    for place in (target, store):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return target


def _run(program: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run([program, *arguments], capture_output=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SealError(Phrase("program_cannot_run", program=program, why=error)) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = said[-1] if said else Phrase("exit_code", number=done.returncode)
        raise SealError(Phrase("place_and_reason", place=f"{program} {arguments[0]}", why=why))
    return done.stdout
