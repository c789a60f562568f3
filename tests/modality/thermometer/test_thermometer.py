"""A fifth modality is its folder, one record in the contract and one row: counted on a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
RECORD = "report/observations.py"
ROW = "run/modalities.py"
EDITS = {
    RECORD: (
        ('Modality = Literal["lens", "wifi", "ble", "rf"', ', "thermometer"'),
        ("LensObservation | WifiObservation | BleObservation | RfObservation", " | ThermometerObservation"),
    ),
    ROW: (("(LensModality(), WifiModality(), BleModality(), RfModality()", ", ThermometerModality()"),),
}
"""What is written behind what, besides the record itself and the import of the modality."""


JUST_WRITTEN = shutil.ignore_patterns("*.pyc.*")
"""What is compiled stays so; what another process is just compiling is left out."""


def with_thermometer(repo_root: Path, folder: Path) -> None:
    """Copy the package to `folder`, with the record and the row."""
    shutil.copytree(repo_root / "sweep", folder / "sweep", ignore=JUST_WRITTEN)
    for name in ("Makefile", "firmware", "build"):  # it is a checkout, whose built parts lie there
        (folder / name).symlink_to(repo_root / name)
    for name, edits in EDITS.items():
        path = folder / "sweep" / name
        text = path.read_text(encoding="utf-8")
        for behind, addition in edits:
            assert text.count(behind) == 1, f"{name} has changed: say here where the {addition} goes"
            text = text.replace(behind, behind + addition)
        path.write_text(text, encoding="utf-8")
    record = (HERE / "record.py").read_text(encoding="utf-8")
    made = record[record.index("class ThermometerObservation") :]
    edit = folder / "sweep" / RECORD
    text = edit.read_text(encoding="utf-8")
    edit.write_text(text.replace("\nObservation = ", f"\n{made}\n\nObservation = ", 1), encoding="utf-8")
    row = folder / "sweep" / ROW
    text = row.read_text(encoding="utf-8")
    imported = "from tests.modality.thermometer.modality import ThermometerModality\n"
    row.write_text(text.replace("\nSENSING_MODALITIES", f"\n{imported}\nSENSING_MODALITIES", 1), encoding="utf-8")


def check(folder: Path, repo_root: Path, marked: str) -> None:
    """Run what `with_five.py` holds and is marked so, on the package and the server in `folder`."""
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", marked, "--import-mode=importlib",
            "-o", "addopts=", "-o", "pythonpath=", str(HERE / "with_five.py"),
        ],
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{repo_root}"},
        cwd=folder, capture_output=True, text=True, check=False, timeout=540,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


REPORTS = ("recorded", "simulated", "replayed", "live", "simulated-told", "replayed-told")


@pytest.fixture(scope="module")
def reports(repo_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("fifth")
    with_thermometer(repo_root, folder)
    done = subprocess.run(
        [sys.executable, "-m", "tests.modality.thermometer.sweeps", str(folder)],
        env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{repo_root}"},
        cwd=folder, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name: json.loads((folder / f"{name}.json").read_bytes()) for name in REPORTS}


def celsius(report: Any) -> dict[str, float]:
    return {o["zone_id"]: o["celsius"] for o in report["observations"] if o["modality"] == "thermometer"}


def test_it_is_small_and_touches_one_record_and_one_row(repo_root: Path, tmp_path: Path) -> None:
    assert len((HERE / "modality.py").read_text(encoding="utf-8").splitlines()) <= 80
    with_thermometer(repo_root, tmp_path)
    before, after = repo_root / "sweep", tmp_path / "sweep"
    files = [path.relative_to(after) for path in after.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {str(name) for name in files if (before / name).read_bytes() != (after / name).read_bytes()} == {RECORD, ROW}


@pytest.mark.parametrize("kind", ["recorded", "simulated", "replayed", "live"])
def test_it_measures_in_every_kind_of_sweep(reports: dict[str, Any], kind: str) -> None:
    report = reports[kind]
    assert celsius(report)["stall-2"] == pytest.approx(27.5, abs=0.3)
    covered = {c["zone_id"]: c["status"] for c in report["coverage"] if c["modality"] == "thermometer"}
    assert covered["stall-2"] == "looked"
    assert "cold_camera" in {limit["code"] for limit in report["limits"]}
    assert {v["reason"] for v in report["verdicts"] if v["modality"] == "thermometer"} <= {
        "not_calibrated", "not_looked", "candidate", "check_not_done"
    }  # fmt: skip


def test_its_evidence_weighs_and_speaks_beside_the_others(reports: dict[str, Any]) -> None:
    (finding,) = reports["recorded"]["findings"]
    (warm,) = [e for e in finding["evidence_for"] if e["code"] == "warm_spot"]
    assert finding["zone_id"] == "stall-2"
    assert (warm["weight_log10"], warm["is_capped"]) == (0.3, True), "a weight that nobody counted is a hint"
    assert re.search("6 K 따뜻함", warm["text"]["ko"])
    verdicts = {v["modality"]: v["verdict"] for v in reports["recorded"]["verdicts"] if v["zone_id"] == "stall-2"}
    assert verdicts["thermometer"] == "candidate"


def test_where_it_is_the_only_one_the_others_say_so(reports: dict[str, Any]) -> None:
    limits = {limit["code"] for limit in reports["live"]["limits"]}
    assert {f"{modality}_never_measured" for modality in ("lens", "wifi", "ble", "rf")} <= limits
    assert "thermometer_never_measured" not in limits


def test_what_was_kept_of_it_is_replayed_to_the_same_report(reports: dict[str, Any]) -> None:
    assert len(celsius(reports["simulated"])) > 1
    assert reports["replayed-told"] == reports["simulated-told"]


@pytest.mark.soak  # each imports the whole copy anew
def test_commands_city_and_documents_tell_it(repo_root: Path, tmp_path: Path) -> None:
    with_thermometer(repo_root, tmp_path)
    check(tmp_path, repo_root, "not browser")


@pytest.mark.soak  # it builds the page again
@pytest.mark.browser
def test_the_page_tells_it(repo_root: Path, tmp_path: Path) -> None:
    with_thermometer(repo_root, tmp_path)
    ours = shutil.ignore_patterns("*.pyc.*", "node_modules", "screenshots")
    shutil.copytree(repo_root / "server", tmp_path / "server", ignore=ours)
    (tmp_path / "server/web/node_modules").symlink_to(repo_root / "server/web/node_modules")
    check(tmp_path, repo_root, "browser")
