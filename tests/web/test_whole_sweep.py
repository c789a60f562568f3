"""One live sweep by the real agent with all four modalities, watched on two phones, through all that may happen to it.

What is real and what stands in for what: `whole_probe`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from sweep.host.scratch import scratch_folder
from sweep.report import MODALITIES
from sweep.run.words import NOTICES, STATES
from tests.sim.head_kit import built_elf
from tests.waiting import wait_until
from tests.web.agent import PROBE_ID, serving_probe
from tests.web.conftest import OpenPhone, Phone, prove_second
from tests.web.live_screen import end, pulled, pushed, told
from tests.web.relay import Network
from tests.web.test_stop import stop_button
from tests.web.whole_probe import WholeProbe
from tests.wifi.rings import need_live_capture

pytestmark = [pytest.mark.browser, pytest.mark.soak]

PATIENCE_MS: Final = 60_000  # for what takes its time: a process that starts, a position that is measured
SOON_MS: Final = 10_000
"""For what persons have to know: seconds, on a machine that emulates the head and renders the camera beside."""
ROOM: Final = "01920000-0000-7000-8000-00000000a001"


def has(text: str, said: str) -> bool:
    return text in said


def lacks(text: str, said: str) -> bool:
    return text not in said


class Pair:
    """Two phones that watch the same sweep: the one that started it, and a supervisor's."""

    def __init__(self, first: Phone, second: Phone, probe: WholeProbe) -> None:
        self.both = (first, second)
        self._probe = probe
        self._number = 0

    def see(self, name: str, *texts: str, gone: tuple[str, ...] = (), patience_ms: int = SOON_MS) -> None:
        """Both say these soon and those no longer, in the same words; a picture of each is kept."""
        began_s = time.monotonic()
        try:
            for phone in self.both:
                # Asked for anew each time: it is on the page before a sweep, and in the drawer within it.
                for text in texts:
                    says(phone.page, partial(has, text), text, patience_ms)
                for text in gone:
                    says(phone.page, partial(lacks, text), f"no more {text}", patience_ms)
            print(f"{name}: on both phones after {time.monotonic() - began_s:.1f} s")
        finally:
            self.keep(name)

    def keep(self, name: str) -> None:
        """Pictures of what is in view."""
        self._number += 1
        for which, phone in zip(("first", "second"), self.both, strict=True):
            phone.page.evaluate("scrollTo(0, 0)")
            phone.shoot(f"whole-{self._number:02}-{name}-{which}", full=False)

    def keep_in_english(self, name: str) -> None:
        """The supervisor's page opened anew in the other language, and back."""
        _, second = self.both
        second.set(language="en")
        expect(second.page.get_by_text("Live", exact=True)).to_be_visible()
        expect(told(second.page)).not_to_contain_text(re.compile("[가-힣]"))
        second.shoot(f"whole-{self._number:02}-{name}-english", full=False)
        second.set(language="ko")
        expect(second.page.get_by_text("실시간 연결됨")).to_be_visible()


def says(page: Page, is_so: Callable[[str], bool], what: str, patience_ms: int) -> None:
    """Wait until what the probe tells of itself is so."""
    said = ""

    def is_said() -> bool:
        nonlocal said
        said = f"{page.locator('.state').inner_text()}\n{told(page).inner_text()}"
        return is_so(said)

    try:
        wait_until(is_said, what, patience_ms / 1000, every_s=0.1)
    except AssertionError as error:
        raise AssertionError(f"{error}, but: {said}") from None


def lens_tile(page: Page, zone: str) -> Locator:
    pulled(page)
    return page.get_by_role("row", name=re.compile(f"^{zone}")).get_by_role("cell").first


def declare(page: Page, me: str = "점검자-01", other: str = "supervisor") -> None:
    """`me` holds this phone; `other`, a user name, enters the password there."""
    page.get_by_role("button", name=f"{me} 확인").click(timeout=PATIENCE_MS)
    prove_second(page, other)
    page.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click()


def stand_next(page: Page) -> None:
    """Answer the looks that are asked for at what shone before, until something else commands."""
    look = page.locator('.say[data-commander="look"]')
    expect(page.locator(".say:not([data-commander=stop])")).to_be_visible(timeout=PATIENCE_MS)
    while look.count():
        answered = look.inner_text()
        page.get_by_role("button", name="아무것도 없음").click(timeout=PATIENCE_MS)
        expect(look.filter(has_text=answered)).to_have_count(0, timeout=PATIENCE_MS)


def go_on(page: Page) -> None:
    page.get_by_role("button", name=re.compile("계속하기")).click(timeout=PATIENCE_MS)
    declare(page)
    stand_next(page)


def stand(page: Page, zone: str) -> None:
    """Tap a zone, and wait until something is measured there."""
    pushed(page)
    page.locator(".leaflet-container").get_by_role("button", name=re.compile(f"^{zone}")).click()
    page.get_by_role("button", name="이 자리에서 측정").click()
    expect(told(page)).to_contain_text(re.compile(f"{zone} · "), timeout=PATIENCE_MS)


@pytest.fixture
def whole(built_page: None, tmp_path: Path) -> Iterator[tuple[str, WholeProbe]]:
    """Where the server answers, and the probe that is enrolled there."""
    need_live_capture()
    built_elf()
    with (
        scratch_folder("whole") as folder,  # a socket's path must stay short
        serving_probe(tmp_path / "server", folder / "state", "probe") as url,
        WholeProbe(folder, int(url.rpartition(":")[2])) as probe,
    ):
        yield url, probe


def test_two_phones_are_told_the_truth_whatever_happens(
    request: pytest.FixtureRequest, open_phone: OpenPhone, whole: tuple[str, WholeProbe]
) -> None:
    url, probe = whole
    network = Network(int(url.rpartition(":")[2]))
    request.addfinalizer(network.cut)
    first, second = open_phone(f"http://127.0.0.1:{network.port}"), open_phone(url)
    pair = Pair(first, second, probe)
    page, others = first.page, second.page

    second.log_in("supervisor", path=f"#/live/{PROBE_ID}")
    expect(others.get_by_text("이 점검기는 쉬고 있습니다.")).to_be_visible(timeout=PATIENCE_MS)
    expect(told(others)).to_contain_text("저장 공간", timeout=PATIENCE_MS)
    second.shoot("whole-00-idle-second", full=False)
    first.log_in(path=f"#/rooms/{ROOM}/start")
    expect(page.get_by_role("radio", name=re.compile(PROBE_ID))).to_be_checked(timeout=PATIENCE_MS)
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    pair.see("waiting", STATES["waiting_for_empty"].ko, "카메라 꺼짐", patience_ms=PATIENCE_MS)
    declare(others, "감독자-01", "inspector")  # whoever is nearer
    pair.see("running", "점검 중", "카메라 켜짐", gone=("끊김",), patience_ms=PATIENCE_MS)
    page.get_by_role("button", name="건너뛰기").click()
    stand(page, "1번 칸")
    expect(lens_tile(page, "1번 칸")).to_contain_text("%", timeout=PATIENCE_MS)
    pair.see("measuring", "1번 칸 · ", "배터리 5.0 V", "카메라 켜짐")

    probe.do("press")  # the head's button
    pair.see(
        "paused", STATES["paused"].ko, "지금은 측정하지 않음", "카메라 꺼짐", gone=("초 남음", "차례를 기다리는 중")
    )
    probe.do("release")
    page.get_by_role("button", name=re.compile("계속하기")).click()
    pair.see("resumed", STATES["waiting_for_empty"].ko, "카메라 꺼짐")
    declare(page)
    pair.see("declared-again", "점검 중", "카메라 켜짐", gone=("차례를 기다리는 중",))
    stand_next(page)

    stand(page, "1번 칸")
    stop_button(others).click()
    pair.see("someone-came-in", STATES["paused"].ko, "카메라 꺼짐")
    expect(lens_tile(page, "1번 칸")).not_to_contain_text(re.compile(r"(^|\D)0%"))  # seen by the position before
    go_on(page)

    stand(page, "2번 칸")
    expect(lens_tile(page, "2번 칸")).to_contain_text("%", timeout=PATIENCE_MS)
    probe.do("pull camera")
    pair.see("camera-pulled", "카메라 촬영 실패", NOTICES["camera_failed"].ko, patience_ms=2 * SOON_MS)

    stand(page, "3번 칸")
    probe.do("pull head")
    pair.see("head-pulled", "센서 헤드 응답 없음", "카메라 전원 끊김", NOTICES["head_away"].ko,
             NOTICES["camera_cut_with_head"].ko)  # fmt: skip
    pair.keep_in_english("head-pulled")
    probe.do("plug head with a low battery")
    probe.do("plug camera")
    pair.see("head-back", "카메라 전원 끊김", NOTICES["camera_cut"].ko, "배터리 4.5 V", NOTICES["battery_low"].ko,
             gone=("센서 헤드 응답 없음", NOTICES["head_away"].ko, NOTICES["camera_cut_with_head"].ko),
             patience_ms=2 * SOON_MS)  # fmt: skip
    stop_button(page).click()
    go_on(page)
    pair.see("battery-low", "점검 중", "배터리 4.5 V", NOTICES["battery_low"].ko, gone=("카메라 전원",))
    pair.keep_in_english("battery-low")

    stand(page, "3번 칸")
    expect(told(page)).to_contain_text("카메라 켜짐", timeout=PATIENCE_MS)  # it has filmed again
    first.watch.allowed = ("Failed to load resource", "ERR_")
    page.context.set_offline(True)
    network.cut()
    stop_button(page).click()
    expect(page.get_by_text("점검기의 버튼을 누르십시오")).to_be_visible()
    expect(page.get_by_text("지금 상태가 아닐 수 있음")).to_be_visible()
    expect(told(others)).not_to_contain_text("지금 상태가 아닐 수 있음")
    pair.keep("stop-without-network")
    probe.do("press")
    expect(page.locator(".state")).to_contain_text("점검 중")  # what it knew last, marked as that
    expect(told(others)).to_contain_text(STATES["paused"].ko, timeout=SOON_MS)
    pair.keep("button-without-network")
    probe.do("release")
    network.join()
    page.context.set_offline(False)
    pair.see("network-back", STATES["paused"].ko, gone=("지금 상태가 아닐 수 있음",), patience_ms=2 * SOON_MS)
    expect(page.get_by_text("점검기의 버튼을 누르십시오")).to_have_count(0)

    end(page, "여기까지 마치기")
    page.get_by_role("button", name="마치기", exact=True).click()
    pair.see("done", "점검 마침", gone=(NOTICES["battery_low"].ko, "배터리 4.5 V"), patience_ms=PATIENCE_MS)
    for phone in (first, second):
        phone.page.get_by_role("link", name="점검 지도 보기").click(timeout=PATIENCE_MS)
        expect(phone.page.get_by_text("증거 기록 2건, 서명 확인됨, 누락 없음")).to_be_visible(timeout=PATIENCE_MS)
        phone.page.get_by_text("증거 기록 2건, 서명 확인됨, 누락 없음").click()
        state = phone.page.get_by_role("region", name="점검기 상태")
        expect(state).to_contain_text("1번 끊김")
        expect(state).to_contain_text("가장 낮을 때 4.5 V")
        state.scroll_into_view_if_needed()
    first.shoot("whole-report-first", full=False)
    second.shoot("whole-report-second", full=False)

    report = page.request.get(f"{url}/api/sweeps/{page.url.rpartition('/')[2]}").json()["report"]
    assert report["source"] == "live"
    assert "proved_by_others" in {one["code"] for one in report["limits"]}  # the supervisor, in the place of 점검자-02
    measured = {cover["modality"] for cover in report["coverage"] if cover["samples"] > 0}
    assert measured == set(MODALITIES)
    assert report["condition"]["camera_power_cuts"] == {"head_away": 1}
    assert "Traceback" not in probe.said
