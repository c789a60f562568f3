"""The stop button is there whenever a sweep may be running, nothing covers it, and no stop gets lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, Request, ViewportSize, expect

from sweep.report import ProbeState, StartCommand, new_id
from tests.web.agent import PROBE_ID as AGENT_ID
from tests.web.agent import AgentSite
from tests.web.conftest import PHONE, SMALL_PHONE, OpenPhone, Phone
from tests.web.live_screen import end, pushed
from tests.web.probe import FakeProbe
from tests.web.site import PASSWORD, Site

pytestmark = pytest.mark.browser

SWEEP_MS = 240_000  # half a minute on a machine that does nothing else
RUNNING: tuple[ProbeState, ...] = ("waiting_for_empty", "running", "paused", "closing")
SIZES = [pytest.param(PHONE, id="412x915"), pytest.param(SMALL_PHONE, id="360x640", marks=pytest.mark.soak)]
PRESS = "점검기의 버튼을 누르십시오"
UNSURE = "아직 꺼지지 않았을 수 있음"
"""On the button, once it was pressed and nobody knows what came of it."""
SHOWN = "멈추는 중|서버가 받음|점검기가 중지 명령을 받았습니다|점검기의 버튼을 누르십시오"
"""What the page may say of a stop: not one of these words is there before."""
AT_ONCE_MS = 1_000
LOADED_MS = 60_000  # the agent computes beside the page


def stop_button(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^(사람 들어옴 – 즉시 중지|다시 끄기)"))


def tap(page: Page) -> None:
    """Press stop; the page must say so at once by its own clock: a busy machine only holds up the finger."""
    expect(page.get_by_text(re.compile(SHOWN))).to_have_count(0)
    page.evaluate(
        """([words, patienceMs]) => {
            const isShown = () => new RegExp(words).test(document.body.innerText);
            window.reactionMs = new Promise((done, failed) => {
                addEventListener('click', () => {
                    const pressedMs = performance.now();
                    const observer = new MutationObserver(() => {
                        if (isShown()) done(performance.now() - pressedMs);
                    });
                    observer.observe(document.body, {subtree: true, childList: true, characterData: true});
                    setTimeout(() => failed(new Error('the page says nothing of it')), patienceMs);
                }, {capture: true, once: true});
            });
            window.reactionMs.catch(() => undefined);
        }""",
        [SHOWN, LOADED_MS],
    )
    stop_button(page).click()
    reaction_ms = page.evaluate("window.reactionMs")
    print(f"tap to the page's word {reaction_ms:.0f} ms")
    assert reaction_ms <= AT_ONCE_MS


def start(phone: Phone, probe: FakeProbe, site: Site) -> None:
    """A sweep that this phone asked for and the probe has taken."""
    phone.open(f"#/rooms/{site.suspected_room}/start")
    phone.page.get_by_role("radio", name=re.compile(probe.probe_id)).check()  # another may count as online as well
    phone.page.get_by_role("button", name="점검자-02 고르기").click()
    phone.page.get_by_role("button", name="점검 준비").click()
    assert isinstance(probe.expect("start"), StartCommand)
    expect(stop_button(phone.page)).to_be_visible()


def is_on_top(button: Locator) -> bool:
    """Whether a thumb on the middle of the button, or near any of its corners, meets the button."""
    box = button.bounding_box()
    assert box is not None
    width, height = box["width"], box["height"]
    points = [(0.5, 0.5), *((x / width, y / height) for x in (24, width - 24) for y in (14, height - 14))]
    return all(
        button.evaluate(
            """(button, [x, y]) => {
                const box = button.getBoundingClientRect();
                const top = document.elementFromPoint(box.x + x * box.width, box.y + y * box.height);
                return button === top || button.contains(top);
            }""",
            [x, y],
        )
        for x, y in points
    )


@pytest.fixture(params=SIZES)
def sized_phone(request: pytest.FixtureRequest, open_phone: OpenPhone, site: Site) -> Phone:
    """A phone of each size at the seeded server, logged in."""
    size: ViewportSize = request.param
    phone = open_phone(site.url, viewport=size)
    phone.log_in()
    return phone


@pytest.fixture
def sent(phone: Phone) -> Iterator[list[str]]:
    """Paths of what the page sends, in order."""
    paths: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            paths.append(request.url.removeprefix(phone.url))

    phone.page.on("request", note)
    yield paths
    phone.page.remove_listener("request", note)


@pytest.mark.parametrize(
    ("sized_phone", "states"),
    [
        pytest.param(PHONE, (None, *RUNNING), id="412x915"),
        pytest.param(SMALL_PHONE, (None, "running"), id="360x640"),
    ],
    indirect=["sized_phone"],
)
def test_it_is_there_in_every_state_in_which_something_may_run(
    sized_phone: Phone, site: Site, probe: FakeProbe, states: tuple[ProbeState | None, ...]
) -> None:
    start(sized_phone, probe, site)
    page, button = sized_phone.page, stop_button(sized_phone.page)
    for state in states:
        if state is not None:
            probe.state(state)
        sized_phone.open(f"#/live/{probe.probe_id}")
        expect(button).to_be_visible()
        assert is_on_top(button), state
        page.get_by_role("link", name="뒤로").or_(page.locator("header .back")).first.click()
        expect(page.get_by_role("link", name="점검 화면으로")).to_be_visible()
        assert is_on_top(button), state
        sized_phone.open("#/settings")
        assert is_on_top(button), state
        assert sized_phone.violations() == [], state
    probe.state("aborted")
    expect(button).to_have_count(0)


def test_it_is_there_when_the_server_knows_no_state_any_more(phone: Phone, site: Site, probe: FakeProbe) -> None:
    phone.log_in()
    start(phone, probe, site)
    probe.state("done")
    expect(stop_button(phone.page)).to_have_count(0)
    phone.watch.allowed = ("Failed to load resource", "ERR_")
    phone.page.route("**/api/live*", lambda route: route.abort())
    phone.page.evaluate("dispatchEvent(new Event('online'))")  # the page makes its line anew
    expect(phone.page.get_by_text("지금 상태가 아닐 수 있음")).to_be_visible()
    expect(stop_button(phone.page)).to_be_visible()
    assert phone.violations() == []
    phone.page.unroute("**/api/live*")
    expect(stop_button(phone.page)).to_have_count(0)


def test_no_sheet_covers_it(sized_phone: Phone, site: Site, probe: FakeProbe) -> None:
    start(sized_phone, probe, site)
    page = sized_phone.page
    size = f"{page.viewport_size['width']}x{page.viewport_size['height']}" if page.viewport_size else ""
    probe.state("waiting_for_empty")
    submit = page.get_by_role("button", name="퇴실 확인 완료, 점검 시작")
    submit.scroll_into_view_if_needed()
    assert is_on_top(stop_button(page))
    sized_phone.shoot(f"stop-declare-{size}", full=False)
    probe.state("running")
    probe.measure(2)

    def check(name: str) -> None:
        expect(page.get_by_role("dialog")).to_be_visible()
        sized_phone.settle()
        assert is_on_top(stop_button(page)), name
        box, viewport = page.get_by_role("dialog").bounding_box(), page.viewport_size
        assert box is not None
        assert viewport is not None
        assert box["y"] >= 0, name
        assert sized_phone.violations() == []
        sized_phone.shoot(f"stop-{name}-{size}", full=False)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)

    for asked in ("여기까지 마치기", "점검 중단"):
        end(page, asked)
        check("finish" if asked == "여기까지 마치기" else "abort")
    pushed(page)
    page.get_by_role("button", name=re.compile("^소변기")).click()
    check("position")
    sized_phone.open(f"#/sweeps/{site.suspected_sweep}")
    page.get_by_role("button", name=re.compile("^1번 칸")).first.click()
    check("zone")
    page.get_by_role("button", name="확인할 곳 1: 2번 칸").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    stop_button(page).click()  # with the sheet open
    probe.expect("pause")
    check("finding")
    probe.state("aborted")


def test_a_stop_without_a_connection_is_kept_and_goes_before_everything(
    phone: Phone, site: Site, probe: FakeProbe, sent: list[str]
) -> None:
    phone.watch.allowed = ("Failed to load resource", "ERR_")
    report = site.deliver("decided while stopped", candidate_zone="stall-2")
    phone.log_in()
    start(phone, probe, site)
    probe.state("running")
    page = phone.page
    expect(page.get_by_text("점검 중", exact=True).first).to_be_visible()
    page.route("**/api/**", lambda route: route.abort())
    tap(page)
    expect(page.get_by_text(PRESS)).to_be_visible()
    expect(page.get_by_text("연결되면 가장 먼저 보냅니다")).to_be_visible()
    expect(stop_button(page)).to_have_text(re.compile(f"다시 끄기.*{UNSURE}"))
    expect(page.get_by_text("전원 선을 뽑으십시오")).to_be_visible()
    expect(page.get_by_text("바로 끕니다")).to_have_count(0)
    assert phone.violations() == []
    phone.shoot("stop-kept-412x915", full=False)
    page.set_viewport_size(SMALL_PHONE)
    assert is_on_top(stop_button(page))
    phone.shoot("stop-kept-360x640", full=False)
    page.set_viewport_size(PHONE)

    # Decided meanwhile, and the page is opened again without a connection: both are still there.
    phone.open(f"#/sweeps/{report.sweep_id}")
    page.reload()
    expect(page.get_by_text(PRESS)).to_be_visible()
    assert is_on_top(stop_button(page))
    page.evaluate(
        """([sweepId, findingId]) => new Promise((done, failed) => {
            const opening = indexedDB.open('ansim-outbox');
            opening.onsuccess = () => {
                if (!opening.result.objectStoreNames.contains('items')) return failed('no store of this name');
                const kept = opening.result.transaction('items', 'readwrite').objectStore('items');
                const id = '019c0000-0000-7000-8000-00000000d001';
                const author = {username: 'inspector', name: '점검자-01'};
                const open = {id, sweepId, findingId, verdict: 'recheck', note: null, author, decidedMs: Date.now(),
                    aside: null};
                const adding = kept.put({id, author, sealed: null, open});
                adding.onsuccess = () => { opening.result.close(); done(); };
                adding.onerror = failed;
            };
        })""",
        [str(report.sweep_id), str(report.findings[0].finding_id)],
    )
    sent.clear()
    page.unroute("**/api/**")
    page.evaluate("dispatchEvent(new Event('online'))")
    probe.expect("pause")
    probe.state("paused")
    expect(page.get_by_text(PRESS)).to_have_count(0)
    expect(stop_button(page)).to_contain_text("사람 들어옴")
    stored = page.evaluate(
        """() => new Promise(done => {
            const opening = indexedDB.open('ansim-outbox');
            opening.onsuccess = () => {
                const all = opening.result.transaction('stops').objectStore('stops').getAll();
                all.onsuccess = () => { opening.result.close(); done(all.result.length); };
            };
        })"""
    )
    assert stored == 0
    assert sent[0] == "/api/probes/probe-01/commands"
    probe.state("aborted")


def test_a_stop_that_only_the_server_has_is_shown_as_such(phone: Phone, site: Site, probe: FakeProbe) -> None:
    phone.log_in()
    start(phone, probe, site)
    probe.state("running")
    page = phone.page
    expect(page.get_by_text("점검 중", exact=True).first).to_be_visible()
    tap(page)
    expect(page.get_by_text("서버가 받음, 점검기의 답을 기다리는 중")).to_be_visible()
    expect(page.get_by_text(PRESS)).to_be_visible()  # soon, when no answer comes
    assert phone.violations() == []
    phone.shoot("stop-accepted-412x915", full=False)
    page.reload()
    expect(page.get_by_text(PRESS)).to_be_visible()
    probe.expect("pause")
    expect(page.get_by_text("서버가 받음")).to_have_count(0)
    expect(page.get_by_text("점검기가 중지 명령을 받았습니다.")).to_be_visible()
    probe.state("paused")
    expect(page.get_by_text("점검기가 중지 명령을 받았습니다.")).to_have_count(0)
    probe.state("aborted")


def test_a_stop_of_one_person_is_not_sent_by_the_next(phone: Phone, site: Site, probe: FakeProbe) -> None:
    phone.watch.allowed = ("Failed to load resource", "ERR_")
    phone.log_in()
    start(phone, probe, site)
    probe.state("running")
    page = phone.page
    page.route("**/api/probes/*/commands", lambda route: route.abort())
    stop_button(page).click()
    expect(page.get_by_text(PRESS)).to_be_visible()
    phone.log_in("supervisor", path="#/live/probe-01")
    page.reload()
    expect(page.get_by_text(re.compile("점검자-01 님이 .*에 누른 멈춤이 나가지 않았습니다"))).to_be_visible()
    page.unroute("**/api/probes/*/commands")
    stop_button(page).click()
    probe.expect("pause")  # the supervisor's own
    expect(page.get_by_text("나가지 않았습니다")).to_have_count(0)
    probe.state("aborted")
    probe.commands(wait_s=0)


def test_whoever_is_logged_out_is_told_to_press_the_probes_button(phone: Phone, site: Site, probe: FakeProbe) -> None:
    phone.watch.allowed = ("Failed to load resource",)
    phone.log_in()
    start(phone, probe, site)
    probe.state("running")
    page = phone.page
    stop_button(page).hover()  # nothing else is asked for any more
    page.context.clear_cookies()
    stop_button(page).click()
    expect(page.get_by_text("로그인이 끝났습니다. 멈추려면 점검기의 버튼을 누르십시오.")).to_be_visible()
    assert phone.violations() == []
    page.get_by_label("아이디").fill("inspector")
    page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="로그인").click()
    probe.expect("pause")
    probe.state("aborted")


def test_a_stop_is_there_for_a_sweep_that_somebody_else_started(phone: Phone, probe: FakeProbe) -> None:
    probe.sweep_id = new_id()
    probe.state("running")
    phone.watch.allowed = ("404",)  # nothing was written about that sweep yet
    phone.log_in(path="#/live/probe-01")
    page = phone.page
    expect(stop_button(page)).to_be_visible()
    stop_button(page).click()
    pause = probe.expect("pause")
    assert UUID(str(pause.sweep_id)) == probe.sweep_id
    probe.state("aborted")


def test_the_real_agent_can_always_be_stopped(open_phone: OpenPhone, agent_site: AgentSite) -> None:
    phone = open_phone(agent_site.url)
    phone.log_in()
    page = phone.page
    page.locator("a.room", has_text="1층 여자화장실").click()
    page.get_by_role("link", name=re.compile(" 시작$")).click()
    expect(page.get_by_role("radio", name=re.compile(AGENT_ID))).to_be_checked(timeout=60_000)
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    state = page.locator(".state")

    def declare() -> None:
        page.get_by_role("button", name="점검자-01 확인").click(timeout=SWEEP_MS)
        page.get_by_role("button", name="점검자-02 확인").click(timeout=LOADED_MS)
        page.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click(timeout=LOADED_MS)
        expect(state).to_have_text("점검 중", timeout=LOADED_MS)

    declare()
    expect(page.get_by_role("progressbar")).to_be_visible(timeout=SWEEP_MS)
    for _ in range(2):
        expect(stop_button(page)).to_be_visible()
        tap(page)
        expect(state).to_have_text("멈춤", timeout=LOADED_MS)
        assert is_on_top(stop_button(page))
        page.get_by_role("button", name=re.compile("계속하기")).click(timeout=LOADED_MS)
        declare()
    expect(stop_button(page)).to_be_visible()
    assert is_on_top(stop_button(page))
    end(page, "점검 중단")
    page.get_by_role("button", name="중단하기").click()
    expect(state).to_have_text("중단됨", timeout=SWEEP_MS)
    expect(stop_button(page)).to_have_count(0)
