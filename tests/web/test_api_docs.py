"""The page that shows the interface's document: whole, under the page's policy, and for reading alone."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
from playwright.sync_api import expect

from tests.web.conftest import DESK, OpenPhone, Phone
from tests.web.site import Site

DIST = Path(__file__).resolve().parents[2] / "server" / "web" / "dist"


def test_the_document_can_be_read(open_phone: OpenPhone, site: Site) -> None:
    reader = open_phone(site.url, viewport=DESK)  # which fails for a refused script or style, or a request to elsewhere
    reader.open("api/docs")
    page = reader.page
    document = httpx.get(f"{site.url}/api/openapi.json", timeout=30).json()
    tags = page.locator(".opblock-tag")
    expect(tags).to_have_count(len(document["tags"]))
    expect(page.locator(".info .title")).to_contain_text(f"Ansim Sweep {document['info']['version']}")
    reader.shoot("api-docs", full=False)
    tags.filter(has_text="schedule").click()
    told = [one["summary"] for ops in document["paths"].values() for one in ops.values() if "schedule" in one["tags"]]
    expect(page.locator(".opblock-summary-description")).to_have_text(told)
    page.locator("#operations-schedule-post_order_api_schedule_orders_post .opblock-summary-control").click()
    expect(page.locator(".body-param__example").first).to_contain_text("합동점검")
    reader.shoot("api-docs-order", full=False)
    for button in ("Try it out", "Execute", "Authorize"):
        expect(page.get_by_role("button", name=button)).to_have_count(0)


def test_a_small_screen_shows_it_without_moving_sideways(phone: Phone) -> None:
    phone.open("api/docs")
    expect(phone.page.locator(".opblock-tag").first).to_be_visible()
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.shoot("api-docs-phone", full=False)


def test_no_phone_keeps_or_loads_it_before_it_is_wanted(site: Site) -> None:
    kept = (DIST / "sw.js").read_text(encoding="utf-8")
    assert "swagger" not in kept
    assert "api-docs" not in kept
    first = httpx.get(site.url, timeout=30).text
    assert "swagger" not in first
    script = next(DIST.glob("assets/swagger-ui-*/swagger-ui-bundle.js.br"))
    path = script.with_suffix("").relative_to(DIST).as_posix()
    answer = httpx.get(f"{site.url}/{path}", headers={"Accept-Encoding": "br"}, timeout=30)
    assert answer.headers["content-encoding"] == "br"
    assert "immutable" in answer.headers["cache-control"]
    assert (
        json.loads((DIST.parent / "package.json").read_text(encoding="utf-8"))["devDependencies"]["swagger-ui-dist"]
        in path
    ), "what is kept for a year has its version in its name"
