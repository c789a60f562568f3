"""Why a point was or was not called: each step that can decide is named, in both languages."""

from __future__ import annotations

import math
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lens.clip.clips import Clip, ClipPhase, Frame
from sweep.lens.explain import OUTCOMES, explain_point
from sweep.lens.reasons import NONE, REASONS, sentence
from sweep.lens.words import WORDS
from tests.lens.clip_factory import PHASES, meta_for, strobed_frames, write_frames

SHAPE = (192, 256)
GLINT = (150.0, 90.0)


def clip_of(frames: list[Frame]) -> Clip:
    return Clip("clip", meta_for(SHAPE), lambda index: frames[index])


@pytest.fixture(scope="module")
def clip() -> Clip:
    frames = strobed_frames(3, SHAPE, glint=GLINT)
    for index, phase in enumerate(PHASES):
        if phase != "C":  # a bright dot under both lamps, at rest on the wall like everything
            x, y = (round(at - drift * (12 - index)) for at, drift in zip((60, 120), (1.2, 0.7), strict=True))
            cv2.circle(frames[index], (x, y), 1, 900.0, -1)
    return clip_of(frames)


def test_a_glint_is_explained_by_its_score_and_reasons(clip: Clip) -> None:
    told = explain_point(clip, *GLINT)
    assert told.outcome in ("called", "below")
    assert told.detection is not None
    assert f"{told.detection.score:.2f}" in told.said.ko
    assert f"{told.detection.score:.2f}" in told.said.en
    assert [look.state for look in told.looks] == ["followed"] * 5
    first = told.looks[0]
    assert np.hypot(first.x - (GLINT[0] - 12 * 1.2), first.y - (GLINT[1] - 12 * 0.7)) < 2.0
    again = explain_point(clip, first.x, first.y, first.frame)
    assert again.detection == told.detection


def test_a_point_without_light_is_no_peak(clip: Clip) -> None:
    told = explain_point(clip, 200.0, 40.0)
    assert (told.outcome, told.detection) == ("no_peak", None)
    assert "2.8" in told.said.ko
    assert all(look.snr < 3.0 for look in told.looks if look.state == "no_peak")


def test_what_is_bright_but_no_point_is_not_said_to_be_too_dark(clip: Clip) -> None:
    told = explain_point(clip, GLINT[0] - 8.0, GLINT[1] + 4.0)
    assert told.outcome == "no_peak"
    assert "4.2" in told.said.en
    assert "2.8" not in told.said.en


def test_what_both_lamps_show_is_judged_and_not_called(clip: Clip) -> None:
    told = explain_point(clip, 60.0, 120.0)
    assert told.outcome in ("below", "shown_by_both", "too_rarely_found")
    assert any(look.state in ("followed", "shown_by_both") for look in told.looks)


def test_a_clip_that_cannot_be_judged_says_why() -> None:
    lit: ClipPhase = "A"
    frames = strobed_frames(3, SHAPE, phases=(lit,) * len(PHASES), glint=GLINT)
    told = explain_point(clip_of(frames), *GLINT)
    assert told.outcome == "not_assessable"
    why = WORDS.reasons["lamp_phases_do_not_differ"]
    assert (why.ko in told.said.ko, why.en in told.said.en) == (True, True)


@pytest.mark.parametrize(
    ("x", "y", "frame", "wrong"), [(-1.0, 5.0, None, "inside"), (256.0, 5.0, None, "inside"), (5.0, 5.0, 1, "on_axis")]
)
def test_a_point_that_is_none_is_refused(clip: Clip, x: float, y: float, frame: int | None, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        explain_point(clip, x, y, frame)


def test_every_outcome_is_said_in_both_languages() -> None:
    for both in OUTCOMES.values():
        assert both.ko != both.en
        assert any("\uac00" <= letter <= "\ud7a3" for letter in both.ko)


@pytest.mark.parametrize("value", [0.0, 0.013, -0.4, 1.7, math.nan])
@pytest.mark.parametrize("name", sorted(REASONS))
def test_each_reason_is_a_plain_part_of_a_sentence(name: str, value: float) -> None:
    told = sentence(name, value)
    for text in told:
        assert re.search(r"[a-z]_[a-z]|\bnan\b", text) is None, "no code, no missing number"
        assert len(text.split()) >= 2
    assert re.search("[가-힣]", told.ko)
    assert not re.search("[가-힣]", told.en)


@pytest.mark.parametrize("name", sorted(NONE))
def test_a_small_number_is_not_told_as_the_thing_itself(name: str) -> None:
    """What weighs for a lens by being weak is not said to be a mirror image, or a pair of eyes."""
    assert ":" not in sentence(name, 0.01).ko
    assert sentence(name, 0.0) != sentence(name, 0.01)


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_the_command_speaks_the_language_of_the_locale(tmp_path: Path, locale: str) -> None:
    write_frames(tmp_path / "clip", strobed_frames(3, SHAPE, glint=GLINT))
    result = CliRunner().invoke(
        build_app(["lens"]), ["lens", str(tmp_path), "--explain", "200,40"], env={"LC_ALL": locale}
    )
    assert result.exit_code == 0, result.output
    said = (OUTCOMES["no_peak"].ko.split(":")[0], "times the noise")
    assert [one in result.output for one in said] == ([True, False] if locale.startswith("ko") else [False, True])
    assert CliRunner().invoke(build_app(["lens"]), ["lens", str(tmp_path), "--explain", "here"]).exit_code != 0
