"""The stand-in field test: unmarked, its truth set aside and right, each camera the same in all its clips."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import numpy as np

from sweep.lab.campaign.folder import TRUTH, open_campaign
from sweep.lab.campaign.mark_page import MarkPage
from sweep.lab.campaign.setups import draw
from sweep.lab.scoring.truth import read_truths
from tests.simulators.stand_in_campaign import AGAIN, DEVICES, SEED, lens_of, main, measured, numbers_of, tier_of


def test_clips_lie_as_they_were_recorded_and_what_was_in_them_lies_elsewhere(tmp_path: Path) -> None:
    folder, secret = tmp_path / "campaign", tmp_path / "secret"
    main([str(folder), str(secret), "--first", "4"])
    campaign = open_campaign(folder)
    assert (len(campaign.tries), campaign.left) == (200 + len(AGAIN), ())
    assert sorted(one.name for one in campaign.clips.iterdir()) == ["f001", "f002", "f003", "f004"]
    assert not (folder / TRUTH).exists(), "unmarked"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o700
    setups = campaign.setups()
    for truth in read_truths(secret / TRUTH):
        setup = setups[int(truth.clip[1:])]
        assert (truth.group, truth.tier, truth.is_positive) == (setup.group, setup.tier, setup.is_lens)
        rendered = json.loads((secret / "rendered" / f"{truth.clip}.json").read_text())
        assert len(rendered["lenses"]) == setup.is_lens
        for lens, known in zip(truth.lenses, rendered["lenses"], strict=True):
            at = {one["frame"]: (one["x"], one["y"]) for one in known["track"]}
            last = lens.track[-1]
            assert np.hypot(last.x - at[last.frame][0], last.y - at[last.frame][1]) < 3.0
            assert abs(known["range_m"] - setup.range_m) < 0.25 * setup.range_m
            assert known["kind"] == setup.kind
    page = MarkPage(campaign, setups)
    assert page.clip("f001")["objects"] == []
    before = {one.name: one.stat().st_mtime_ns for one in campaign.clips.iterdir()}
    main([str(folder), str(secret), "--first", "4"])
    assert {one.name: one.stat().st_mtime_ns for one in campaign.clips.iterdir()} == before, "it goes on"


def test_a_camera_is_the_same_in_all_its_clips_and_another_in_another_test() -> None:
    ours = [one for one in draw(SEED) if one.thing == "camera-05"]
    seen = [lens_of(numbers_of(one, SEED), tier_of(one)) for one in ours]
    assert len(ours) == 10
    assert len({(one["rho"], one["aperture_mm"], one["cone_sigma_deg"]) for one in seen}) == 1
    assert measured(ours[0], SEED).kind == DEVICES[4][1] == "reflective"
    assert measured(ours[0], SEED).aperture_mm != measured(ours[0], SEED + 1).aperture_mm
