"""Photographs of an object with Chromium's made-up camera: declared by two, sealed on the phone, opened by one."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from playwright.sync_api import Page, expect

from sweep.report import new_id, utc_now
from tests.web.conftest import DESK, OpenPhone, Phone
from tests.web.site import PASSWORD
from tests.web.test_plan import send_now

pytestmark = pytest.mark.browser
PASSPHRASE = "흰 벽에 난 작은 구멍 하나"
INSPECTOR, SECOND = "inspector-hanbit-1", "inspector-hanbit-2"
AT_DESK: dict[str, Any] = {"viewport": DESK, "is_mobile": False, "has_touch": False, "device_scale_factor": 1}
WATCH_CAMERA = """
window.cameraTracks = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
    window.cameraWanted = wanted;
    const stream = await open(wanted);
    window.cameraTracks.push(...stream.getTracks());
    return stream;
};
"""


def ask(page: Page, city: str, path: str, body: Any = None) -> Any:
    """GET, or POST with a body, in the session of a page."""
    if body is None:
        answer = page.request.get(f"{city}{path}", max_retries=2)  # a connection that the server has just let go
    else:
        token = ask(page, city, "/api/me")["csrf_token"]
        answer = page.request.post(f"{city}{path}", data=body, headers={"X-CSRF-Token": token})
    assert answer.ok, answer.text()
    return answer.json()


def new_case(page: Page, city: str, *steps: dict[str, Any]) -> str:
    """A case of the first room of whoever is logged in, after these steps."""
    room_id = ask(page, city, "/api/rooms?limit=1")["rooms"][0]["room_id"]
    opened = ask(page, city, f"/api/rooms/{room_id}/cases", {"step": {"step": "reported", "what": "환풍구의 검은 점"}})
    case_id: str = opened["case"]["case_id"]
    second = {"username": SECOND, "password": PASSWORD}
    for step in steps:
        ask(page, city, f"/api/cases/{case_id}/steps", {"step": step, "second_person": second})
    return case_id


FOUND: tuple[dict[str, Any], ...] = (
    {"step": "looked_at", "seen": "object"},
    {"step": "camera", "was_touched": False},
    {"step": "room_closed", "guarded_by": "점검자-02"},
)


def _live_tracks(page: Page) -> int:
    found: int = page.evaluate("window.cameraTracks.filter(one => one.readyState === 'live').length")
    return found


def declare(page: Page, *, secret: str = PASSWORD) -> None:
    page.get_by_label("세 가지를 모두 확인했습니다").check()
    page.get_by_label("아이디 또는 배지 번호").fill(SECOND)
    page.get_by_label("PIN 또는 비밀번호").fill(secret)
    page.get_by_role("button", name="비었음 – 촬영 허용").click()


def inspector(open_phone: OpenPhone, city: str) -> Phone:
    phone = open_phone(city)
    phone.page.add_init_script(WATCH_CAMERA)
    phone.log_in(INSPECTOR)
    return phone


def officer_with_key(open_phone: OpenPhone, city: str, folder: Path) -> tuple[Phone, Path]:
    """The evidence officer at a desk, with a key that the page has just made and saved."""
    desk = open_phone(city, **AT_DESK)
    desk.log_in("evidence", path="#/desk/evidence")
    page = desk.page
    page.get_by_label("암호문구(12자 이상)").fill(PASSPHRASE)
    page.get_by_label("암호문구 다시").fill("다른 암호문구 하나")
    make = page.get_by_role("button", name="키 파일 저장하고 등록")
    make.click()
    expect(page.locator(".alert")).to_contain_text("다릅니다")
    page.get_by_label("암호문구 다시").fill(PASSPHRASE)
    with page.expect_download() as saving:
        make.click()
    file = folder / saving.value.suggested_filename
    saving.value.save_as(file)
    expect(page.get_by_text("파일을 저장했습니다")).to_be_visible()
    assert file.read_text().startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    assert desk.violations() == []
    return desk, file


def test_one_still_is_sealed_on_the_phone_and_opened_by_the_officer_alone(
    open_phone: OpenPhone, city: str, tmp_path: Path
) -> None:
    desk, key_file = officer_with_key(open_phone, city, tmp_path)
    phone = inspector(open_phone, city)
    page, sent = phone.page, []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/photos") else None)
    phone.watch.allowed = ("status of 401",)
    case_id = new_case(page, city, *FOUND)
    phone.open(f"#/photos/{case_id}")
    expect(page.get_by_text("소지품은 절대 찍지 않습니다")).to_be_visible()
    expect(page.get_by_role("button", name="촬영하기")).to_have_count(0)
    declare(page, secret="wrong-password")
    expect(page.locator(".alert")).to_be_visible()
    phone.shoot("photos-declare")
    assert phone.violations() == []
    declare(page)
    page.get_by_role("button", name="촬영하기").click()
    expect(page.get_by_text("카메라 꺼짐")).to_be_visible()
    assert page.evaluate("window.cameraTracks.length") == 0, "nothing opens the camera but the button for it"
    assert page.locator("input[type=file], [capture]").count() == 0
    page.get_by_role("button", name="카메라 켜기").click()
    expect(page.get_by_role("timer")).to_contain_text("카메라 켜짐")
    page.wait_for_function("() => document.querySelector('video').videoWidth > 0")
    assert page.evaluate("[window.cameraWanted.audio, window.cameraWanted.video.facingMode.ideal]") == [
        False,
        "environment",
    ]
    assert _live_tracks(page) == 1
    phone.shoot("photos-camera", full=False)
    page.get_by_role("button", name="찍고 봉인").click()
    expect(page.get_by_text(re.compile("봉인하여 보냈습니다. 기록 [0-9]+번"))).to_be_visible()
    assert _live_tracks(page) == 0, "one still, and the camera is off"
    phone.shoot("photos-sent", full=False)
    assert phone.violations() == []
    (body,) = [request.post_data_json for request in sent if request.method == "POST"]
    assert base64.b64decode(body["sealed"]).startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert body["width_px"] <= 1600
    page.get_by_role("button", name="닫기").click()
    expect(page.get_by_text("1. 물체")).to_be_visible()
    page.get_by_role("button", name="사람 들어옴 – 즉시 중지").click()
    expect(page.get_by_text("멈추었습니다.")).to_be_visible()
    expect(page.get_by_role("button", name="촬영하기")).to_have_count(0)
    phone.shoot("photos-stopped")

    found = desk.page
    desk.open(f"#/desk/case/{case_id}")
    found.get_by_role("button", name="열기 1").click()
    found.get_by_label("열람 사유").fill("수사 협조 검토")
    found.get_by_label("내 키 파일").set_input_files(key_file)
    found.get_by_label("키 암호문구").fill("틀린 암호문구입니다")
    submit = found.get_by_role("button", name="사유를 기록하고 열기")
    submit.click()
    expect(found.locator("dialog .alert")).to_contain_text("암호문구가 다릅니다")
    assert ask(found, city, f"/api/cases/{case_id}/photos")["photos"][0]["opened"] == 0
    found.get_by_label("키 암호문구").fill(PASSPHRASE)
    submit.click()
    expect(found.get_by_text("촬영 때 기록한 사진과 같고 촬영 정보가 없습니다.")).to_be_visible()
    picture = found.get_by_role("img", name="봉인되었던 물체 사진")
    assert picture.evaluate("it => getComputedStyle(it).filter") == "blur(28px)"
    assert picture.evaluate("async it => { await it.decode(); return it.naturalWidth; }") == body["width_px"]
    desk.shoot("photos-blurred", full=False)
    assert desk.violations() == []
    found.get_by_role("button", name="보기", exact=True).click()
    assert picture.evaluate("it => getComputedStyle(it).filter") == "none"
    desk.shoot("photos-opened", full=False)
    (photo,) = ask(found, city, f"/api/cases/{case_id}/photos")["photos"]
    assert (photo["opened"], photo["is_doubted"], photo["person"]) == (1, False, "점검자-01")

    # the next step cites it, and what was not the declared picture is called so
    found.get_by_role("button", name="닫기").click()
    found.get_by_role("radio", name="물체와 그 자리만 촬영").check()
    expect(found.get_by_text("찍은 사진이 있습니다.")).to_be_visible()
    _send_another_picture(page, city, case_id)
    found.get_by_role("button", name="이 단계 기록하기").click()
    expect(found.get_by_text("112에 신고하고 접수 번호")).to_be_visible()
    found.reload()
    found.get_by_role("button", name="열기 2").click()
    found.get_by_label("열람 사유").fill("수사 협조 검토")
    found.get_by_label("내 키 파일").set_input_files(key_file)  # a reload has forgotten it
    found.get_by_label("키 암호문구").fill(PASSPHRASE)
    submit.click()
    expect(found.get_by_text("촬영 때 기록한 사진이 아닙니다.")).to_be_visible()
    found.get_by_role("button", name="닫기").click()
    expect(found.get_by_text("촬영 기록과 다름")).to_be_visible()
    for key in ask(found, city, "/api/evidence-keys")["keys"]:
        token = ask(found, city, "/api/me")["csrf_token"]
        gone = found.request.delete(f"{city}/api/evidence-keys/{key['key_id']}", headers={"X-CSRF-Token": token})
        assert gone.ok


def _send_another_picture(page: Page, city: str, case_id: str) -> None:
    """A picture with metadata under the hash of another one, sealed right: only who opens it can tell."""
    picture = b"\xff\xd8\xff\xe1\x00\x08Exif\x00\x00\xff\xd9"
    second = {"username": SECOND, "password": PASSWORD}
    declared = ask(page, city, f"/api/cases/{case_id}/photo-declarations", {"second_person": second})
    keys = [pyrage.x25519.Recipient.from_str(key["recipient"]) for key in declared["recipients"]]
    now = utc_now().isoformat().replace("+00:00", "Z")
    ask(
        page,
        city,
        f"/api/cases/{case_id}/photos",
        {
            "photo_id": str(new_id()),
            "declaration_id": declared["declaration_id"],
            "shows": "hole",
            "width_px": 8,
            "height_px": 8,
            "plain_sha256": hashlib.sha256(b"another one").hexdigest(),
            "plain_size": len(picture),
            "sealed_to": [key["key_id"] for key in declared["recipients"]],
            "sealed": base64.b64encode(pyrage.encrypt(picture, keys)).decode(),
            "taken": now,
            "sent": now,
        },
    )


@pytest.mark.soak  # half a minute on a machine with other work
def test_the_camera_closes_by_itself_and_needs_a_secure_page(open_phone: OpenPhone, city: str, tmp_path: Path) -> None:
    officer_with_key(open_phone, city, tmp_path)
    phone = inspector(open_phone, city)
    page = phone.page
    case_id = new_case(page, city)
    page.clock.install()
    phone.open(f"#/photos/{case_id}")
    declare(page)
    page.get_by_role("button", name="촬영하기").click()
    page.get_by_role("button", name="카메라 켜기").click()
    expect(page.get_by_role("timer")).to_be_visible()
    page.clock.run_for(timedelta(seconds=44) // timedelta(milliseconds=1))
    assert _live_tracks(page) == 1
    page.clock.run_for(2_000)
    expect(page.get_by_text("시간이 지나 꺼졌습니다.")).to_be_visible()
    assert _live_tracks(page) == 0
    page.get_by_role("button", name="카메라 켜기").click()
    expect(page.get_by_role("timer")).to_be_visible()
    page.clock.run_for(timedelta(minutes=15) // timedelta(milliseconds=1))  # what was declared is over
    expect(page.get_by_role("timer")).to_have_count(0)
    assert _live_tracks(page) == 0

    plain = open_phone(city)
    plain.page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    plain.log_in(INSPECTOR, path=f"#/photos/{case_id}")
    expect(plain.page.get_by_text("이 연결(http)에서는")).to_be_visible()
    expect(plain.page.get_by_role("button", name="비었음 – 촬영 허용")).to_have_count(0)
    plain.shoot("photos-insecure")
    plain.set(language="en")
    expect(plain.page.get_by_text("Photographs are off")).to_be_visible()
    assert plain.violations() == []


def test_a_photograph_that_could_not_be_sent_waits_in_the_outbox(
    open_phone: OpenPhone, city: str, tmp_path: Path
) -> None:
    officer_with_key(open_phone, city, tmp_path)
    phone = inspector(open_phone, city)
    page = phone.page
    phone.watch.allowed = ("ERR_", "Failed to load resource")
    case_id = new_case(page, city, *FOUND)
    phone.open(f"#/photos/{case_id}")
    declare(page)
    photos = f"**/api/cases/{case_id}/photos"
    page.route(photos, lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    page.get_by_role("button", name="촬영하기").click()
    page.get_by_role("button", name="카메라 켜기").click()
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    page.get_by_role("button", name="찍고 봉인").click()
    expect(page.get_by_text("휴대전화에 보관했고, 연결되면 보냅니다.")).to_be_visible()
    assert phone.violations() == []
    phone.shoot("photos-unsent-412x915", full=False)
    page.get_by_role("button", name="닫기").click()
    phone.open("#/settings")
    page.reload()  # as after a browser that was killed
    expect(page.get_by_text("봉인한 사진", exact=True)).to_be_visible()
    phone.shoot("photos-outbox-412x915", full=False)
    page.unroute(photos)
    send_now(page)
    expect(page.get_by_text("없음", exact=True)).to_be_visible()
    (photo,) = ask(page, city, f"/api/cases/{case_id}/photos")["photos"]
    assert photo["state"] == "kept"


def test_arrows_lie_over_the_picture_and_never_in_it(open_phone: OpenPhone, city: str, tmp_path: Path) -> None:
    desk, key_file = officer_with_key(open_phone, city, tmp_path)
    phone = inspector(open_phone, city)
    page, sent = phone.page, []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/photos") else None)
    case_id = new_case(page, city, *FOUND)
    phone.open(f"#/photos/{case_id}")
    declare(page)
    page.get_by_role("button", name="촬영하기").click()
    page.get_by_role("button", name="화살표로 표시").click()
    page.get_by_role("button", name="카메라 켜기").click()
    expect(page.get_by_role("timer")).to_contain_text("카메라 켜짐")
    page.wait_for_function("() => document.querySelector('video').videoWidth > 0")
    page.get_by_role("button", name="찍고 봉인").click()
    pad = page.get_by_role("application", name="방금 찍은 사진: 화살표 그리기")
    expect(pad).to_be_visible()
    assert _live_tracks(page) == 0
    assert [one for one in sent if one.method == "POST"] == [], "it is sealed, and waits for the arrows"
    expect(page.get_by_role("button", name="화살표 되돌리기")).to_be_disabled()
    box = pad.bounding_box()
    assert box is not None

    def drag(x: float, y: float, to_x: float, to_y: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + to_x * box["width"], box["y"] + to_y * box["height"], steps=4)
        page.mouse.up()

    drag(0.1, 0.1, 0.5, 0.5)
    expect(page.get_by_text("화살표 1개")).to_be_visible()
    drag(0.9, 0.9, 0.6, 0.6)
    expect(page.get_by_text("화살표 2개")).to_be_visible()
    page.get_by_role("button", name="화살표 되돌리기").click()
    drag(0.3, 0.3, 0.301, 0.3)  # a tap points nowhere
    expect(page.get_by_text("화살표 1개")).to_be_visible()
    pad.focus()
    for key in ("Enter", *["ArrowRight"] * 8, *["ArrowDown"] * 4, "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("화살표 2개")).to_be_visible()
    phone.shoot("photos-arrows", full=False)
    assert phone.faults() == []
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(page.get_by_text(re.compile("봉인하여 보냈습니다. 기록 [0-9]+번"))).to_be_visible()
    (body,) = [request.post_data_json for request in sent if request.method == "POST"]
    first, by_keys = body["arrows"]
    assert [round(part / 10) for part in first.values()] == [10, 10, 50, 50]
    assert (by_keys["to_x"] - by_keys["from_x"], by_keys["to_y"] - by_keys["from_y"]) == (200, 100)

    found = desk.page
    desk.open(f"#/desk/case/{case_id}")
    found.get_by_role("button", name="열기 1").click()
    found.get_by_label("열람 사유").fill("수사 협조 검토")
    found.get_by_label("내 키 파일").set_input_files(key_file)
    found.get_by_label("키 암호문구").fill(PASSPHRASE)
    found.get_by_role("button", name="사유를 기록하고 열기").click()
    expect(
        found.get_by_text("촬영 때 기록한 사진과 같고 촬영 정보가 없습니다.")
    ).to_be_visible()  # its octets are as taken
    lines = found.locator("dialog svg line")
    expect(lines).to_have_count(0)
    found.get_by_role("button", name="보기", exact=True).click()
    expect(lines).to_have_count(4)  # each with its casing
    desk.shoot("photos-arrows-opened", full=False)
    assert desk.violations() == []
    for key in ask(found, city, "/api/evidence-keys")["keys"]:
        token = ask(found, city, "/api/me")["csrf_token"]
        found.request.delete(f"{city}/api/evidence-keys/{key['key_id']}", headers={"X-CSRF-Token": token})
