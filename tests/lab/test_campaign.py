"""A field test: drawn blind from a seed, recorded where it was left, marked once, and scored as any clip."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lab.bench.recording import RecordError
from sweep.lab.campaign.folder import (
    LOOK,
    SHEET,
    TORN,
    TRIES,
    CampaignError,
    new_campaign,
    on_axis_frames,
    open_campaign,
)
from sweep.lab.campaign.mark_page import application
from sweep.lab.campaign.marking import Marked, MarkError, objects_of, places, truth_of
from sweep.lab.campaign.serving import OWN_HEADER
from sweep.lab.campaign.session import record_all
from sweep.lab.campaign.setups import (
    ANGLES_DEG,
    BACKGROUNDS,
    CONFUSERS,
    LEFT_OUT,
    RANGES_M,
    Setup,
    SheetError,
    draw,
    read_sheet,
    sheet_text,
)
from sweep.lab.scoring.truth import read_truths
from sweep.lens.clip.clips import read_clip
from sweep.phrases import Phrase
from tests.lab.campaign_kit import SEED, answering, glint_in, recorded, recorder

OWN = {OWN_HEADER: "1"}


def test_the_order_is_of_the_seed_and_its_numbers_tell_nothing() -> None:
    setups = draw(SEED)
    assert draw(SEED) == setups != draw(SEED + 1)
    assert [one.number for one in setups] == list(range(1, 201))
    assert [one.clip for one in setups[:2]] == ["f001", "f002"]
    things = Counter(one.thing for one in setups)
    objects = [f"{kind}-{number}" for kind in CONFUSERS for number in (1, 2)]
    assert things == {f"camera-{number:02d}": 10 for number in range(1, 13)} | dict.fromkeys(objects, 4)
    assert sum(one.is_lens for one in setups) == 120
    assert {one.group for one in setups if not one.is_lens} == {f"confuser-{one}" for one in objects}
    assert {one.kind_of_thing for one in setups if not one.is_lens} == set(CONFUSERS)
    at = Counter((one.range_m, one.angle_deg) for one in setups if one.is_lens)
    assert at == {(r, a): 12 for r in RANGES_M for a in ANGLES_DEG if (r, a) not in LEFT_OUT}
    runs = sum(before.thing == after.thing for before, after in pairwise(setups))
    assert runs < 30, "one thing after the other would tell what is next"
    assert {one.tier for one in setups if one.thing == "camera-01"} == {4}
    assert 55 <= sum(one.is_light_on for one in setups) <= 75


def test_a_sheet_comes_back_as_the_setter_has_filled_it_in() -> None:
    setups = draw(SEED)
    assert read_sheet(sheet_text(setups), SHEET, Setup) == setups
    filled = sheet_text(setups).replace(",clear,,", ",reflective,2.1,", 1)
    (changed,) = [one for one in read_sheet("\ufeff" + filled, SHEET, Setup) if one.kind == "reflective"]
    assert changed.aperture_mm == 2.1
    lines = sheet_text(setups).splitlines()
    for text, says in (
        (sheet_text(setups).replace(",clear,", ",mirror,", 1), "kind"),
        ("\n".join([*lines, lines[1]]), "twice"),
        (lines[0], "no set-ups"),
    ):
        with pytest.raises(SheetError, match=says):
            read_sheet(text, SHEET, Setup)


def test_recording_goes_on_where_it_was_left_and_asks_for_the_set_up_on_the_card(tmp_path: Path) -> None:
    asked: list[str] = []
    said: list[str] = []

    def say(phrase: Phrase) -> None:
        said.append(str(phrase))

    campaign = new_campaign(tmp_path / "test", SEED)
    first = ["1", "9", "1", "maybe", "y", "7", "2", "3", "n", "r", "", "r", "2"]
    campaign = record_all(campaign, recorder(campaign.clips), answering(first, asked), say)
    assert [(one.clip, one.setup, one.background, one.is_light_on, one.because) for one in campaign.tries] == [
        ("f001", 1, BACKGROUNDS[0], True, ""),
        ("f002", 2, BACKGROUNDS[2], False, ""),
        ("f002-2", 2, BACKGROUNDS[2], False, "lamp off"),
    ]
    assert "both persons have to be at the same set-up" in " ".join(said)
    assert "2 of 200 recorded, 198 left" in said
    assert not any("camera-" in one or kind in one for one in (*asked, *said) for kind in CONFUSERS), "blind"
    again = open_campaign(tmp_path / "test")
    assert again == campaign
    assert again.left[0] == 3
    assert [one.clip for one in again.last_of_each] == ["f001", "f002-2"]
    for one in again.tries:
        clip = again.clips / one.clip
        assert read_clip(clip).meta.phases.count("A") == 8
        shown = cv2.imread(str(clip / LOOK), cv2.IMREAD_UNCHANGED)
        assert shown is not None
        assert shown.dtype == np.uint8
        assert shown.max() == 255, "somebody can see something"


def test_what_fails_leaves_nothing_and_is_asked_again(tmp_path: Path) -> None:
    campaign = new_campaign(tmp_path / "test", SEED)
    good, said = recorder(campaign.clips), []
    tries = iter([RecordError(Phrase("bench_unnamed")), None])

    def record(name: str) -> Path:
        error = next(tries)
        if error is not None:
            good(name)  # the frames are there, and were never signed
        if error is not None:
            raise error
        return good(name)

    answers = answering(["1", "1", "y", "1", "1", "y"], [])
    campaign = record_all(campaign, record, answers, lambda phrase: said.append(str(phrase)))
    assert [one.clip for one in campaign.tries] == ["f001"]
    assert [one.name for one in (campaign.folder / TORN).iterdir()] == ["f001"]
    assert any("name the bench" in one for one in said)


def test_a_head_that_is_not_plugged_in_is_said_before_the_first_card(tmp_path: Path) -> None:
    new_campaign(tmp_path / "test", SEED)
    head = tmp_path / "head"
    arguments = ["record", str(tmp_path / "test"), "--bench", "b1", "--port", str(head)]
    arguments += ["--declared-empty", "Kim", "--declared-empty", "Lee"]

    def said() -> str:
        done = CliRunner().invoke(build_app(["bench"]), ["bench", *arguments], input="q\n")
        assert done.exit_code == 0, done.output
        return " ".join(done.stderr.split())

    line = f"no sensor head at {head}: plug in its USB cable before the first card"
    assert said().startswith(line)
    head.touch()
    assert line not in said()


def test_a_power_cut_costs_one_clip_at_most_and_deletes_nothing(tmp_path: Path) -> None:
    campaign = recorded(tmp_path / "test", 2)
    lines = (campaign.folder / TRIES).read_text(encoding="utf-8").splitlines()
    (campaign.folder / TRIES).write_text(f"{lines[0]}\n{lines[1][:40]}", encoding="utf-8")
    again = open_campaign(campaign.folder)
    assert [one.clip for one in again.tries] == ["f001"]
    assert sorted(one.name for one in again.clips.iterdir()) == ["f001", "f002"], "whoever marks moves nothing"
    record_all(again, recorder(again.clips), answering([], []), lambda _: None)
    assert [one.name for one in again.clips.iterdir()] == ["f001"]
    assert [one.name for one in (campaign.folder / TORN).iterdir()] == ["f002"]
    assert again.left[0] == 2
    (campaign.folder / TRIES).write_text("\n".join(["{}", lines[0]]), encoding="utf-8")
    with pytest.raises(CampaignError, match="line 1"):
        open_campaign(campaign.folder)
    with pytest.raises(CampaignError, match="sweep bench plan"):
        open_campaign(tmp_path / "nowhere")
    with pytest.raises(CampaignError, match="already"):
        new_campaign(campaign.folder, 1)


def test_a_mark_is_carried_and_the_nearest_one_counts(tmp_path: Path) -> None:
    campaign = recorded(tmp_path / "test", 1)
    clip = read_clip(campaign.clips / "f001")
    frames = [index for index, phase in enumerate(clip.meta.phases) if phase == "A"]
    first, last = frames[0], max(on_axis_frames(clip))
    found = places(clip, {last: glint_in(last)})
    assert list(found) == frames
    assert all(np.hypot(*np.subtract(at, glint_in(frame))) < 2.0 for frame, at in found.items())
    moved = places(clip, {last: glint_in(last), first: (glint_in(first)[0] + 5.0, glint_in(first)[1])})
    for frame, by in ((frames[1], 5.0), (last, 0.0), (frames[-1], 0.0)):
        assert moved[frame][0] == pytest.approx(glint_in(frame)[0] + by, abs=2.0)
    dark = clip.meta.phases.index("C")
    for marks, says in (({}, "mark the thing"), ({dark: (9.0, 9.0)}, "on_axis"), ({frames[0]: (-1.0, 5.0)}, "outside")):
        with pytest.raises(MarkError, match=says):
            places(clip, marks)
    with pytest.raises(MarkError):
        truth_of(campaign.setups()[1], clip, [])


def test_one_truth_for_lenses_and_for_things_that_are_none(tmp_path: Path) -> None:
    campaign = recorded(tmp_path / "test", 1)
    clip = read_clip(campaign.clips / "f001")
    last = max(on_axis_frames(clip))
    setups = draw(SEED)
    lens = next(one for one in setups if one.is_lens).model_copy(update={"aperture_mm": 2.1, "kind": "reflective"})
    screws = next(one for one in setups if one.thing == "screw-2")
    for setup, objects in (
        (lens, [Marked({last: glint_in(last)})]),
        (screws, [Marked({last: (150, 90)}), Marked({last: (160, 99)})]),
    ):
        (tmp_path / "truth").mkdir(exist_ok=True)
        (tmp_path / "truth" / "f001.json").write_text(json.dumps(truth_of(setup, clip, objects)), encoding="utf-8")
        (truth,) = read_truths(tmp_path / "truth")
        assert (truth.group, truth.tier, truth.width) == (setup.group, setup.tier, clip.meta.width)
        assert truth.is_positive == setup.is_lens
        if setup.is_lens:
            assert len(truth.lenses[0].track) == 8
            assert truth.lenses[0].kind == "reflective"
        else:
            assert truth.group == "confuser-screw-2"
            assert truth.confuser_counts == {"screw": 2}
            assert len(truth.confusers) == 16


def test_a_truth_that_somebody_wrote_by_hand_is_shown_at_its_last_places() -> None:
    track = [{"frame": 3, "x": 40.0, "y": 50.0}, {"frame": 21, "x": 44.5, "y": 52.0, "rad": 2.0}]
    by_hand = {"clip": "f001", "lenses": [{"detectable": False, "track": track}]}
    assert objects_of(by_hand, 728) == [{"marks": {"21": [44.5, 52.0]}, "in_line_of_sight": False, "radius_px": 2.0}]
    tapes = {
        "clip": "f002",
        "confusers": [[3, "tape", 1, 2], [21, "tape", 650.0, 410.0, 1.0, 20.0], [21, "tape", 9, 9]],
    }
    assert [one["marks"] for one in objects_of(tapes, 1456)] == [{"21": [650.0, 410.0]}, {"21": [9.0, 9.0]}]
    assert objects_of({"clip": "f003", "marked": [{"marks": {"3": [1, 2]}}]}, 728) == [{"marks": {"3": [1, 2]}}]
    with pytest.raises(MarkError, match="f004"):
        objects_of({"clip": "f004", "lenses": [{}]}, 728)


@pytest.fixture
def page(tmp_path: Path) -> Any:
    campaign = recorded(tmp_path / "test", 2)
    with TestClient(application(campaign, campaign.setups()), base_url="http://127.0.0.1") as client:
        yield client


def test_the_page_serves_its_machine_alone_and_only_what_the_test_holds(page: Any, tmp_path: Path) -> None:
    assert page.get("/").headers["content-security-policy"].startswith("default-src 'self'")
    assert [one["is_marked"] for one in page.get("/api/clips").json()["clips"]] == [False, False]
    clip = page.get("/api/clips/f001").json()
    frame = clip["frames"][-1]
    assert page.get(f"/api/clips/f001/frames/{frame}.png").content.startswith(b"\x89PNG")
    at = list(glint_in(frame))
    body: dict[str, Any] = {"objects": [{"marks": {str(frame): at}}]}
    assert page.put("/api/clips/f001/truth", json=body).status_code == 403, "a foreign page may not"
    assert page.put("/api/clips/f001/truth", json=body, headers=OWN).json() == {"is_marked": True}
    assert page.get("/api/clips/f001").json()["objects"][0]["marks"] == {str(frame): at}
    carried = page.post("/api/clips/f001/places", json=body["objects"][0], headers=OWN).json()["places"]
    assert {str(one) for one in clip["frames"]} < set(carried), "in frames of short pulses, too"
    assert page.delete("/api/clips/f001/truth", headers=OWN).json() == {"is_marked": False}
    assert page.get("/", headers={"host": "somewhere.example"}).status_code == 400
    for text, says in (("{", "f002.json"), ("[]", "f002.json"), ('{"clip": "f002", "lenses": [{}]}', "f002")):
        (tmp_path / "test" / "truth" / "f002.json").write_text(text, encoding="utf-8")
        answer = page.get("/api/clips/f002")
        assert (answer.status_code, says in answer.json()["error"]["en"]) == (422, True), text
    for path in ("/api/clips/f003", "/api/clips/..%2f..", "/api/clips/f001/frames/9999.png", "/campaign.json"):
        assert page.get(path).status_code == 404, path
    malformed: tuple[dict[str, Any], ...] = (
        {"objects": []},
        {"objects": [{"marks": {"1": [1e999, 0]}}]},
        {"objects": [{"marks": {"9999": [1, 1]}}]},
        {"objects": [{"marks": {str(frame): [-4, 1]}}]},
        {"objects": "all"},
    )
    for wrong in malformed:
        answer = page.put("/api/clips/f001/truth", content=json.dumps(wrong), headers=OWN)
        assert answer.status_code == 422, wrong
        assert set(answer.json()["error"]) == {"ko", "en"}
    assert page.put("/api/clips/f001/truth", content=b"x" * 300_000, headers=OWN).status_code == 413
