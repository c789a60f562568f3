"""What somebody may have sealed in place of a photograph: the officer's browser shows it harmlessly or not at all."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyrage
import pytest
from playwright.sync_api import Page, expect

from sweep.report import new_id, utc_now
from tests.waiting import wait_until
from tests.web.conftest import OpenPhone
from tests.web.site import PASSWORD
from tests.web.test_photos import INSPECTOR, PASSPHRASE, SECOND, ask, declare, inspector, new_case, officer_with_key

pytestmark = pytest.mark.browser
WATCH_PICTURES = """
window.shownBlobs = [];
const make = URL.createObjectURL.bind(URL);
URL.createObjectURL = (blob) => { window.shownBlobs.push(blob); return make(blob); };
"""
ENCODE_AS = """
HTMLCanvasElement.prototype.toBlob = function (done) { done(new Blob([window.encoded])); };
"""
RAN = "<script>window.ran = true; fetch('/ran')</script>"
GPS = b"MM\x00*\x00\x00\x00\x08\x00\x01\x88\x25\x00\x04\x00\x00\x00\x01\x00\x00\x00\x1a" + b"37.5665 126.9780"
HOLDS, METADATA, NOT_SHOWN = "촬영 정보가 없습니다", "촬영 정보가 남아 있습니다", "보이지 않습니다. 경보를 남겼습니다."


def _jpeg(*options: int, size: int = 640) -> bytes:
    picture = np.random.default_rng(1).integers(0, 255, (size // 8, size // 8, 3), dtype=np.uint8)
    encoded = cv2.imencode(".jpg", cv2.resize(picture, (size, size)), options)[1].tobytes()
    at = 2 + 2 + int.from_bytes(encoded[4:6], "big")
    return encoded[:2] + encoded[at:]  # without the JFIF header, as the phone sends it


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _said_to_be(jpeg: bytes, width: int, height: int) -> bytes:
    """The same octets with another size in the frame: a decoder makes room for it."""
    at = next(at for at in range(len(jpeg)) if jpeg[at] == 0xFF and jpeg[at + 1] in (0xC0, 0xC2))
    return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]


def _many_scans(jpeg: bytes) -> bytes:
    """The last scan of a progressive picture again and again, as often as a photograph may be large."""
    last = jpeg.rindex(b"\xff\xda")
    return jpeg[:last] + jpeg[last:-2] * (900_000 // len(jpeg[last:-2])) + jpeg[-2:]


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("list.csv", "name,address")
    return out.getvalue()


def _png(width: int, height: int) -> bytes:
    """A PNG of zeros, which weighs next to nothing."""
    return bytes(cv2.imencode(".png", np.zeros((height, width), np.uint8))[1].tobytes())


def hostile() -> dict[str, tuple[bytes, str]]:
    """(what was sealed, what the officer is told), by name."""
    plain = _jpeg()
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran = true'>{RAN}</svg>".encode()
    return {
        "as the phone sends it": (plain, HOLDS),
        "EXIF with a place": (plain[:2] + _segment(0xE1, b"Exif\0\0" + GPS) + plain[2:], METADATA),
        "a comment that is a page": (plain[:2] + _segment(0xFE, f"<html>{RAN}".encode()) + plain[2:], METADATA),
        "something in a segment that no decoder reads": (
            plain[:2] + _segment(0xF0, b"hidden" * 9) + plain[2:],
            METADATA,
        ),
        "a ZIP and a page behind it": (plain + _zip() + f"<html>{RAN}".encode(), METADATA),
        "a JPEG of 100 megapixels": (_said_to_be(plain, 10_000, 10_000), NOT_SHOWN),
        "a JPEG of 4,295 megapixels": (_said_to_be(plain, 65_535, 65_535), NOT_SHOWN),
        "a JPEG of a thousand scans": (_many_scans(_jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1, size=64)), NOT_SHOWN),
        "a PNG of 100 megapixels": (_png(10_000, 10_000), NOT_SHOWN),
        "an SVG with a script": (svg, NOT_SHOWN),
        "a page": (f"<!doctype html>{RAN}".encode(), NOT_SHOWN),
        "nothing that anybody knows": (b"\0" * 5_000, NOT_SHOWN),
    }


def _send(page: Page, city: str, case_id: str, picture: bytes) -> None:
    """Seal anything to the officers and send it with its right hash: only who opens it can tell."""
    second = {"username": SECOND, "password": PASSWORD}
    declared = ask(page, city, f"/api/cases/{case_id}/photo-declarations", {"second_person": second})
    keys = [pyrage.x25519.Recipient.from_str(key["recipient"]) for key in declared["recipients"]]
    now = utc_now().isoformat().replace("+00:00", "Z")
    fields: dict[str, Any] = {
        "photo_id": str(new_id()),
        "declaration_id": declared["declaration_id"],
        "shows": "hole",
        "width_px": 640,
        "height_px": 640,
        "plain_sha256": hashlib.sha256(picture).hexdigest(),
        "plain_size": len(picture),
        "sealed_to": [key["key_id"] for key in declared["recipients"]],
        "sealed": base64.b64encode(pyrage.encrypt(picture, keys)).decode(),
        "taken": now,
        "sent": now,
    }
    ask(page, city, f"/api/cases/{case_id}/photos", fields)


def _is_as(page: Page, city: str, case_id: str, *, is_doubted: bool) -> bool:
    (photo,) = ask(page, city, f"/api/cases/{case_id}/photos")["photos"]
    return bool(photo["is_doubted"] == is_doubted)


@pytest.mark.parametrize("is_all", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["some", "all"])
def test_whatever_was_sealed_is_shown_harmlessly_or_not_at_all(
    open_phone: OpenPhone, city: str, tmp_path: Path, *, is_all: bool
) -> None:
    """Every third and each thing that the officer may be told, seen by axe; in the long run every picture."""
    desk, key_file = officer_with_key(open_phone, city, tmp_path)
    phone = open_phone(city)
    phone.log_in(INSPECTOR)
    page = desk.page
    page.evaluate(f"{WATCH_PICTURES} true;")
    opened: list[str] = []
    looked_at: set[str] = set()
    page.on("request", lambda request: opened.append(request.url))
    for number, (what, (picture, told)) in enumerate(hostile().items()):
        if not is_all and number % 3 and told in looked_at:
            continue
        case_id = new_case(phone.page, city)
        _send(phone.page, city, case_id, picture)
        desk.open(f"#/desk/case/{case_id}")
        page.evaluate("window.shownBlobs.length = 0")
        page.get_by_role("button", name="열기 1").click()
        page.get_by_label("열람 사유").fill("수사 협조 검토")
        if what == next(iter(hostile())):  # the page remembers the key until it is loaded anew
            page.get_by_label("내 키 파일").set_input_files(key_file)
            page.get_by_label("키 암호문구").fill(PASSPHRASE)
        page.get_by_role("button", name="사유를 기록하고 열기").click()
        dialog = page.locator("dialog")
        expect(dialog.get_by_text(told)).to_be_visible()
        shown = dialog.get_by_role("img", name="봉인되었던 물체 사진")
        if told == NOT_SHOWN:
            assert (shown.count(), page.evaluate("window.shownBlobs.length")) == (0, 0), what
        else:
            assert shown.evaluate("async it => { await it.decode(); return it.naturalWidth; }") == 640, what
            kept = page.evaluate(
                "async () => [...new Uint8Array(await window.shownBlobs[0].arrayBuffer())]",
            )
            assert bytes(kept) == _jpeg(), what
        assert page.evaluate("window.ran") is None, what
        if is_all or told not in looked_at:
            assert desk.violations() == []
            looked_at.add(told)
        wait_until(partial(_is_as, page, city, case_id, is_doubted=told != HOLDS), f"the server knows of {what}")
        page.request_gc()
        heap_mb = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        assert heap_mb < 60, (what, heap_mb)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    assert not any(url.endswith("/ran") for url in opened)
    for key in ask(page, city, "/api/evidence-keys")["keys"]:
        token = ask(page, city, "/api/me")["csrf_token"]
        assert page.request.delete(f"{city}/api/evidence-keys/{key['key_id']}", headers={"X-CSRF-Token": token}).ok


def test_the_phone_cuts_out_all_that_a_decoder_does_not_need(open_phone: OpenPhone, city: str) -> None:
    """A browser whose encoder adds to the picture, and one that makes none: the picture alone is sealed, or nothing."""
    desk = open_phone(city)
    desk.log_in("evidence")
    identity = pyrage.x25519.Identity.generate()
    key = ask(desk.page, city, "/api/evidence-keys", {"recipient": str(identity.to_public())})
    plain = _jpeg()
    added = plain[:2] + _segment(0xE1, b"Exif\0\0" + GPS) + _segment(0xFE, RAN.encode()) + plain[2:] + _zip()
    phone = inspector(open_phone, city)
    page, sent = phone.page, []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/photos") else None)
    page.add_init_script(ENCODE_AS)
    case_id = new_case(page, city)
    phone.open(f"#/photos/{case_id}")
    page.reload()
    declare(page)
    page.get_by_role("button", name="촬영하기").click()
    for encoded, told in ((_png(9, 9), "보내지 않았습니다"), (added, "봉인하여 보냈습니다.")):
        page.evaluate("octets => { window.encoded = new Uint8Array(octets); }", list(encoded))
        page.get_by_role("button", name="카메라 켜기").click()
        page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
        page.get_by_role("button", name="찍고 봉인").click()
        expect(page.get_by_text(told)).to_be_visible()
    (body,) = [request.post_data_json for request in sent if request.method == "POST"]
    assert pyrage.decrypt(base64.b64decode(body["sealed"]), [identity]) == plain
    token = ask(desk.page, city, "/api/me")["csrf_token"]
    gone = f"{city}/api/evidence-keys/{key['key_id']}"
    assert desk.page.request.delete(gone, headers={"X-CSRF-Token": token}).ok
