"""The guide through a find: from a candidate to the police package, one thing a screen, nothing lost on the way."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from server.store.clock import today
from sweep.report import SweepReport
from tests.waiting import descendants, wait_until
from tests.web.chromium import FLAGS
from tests.web.conftest import AS_PHONE, OpenPhone, Phone
from tests.web.signing import draw_signature
from tests.web.site import PASSWORD, Site

pytestmark = pytest.mark.browser
SECOND = "supervisor"
OFFLINE = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")


def _deliver(site: Site, title: str) -> SweepReport:
    """A sweep with one place to inspect, in a room whose state no other test knows."""
    return site.deliver(title, candidate_zone="stall-2", is_real=True, room_id=site.another_room().room_id)


def _case_of(page: Page, site: Site, report: SweepReport) -> str:
    """The case that a finding opened, once the report is read."""
    found: list[str] = []

    def is_there() -> bool:
        query = f"room_id={report.room_id}&open_only=false&limit=200"
        cases = page.request.get(f"{site.url}/api/cases?{query}").json()["cases"]
        found.extend(str(one["case_id"]) for one in cases if one["finding_id"] == str(report.findings[0].finding_id))
        return bool(found)

    wait_until(is_there, "the case of the finding", every_s=0.05)
    return found[0]


def _title(page: Page, words: str) -> Locator:
    """The screen is there when its title is."""
    title = page.get_by_role("heading", level=2, name=words, exact=True)
    expect(title).to_be_visible()
    return title


def _second(page: Page, secret: str = PASSWORD) -> None:
    page.get_by_label("아이디 또는 배지 번호").fill(SECOND)
    page.get_by_label("PIN 또는 비밀번호").fill(secret)


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _wrong(page: Page, button: str, sentence: str) -> None:
    """Pressing on without the answer is answered with what it is for."""
    _press(page, button)
    expect(page.locator("form .alert")).to_contain_text(sentence)


def _dies(page: Page, title: str) -> None:
    """The battery is empty once the answer is on the disk; the page that is opened again goes on where it was."""
    expect(page.locator("form[data-kept=true]")).to_have_count(1)
    page.reload()
    _title(page, title)


def _steps(page: Page, site: Site, case_id: str) -> list[dict[str, Any]]:
    events = page.request.get(f"{site.url}/api/cases/{case_id}").json()["events"]
    return [event["step"] for event in events]


def test_from_candidate_to_the_police_package_by_two(open_phone: OpenPhone, site: Site, tmp_path: Path) -> None:
    phone = open_phone(site.url)
    report = _deliver(site, "guided")
    phone.watch.allowed = ("status of 401", "status of 403")
    phone.log_in(path=f"#/sweeps/{report.sweep_id}/findings/{report.findings[0].finding_id}")
    page = phone.page
    page.get_by_role("link", name="확인 안내 열기").click()

    _title(page, "두 사람이 눈으로 보십시오")
    expect(page.get_by_role("heading", level=1)).to_have_text("확인 안내")  # nobody has found anything yet
    expect(page.locator(".spot")).to_contain_text("2번 칸")
    _shoot(phone, "look")
    expect(page.get_by_role("button", name="기록하고 다음")).to_have_count(0)  # nothing is seen for anybody
    _press(page, "아무것도 없음")
    _title(page, "두 사람의 판정은 무엇입니까?")
    choices = page.get_by_role("group", name="두 사람의 판정은 무엇입니까?").get_by_role("button")
    expect(choices).to_have_text(["카메라이거나 배제할 수 없음", "찾지 못함 – 보이는 것 없음"])
    _press(page, "이전 화면")
    _press(page, "물체가 있음")
    expect(choices).to_have_count(3)
    _title(page, "두 사람의 판정은 무엇입니까?")
    _shoot(phone, "decide")
    expect(page.get_by_role("button", name="기록하고 다음")).to_have_count(0)
    _press(page, "카메라이거나 배제할 수 없음")
    _title(page, "누가 만졌습니까?")
    _dies(page, "누가 만졌습니까?")
    _shoot(phone, "touched")
    _press(page, "아무도 만지지 않음")
    _title(page, "두 번째 사람이 직접 확인하십시오")
    for said in ("물체가 있음", "카메라이거나 배제할 수 없음", "아무도 만지지 않음"):
        expect(page.locator(".done")).to_contain_text(said)
    _wrong(page, "기록하고 다음", "두 번째 사람이 자신의 아이디와 PIN")
    _dies(page, "두 번째 사람이 직접 확인하십시오")
    _second(page, "wrong-password")
    _press(page, "기록하고 다음")
    expect(page.locator("form .alert")).to_be_visible()
    expect(page.get_by_label("PIN 또는 비밀번호")).to_have_value("")
    _shoot(phone, "second")
    _second(page)
    _press(page, "기록하고 다음")

    _title(page, "손대지 마십시오")
    expect(page.get_by_role("heading", level=1)).to_have_text("발견 안내")
    _is_at(page, "문 닫기", ())
    expect(page.get_by_role("link", name="112 전화")).to_have_attribute("href", "tel:112")
    _dies(page, "손대지 마십시오")
    _shoot(phone, "leave")
    _press(page, "손대지 않겠습니다 – 다음")
    _title(page, "사람을 내보내고 문을 닫으십시오")
    expect(page.get_by_role("link", name="112 전화")).to_have_attribute("href", "tel:112")
    expect(page.locator("form dl")).to_have_text(re.compile(r"문 앞\s*감독자-01"))  # who proved to be there
    _shoot(phone, "clear")
    _press(page, "다른 사람이 지킴")
    _title(page, "한 사람은 문 앞을 지키십시오")
    expect(page.get_by_text("혼자면 문 앞을 지키며 112에 전화하십시오.")).to_be_visible()
    expect(page.get_by_role("button", name="감독자-01")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("직접 적기").fill("")
    _wrong(page, "기록하고 다음", "문을 지킬 사람을 먼저 정하십시오")
    _press(page, "감독자-01")
    _dies(page, "한 사람은 문 앞을 지키십시오")
    expect(page.get_by_role("button", name="감독자-01")).to_have_attribute("aria-pressed", "true")
    _shoot(phone, "guard")
    _press(page, "기록하고 다음")

    _call(phone)
    _photograph(phone)
    _hand_over(phone)
    case_id = _case_of(page, site, report)
    _sign(phone, site, case_id)
    _title(page, "시에 보고하십시오")
    office = page.get_by_label("직접 적기").input_value()
    assert office.endswith(" 담당 부서"), "the district that it is reported to is known"
    page.get_by_label("직접 적기").fill("")
    _wrong(page, "기록하고 다음", "보고한 부서를 고르거나 적으십시오")
    _press(page, office)
    _shoot(phone, "report")
    _press(page, "기록하고 다음")
    _title(page, "할 일을 마쳤습니다")
    _is_at(page, None, ("문 닫기", "112", "기록", "인계"))
    expect(page.get_by_text("1366")).to_be_visible()
    _shoot(phone, "done")
    _press(page, "경찰이 문서로 요청함")
    _title(page, "요청 문서 번호는 무엇입니까?")
    _wrong(page, "다음", "문서 번호가 없으면 아직 넘기지 마십시오")
    page.get_by_role("textbox").fill("수사-77")
    _press(page, "다음")
    page.get_by_role("textbox").fill("김경위")
    _press(page, "다음")
    _press(page, "물체 사진")
    _press(page, "기록하고 다음")
    _title(page, "할 일을 마쳤습니다")
    steps = _steps(page, site, case_id)
    assert [step["step"] for step in steps] == [
        "looked_at", "camera", "room_closed", "police_called", "photographed", "handed_over", "witnessed",
        "reported_to_city", "police_asked",
    ]  # fmt: skip
    assert [steps[index]["second_person"] for index in (0, 1, 5)] == ["감독자-01"] * 3
    assert (steps[0]["seen"], steps[2]["guarded_by"], steps[7]["to"]) == ("object", "감독자-01", office)
    assert steps[4]["commitment"] is not None
    assert steps[5] | {"step": "handed_over"} == steps[5]
    assert (steps[5]["receipt_no"], steps[5]["seal_no"]) == ("2026-112-000431", "봉인 번호 없음")
    assert steps[8]["wanted"] == ["photographs"]
    kept = page.evaluate("() => indexedDB.databases().then(all => all.map(one => one.name))")
    assert "ansim-drafts" in kept
    assert PASSWORD not in _drafts(page)
    _verified_by_a_third(open_phone(site.url), case_id, tmp_path)


def _shoot(phone: Phone, name: str) -> None:
    """A screen of the guide: nothing for axe, no small text, and each button large enough for a shaking hand."""
    phone.shoot(f"find-{name}-412x915", full=False)
    assert phone.violations() == [], name
    assert phone.small_texts() == [], name
    assert [one for one in phone.small_targets(64) if not re.match("(48|56) × 48 px: 뒤로", one)] == [], name


def _is_at(page: Page, phase: str | None, before: tuple[str, ...]) -> None:
    """The phases of a find: the one that is on, and those that are done."""
    phases = page.get_by_role("list", name="발견 뒤의 순서")
    expect(phases.locator("[aria-current=step]")).to_have_text([] if phase is None else [phase])
    expect(phases.locator("li", has_text="마침")).to_have_text([f"마침 {name}" for name in before])


def _photograph(phone: Phone) -> None:
    page = phone.page
    _title(page, "경찰이 올 때까지 지키십시오")
    _is_at(page, "기록", ("문 닫기", "112"))
    expect(page.get_by_text("디지털성범죄피해자지원센터(국번 없이 1366")).to_be_visible()
    _shoot(phone, "wait")
    _press(page, "물체 사진 찍기(선택)")
    _title(page, "물체와 그 자리만 찍으십시오")
    expect(page.get_by_role("button", name="사진과 함께 기록")).to_have_count(0)
    _dies(page, "물체와 그 자리만 찍으십시오")
    page.get_by_label("세 가지를 모두 확인했습니다").check()
    _second(page)
    _press(page, "비었음 – 촬영 허용")
    _press(page, "촬영하기")
    _press(page, "카메라 켜기")
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    _press(page, "찍고 봉인")
    expect(page.get_by_text(re.compile("봉인하여 보냈습니다"))).to_be_visible()
    _press(page, "닫기")
    _dies(page, "물체와 그 자리만 찍으십시오")
    expect(page.get_by_text("1. 물체")).to_be_visible()
    phone.shoot("find-photo-412x915", full=False)
    assert phone.violations() == []
    _press(page, "사진과 함께 기록")
    _title(page, "경찰이 올 때까지 지키십시오")
    expect(page.locator(".done")).to_contain_text("물체 사진을 기록함")


def _call(phone: Phone) -> None:
    page = phone.page
    _title(page, "112에 신고하십시오")
    _is_at(page, "112", ("문 닫기",))
    expect(page.locator(".done")).to_contain_text("감독자-01 문 앞을 지킴")
    expect(page.get_by_role("link", name="112 전화")).to_have_attribute("href", "tel:112")
    link = page.get_by_role("link", name="112 문자").get_attribute("href") or ""
    assert link.startswith("sms:112?&body=")
    message = unquote(link.removeprefix("sms:112?&body="))
    assert re.search(
        r"한빛공원 공중화장실 남자 화장실 \d+층 2번 칸 뒷벽, 높이 모름, .+ cm\. 주소: 가상구 한빛로 1\.", message
    )
    assert "점검자-01" in message
    expect(page.get_by_text(message, exact=True)).to_be_visible()
    for words in ("비상벨을 누르십시오.", "한 사람은 문을 지키고, 한 사람은", "혼자면 문 앞을 지키며"):
        expect(page.get_by_text(words)).to_be_visible()
    _shoot(phone, "call")
    _press(page, "신고했습니다 – 다음")
    _title(page, "접수 번호는 무엇입니까?")
    _wrong(page, "기록하고 다음", "듣지 못했으면 ‘번호를 듣지 못함’")
    page.get_by_label("번호", exact=True).fill("2026-112-000431")
    _dies(page, "접수 번호는 무엇입니까?")
    expect(page.get_by_label("번호", exact=True)).to_have_value("2026-112-000431")
    _shoot(phone, "receipt")
    _press(page, "기록하고 다음")


def _hand_over(phone: Phone) -> None:
    page = phone.page
    _press(page, "경찰이 도착했습니다")
    _title(page, "인수하는 경찰관은 누구입니까?")
    _is_at(page, "인계", ("문 닫기", "112", "기록"))
    _wrong(page, "다음", "경찰관의 이름을 물어")
    page.get_by_label("경찰관", exact=True).fill("김경위")
    _wrong(page, "다음", "계급을 고르거나")
    _press(page, "경위")
    _shoot(phone, "officer")
    _press(page, "다음")
    _title(page, "소속은 어디입니까?")
    page.get_by_role("textbox").fill("가상경찰서 한빛지구대")
    _shoot(phone, "station")
    _press(page, "다음")
    _title(page, "봉인 번호는 무엇입니까?")
    _wrong(page, "다음", "봉투에 번호가 없으면")
    _press(page, "봉인 번호 없음")
    _shoot(phone, "seal")
    _press(page, "다음")
    _title(page, "두 번째 사람이 확인하십시오")
    _dies(page, "두 번째 사람이 확인하십시오")
    for said in ("김경위", "경위", "가상경찰서 한빛지구대", "2026-112-000431", "봉인 번호 없음"):
        expect(page.locator("form dd", has_text=re.compile(f"^{said}$"))).to_be_visible()
    _shoot(phone, "review")
    _wrong(page, "기록하고 다음", "두 번째 사람이 자신의 아이디와 PIN")
    _second(page)
    _press(page, "기록하고 다음")


def _sign(phone: Phone, site: Site, case_id: str) -> None:
    """The officer signs by finger over the hash that the page shows; nobody can sign over another one."""
    page = phone.page
    _title(page, "경찰관의 확인 서명을 받으십시오")
    _wrong(page, "기록하고 다음", "서명란에 손가락으로")
    shown = page.locator("code").inner_text().replace(" ", "")
    event = page.request.get(f"{site.url}/api/cases/{case_id}").json()["events"][-1]
    assert (event["step"]["step"], event["entry_hash"]) == ("handed_over", shown)
    draw_signature(page)
    _dies(page, "경찰관의 확인 서명을 받으십시오")
    expect(page.locator("polyline")).to_have_count(1)
    phone.shoot("find-sign-412x915", full=False)
    assert phone.violations() == []
    _press(page, "기록하고 다음")
    _title(page, "시에 보고하십시오")
    signed = _steps(page, site, case_id)[-1]
    assert (signed["shown_hash"], signed["name"], signed["rank"]) == (shown, "김경위", "경위")
    assert len(signed["strokes"][0]) > 3


def _drafts(page: Page) -> str:
    """Everything that the page's drafts hold, opened with the key of the login, as one text."""
    found: str = page.evaluate(
        """async () => {
            const answer = asked => new Promise(done => { asked.onsuccess = () => done(asked.result); });
            const all = async (name, store) => {
                if (!(await indexedDB.databases()).some(one => one.name === name)) return [];
                const db = await answer(indexedDB.open(name));
                const rows = await answer(db.transaction(store).objectStore(store).getAll());
                db.close();
                return rows;
            };
            const [kept] = await all('ansim-outbox', 'phone_key');
            const opened = async ({key, sealed}) => new TextDecoder().decode(await crypto.subtle.decrypt(
                {name: 'AES-GCM', iv: sealed.subarray(0, 12), additionalData: new TextEncoder().encode(`draft ${key}`)},
                kept.key, sealed.subarray(12)));
            const drafts = await all('ansim-drafts', 'drafts');
            if (drafts.some(one => one.value !== undefined)) throw new Error('a draft lies in the clear');
            return (await Promise.all(drafts.map(opened))).join();
        }"""
    )
    return found


def _verified_by_a_third(phone: Phone, case_id: str, folder: Path) -> None:
    """A supervisor downloads the file for the police; whoever has it and the verifier alone checks it."""
    phone.log_in("chief", path=f"#/find/{case_id}")
    page = phone.page
    expect(page.get_by_label("다운로드 사유(문서 번호)")).to_have_value("수사-77")
    phone.shoot("find-police-file")
    assert phone.violations() == []
    # While it is made, the page shows how far it is, as of every document.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/cases/*/file?*", hold)
    job = {"file_name": f"case_{case_id}.zip", "state": "running", "percent": 40, "ahead": 0}
    page.route("**/api/exports", lambda route: route.fulfill(json={"exports": [job]}))
    _press(page, "파일 만들기")
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "40")
    with page.expect_download() as saving:
        held[0].continue_()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    package = folder / "police.zip"
    saving.value.save_as(package)
    checked = [sys.executable, "-m", "server.verifier", str(package)]
    said = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout
    data = bytearray(package.read_bytes())
    data[len(data) // 2] ^= 1
    package.write_bytes(data)
    assert subprocess.run(checked, capture_output=True, check=False).returncode != 0


def test_without_a_connection_the_guide_goes_on_and_sends_in_order(phone: Phone, site: Site) -> None:
    phone.watch.allowed = OFFLINE
    report = site.deliver(
        "found below ground", candidate_zone="stall-2", is_real=True, room_id=site.another_room().room_id
    )
    page = phone.page
    phone.log_in(path="#/settings")
    case_id = _case_of(page, site, report)
    _take(page, site, case_id, {"step": "looked_at", "seen": "object"})
    _take(page, site, case_id, {"step": "camera", "was_touched": True})
    phone.open(f"#/find/{case_id}")
    _title(page, "손대지 마십시오")
    expect(page.get_by_text("하던 곳에서")).to_have_count(0)
    page.context.set_offline(True)
    _press(page, "손대지 않겠습니다 – 다음")
    _press(page, "닫고 지킵니다 – 다음")
    _title(page, "112에 신고하십시오")
    expect(page.get_by_text("기록 1건을 이 휴대전화에 보관했습니다")).to_be_visible()
    _press(page, "신고했습니다 – 다음")
    _press(page, "번호를 듣지 못함")
    _press(page, "기록하고 다음")
    _title(page, "경찰이 올 때까지 지키십시오")
    expect(page.get_by_text("기록 2건을 이 휴대전화에 보관했습니다")).to_be_visible()
    assert len(_steps(page, site, case_id)) == 2
    # Of two persons nothing is recorded without a connection, and nothing that was written is lost.
    _press(page, "경찰이 도착했습니다")
    page.get_by_label("경찰관", exact=True).fill("김경위")
    _press(page, "경위")
    _press(page, "다음")
    if page.get_by_role("heading", level=2, name="소속은 어디입니까?").is_visible():
        page.get_by_role("textbox").fill("가상경찰서")
        _press(page, "다음")
    _title(page, "인수증의 번호는 무엇입니까?")  # 112 gave none
    page.get_by_label("번호", exact=True).fill("인수-12")
    _press(page, "다음")
    page.get_by_label("번호", exact=True).fill("봉인 7")
    _press(page, "다음")
    _second(page)
    _press(page, "기록하고 다음")
    expect(page.locator("form .alert")).to_contain_text("인수증을 받아 두고")
    assert len(_steps(page, site, case_id)) == 2
    page.context.set_offline(False)
    expect(page.get_by_text("이 휴대전화에 보관했습니다")).to_have_count(0)
    assert [step["step"] for step in _steps(page, site, case_id)[2:]] == ["room_closed", "police_called"]
    _second(page)
    _press(page, "기록하고 다음")
    _title(page, "경찰관의 확인 서명을 받으십시오")
    handed = _steps(page, site, case_id)[-1]
    assert (handed["receipt_no"], handed["seal_no"], handed["second_person"]) == ("인수-12", "봉인 7", "감독자-01")


def test_what_somebody_else_recorded_first_is_said_and_nothing_is_lost(phone: Phone, site: Site) -> None:
    phone.watch.allowed = (*OFFLINE, "status of 409")
    report = site.deliver(
        "found by two phones", candidate_zone="stall-2", is_real=True, room_id=site.another_room().room_id
    )
    page = phone.page
    phone.log_in(path="#/settings")
    case_id = _case_of(page, site, report)
    _take(page, site, case_id, {"step": "looked_at", "seen": "object"})
    _take(page, site, case_id, {"step": "camera", "was_touched": False})
    _take(page, site, case_id, {"step": "room_closed", "guarded_by": "점검자-01"})
    _take(page, site, case_id, {"step": "photographed", "commitment": None, "why_not": "급함"})
    phone.open(f"#/find/{case_id}")
    _title(page, "112에 신고하십시오")
    page.context.set_offline(True)
    _press(page, "신고했습니다 – 다음")
    page.get_by_label("번호", exact=True).fill("2026-112-000999")
    _press(page, "기록하고 다음")
    expect(page.get_by_text("기록 1건을 이 휴대전화에 보관했습니다")).to_be_visible()
    _take(page, site, case_id, {"step": "police_called", "receipt_no": "2026-112-000431"})
    page.context.set_offline(False)
    refused = page.locator(".alert", has_text="받아들여지지 않았습니다")
    expect(refused).to_contain_text("2026-112-000999")
    _dies(page, "경찰이 올 때까지 지키십시오")
    expect(refused).to_contain_text("2026-112-000999")
    _press(page, "다음")
    expect(refused).to_have_count(0)
    # It has been read, and stays with its reason until its author deletes it.
    page.get_by_role("link", name=re.compile("이 휴대전화에 1건 보관 중")).click()
    expect(page.get_by_text("보내지 않고 따로 두었습니다")).to_be_visible()
    expect(page.get_by_text("2026-112-000999")).to_be_visible()
    _press(page, "지우기")
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    assert [step["step"] for step in _steps(page, site, case_id)].count("police_called") == 1


def test_its_button_is_at_the_thumb_on_a_small_phone_with_large_letters(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url, viewport={"width": 360, "height": 640})
    report = _deliver(site, "found on a small phone")
    page = phone.page
    phone.log_in(path="#/settings")
    case_id = _case_of(page, site, report)
    _take(page, site, case_id, {"step": "looked_at", "seen": "object"})
    _take(page, site, case_id, {"step": "camera", "was_touched": False})
    phone.open(f"#/find/{case_id}")
    for title, buttons in (
        ("손대지 마십시오", ["손대지 않겠습니다 – 다음"]),
        ("사람을 내보내고 문을 닫으십시오", ["닫고 지킵니다 – 다음"]),
        ("112에 신고하십시오", ["112 전화", "신고했습니다 – 다음"]),
        ("접수 번호는 무엇입니까?", ["기록하고 다음"]),
        ("경찰이 올 때까지 지키십시오", ["경찰이 도착했습니다"]),
        ("인수하는 경찰관은 누구입니까?", ["다음"]),
    ):
        _title(page, title)
        for size_px in (32, 16):
            page.evaluate("size => { document.documentElement.style.fontSize = `${size}px`; }", size_px)
            dock = page.locator(".dock")
            for name in buttons:
                box = dock.get_by_text(name, exact=True).bounding_box()
                assert box is not None and box["y"] >= 0 and box["y"] + box["height"] <= 640, (title, name, size_px)
            over = dock.bounding_box()
            assert over is not None and over["height"] <= 0.55 * 640, (title, size_px)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (title, size_px)
            page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            last = page.locator(".ways > :last-child").last.bounding_box()
            assert last is None or last["y"] + last["height"] <= over["y"] + 1, (title, size_px)
            page.evaluate("scrollTo(0, 0)")
            phone.shoot(f"find-small-{title[:3]}-{size_px}-360x640", full=False)
        assert phone.violations() == [], title
        if title.startswith("접수"):
            page.get_by_label("번호", exact=True).fill("2026-112-5")
        _press(page, buttons[-1])


def test_its_title_is_in_sight_on_a_small_phone_with_large_letters(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url, viewport={"width": 360, "height": 640})
    report = _deliver(site, "found with large letters")
    page = phone.page
    phone.log_in(path="#/settings")
    case_id = _case_of(page, site, report)
    for step in (
        {"step": "looked_at", "seen": "object"},
        {"step": "camera", "was_touched": False},
        {"step": "room_closed", "guarded_by": "점검자-01"},
    ):
        _take(page, site, case_id, step)
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '32px'; })"
    )
    phone.open(f"#/find/{case_id}")
    page.reload()
    for title, button in (("112에 신고하십시오", "신고했습니다 – 다음"), ("접수 번호는 무엇입니까?", None)):
        _stays_in_sight(page, title)
        for late in LATE:
            page.evaluate(late)
            _stays_in_sight(page, title)
        phone.shoot(f"find-title-{title[:3]}-32-360x640", full=False)
        if button is not None:
            _press(page, button)
    page.mouse.wheel(0, -10_000)  # from here on it is the person's
    page.wait_for_function("() => scrollY === 0")
    page.evaluate(LATE[0])
    page.evaluate(SETTLED)
    assert page.evaluate("scrollY") == 0


LATE = (
    """() => document.querySelector('h2').insertAdjacentHTML('beforebegin', `<p>${'늦은 줄 '.repeat(60)}</p>`)""",
    """() => { document.querySelector('.dock button').style.minHeight = '200px' }""",
    """() => { document.querySelector('header').style.minHeight = '400px' }""",
)
"""What comes when the screen stands already: a line above the title, a higher dock, a higher head."""
SETTLED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def _stays_in_sight(page: Page, title: str) -> None:
    """Between the top and the dock, and still so when all that was drawn is measured."""
    expect(page.get_by_role("heading", level=2, name=title)).to_be_visible()
    page.evaluate(SETTLED)
    top, bottom, over = page.evaluate(
        """() => [...document.querySelectorAll('main > h2')].flatMap(title => {
            const { top, bottom } = title.getBoundingClientRect();
            return [top, bottom, document.querySelector('.dock').getBoundingClientRect().top];
        })"""
    )
    assert 0 <= top < bottom <= over, (title, top, bottom, over)


@pytest.mark.soak  # two browsers of its own
def test_a_browser_that_is_killed_in_the_middle_goes_on_in_the_next_one(
    browser: Browser, chromium_path: str, phone: Phone, site: Site, tmp_path: Path
) -> None:
    report = site.deliver(
        "found with an empty battery", candidate_zone="stall-2", is_real=True, room_id=site.another_room().room_id
    )
    phone.log_in(path="#/settings")
    case_id = _case_of(phone.page, site, report)
    for step in (
        {"step": "looked_at", "seen": "object"},
        {"step": "camera", "was_touched": False},
        {"step": "room_closed", "guarded_by": "점검자-01"},
        {"step": "photographed", "commitment": None, "why_not": "급함"},
    ):
        _take(phone.page, site, case_id, step)

    def open_again() -> BrowserContext:
        return browser.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium_path, args=FLAGS, locale="ko-KR", **AS_PHONE
        )

    killed = open_again()
    before = Phone(killed.new_page(), site.url, phone.watch, "")
    before.log_in(path=f"#/find/{case_id}")
    _press(before.page, "신고했습니다 – 다음")
    before.page.get_by_label("번호", exact=True).fill("2026-112-000777")
    wait_until(lambda: "000777" in _drafts(before.page), "what was written is kept", every_s=0.01)
    mine = f"--user-data-dir={tmp_path / 'profile'}"
    for pid in processes_with(mine):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not processes_with(mine), "the browser is gone", every_s=0.05)
    with open_again() as context:
        after = Phone(context.new_page(), site.url, phone.watch, "")
        after.log_in(path=f"#/find/{case_id}")
        _title(after.page, "접수 번호는 무엇입니까?")
        expect(after.page.get_by_label("번호", exact=True)).to_have_value("2026-112-000777")
        expect(after.page.get_by_text("하던 곳에서 이어집니다.")).to_be_visible()


def processes_with(argument: str) -> list[int]:
    """Processes below this one that were started with an argument and have not ended."""
    found = []
    for pid in descendants(os.getpid()):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:  # ended meanwhile
            continue
        if argument in line:
            found.append(pid)
    return found


def _take(page: Page, site: Site, case_id: str, step: dict[str, Any]) -> None:
    """A step of somebody else's phone."""
    token = page.request.get(f"{site.url}/api/me").json()["csrf_token"]
    answer = page.request.post(
        f"{site.url}/api/cases/{case_id}/steps",
        data={"step": step, "second_person": {"username": SECOND, "password": PASSWORD}},
        headers={"X-CSRF-Token": token},
    )
    assert answer.ok, answer.text()


def test_in_english_english_comes_first_and_korean_is_recorded(open_phone: OpenPhone, site: Site) -> None:
    phone = open_phone(site.url)
    report = _deliver(site, "guided in English")
    phone.log_in(path="#/settings")
    page = phone.page
    case_id = _case_of(page, site, report)
    for step in (
        {"step": "looked_at", "seen": "object"},
        {"step": "camera", "was_touched": False},
        {"step": "room_closed", "guarded_by": "점검자-01"},
    ):
        _take(page, site, case_id, step)
    phone.set(language="en")
    phone.open(f"#/find/{case_id}")
    _title(page, "Call 112")
    told = page.get_by_role("region", name="Say this, or send it as a text")
    expect(page.get_by_label("Stall or spot, in Korean for the text")).to_have_value(re.compile("2번 칸"))
    said = told.inner_text()
    order = (
        "Report of a suspected hidden camera",
        "112 is told in Korean:",
        "[불법촬영 의심 기기 신고]",
        "Stall or spot",
    )
    assert sorted(order, key=said.index) == list(order)
    assert "Stall 2" in said[said.index("Stall or spot, in Korean") :]
    phone.shoot("find-call-en")
    _press(page, "Reported – next")
    _press(page, "Not told")
    _press(page, "Record, then next")
    _press(page, "The police are here")
    expect(page.locator(".done")).to_contain_text("112 called · receipt Not told")
    page.get_by_label("Officer", exact=True).fill("김경위")
    for rank in page.get_by_role("group", name="What rank?").get_by_role("button").all():
        box = rank.bounding_box()
        assert box is not None
        assert box["height"] <= 72, "a rank stands on one line"
    _press(page, "Inspector (경위)")
    expect(page.get_by_label("Rank", exact=True)).to_have_value("경위")
    phone.shoot("find-officer-en")
    _press(page, "Next")
    if page.get_by_role("heading", level=2).inner_text() == "Which station?":  # no find of another test knows it yet
        page.get_by_role("textbox").fill("가상경찰서 한빛지구대")
        _press(page, "Next")
    _title(page, "Number of their receipt?")
    _press(page, "Not told")
    _press(page, "Next")
    _press(page, "No seal number")
    _press(page, "Next")
    expect(page.locator("form dd", has_text="Inspector (경위)")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)  # no passkey, which this address takes none of
    assert phone.violations() == []
    called = _steps(page, site, case_id)[-1]
    assert (called["step"], called["receipt_no"]) == ("police_called", "번호를 듣지 못함")


def test_what_two_named_asks_another_person_one_question(open_phone: OpenPhone, site: Site) -> None:
    one, other = open_phone(site.url), open_phone(site.url)
    room_id = site.another_room().room_id
    report = site.deliver("again", candidate_zone="stall-2", is_real=True, room_id=room_id)
    one.log_in(path=f"#/rooms/{room_id}")
    expect(one.page.locator(".next .case .line")).to_have_text(
        re.compile(r"^장비 · 2번 칸 뒷벽, 높이 모름, .+ cm · .+ · (\d{4}년 )?\d+월 \d+일부터$")
    )
    case_id = one.page.request.get(f"{site.url}/api/sweeps/{report.sweep_id}").json()["findings"][0]["case_id"]
    _take(one.page, site, case_id, {"step": "looked_at", "seen": "object"})
    _take(one.page, site, case_id, {"step": "not_camera", "what": "나사", "reopens": today().isoformat()})
    one.open(f"#/find/{case_id}")
    _title(one.page, "두 사람이 눈으로 보십시오")
    other.log_in("chief", path=f"#/find/{case_id}")
    _title(other.page, "전에 본 그대로입니까?")
    assert other.faults() == []
    other.shoot("find-again")
    _press(other.page, "변동 없음")
    _press(other.page, "기록하고 다음")
    _title(other.page, "카메라가 아닌 것으로 닫혔습니다")
    assert [step["step"] for step in _steps(other.page, site, case_id)] == ["looked_at", "not_camera", "unchanged"]


@pytest.mark.soak
def test_from_a_simulation_nobody_is_called_and_each_screen_speaks_english(open_phone: OpenPhone, city: str) -> None:
    phone = open_phone(city, color_scheme="dark")
    page = phone.page
    phone.log_in("inspector-hanbit-1", path="#/settings")
    phone.set(language="en")
    token = page.request.get(f"{city}/api/me").json()["csrf_token"]

    def post(path: str, body: dict[str, Any]) -> Any:
        answer = page.request.post(f"{city}{path}", data=body, headers={"X-CSRF-Token": token})
        assert answer.ok, answer.text()
        return answer.json()

    room_id = page.request.get(f"{city}/api/rooms?limit=1").json()["rooms"][0]["room_id"]
    opened = post(f"/api/rooms/{room_id}/cases", {"step": {"step": "reported", "what": "환풍구의 검은 점"}})
    case_id = opened["case"]["case_id"]
    for step, title in ENGLISH:
        if step is not None:
            second = {"username": "inspector-hanbit-2", "password": PASSWORD}
            post(f"/api/cases/{case_id}/steps", {"step": step, "second_person": second})
        phone.open(f"#/find/{case_id}")
        page.reload()
        _title(page, title)
        assert page.locator("a[href^='tel:'], a[href^='sms:']").count() == 0, title
        phone.shoot(f"find-en-{title.split()[0].lower()}")
        assert phone.violations() == [], title
        assert phone.small_texts() == [], title
        assert phone.small_targets() == [], title


ENGLISH: tuple[tuple[dict[str, Any] | None, str], ...] = (
    (None, "Two persons look by eye"),
    ({"step": "looked_at", "seen": "object"}, "What do you both decide?"),
    ({"step": "camera", "was_touched": False}, "Do not touch it"),
    ({"step": "room_closed", "guarded_by": "점검자-02"}, "Call 112"),
    ({"step": "photographed", "commitment": None, "why_not": "급함"}, "Call 112"),
    ({"step": "police_called", "receipt_no": "1"}, "Guard it until the police come"),
)
