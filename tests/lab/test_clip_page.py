"""The page that shows why something was called: what stands on it, and that nothing hostile or secret gets there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.lab.clip_page.curve import follow, light_curve, patches, place_at
from sweep.lab.clip_page.page import PageError, make_page
from sweep.lens import scan_clips
from sweep.lens.clip.clips import read_clip
from sweep.lens.records import ClipResult, Detection, LensScan, Reason
from tests.lens.clip_factory import PHASES, strobed_frames, write_frames

GLINT = (200.0, 130.0)
VOID = {"meta", "img", "br", "line", "rect", "circle", "image", "polyline"}


def detection(**changes: Any) -> Detection:
    base = Detection(
        "clip", *GLINT, 12, 3.5, "lens_candidate", {"snr": 40.0}, (Reason("ratio_max", 0.01, 1.5, "off by 0.01"),)
    )
    return replace(base, **changes)


def scan_of(*detections: Detection, clip: str = "clip", error: str | None = None, message: str = "") -> LensScan:
    result = ClipResult(clip, error, message, "candidate", "lens_candidate", None, None, detections, 20.0)
    return LensScan((result,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clips")
    write_frames(place / "clip", strobed_frames(3, glint=GLINT))
    return place


class Reader(HTMLParser):
    """Every tag closed, every address embedded, no script and no inline style."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"script", "iframe", "object", "embed", "link", "base", "form"}:
            self.bad.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.bad.append(f"{tag} {name}")
            if name in {"src", "href"} and not (value or "").startswith("data:image/"):
                self.bad.append(f"{tag} {name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("ko_KR.UTF-8", ("확인할 곳", "축외 조명에서 많아야 축상 밝기의 0.01배")),
        ("C.UTF-8", ("Place to inspect", "off by 0.01")),
    ],
)
def test_the_page_shows_candidates_with_patches_curve_and_reasons(
    folder: Path, monkeypatch: pytest.MonkeyPatch, locale: str, said: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    page = make_page(folder, scan_of(detection(), detection(x=50.0, verdict="glint", score=-1.0)))
    reader = read(page)
    text = " ".join(reader.text)
    assert reader.bad == []
    assert page.count('<img class="patch"') == 8
    assert page.count('class="mark"') == 1
    assert page.count('class="mark glint"') == 1
    assert page.count('<svg class="curve"') == 2
    for words in (*said, "+1.50", "+3.50"):
        assert words in text
    assert (HANGUL.search(text) is None) == (locale == "C.UTF-8"), "one language"
    assert page.count("<details>") == 4, "how it was filmed, reasons, and a glint that was not called are folded"
    assert re.search(r"default-src 'none'; img-src data:; style-src 'sha256-[A-Za-z0-9+/=]{44}'", page)
    assert "http://www.w3.org/2000/svg" in page
    assert len(re.findall(r"https?://", page)) == len(re.findall("http://www.w3.org/2000/svg", page))


def test_hostile_text_is_shown_and_never_obeyed(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>&\"'"
    write_frames(tmp_path / "clip", strobed_frames(3, glint=GLINT))
    (tmp_path / "clip").rename(tmp_path / name)
    evil = "</td><script>alert(1)</script>\u202e\x07"
    scan = scan_of(
        detection(clip=name, reasons=(Reason(evil, 1.0, 1.0, evil), Reason("ratio_max", 0.5, -9.0, evil))),
        clip=name,
        message=evil,
    )
    for result in (scan, scan_of(clip=name, error="frames_truncated", message=evil)):
        page = make_page(tmp_path, result)
        assert read(page).bad == []
        assert "\u202e" not in page
        assert "\x07" not in page
        assert "<script" not in page
        assert "&lt;img src=x" in page


def test_reasons_of_a_real_scan_have_korean_sentences(folder: Path) -> None:
    """A new reason of the judge needs its sentence: a bare `name = value` must not reach a Korean reader."""
    from sweep.lab.clip_page.page import ON_THE_PAGE
    from sweep.lens import reasons
    from sweep.lens.words import WORDS

    (result,) = scan_clips(folder).clips
    names = {reason.name for d in result.detections for reason in d.reasons}
    assert names
    assert names <= set(reasons.REASONS)
    assert result.reason in {*WORDS.reasons, *ON_THE_PAGE}


def test_unreadable_clips_are_listed_with_their_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    write_frames(tmp_path / "clip", strobed_frames(3))
    data = (tmp_path / "clip" / "frames.npz").read_bytes()
    (tmp_path / "clip" / "frames.npz").write_bytes(data[: len(data) // 2])
    page = make_page(tmp_path, scan_clips(tmp_path))
    assert "읽을 수 없음" in page
    assert "영상 파일을 읽을 수 없음" in page
    done = CliRunner().invoke(build_app(["lens"]), ["lens", str(tmp_path)])
    assert done.exit_code == 2
    assert "1개 중 1개를 녹화로 읽을 수 없습니다" in done.stderr


def test_a_live_sweep_is_never_shown(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "clips" / "one").mkdir(parents=True)
    (tmp_path / "sweep.json").write_text(json.dumps({"source": "live"}), encoding="utf-8")
    for place in (tmp_path, tmp_path / "clips", tmp_path / "clips" / "one"):
        with pytest.raises(PageError, match="live"):
            make_page(place, scan_of())
    (tmp_path / "sweep.json").write_text(json.dumps({"source": "simulated"}), encoding="utf-8")
    assert make_page(tmp_path / "clips", scan_of())


def test_too_many_clips_are_refused(folder: Path) -> None:
    (result,) = scan_of().clips
    with pytest.raises(PageError, match="201 clips"):
        make_page(folder, LensScan((result,) * 201))


def test_the_command_writes_page_and_json(folder: Path, tmp_path: Path) -> None:
    arguments = ["lens", str(folder), "--html", str(tmp_path / "page.html"), "--json", str(tmp_path / "scan.json")]
    done = CliRunner().invoke(build_app(["lens"]), arguments)
    assert done.exit_code == 0, done.output
    assert read((tmp_path / "page.html").read_text(encoding="utf-8")).bad == []
    assert json.loads((tmp_path / "scan.json").read_text(encoding="utf-8"))["clips"] == ["clip"]


def test_a_place_is_followed_through_the_clip(folder: Path) -> None:
    clip = read_clip(folder / "clip")
    for start in (0, 6, 12):
        begun = (GLINT[0] - 1.2 * (12 - start), GLINT[1] - 0.7 * (12 - start))
        places = follow(clip, start, *begun)
        assert sorted(places) == [0, 3, 6, 9, 12]
        for frame, (x, y) in places.items():
            assert (x, y) == pytest.approx((GLINT[0] - 1.2 * (12 - frame), GLINT[1] - 0.7 * (12 - frame)), abs=0.7)


def test_the_light_of_a_place_is_measured_in_electrons(folder: Path) -> None:
    curve = light_curve(read_clip(folder / "clip"), 12, *GLINT)
    assert [p.frame for p in curve.points] == [0, 3, 6, 9, 12]
    for point in curve.points:
        assert point.on_axis_e == pytest.approx(12_000, rel=0.3)  # the aperture of 2 px leaves a fifth outside
        assert abs(point.off_axis_e) < 1_500
        assert abs(point.dark_e) < 300
    cut = patches(read_clip(folder / "clip"), 12, *GLINT)
    assert cut is not None
    middle = cut.on_axis.shape[0] // 2
    assert np.unravel_index(int(cut.difference.argmax()), cut.difference.shape) == (middle, middle)


def test_places_between_frames_follow_time() -> None:
    places = {0: (10.0, 0.0), 3: (13.0, 6.0)}
    assert place_at(places, 1) == pytest.approx((11.0, 2.0))
    assert place_at(places, 5) == pytest.approx((15.0, 10.0))
    assert place_at({4: (1.0, 2.0)}, 9) == (1.0, 2.0)


def test_a_place_leaves_the_frame_and_the_curve_ends(tmp_path: Path) -> None:
    frames = strobed_frames(5, glint=(30.0, 130.0), drift_px=(4.0, 0.0))
    write_frames(tmp_path / "clip", frames, PHASES)
    places = follow(read_clip(tmp_path / "clip"), 12, 30.0, 130.0)
    assert max(places) == 12
    assert min(places) > 0
