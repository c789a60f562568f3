"""A newcomer's own clip: an example to start from, and what is wrong with another file in one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli.output import out
from sweep.report.language import spoken
from sweep.report.words import METHOD_WORDS
from sweep.sim.scene.wall import Wall, render_clip
from sweep.sim.source import RECORDED_SWEEP
from tests.lens.clip_factory import PHASES, as_frame, made_up_photograph, strobed_frames, write_frames


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


@pytest.mark.parametrize("language", ["ko_KR.UTF-8", "C.UTF-8"])
def test_page_terminal_and_json_tell_one_result_of_a_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    monkeypatch.setattr(out, "width", 200)
    shutil.copytree(RECORDED_SWEEP / "p1" / "lens" / "p1-a", tmp_path / "without")
    shutil.copytree(RECORDED_SWEEP / "p2" / "lens" / "p2-a", tmp_path / "with")
    noise = np.random.default_rng(3)
    write_frames(tmp_path / "unlit", [as_frame(made_up_photograph(3), noise, 0.5, 3.0) for _ in PHASES])
    for name, verdict in (("without", "nothing_detected"), ("with", "candidate"), ("unlit", "not_assessable")):
        folder = tmp_path / name
        code, said = run(folder, "--html", tmp_path / "why.html")
        result = json.loads(CliRunner().invoke(build_app(), ["lens", str(folder), "--json", "-"]).stdout)["results"][0]
        page = (tmp_path / "why.html").read_text(encoding="utf-8")
        assert (code, result["verdict"]) == (0, verdict)
        assert f'<span class="badge {verdict}">{spoken(METHOD_WORDS[verdict])}</span>' in page
        assert spoken(METHOD_WORDS[verdict]) in said
        others = {"nothing_detected", "candidate", "not_assessable"} - {verdict}
        assert not [one for one in others if f">{spoken(METHOD_WORDS[one])}<" in page]


@pytest.mark.parametrize(("language", "mark"), [("ko_KR.UTF-8", "(모의)"), ("C.UTF-8", "(simulated)")])
def test_a_rendered_clip_is_marked_wherever_it_is_told_and_another_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, mark: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    assert run(tmp_path / "drawn", "--example")[0] == 0
    write_frames(tmp_path / "filmed" / "one", strobed_frames(5, glint=(200.0, 130.0)))
    render_clip(tmp_path / "rendered", clip="wall", wall=Wall(1), fmt="npy")
    for name, is_simulated in (("drawn", True), ("rendered", True), ("filmed", False)):
        page, document = tmp_path / "why.html", tmp_path / "scan.json"
        said = run(tmp_path / name, "--html", page)[1]
        assert run(tmp_path / name, "--json", document)[0] == 0
        told = [said, run(tmp_path / name, "--explain", "200,130")[1], page.read_text(encoding="utf-8")]
        assert [one.count(mark) for one in told] == ([2] * 3 if is_simulated else [0] * 3), name
        assert json.loads(document.read_text(encoding="utf-8"))["results"][0]["is_simulated"] == is_simulated
