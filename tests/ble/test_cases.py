"""Stored BLE captures read as what stands beside them."""

import json

import pytest

from sweep.ble import scan_file
from tests.ble.cases import CASES
from tests.cases import CAPTURES, assert_as_expected

WITH_CAMERA = {"camera_setup": 1, "action_camera": 1}


@pytest.mark.parametrize("name", CASES)
def test_a_case_reads_as_expected(name: str) -> None:
    assert_as_expected("ble", name, CASES[name], scan_file)


@pytest.mark.parametrize("name", CASES)
def test_cameras_are_where_the_truth_says(name: str) -> None:
    expected = json.loads((CAPTURES / "ble" / name / "expected.json").read_text(encoding="utf-8"))
    kinds = [one["kind"] for one in expected["devices"]]
    assert kinds.count("camera_hint") == WITH_CAMERA.get(name, 0)


def test_every_folder_is_a_case() -> None:
    assert {folder.name for folder in (CAPTURES / "ble").iterdir()} == set(CASES)
