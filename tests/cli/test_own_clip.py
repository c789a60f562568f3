"""A newcomer's own clip: an example to start from, and what is wrong with another file in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app


def run(*arguments: object) -> tuple[int, str]:
    """Exit code and all that is said."""
    done = CliRunner().invoke(build_app(), ["lens", *map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


def test_the_example_is_judged_and_a_wrong_field_is_named_with_what_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    code, said = run(tmp_path, "--example")
    assert (code, "example" in said) == (0, True)
    code, said = run(tmp_path)
    assert (code, "is no chance of finding" in said) == (0, True)
    file = tmp_path / "example" / "meta.json"
    meta = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(meta | {"bits": "ten"}), encoding="utf-8")
    code, said = run(tmp_path)
    assert (code, 'example: meta.json: bits is "ten": Input should be a valid integer' in said) == (2, True), said
    del meta["bits"]
    file.write_text(json.dumps(meta), encoding="utf-8")
    assert "example: meta.json: bits: " in run(tmp_path)[1]


def test_a_video_is_refused_and_the_example_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    video = tmp_path / "room.MP4"
    video.touch()
    for given in (video, tmp_path):
        code, said = run(given)
        assert (code, "is a video" in said, "--example" in said) == (2, True, True)
