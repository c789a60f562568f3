"""The README's pictures of the page: `python -m tests.web.readme_pictures`, or `make screenshots`.

A real server, the simulated probe and a made-up city on loopback, Debian's Chromium as a Korean phone of 412 × 915
pixels; each picture is written to server/web/screenshots as a PNG of at most 256 colours and 60 kB, and the sweep from
its start to the place that is found as one that moves.  All that they show is simulated, and the page says so.
"""

from __future__ import annotations

import re
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect, sync_playwright

from server.cli.demo_city import write_city
from server.cli.demo_city_places import DISTRICTS
from tests.web.agent import PROBE_ID, running_agent
from tests.web.chromium import FLAGS, installed
from tests.web.conftest import PHONE, TIMEOUT_MS, Phone, Watch
from tests.web.site import PASSWORD, serving

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "server" / "web" / "screenshots"
NAMES: Final = ("sweep-map", "sweep-map-en", "today", "live-walls", "evidence", "find", "checklist", "desk-map")
MOST_BYTES: Final = 60_000
MOST_COLOURS: Final = 256
MOVING: Final = "found"
MOVING_SIZE: Final = (309, 686)
MOST_MOVING_BYTES: Final = 2_000_000
EVERY_MS: Final = 1_000
SHORT_MS: Final = 600
"""How long each view of the running sweep stands,"""
LONG_MS: Final = 2_500
"""and each of what came of it."""
PATIENCE_MS: Final = 300_000
"""Of a simulated sweep on a machine that has other things to do."""
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def main() -> int:
    """Take all pictures; 2 with a line when one is too large."""
    chromium = installed()
    if chromium is None:
        print("no Chromium: make setup-test", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        try:
            with running_agent(Path(made) / "probe", ROOT) as site:
                _sweep(_phone(browser, site.url), Film())
            city = Path(made) / "city"
            write_city(city, facilities=6, months=2, password=PASSWORD)
            with serving(city, DISTRICTS[0].district_id) as url:
                _desk(_phone(browser, url))
        finally:
            browser.close()
    most = dict.fromkeys(NAMES, MOST_BYTES) | {MOVING: MOST_MOVING_BYTES}
    too_large = [name for name in most if (FOLDER / f"{name}.png").stat().st_size > most[name]]
    if too_large:
        print(f"too large: {', '.join(too_large)}", file=sys.stderr)
        return 2
    return 0


def _phone(browser: Browser, url: str) -> Phone:
    options: dict[str, Any] = {"viewport": PHONE, "device_scale_factor": 1, "has_touch": True, "is_mobile": True}
    context = browser.new_context(
        locale="ko-KR", timezone_id="Asia/Seoul", color_scheme="light", service_workers="block", **options
    )
    context.set_default_timeout(TIMEOUT_MS)
    return Phone(context.new_page(), url, Watch(url), "")


class Film:
    """Views of the page one after the other, none twice, and how long each stands."""

    def __init__(self) -> None:
        self._views: list[NDArray[np.uint8]] = []
        self._stand_ms: list[int] = []

    def take(self, phone: Phone, stand_ms: int) -> None:
        """What is in view now."""
        shown = cv2.imdecode(np.frombuffer(phone.page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
        if shown is None:
            raise ValueError("no screenshot of Chromium")
        view = np.asarray(cv2.resize(shown, MOVING_SIZE, interpolation=cv2.INTER_AREA), np.uint8)
        if self._views and np.array_equal(view, self._views[-1]):
            self._stand_ms[-1] = max(stand_ms, self._stand_ms[-1])
            return
        self._views.append(view)
        self._stand_ms.append(stand_ms)

    def write(self, path: Path) -> None:
        """A PNG that moves (APNG), for ever."""
        moving = cv2.Animation()
        moving.frames, moving.durations, moving.loop_count = self._views, self._stand_ms, 0
        cv2.imwriteanimation(str(path), moving, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        print(f"{path.name}: {path.stat().st_size} bytes, {len(self._views)} views")


def _sweep(phone: Phone, film: Film) -> None:
    """A sweep whose room hides a camera, from its walls to its end."""
    page = phone.page
    phone.log_in()
    page.get_by_role("link", name=re.compile("1층 여자화장실")).first.click()
    page.get_by_role("link", name=re.compile(" 시작$")).click()
    expect(page.get_by_role("radio", name=re.compile(PROBE_ID))).to_be_checked(timeout=PATIENCE_MS)
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    film.take(phone, LONG_MS)
    page.get_by_role("button", name="점검 준비").click()
    for person in ("점검자-01", "점검자-02"):
        page.get_by_role("button", name=f"{person} 확인").click(timeout=PATIENCE_MS)
    film.take(phone, SHORT_MS)
    page.get_by_role("button", name="퇴실 확인 완료, 점검 시작").click()
    expect(page.get_by_role("img", name="점검기로 이곳을 비추십시오")).to_be_visible(timeout=PATIENCE_MS)
    _keep(phone, "live-walls")

    over = page.get_by_role("link", name="점검 지도 보기")
    for _ in range(PATIENCE_MS // EVERY_MS):
        film.take(phone, SHORT_MS)
        if over.is_visible():
            break
        page.wait_for_timeout(EVERY_MS)
    over.click()
    place = page.get_by_role("button", name="확인할 곳 1 보기")
    expect(place).to_be_visible()
    _keep(phone, "sweep-map")
    film.take(phone, LONG_MS)
    sweep = page.url
    phone.set(language="en")
    expect(page.get_by_role("button", name="Look at place 1")).to_be_visible()
    _keep(phone, "sweep-map-en")
    phone.set()
    place.click()
    guide = page.get_by_role("link", name="확인 안내 열기")
    expect(guide).to_be_visible()
    _keep(phone, "evidence")
    film.take(phone, LONG_MS)
    film.write(FOLDER / f"{MOVING}.png")
    guide.click()
    expect(page.get_by_role("heading", name="두 사람이 눈으로 보십시오")).to_be_visible()
    _keep(phone, "find")

    page.goto(f"{sweep}/checklist")
    expect(page.get_by_role("button", name="모두 이상 없음", exact=True)).to_be_visible()
    _keep(phone, "checklist")
    phone.open()
    expect(page.get_by_text(re.compile("확인 건"))).to_be_visible()
    expect(page.get_by_text(re.compile("^점검 마침"))).to_be_visible()
    _keep(phone, "today")


def _desk(phone: Phone) -> None:
    """The district's rooms on the supervisor's map."""
    phone.log_in("supervisor-hanbit", path="#/desk/map")
    expect(phone.page.locator(".map canvas").first).to_be_visible()
    _keep(phone, "desk-map")


def _keep(phone: Phone, name: str) -> None:
    """Write what is in view."""
    page: Page = phone.page
    page.evaluate("scrollTo(0, 0)")
    phone.settle()
    picture = to_palette(page.screenshot())
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.png").write_bytes(picture)
    print(f"{name}.png: {len(picture)} bytes")


def to_palette(png: bytes) -> bytes:
    """A screenshot of Chromium (8 bits, RGB or RGBA, not interlaced) in its commonest 256 colours; ValueError else."""
    pixels = _pixels(png)
    height, width, _ = pixels.shape
    flat = pixels.reshape(-1, 3)
    packed = flat.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    colours, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = colours[np.argsort(counts)[::-1][:MOST_COLOURS]]
    palette = np.stack([kept >> 16, (kept >> 8) & 255, kept & 255], axis=1).astype(np.uint8)
    asked = np.stack([colours >> 16, (colours >> 8) & 255, colours & 255], axis=1).astype(np.int32)
    nearest = np.concatenate(
        [
            ((part[:, None, :] - palette[None].astype(np.int32)) ** 2).sum(axis=2).argmin(axis=1)
            for part in np.array_split(asked, max(1, len(asked) // 1024))
        ]
    ).astype(np.uint8)
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # filter 0 before each row: right for a palette
    rows[:, 1:] = nearest[where.reshape(-1)].reshape(height, width)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return SIGNATURE + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", header),
            (b"PLTE", palette.tobytes()),
            (b"IDAT", zlib.compress(rows.tobytes(), 9)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixels(png: bytes) -> NDArray[np.uint8]:
    """(height, width, 3) of a screenshot."""
    at, idat, header = len(SIGNATURE), b"", b""
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        header, idat = (data if kind == b"IHDR" else header), (idat + data if kind == b"IDAT" else idat)
        at += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or colour not in (2, 6) or interlaced:
        raise ValueError("no screenshot of Chromium")
    size = 3 if colour == 2 else 4
    rows = np.frombuffer(zlib.decompress(idat), dtype=np.uint8).reshape(height, 1 + width * size)
    out = np.zeros((height, width * size), dtype=np.uint8)
    for row in range(height):
        above = out[row - 1] if row else np.zeros(width * size, dtype=np.uint8)
        out[row] = _unfiltered(int(rows[row, 0]), rows[row, 1:], above, size)
    return out.reshape(height, width, size)[:, :, :3]


def _unfiltered(kind: int, line: NDArray[np.uint8], above: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A row of a PNG without its filter (PNG, clause 9)."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    given, up, out = line.tolist(), above.tolist(), [0] * len(line)
    for at, value in enumerate(given):
        left = out[at - size] if at >= size else 0
        corner = up[at - size] if at >= size else 0
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up[at]) // 2
        else:
            first = left + up[at] - corner
            guess = min((left, up[at], corner), key=lambda one: abs(first - one))
        out[at] = (value + guess) & 255
    return np.array(out, dtype=np.uint8)


if __name__ == "__main__":
    sys.exit(main())
