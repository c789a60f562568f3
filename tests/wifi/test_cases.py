"""Stored Wi-Fi captures read as what stands beside them."""

import json

import pytest

from sweep.wifi import scan_file
from tests.cases import CAPTURES, assert_as_expected
from tests.wifi.cases import CASES

WITH_CAMERA = {"camera_station": 1, "camera_own_ap": 1, "two_cameras": 2}


@pytest.mark.parametrize("name", CASES)
def test_a_case_reads_as_expected(name: str) -> None:
    assert_as_expected("wifi", name, CASES[name], scan_file)


@pytest.mark.parametrize("name", CASES)
def test_cameras_are_where_the_truth_says(name: str) -> None:
    expected = json.loads((CAPTURES / "wifi" / name / "expected.json").read_text(encoding="utf-8"))
    verdicts = [one["video"]["verdict"] for one in expected["transmitters"]]
    assert verdicts.count("video_uplink") == WITH_CAMERA.get(name, 0)


def test_every_folder_is_a_case() -> None:
    assert {folder.name for folder in (CAPTURES / "wifi").iterdir()} == set(CASES)
