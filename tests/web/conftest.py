"""What the page tests share: one seeded server, Debian's Chromium as a Korean phone, axe, and a watch for scripts."""

from __future__ import annotations

import base64
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright
from sqlalchemy import update

from server.cli.demo_city import write_city
from server.cli.demo_city_places import DISTRICTS
from server.config.settings import Settings
from server.people.second_factor import STEP_S
from server.store.db import Database
from server.store.schema import users
from tests.server.conftest import quick_passwords  # noqa: F401  a fixture, for servers of this process
from tests.web.agent import AgentSite, running_agent
from tests.web.chromium import FLAGS, installed
from tests.web.hung import LONGEST_S, ended_after
from tests.web.probe import FakeProbe, connected_probe
from tests.web.site import PASSWORD, PROBE_ID, QUICK_HASH, REAL_PROBE_ID, Site, running_site, serving

WEB = Path(__file__).resolve().parents[2] / "server" / "web"
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 412, "height": 915}
AS_PHONE: dict[str, Any] = {"viewport": PHONE, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
PICTURES = os.environ.get("SWEEP_TEST_SCREENSHOTS")
"""A folder to keep pictures in; without one nobody looks, and a quarter of a phone's dots are enough."""
SMALL_PHONE: ViewportSize = {"width": 360, "height": 640}
TIMEOUT_MS = 60_000  # a page answers in a hundredth of it; machines with other work are slow
expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium."""
    found = installed()
    if found is None:
        pytest.fail("no Chromium: make setup-test")
    return found


@pytest.fixture(scope="session")
def axe_source() -> str:
    """axe-core from the page's own development packages."""
    file = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not file.is_file():
        pytest.fail("no axe-core: make setup")
    return file.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def built_page() -> None:
    """Fails with one line when Vite has not built the page."""
    if not (WEB / "dist" / "index.html").is_file():
        pytest.fail("the page is not built: make setup")


@pytest.fixture(scope="package")
def site(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A seeded server with the built page."""
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="package")
def city(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a small demonstration city: nine facilities, two months."""
    folder = tmp_path_factory.mktemp("city") / "data"
    shutil.copytree(_written_city(tmp_path_factory.getbasetemp()), folder)
    with serving(folder, DISTRICTS[0].district_id) as url:
        yield url


def _written_city(own: Path) -> Path:
    """The city as it was written, once for all processes that test."""
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    written = common / "written-city"
    with (common / "city.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not written.exists():
            folder = own / "city-being-written"
            write_city(folder, facilities=3, months=2, password=PASSWORD)
            with closing(Database(Settings(data_dir=folder).url)) as db, db.write() as connection:
                connection.execute(update(users).values(password_hash=QUICK_HASH.text))
            folder.rename(written)
    return written


@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One browser for all tests of the page; afterwards it is gone, since its event loop shuts out every other."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path, headless=True, args=FLAGS)
        yield launched
        launched.close()


@dataclass
class Watch:
    """What must not happen on a page: errors, refused scripts or styles, dialogs, requests to anywhere else."""

    origin: str
    troubles: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    """Parts of console messages that this test causes on purpose."""
    elsewhere: tuple[str, ...] = ()
    """Other origins that this test goes to on purpose, by a link that a person clicks."""

    def attach(self, page: Page) -> None:
        """Listen on this page from now on."""

        def on_console(message: Any) -> None:
            is_said = message.type == "error" or message.text.startswith("https://svelte.dev/e/")  # its warnings
            if is_said and not any(part in message.text for part in self.allowed):
                self.troubles.append(f"console: {message.text}")

        def on_dialog(dialog: Any) -> None:
            self.troubles.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        def on_request(request: Any) -> None:
            if not request.url.startswith((self.origin, "blob:", "data:", *self.elsewhere)):
                self.troubles.append(f"request to elsewhere: {request.url}")

        page.on("console", on_console)
        page.on("dialog", on_dialog)
        page.on("request", on_request)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))


@dataclass(frozen=True)
class Phone:
    """A phone with the page open on it."""

    page: Page
    url: str
    watch: Watch
    _axe: str

    def open(self, path: str = "#/") -> None:
        """Go to a screen."""
        self.page.goto(f"{self.url}/{path}")

    def log_in(self, username: str = "inspector", *, path: str = "#/") -> None:
        """Log in beside the form, which has its own test, with a second factor where one is needed; go to a screen."""
        self.ask("/api/login", {"username": username, "password": PASSWORD})
        me = self.page.request.get(f"{self.url}/api/me").json()
        if me["user"]["needs_second_factor"]:
            secret = self.ask("/api/second-factor", token=me["csrf_token"])["secret"]
            app = TOTP(base64.b32decode(secret), 6, SHA1(), STEP_S)  # noqa: S303  as the apps do
            self.ask("/api/second-factor/confirm", {"code": app.generate(time.time()).decode()}, me["csrf_token"])
        self.open(path)

    def ask(self, path: str, body: dict[str, str] | None = None, token: str = "") -> Any:
        """The answer to a POST of this phone's session, which must succeed."""
        answer = self.page.request.post(f"{self.url}{path}", data=body, headers={"X-CSRF-Token": token})
        assert answer.ok, answer.text()
        return answer.json()

    def set(self, *, language: str = "ko", theme: str = "auto") -> None:
        """Choose language and appearance as the settings screen would, and load again."""
        self.page.evaluate(
            "values => localStorage.setItem('ansim-settings', JSON.stringify(values))",
            {"language": language, "theme": theme},
        )
        self.page.reload()

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it stands, one line per rule and place."""
        self.settle()
        if self.page.evaluate("typeof axe === 'undefined'"):
            self.page.evaluate(self._axe)
        found = self.page.evaluate(
            """async () => {
                // Not the style sheets: one still on its way is copied into the page, whose policy forbids that.
                const run = await axe.run(document, {resultTypes: ['violations'], preload: {assets: ['media']}});
                const line = (rule, node) => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`;
                return run.violations.flatMap(rule => rule.nodes.map(node => line(rule, node)));
            }"""
        )
        return [str(line) for line in found]

    def small_texts(self, least_px: float = 13.9) -> list[str]:
        """Texts that are drawn smaller than 14 px, pictures included: a cubicle is dark and a hand moves."""
        found = self.page.evaluate(
            """least => {
                const small = new Map();
                const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                while (walker.nextNode()) {
                    const element = walker.currentNode.parentElement;
                    if (!walker.currentNode.textContent.trim() || element.closest('.visually-hidden')) continue;
                    if (!element.checkVisibility()) continue;
                    const scale = element instanceof SVGElement ? element.getScreenCTM()?.a ?? 1 : 1;
                    const size = scale * parseFloat(getComputedStyle(element).fontSize);
                    if (size < least) small.set(element.textContent.trim().slice(0, 40), size.toFixed(1));
                }
                return [...small].map(([text, size]) => `${size} px: ${text}`);
            }""",
            least_px,
        )
        return [str(line) for line in found]

    def small_targets(self, least_px: int = 48) -> list[str]:
        """What a finger is to hit and is smaller than its 48 px; of a box with a label the label counts."""
        found = self.page.evaluate(
            """least => [...document.querySelectorAll('a, button, select, input, textarea, summary')]
                .filter(one => one.checkVisibility() && !one.closest('.visually-hidden, .skip'))
                .map(one => [one, (one.matches('[type=checkbox], [type=radio]') && one.closest('label') || one)
                    .getBoundingClientRect()])
                .filter(([, box]) => Math.min(box.width, box.height) < least - 0.5)
                .map(([one, box]) => `${Math.round(box.width)} × ${Math.round(box.height)} px: ${
                    (one.ariaLabel || one.innerText || one.type).slice(0, 40)}`)""",
            least_px,
        )
        return [str(line) for line in found]

    def faults(self) -> list[str]:
        """All that a screen of a phone is held to: axe, texts of 14 px, targets of 48 px."""
        return [*self.violations(), *self.small_texts(), *self.small_targets()]

    def unfold(self, title: str) -> None:
        """Open a part of the screen that is folded."""
        summary = self.page.locator("main summary", has_text=title).first
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()

    def of_today(self, room_id: UUID | str) -> Locator:
        """A room's card under "오늘", unfolded: how many rooms come before it is a matter of what other tests left."""
        row = self.page.locator(f"a.today-room[href='#/rooms/{room_id}']")
        more = self.page.get_by_role("button", name=re.compile("^(나머지|Show the other) "))
        while True:
            expect(row.or_(more).first).to_be_visible()
            if row.count() > 0:
                return row
            cards = self.page.locator("a.today-room")
            shown = cards.count()
            more.click()
            expect(cards.nth(shown)).to_be_attached()

    def settle(self) -> None:
        """Wait until fonts are there and nothing moves, so that colours are those that a person sees."""
        self.page.evaluate("document.fonts.ready")
        self.page.wait_for_function(
            """() => document.getAnimations().every(
                one => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"""
        )

    def shoot(self, name: str, *, full: bool = True) -> None:
        """Keep a picture of the screen when SWEEP_TEST_SCREENSHOTS names a folder."""
        if PICTURES:
            self.settle()
            self.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=full)


OpenPhone = Callable[..., Phone]
OWN_SERVERS = {"city", "day", "door", "whole"}


@pytest.fixture
def open_phone(browser: Browser, axe_source: str, request: pytest.FixtureRequest) -> Iterator[OpenPhone]:
    """Make phones for a server; at the end each must have had no trouble.

    A server that one test has for itself is made first, so that it ends after the phones: a page still asks until it
    is closed, and a refused connection would count as its trouble.
    """
    for name in OWN_SERVERS & set(request.fixturenames):
        request.getfixturevalue(name)
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def make(url: str, *, locale: str = "ko-KR", **options: Any) -> Phone:
        context = browser.new_context(
            locale=locale,
            timezone_id="Asia/Seoul",
            **{
                **AS_PHONE,
                "device_scale_factor": 2 if PICTURES else 1,
                "service_workers": "block",
                "color_scheme": "light",
                **options,
            },
        )
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        page = context.new_page()
        watch = Watch(url)
        watch.attach(page)
        watches.append(watch)
        return Phone(page, url, watch, axe_source)

    with nullcontext() if request.node.get_closest_marker("soak") else ended_after(LONGEST_S):
        yield make
    for context in contexts:
        context.close()
    assert [trouble for watch in watches for trouble in watch.troubles] == []


@pytest.fixture
def phone(open_phone: OpenPhone, site: Site) -> Phone:
    """A Korean phone in the light theme at the seeded server."""
    return open_phone(site.url)


@pytest.fixture(scope="package")
def agent_site(
    built_page: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[AgentSite]:
    """The real agent and a server, once for all tests that drive it."""
    with running_agent(tmp_path_factory.mktemp("agent"), request.config.rootpath) as running:
        yield running


@pytest.fixture
def probe(site: Site) -> Iterator[FakeProbe]:
    """The demo probe, online and idle."""
    with connected_probe(site.url, PROBE_ID, site.demo) as connected:
        yield connected


@pytest.fixture
def live_probe(site: Site) -> Iterator[FakeProbe]:
    """The probe whose sweeps are real, online and idle; afterwards its sweep is over."""
    with connected_probe(site.url, REAL_PROBE_ID, site.real) as connected:
        yield connected
        connected.state("aborted")


def prove_second(page: Page, username: str) -> None:
    """The second person enters user name and password of their own, before both declare the room empty."""
    page.get_by_role("radio", name="비밀번호").check()
    page.get_by_label("본인 아이디").fill(username)
    page.get_by_label("본인 비밀번호").fill(PASSWORD)


@pytest.fixture
def live_phone(open_phone: OpenPhone, site: Site, live_probe: FakeProbe) -> Phone:
    """A phone that has started a live sweep, which two persons have declared."""
    return sweeping_in(open_phone(site.url), live_probe, site.suspected_room)


def sweeping_in(found: Phone, live_probe: FakeProbe, room_id: UUID) -> Phone:
    """The phone starts a live sweep of that room."""
    found.log_in(path=f"#/rooms/{room_id}/start")
    page = found.page
    page.get_by_role("radio", name=re.compile(REAL_PROBE_ID)).check()
    page.get_by_label("점검자 1", exact=True).fill("점검자-01")
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    live_probe.expect("start")
    live_probe.state("running")
    return found
