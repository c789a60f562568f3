"""The weights that a district installs: what its field test measured, signed, in the state folder of a probe.

Input is a DSSE document over `FieldWeights` and the key that may sign it: the one of the probe's own server, pinned at
the first contact, or one that a person gives.  Output is the weights that every weigher reads, the lens forest that
judges and the curves of what it finds, or `WeightsError` with one line: another key, another district, a damaged file,
a table that is missing, and at the installation a table that was measured with another forest or names none.  What
ships fills in for what a file with a forest or curves lacks.  A stale file is read and says so.  Where another forest
judges since, a table of the earlier one is held back: no more than a hint, and said; what ships is held to the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from sweep.entry.crypto import PUBLIC_KEY_BYTES
from sweep.entry.dsse import WEIGHTS_TYPE, EntryError, SignedEntry, key_id_of, parse_signed, verify_signature
from sweep.host.disk import DISK
from sweep.judge.thresholds import load_weights
from sweep.lens.evidence.decision_forest import Model, forest_text, load_model
from sweep.lens.evidence.detection import KINDS, DetectionCurves, Kind, parse_curves
from sweep.lens.evidence.evidence import FEATURES
from sweep.lens.evidence.judge import shipped_build
from sweep.lens.weigh import BY_FOREST
from sweep.modality.weights import (
    BUILD,
    FieldWeights,
    LevelTable,
    Rate,
    Weights,
    WeightsError,
    WeightsInForce,
    WeightTable,
    guess,
    other_forest,
)
from sweep.phrases import Phrase
from sweep.report import ContractError, Modality, parse_json
from sweep.report.base import reject_duplicate_keys
from sweep.report.files import read_bounded
from sweep.report.structure import check_structure
from sweep.rf.chance import is_of_tuner

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
        return self._open(read_bounded(self.path, MAX_BYTES, WeightsError), key, str(self.path))

    def in_force(self) -> WeightsInForce:
        """What sweeps are judged by: what is installed, else what ships.  Raises WeightsError."""
        installed = self.read()
        if installed is None:
            return self.as_shipped()
        field = installed.field
        forest = _build_of(field)
        stale = of_other_forests(field, forest, str(self.path))
        weights = _held_back(field.weights, stale)
        if _may_lack(field):
            weights = _filled(weights, self.as_shipped(forest).weights)
        return WeightsInForce(weights, field.measured, forest, MappingProxyType(stale))

    def as_shipped(self, forest: str | None = None) -> WeightsInForce:
        """What the package brings; `forest`: the build that judges, None: the one that it brings."""
        judge = forest or shipped_build()
        stale = _stale_in(self.shipped, judge, "weights.json")
        return WeightsInForce(_held_back(self.shipped, stale), forest=judge, held_back=MappingProxyType(stale))

    def install(self, file: Path, key: bytes | None, now: datetime, *, may_replace: bool = False) -> Installed:
        """Check a file and keep it instead of what is installed; `key`: who has to have signed it, None: the probe's
        server; `may_replace`: also where it lacks something that is installed.

        Raises WeightsError, OSError, DiskError.
        """
        data = read_bounded(file, MAX_BYTES, WeightsError)
        _signed_in(data, str(file))  # what it is, before who signed it
        signer = key or read_key(self.folder / SERVER_KEY_NAME) or read_key(self.folder / KEY_NAME)
        if signer is None:
            raise WeightsError(Phrase("no_key_to_check_weights"))
        installed = self._open(data, signer, str(file))
        for said in of_other_forests(installed.field, _build_of(installed.field), str(file)).values():
            raise WeightsError(said)
        if installed.field.measured - now > CLOCK:
            raise WeightsError(Phrase("weights_measured_in_future", file=file, date=installed.field.measured))
        if not may_replace and (gone := self._would_go(installed.field)):
            raise WeightsError(Phrase("weights_would_go", file=file, gone=", ".join(gone)))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        DISK.write_whole(self.folder / KEY_NAME, signer.hex().encode() + b"\n")
        DISK.write_whole(self.path, data)
        return installed

    def remove(self) -> None:
        """Go back to what ships.  Raises OSError."""
        self.path.unlink(missing_ok=True)

    def _would_go(self, new: FieldWeights) -> list[str]:
        """What is installed and the new file lacks; of what cannot be read there is nothing to keep."""
        try:
            installed = self.read()
        except WeightsError:
            return []
        return [] if installed is None else sorted(_parts(installed.field) - _parts(new))

    def _open(self, data: bytes, key: bytes, name: str) -> Installed:
        field = open_signed(data, key, name)
        if field.tenant != self.tenant:
            raise WeightsError(Phrase("weights_of_another_tenant", file=name, theirs=field.tenant, ours=self.tenant))
        told: dict[str, WeightTable | Rate] = {**field.weights.tables, **field.weights.rates}
        lacking = sorted({*self.shipped.tables, *self.shipped.rates} - told.keys())
        if lacking and not _may_lack(field):
            raise WeightsError(Phrase("weights_lack_tables", file=name, lacking=", ".join(lacking[:5])))
        _build_of(field)
        curves_of(field)
        return Installed(field, key_id_of(key))


def model_of(field: FieldWeights) -> Model | None:
    """The forest of a field test; None: it has none.  Raises WeightsError."""
    return None if field.forest is None else _model(field.forest)


def curves_of(field: FieldWeights) -> dict[Kind, DetectionCurves]:
    """What the field test measured of the lenses that are found, by kind.  Raises WeightsError."""
    tables = field.detection or {}
    try:
        curves = {kind: parse_curves(tables[kind]) for kind in KINDS if kind in tables}
    except ValueError as error:
        raise WeightsError(*error.args) from None
    if len(curves) < len(tables):
        raise WeightsError(Phrase("detection_unreadable", why=", ".join(sorted(tables.keys() - curves.keys()))))
    return curves


def is_read(radio: Modality, table: LevelTable) -> bool:
    """Whether anything is stated by the table of a radio's test: by RF's, of a sender that its tuner hears.  What would
    be found of Bluetooth and Wi-Fi hangs on the time of listening, not on a level.
    """
    return radio == "rf" and is_of_tuner(table)


def read_levels_of(field: FieldWeights) -> dict[Modality, LevelTable]:
    """Tables of a field test of radios that something is stated by."""
    return {name: table for name, table in (field.levels or {}).items() if is_read(name, table)}


def of_other_forests(field: FieldWeights, forest: str, name: str) -> dict[str, Phrase]:
    """Tables, rates and curves that were measured with another lens forest than the one that judges, or that name none
    and hang on one; and what is said of each.  `name`: of their file.
    """
    curves = {
        f"detection {kind}": _of_another(f"detection {kind}", table.forest, forest, name)
        for kind, table in curves_of(field).items()
        if table.forest != forest
    }
    return _stale_in(field.weights, forest, name) | curves


def _stale_in(weights: Weights, forest: str, name: str) -> dict[str, Phrase]:
    told: dict[str, WeightTable | Rate] = {**weights.tables, **weights.rates}
    found = {
        code: _of_another(code, theirs, forest, name)
        for code, one in told.items()
        if (theirs := other_forest(one, forest)) is not None
    }
    unnamed = {
        code: Phrase("table_without_forest", file=name, code=code)
        for code in BY_FOREST
        if code in told and BUILD.search(told[code].made_from) is None
    }
    return found | unnamed


def _of_another(code: str, theirs: str, ours: str, name: str) -> Phrase:
    return Phrase("table_of_another_forest", file=name, code=code, theirs=theirs, ours=ours)


def read_forest(file: Path) -> Model:
    """The forest in a model file, or in the field test that `sweep bench fit` wrote.  Raises WeightsError."""
    return _model(read_forest_table(file))


def read_forest_table(file: Path) -> Any:
    """What such a file holds of a forest, unchecked.  Raises WeightsError."""
    data = read_bounded(file, MAX_BYTES, WeightsError)
    try:
        check_structure(data)
        table: Any = json.loads(data, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError):
        raise WeightsError(Phrase("file_damaged_not_json", file=file)) from None
    if isinstance(table, dict) and "payloadType" in table:
        raise WeightsError(Phrase("forest_is_signed", file=file))
    return table["forest"] if isinstance(table, dict) and "forest" in table else table


def _model(table: Any) -> Model:
    try:
        model = load_model(forest_text(table), FEATURES)
        model.forest.scores(np.full((1, len(FEATURES)), np.nan, np.float32))
        float(model.about["candidate"]["score"])
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise WeightsError(Phrase("forest_unreadable", why=error)) from None
    return model


def _build_of(field: FieldWeights) -> str:
    model = model_of(field)
    return shipped_build() if model is None else model.build


def _parts(field: FieldWeights) -> set[str]:
    """What a field test brings, by the names that `sweep weights show` calls it."""
    curves, levels = (field.detection or {}), (field.levels or {})
    named = {*(f"detection {kind}" for kind in curves), *(f"levels {name}" for name in levels)}
    return named | {*field.weights.tables, *field.weights.rates} | ({"forest"} if field.forest is not None else set())


def _may_lack(field: FieldWeights) -> bool:
    """With a forest, curves or levels a field test says what it measured, and what ships is there for the rest."""
    return not (field.forest is None and field.detection is None and field.levels is None)


def _filled(field: Weights, shipped: Weights) -> Weights:
    """The tables of a field test, and those that ship for what it lacks."""
    if field.tables.keys() >= shipped.tables.keys() and field.rates.keys() >= shipped.rates.keys():
        return field
    return field.model_copy(update={
        "version": f"{field.version}, {shipped.version}",
        "tables": shipped.tables | field.tables, "rates": shipped.rates | field.rates,
    })  # fmt: skip


def _held_back(weights: Weights, stale: Collection[str]) -> Weights:
    """The same tables; the stale ones tell no more than a hint."""
    if not stale:
        return weights
    tables = {code: _held(table) if code in stale else table for code, table in weights.tables.items()}
    rates = {code: _unknown(rate) if code in stale else rate for code, rate in weights.rates.items()}
    return weights.model_copy(update={"tables": tables, "rates": rates})


def _held(table: WeightTable) -> WeightTable:
    weights = tuple(guess(weight.log10) for weight in table.weights)
    return table.model_copy(update={"weights": weights})


def _unknown(rate: Rate) -> Rate:
    """Not to have seen anything says nothing."""
    return rate.model_copy(update={"hits": 0, "of": 0, "share": 0.0, "low": 0.0, "source": "guessed"})


def _signed_in(data: bytes, name: str) -> SignedEntry:
    """The signed document in a file called `name`; nothing is verified.  Raises WeightsError where it is none."""
    try:
        check_structure(data)
        document: Any = json.loads(data, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError):
        raise WeightsError(Phrase("not_a_weights_file", name=name, why=Phrase("not_json"))) from None
    if isinstance(document, dict) and "weights" in document:
        raise WeightsError(Phrase("weights_not_signed", name=name))
    try:
        return parse_signed(document)
    except EntryError as error:
        raise WeightsError(Phrase("not_a_weights_file", name=name, why=error)) from None


def open_signed(data: bytes, key: bytes, name: str) -> FieldWeights:
    """The weights in a signed file called `name`.  Raises WeightsError."""
    try:
        payload = verify_signature(_signed_in(data, name), WEIGHTS_TYPE, key)
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
