"""Capture cases: a folder with a capture and what reading it must give; the case itself tells the truth of it.

Each modality lists its cases as functions that write the capture.  The stored files change by one command only:
`python -m tests.cases`, which writes all captures and expected results anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CAPTURES = Path(__file__).resolve().parent / "captures"
EXPECTED = "expected.json"


@dataclass(frozen=True, slots=True)
class Case:
    """One capture and how it came to be."""

    file: str
    write: Callable[[Path], object]
    truth: str
    """What is in the air."""
    tells: str
    """What the case is there for."""


def read(case_folder: Path, file: str, scan: Callable[[Path], Any]) -> Any:
    """The result of a scan as JSON values, with full addresses."""
    return json.loads(json.dumps(scan(case_folder / file).to_json(addresses="full"), allow_nan=False))


def assert_as_expected(modality: str, name: str, case: Case, scan: Callable[[Path], Any]) -> None:
    """Fail when reading a stored case gives anything but what is stored beside it."""
    folder = CAPTURES / modality / name
    assert read(folder, case.file, scan) == approximately(json.loads((folder / EXPECTED).read_text(encoding="utf-8")))


def approximately(value: Any) -> Any:
    """The same structure with floating-point numbers compared to three digits."""
    match value:
        case float():
            return pytest.approx(value, abs=2e-3)
        case dict():
            return {key: approximately(item) for key, item in value.items()}
        case list():
            return [approximately(item) for item in value]
        case _:
            return value


def write_cases(modality: str, cases: Mapping[str, Case], scan: Callable[[Path], Any]) -> None:
    """Write captures and expected results of one modality."""
    for name, case in cases.items():
        folder = CAPTURES / modality / name
        folder.mkdir(parents=True, exist_ok=True)
        case.write(folder / case.file)
        text = json.dumps(read(folder, case.file, scan), indent=1, ensure_ascii=True, sort_keys=True)
        (folder / EXPECTED).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Write everything anew."""
    from sweep.ble import scan_file as scan_ble
    from sweep.wifi import scan_file as scan_wifi
    from tests.ble.cases import CASES as BLE_CASES
    from tests.wifi.cases import CASES as WIFI_CASES

    write_cases("wifi", WIFI_CASES, scan_wifi)
    write_cases("ble", BLE_CASES, scan_ble)


if __name__ == "__main__":
    main()
