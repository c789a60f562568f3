"""`sweep demo`: a camera is found before anybody has a probe, and a page shows why."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("language", "place", "numbers", "next_step"),
    [
        ("ko_KR.UTF-8", "2번 칸: 확인할 곳", "4번씩만", "카메라는 2번 칸에 있었고"),
        ("C.UTF-8", "Stall 2: Place to inspect", "4 rounds of the lamps", "The camera was in Stall 2"),
    ],
)
def test_a_camera_is_found_and_the_page_shows_why(
    tmp_path: Path, repo_root: Path, language: str, place: str, numbers: str, next_step: str
) -> None:
    environment = {**os.environ, "LC_ALL": language, "PYTHONPATH": str(repo_root), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "sweep.cli", "demo", "--html", "why.html"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert place in done.stdout, "what is said of it at the end holds"
    said = " ".join(done.stdout.split())
    assert said.index(place) < said.index(numbers) < said.index("0% (0–"), "why the chances are near 0 % is beside them"
    not_of_the_find = (
        "카메라일 확률이 아닙니다" if language.startswith("ko") else "not how likely a place to inspect above"
    )
    assert said.index(numbers) < said.index(not_of_the_find) < said.index("0% (0–"), "nobody takes it for the find's"
    assert done.stdout.startswith(("(모의)", "(simulated)"))
    assert done.stdout.count("(모의)") + done.stdout.count("(simulated)") == 1
    assert next_step in done.stderr
    assert "why.html" in done.stderr
    assert not {"--verbose", "--json", "--server"} & set(re.findall("--[a-z]+", done.stdout + done.stderr)), (
        "it has none"
    )
    lines = done.stdout.splitlines()
    assert max(Counter(line for line in lines if len(line) > 40 and "%" not in line).values()) == 1, "nothing twice"
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert "p2-a" in page
    assert page.count("<svg") >= 1
    assert [one.name for one in tmp_path.iterdir()] == ["why.html"]


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_played(tmp_path: Path, repo_root: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(repo_root), "HOME": str(tmp_path)}
    for place in (tmp_path / "nowhere" / "why.html", tmp_path):
        command = [sys.executable, "-m", "sweep.cli", "demo", "--html", str(place)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert done.stderr.startswith(f"sweep: {place}: ")
    assert list(tmp_path.iterdir()) == []
