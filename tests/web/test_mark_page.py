"""The setter's page of a field test in a real Chromium: point once, see it carried, correct, save, take back."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from sweep.lab.campaign.folder import Campaign, on_axis_frames
from sweep.lab.campaign.mark_page import application
from sweep.lab.campaign.setups import draw
from sweep.lens.clip.clips import read_clip
from tests.lab.campaign_kit import SEED, glint_in, recorded
from tests.waiting import wait_until
from tests.web.conftest import Watch


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Its first three clips."""
    return recorded(tmp_path / "test", 3)


@pytest.fixture
def address(campaign: Campaign) -> Iterator[str]:
    """Where its page is served."""
    config = uvicorn.Config(application(campaign, campaign.setups()), port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, "the page is served")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (412, 915)])
def test_a_clip_is_marked_once_carried_corrected_saved_and_taken_back(
    browser: Browser, address: str, campaign: Campaign, width: int, height: int, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": width, "height": height}, locale="ko-KR")
    page, watch = context.new_page(), Watch(address)
    watch.attach(page)
    page.goto(address)
    _is_open(page, "f001")
    keep = page.get_by_role("button", name="저장하고 다음")
    expect(keep).to_be_disabled()
    full = on_axis_frames(read_clip(campaign.clips / "f001"))
    _press(page, glint_in(full[-1]))
    expect(page.locator("#how")).to_contain_text("어긋난 곳은 다시 누르십시오")
    frames = page.locator("#frames button")
    expect(frames).to_have_count(6)
    expect(frames.filter(has_text="●")).to_have_count(1)
    page.screenshot(path=str(tmp_path / "mark.png"))
    page.get_by_role("button", name="f002,").click()
    _is_open(page, "f002")
    expect(keep).to_be_disabled()
    page.get_by_role("button", name=re.compile("^f001, .*저장 전$")).click()
    _is_open(page, "f001")
    expect(frames.filter(has_text="●")).to_have_count(1)
    frames.first.click()
    _press(page, (glint_in(full[0])[0] + 3.0, glint_in(full[0])[1]))
    expect(frames.filter(has_text="●")).to_have_count(2)
    page.get_by_role("button", name="되돌리기").click()
    expect(frames.filter(has_text="●")).to_have_count(1)
    keep.click()
    _is_open(page, "f002")
    truth = json.loads((campaign.truth / "f001.json").read_text(encoding="utf-8"))
    assert draw(SEED)[0].is_lens
    assert truth["group"] == draw(SEED)[0].group
    track = {one["frame"]: (one["x"], one["y"]) for one in truth["lenses"][0]["track"]}
    assert set(full) < set(track)
    for frame, (x, y) in track.items():
        assert (x, y) == pytest.approx(glint_in(frame), abs=2.0)
    page.get_by_role("button", name="f001,").click()
    _is_open(page, "f001")
    undo = page.get_by_role("button", name="되돌리기")
    expect(undo).to_be_disabled()
    page.get_by_role("button", name="표시 지우기").click()
    expect(page.locator("#said")).to_contain_text("지웠습니다")
    assert not (campaign.truth / "f001.json").exists()
    expect(frames.filter(has_text="●")).to_have_count(0)
    undo.click()
    expect(frames.filter(has_text="●")).to_have_count(1)
    expect(keep).to_be_enabled()
    page.get_by_label("물체의 반지름").fill("21")
    frames.first.click()
    expect(frames.first).to_have_attribute("aria-pressed", "true")
    assert watch.troubles == []
    context.close()


def _is_open(page: Page, name: str) -> None:
    expect(page.locator("#what")).to_contain_text(name)
    expect(page.locator("body")).to_have_attribute("data-ready", "true")


def _press(page: Page, at: tuple[float, float]) -> None:
    """Press the camera's pixel `at` of the picture."""
    picture = page.locator("#picture")
    box = picture.bounding_box()
    assert box is not None
    wide, high = picture.evaluate("one => [one.width, one.height]")
    x, y = (at[0] + 0.5) * box["width"] / wide, (at[1] + 0.5) * box["height"] / high
    picture.click(position={"x": x, "y": y})
