"""Signing by finger, as a person does on the phone's screen."""

from __future__ import annotations

from playwright.sync_api import Page


def draw_signature(page: Page) -> None:
    """A stroke on the pad."""
    pad = page.get_by_role("img", name="여기에 손가락으로 서명")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 90, steps=5)
    page.mouse.up()
