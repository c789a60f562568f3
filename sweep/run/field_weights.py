"""The weights that a district installs: what its field test measured, signed, in the state folder of a probe.

Input is a DSSE document over `FieldWeights` and the key that may sign it: the one of the probe's own server, pinned at
the first contact, or one that a person gives.  Output is the weights that every weigher reads, or `WeightsError` with
one line: another key, another district, a damaged file, a table that is missing.  A stale file is read and says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sweep.entry.crypto import PUBLIC_KEY_BYTES
from sweep.entry.dsse import WEIGHTS_TYPE, EntryError, key_id_of, parse_signed, verify_signature
from sweep.host.disk import DISK
from sweep.judge.thresholds import load_weights
from sweep.modality.weights import FieldWeights, Weights, WeightsError, WeightsInForce
from sweep.phrases import Phrase
from sweep.report import ContractError, parse_json
from sweep.report.base import reject_duplicate_keys
from sweep.report.files import read_bounded
from sweep.report.structure import check_structure

FILE_NAME: Final = "weights.json"
KEY_NAME: Final = "weights.pub"
"""The key that signed it, 64 hexadecimal digits."""
SERVER_KEY_NAME: Final = "server.pub"
MAX_BYTES: Final = 1024 * 1024
"""Derived: the tables that ship take 30 kB."""
MAX_KEY_BYTES: Final = 1_024
CLOCK: Final = timedelta(days=2)
"""Nobody installs what was measured later than this from now (a probe's clock may be behind)."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A field test's weights and who signed them."""

    field: FieldWeights
    key_id: str


@dataclass(frozen=True, slots=True)
class InstalledWeights:
    """Those of one probe."""

    folder: Path
    tenant: str
    shipped: Weights = field(default_factory=load_weights)
    """An installed file has every table and rate that these have."""

    @property
    def path(self) -> Path:
        """The installed file; there may be none."""
        return self.folder / FILE_NAME

    def read(self) -> Installed | None:
        """What is installed; None: nothing is.  Raises WeightsError."""
        if not self.path.exists():
            return None
        key = read_key(self.folder / KEY_NAME)
        if key is None:
            raise WeightsError(Phrase("weights_key_missing", folder=self.folder / KEY_NAME))
        return self._open(self.path, key)

    def in_force(self) -> WeightsInForce:
        """What sweeps are judged by: what is installed, else what ships.  Raises WeightsError."""
        installed = self.read()
        if installed is None:
            return WeightsInForce(self.shipped)
        return WeightsInForce(installed.field.weights, installed.field.measured)

    def install(self, file: Path, key: bytes | None, now: datetime) -> Installed:
        """Check a file and keep it; `key`: who has to have signed it, None: the probe's server.

        Raises WeightsError, OSError, DiskError.
        """
        signer = key or read_key(self.folder / SERVER_KEY_NAME) or read_key(self.folder / KEY_NAME)
        if signer is None:
            raise WeightsError(Phrase("no_key_to_check_weights"))
        installed = self._open(file, signer)
        if installed.field.measured - now > CLOCK:
            raise WeightsError(Phrase("weights_measured_in_future", file=file, date=installed.field.measured))
        data = read_bounded(file, MAX_BYTES, WeightsError)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        DISK.write_whole(self.folder / KEY_NAME, signer.hex().encode() + b"\n")
        DISK.write_whole(self.path, data)
        return installed

    def remove(self) -> None:
        """Go back to what ships.  Raises OSError."""
        self.path.unlink(missing_ok=True)

    def _open(self, file: Path, key: bytes) -> Installed:
        field = open_signed(read_bounded(file, MAX_BYTES, WeightsError), key, str(file))
        if field.tenant != self.tenant:
            raise WeightsError(Phrase("weights_of_another_tenant", file=file, theirs=field.tenant, ours=self.tenant))
        lacking = sorted({*self.shipped.tables, *self.shipped.rates} - {*field.weights.tables, *field.weights.rates})
        if lacking:
            raise WeightsError(Phrase("weights_lack_tables", file=file, lacking=", ".join(lacking[:5])))
        return Installed(field, key_id_of(key))


def open_signed(data: bytes, key: bytes, name: str) -> FieldWeights:
    """The weights in a signed file called `name`.  Raises WeightsError."""
    try:
        check_structure(data)
        document: Any = json.loads(data, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError):
        raise WeightsError(Phrase("file_damaged_not_json", file=name)) from None
    try:
        payload = verify_signature(parse_signed(document), WEIGHTS_TYPE, key)
    except EntryError as error:
        raise WeightsError(Phrase("not_a_weights_file", name=name, why=error)) from None
    try:
        return parse_json(FieldWeights, payload)
    except ContractError as error:
        raise WeightsError(Phrase("place_and_reason", place=name, why=error)) from None


def read_key(path: Path) -> bytes | None:
    """The public key in a file; None where there is none.  Raises WeightsError."""
    if not path.exists():
        return None
    return parse_key(read_bounded(path, MAX_KEY_BYTES, WeightsError).decode("ascii", "replace").strip(), str(path))


def parse_key(text: str, name: str) -> bytes:
    """64 hexadecimal digits.  Raises WeightsError."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != PUBLIC_KEY_BYTES:
        raise WeightsError(Phrase("weights_key_not_64_digits", name=name))
    return key
