"""A page that shows why something was called: `sweep lens DIR --html OUT`.

Job: one self-contained HTML file with every clip of a scan, its candidates circled, cut out under each lamp, their
light over the triples and, folded, the reasons with their weights, in the language of the locale. Input: a folder of
recorded clips and its scan; output: the text of the page, which loads nothing and runs nothing (strict content
security policy). Refuses a sweep that was recorded live: frames of live rooms are not kept, so they are not shown
either.
"""

from __future__ import annotations

import base64
import hashlib
import math
import os
from collections.abc import Iterator
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np

from sweep.lab.clip_page.curve import light_curve, patches
from sweep.lab.clip_page.drawing import curve_svg, frame_address, patch_addresses
from sweep.lens.clip.clips import Clip, ClipError, read_clip
from sweep.lens.clip.origin import source_of
from sweep.lens.clip.source import RecordedSource
from sweep.lens.evidence.judge import candidate_score
from sweep.lens.explain import explain_point
from sweep.lens.reasons import REASONS, sentence
from sweep.lens.records import ClipResult, Detection, LensScan
from sweep.lens.words import WORDS, clip_name
from sweep.phrases import Phrase
from sweep.report import display_text
from sweep.report.language import language_of, spoken
from sweep.report.sentences import Sentence, Sentences
from sweep.report.words import METHOD_WORDS

MAX_CLIPS = 200
"""Derived: a clip takes 150-400 kB of page; a browser still opens 80 MB."""
MAX_CANDIDATES = 8
MAX_GLINTS = 2
"""The strongest glints that were not called are shown too: what was rejected, and why."""
RING_PX = 14.0
"""Radius of a mark, in a frame 728 px wide."""
FULL_BAR = 1.0
"""Weight that fills the bar."""


ON_THE_PAGE: Final = Sentences("lens.page", "lens_candidate not_calibrated")
"""How a clip ended that could be judged."""


TITLE: Final = Sentence("렌즈 점검 영상 판독", "Lens scan of recorded clips")
NOTE: Final = Sentence(
    "확인할 곳은 렌즈처럼 반사한 점일 뿐입니다. 사람이 눈으로 확인하기 전에는 발견이 아니며, 확인할 곳이 없어도 "
    "이상 없음이 아닙니다.",
    "A place to inspect is a point that reflects like a lens, not a find: a person decides by eye. No place to inspect "
    "does not mean clear.",
)
FOOT: Final = Sentence(
    "렌즈 유사도는 이 반사점이 다른 반사점보다 얼마나 렌즈다운지를 나타내는 상용로그 값으로, 확률이 아닙니다. "
    "{needed}부터 확인할 곳입니다. 점검 결과의 가중치는 이 값이 나온 곳에 실제로 카메라가 얼마나 자주 있는지를 따로 센 "
    "것이라 더 작습니다. 광량 곡선과 확대 영상은 검출기와 별도로 계산했습니다.",
    "Lens likeness is a log10 ratio of how much like a lens this glint is against other glints, no probability; from "
    "{needed} on it is a place to inspect. The weight in a sweep's result is smaller: it counts how often there is a "
    "camera where the likeness is that high. Light curves and patches are computed apart from the detector.",
)
COMPUTING: Final = Sentence("계산 시간, 램프 한 바퀴마다", "of computing for each round of the lamps")
BRIGHTEST: Final = Sentence("가장 밝은 곳", "brightest")
LIKENESS: Final = Sentence("렌즈 유사도", "lens likeness")
LAMPS: Final = (
    Sentence("A 축상", "A on axis"),
    Sentence("B 축외", "B off axis"),
    Sentence("C 조명 끔", "C dark"),
    Sentence("D 차이(평균)", "D difference, mean"),
)


class Bright(NamedTuple):
    """A place in the last on_axis frame, pixels, and why it was or was not called."""

    x: float
    y: float
    said: Sentence


class PageError(ValueError):
    """The page may not or cannot be made; one line."""


def make_page(folder: Path, scan: LensScan) -> str:
    """The page for the scan of `folder`. Raises `PageError` for a live recording or too many clips."""
    if source_of(folder) == "live":
        raise PageError(Phrase("clips_of_a_live_sweep"))
    if len(scan.clips) > MAX_CLIPS:
        raise PageError(Phrase("page_of_too_many_clips", count=len(scan.clips), most=MAX_CLIPS))
    return "".join(_page(folder, scan, is_simulated=any(clip.is_simulated for clip in scan.clips)))


@cache
def _style() -> tuple[str, str]:
    """The style sheet and its hash for the policy."""
    text = files("sweep.lab.clip_page").joinpath("page.css").read_text(encoding="utf-8")
    return text, base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _page(folder: Path, scan: LensScan, *, is_simulated: bool) -> Iterator[str]:
    style, digest = _style()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield (
        f'<!doctype html><html lang="{language_of(os.environ)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{_say(*TITLE)}</title><style>{style}</style></head><body>"
    )
    called = sum(len(clip.candidates) for clip in scan.clips)
    unread = sum(clip.error is not None for clip in scan.clips)
    mark = f'<p class="note">{escape(spoken(Phrase("clips_are_simulated")))}</p>' if is_simulated else ""
    yield (
        f"<header><h1>{_say(*TITLE)}</h1>{mark}"
        '<ul class="facts">'
        f"{_fact(len(scan.clips), '녹화', 'clips')}{_fact(called, '확인할 곳', 'places to inspect')}"
        f"{_fact(unread, '읽지 못함', 'unreadable')}"
        f"{_fact(f'{scan.ms_per_triple:.0f} ms', *COMPUTING)}</ul>"
        f'<p class="note">{_say(*NOTE)}</p></header><main>'
    )
    for result in scan.clips:
        yield from _clip(folder, result)
    yield (f"</main><footer>{_foot()}</footer></body></html>\n")


def _fact(value: object, ko: str, en: str) -> str:
    return f"<li>{_say(ko, en)} <b>{escape(str(value))}</b></li>"


def _say(ko: str, en: str) -> str:
    """In the language of the locale."""
    return spoken(Sentence(ko, en))


def _foot() -> str:
    ko, en = (text.format(needed=f"{candidate_score():.2f}") for text in FOOT)
    return _say(ko, en)


def _frame(number: int) -> str:
    return _say(f"{number}번째 프레임", f"frame {number}")


def _clip(folder: Path, result: ClipResult) -> Iterator[str]:
    kind = "error" if result.error else result.verdict
    said = METHOD_WORDS[result.verdict]
    badge = _say("읽을 수 없음", "unreadable") if result.error else spoken(said)
    name = _safe(spoken(clip_name(result.clip, is_simulated=result.is_simulated)))
    yield (f'<article><div class="head"><h2>{name}</h2><span class="badge {kind}">{badge}</span></div>')
    why = assessment(_plain(result.error or result.reason), _plain(result.message))
    sentence = f"<p>{escape(spoken(why))}</p>"
    clip = None if result.error else _open(folder, result.clip)
    if clip is None:
        yield f"{sentence}</article>"
        return
    shown = (*result.candidates[:MAX_CANDIDATES], *_glints(result))
    bright = _brightest(clip, shown)
    why_bright = "" if bright is None else f"<p>{_say(*BRIGHTEST)}: {escape(spoken(bright.said))}</p>"
    yield (
        f'<div class="over">{_overview(clip, shown, bright)}<div>{sentence}{why_bright}{_facts_of(result)}</div></div>'
    )
    for number, detection in enumerate(shown, 1):
        yield _detection(clip, detection, number)
    left = len(result.candidates) - MAX_CANDIDATES
    if left > 0:
        more = _say(f"그 밖의 확인할 곳 {left}곳은 JSON에 있습니다.", f"{left} more are in the JSON.")
        yield f"<section><p>{more}</p></section>"
    yield "</article>"


def _open(folder: Path, name: str) -> Clip | None:
    path = folder if (folder / "meta.json").is_file() else folder / name
    try:
        return read_clip(path)
    except ClipError:
        return None


def _glints(result: ClipResult) -> tuple[Detection, ...]:
    return tuple(d for d in result.detections if d.verdict != "lens_candidate")[:MAX_GLINTS]


def _brightest(clip: Clip, shown: tuple[Detection, ...]) -> Bright | None:
    """The brightest place of the frame of the overview; None where it is one that is shown."""
    frames = _on_axis(clip)
    if not frames:
        return None
    smooth = cv2.blur(RecordedSource(clip).electrons(frames[-1]).image, (5, 5))
    y, x = np.unravel_index(int(smooth.argmax()), smooth.shape)
    reach = RING_PX * _scale(clip)
    if any(math.dist((x, y), (one.x, one.y)) <= reach for one in shown):
        return None
    try:
        return Bright(float(x), float(y), explain_point(clip, float(x), float(y), frames[-1]).said)
    except (ClipError, ValueError):
        return None


def _on_axis(clip: Clip) -> list[int]:
    return [i for i, phase in enumerate(clip.meta.phases) if phase == "A"]


def _scale(clip: Clip) -> float:
    return max(0.6, clip.meta.width / 728)


def _overview(clip: Clip, shown: tuple[Detection, ...], bright: Bright | None) -> str:
    """The last on_axis frame with rings where each detection lies in its own frame, and round its brightest place."""
    frames = _on_axis(clip)
    if not frames:
        return "<div></div>"
    width, height = clip.meta.width, clip.meta.height
    address = frame_address(RecordedSource(clip).electrons(frames[-1]).image)
    parts = [
        f'<svg class="frame" role="img" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{_frame(frames[-1])}</title>",
        f'<image href="{address}" width="{width}" height="{height}"/>',
    ]
    scale = _scale(clip)
    marks = [
        (str(number), "" if one.verdict == "lens_candidate" else " glint", one.x, one.y)
        for number, one in enumerate(shown, 1)
    ]
    for number, kind, at_x, at_y in marks:
        x, y = at_x + 0.5, at_y + 0.5
        side = -1 if x > width - 40 * scale else 1
        anchor = "end" if side < 0 else "start"
        parts.append(f'<circle class="mark{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{RING_PX * scale:.1f}"/>')
        parts.append(
            f'<text class="mark-name{kind}" x="{x + side * 18 * scale:.1f}" y="{y + 5 * scale:.1f}" '
            f'text-anchor="{anchor}">{number}</text>'
        )
    if bright is not None:
        x, y = bright.x + 0.5, bright.y + 0.5
        name_y = y - 18 * scale if y > 40 * scale else y + 32 * scale
        parts.append(f'<circle class="mark glint bright" cx="{x:.1f}" cy="{y:.1f}" r="{RING_PX * scale:.1f}"/>')
        parts.append(
            f'<text class="mark-name glint bright" x="{x:.1f}" y="{name_y:.1f}" text-anchor="middle">'
            f"{_say(*BRIGHTEST)}</text>"
        )
    return "".join([*parts, "</svg>"])


def _facts_of(result: ClipResult) -> str:
    rows: list[tuple[str, str, str]] = []
    if (q := result.quality) is not None:
        rows += [
            (
                "쓸 수 있는 조합(축상·축외·끔)",
                "usable triples (on axis, off axis, dark)",
                f"{q.triples_usable} / {q.triples}",
            ),
            ("프레임 사이 움직임", "motion from frame to frame", f"{q.motion_px_per_frame:.1f} px"),
            ("번짐", "blur", f"{q.motion_blur_px:.2f} px"),
            ("포화", "saturated", f"{q.saturated_share:.1%}"),
            ("조명 밝기, 픽셀마다 전자", "lamp light, electrons a pixel", f"{q.lamp_light_e:.0f}"),
            ("주변광, 픽셀마다 전자", "ambient, electrons a pixel", f"{q.ambient_e:.0f}"),
        ]
        rows += [
            ("제외", "rejected", f"{_safe(spoken(WORDS.reasons.get(name, name)))} {count}")
            for name, count in list(q.rejections.items())[:6]
        ]
    if (c := result.coverage) is not None:
        about = "≈ " if c.range_is_estimated else ""
        rows.append(("판독한 화면", "judged in frame", f"{c.seen_share:.0%} ({about}{c.range_m:.1f} m)"))
    table = "".join(f"<dt>{_say(ko, en)}</dt><dd>{value}</dd>" for ko, en, value in rows)
    hints = [WORDS.guidance.get(name, Sentence(name, name)) for name in (q.guidance if q else ())]
    told = "".join(f'<p class="hint">{escape(spoken(h))}</p>' for h in hints)
    return f"{told}{_fold(_say('촬영 상태', 'How it was filmed'), f'<dl>{table}</dl>')}"


def _detection(clip: Clip, detection: Detection, number: int) -> str:
    called = detection.verdict == "lens_candidate"
    what = ("확인할 곳", "Place to inspect") if called else ("확인할 곳으로 보지 않은 반사점", "Glint, not called")
    name = _say(*what)
    place = f"x {detection.x:.1f}, y {detection.y:.1f}, {_frame(detection.frame)}"
    score = f"{_say(*LIKENESS)} {detection.score:.2f}"
    head = f"<h3>{number}. {name} <span class=en>{place} · {score}</span></h3>"
    try:
        curve = light_curve(clip, detection.frame, detection.x, detection.y)
        cuts = patches(clip, detection.frame, detection.x, detection.y)
    except (ClipError, ValueError):
        return _part(head, _reasons(detection), called=called)
    figures = "" if cuts is None else _figures(patch_addresses(cuts))
    drawn = curve_svg(curve.points, _say(f"{number}번 점의 광량", f"light of point {number}"))
    legend = (
        f'<ul class="key"><li class="on">{_say(*LAMPS[0])}</li><li class="off">{_say(*LAMPS[1])}</li>'
        f'<li class="dark">{_say(*LAMPS[2])}</li></ul>'
    )
    unit = _say("조합별 광량(전자 수), 고리는 포화", "light per triple, electrons; a ring marks saturation")
    right = f"<div>{drawn}<p class=en>{unit}</p>{legend}{_reasons(detection)}</div>"
    return _part(head, f'<div class="glance">{figures}{right}</div>', called=called)


def _part(head: str, body: str, *, called: bool) -> str:
    """What was called stands open; the rest is folded."""
    return f"<section>{head}{body}</section>" if called else f"<section>{_fold(head, body)}</section>"


def _fold(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>{body}</details>"


def _figures(addresses: tuple[str, str, str, str]) -> str:
    drawn = (
        f'<figure><img class="patch" alt="{_say(ko, en)}" src="{address}">'
        f"<figcaption>{_say(ko, en)}</figcaption></figure>"
        for (ko, en), address in zip(LAMPS, addresses, strict=True)
    )
    return f'<div class="patches">{"".join(drawn)}</div>'


def _reasons(detection: Detection) -> str:
    rows = []
    for reason in sorted(detection.reasons, key=lambda r: -abs(r.weight)):
        said = reason_of(_plain(reason.name), reason.value, _plain(reason.text))
        rows.append(
            f"<tr><td>{escape(spoken(said))}</td>"
            f'<td class="bar">{_bar(reason.weight)}</td><td class="weight">{reason.weight:+.2f}</td></tr>'
        )
    table = (
        f'<table><thead><tr><th>{_say("근거", "reason")}</th><th class="bar">{_say("반대 ← → 찬성", "against ← → for")}'
        f'</th><th class="weight">{_say("가중치", "weight")}</th></tr>'
        f"</thead><tbody>{''.join(rows)}</tbody><tfoot><tr><td>{_say(*LIKENESS)}</td><td></td>"
        f'<td class="weight">{detection.score:+.2f}</td></tr></tfoot></table>'
    )
    return _fold(f"{_say('근거', 'Reasons')} ({len(rows)})", table)


def _bar(weight: float) -> str:
    length = min(1.0, abs(weight) / FULL_BAR) * 60.0
    left, kind = (60.0, "for") if weight >= 0 else (60.0 - length, "against")
    return (
        '<svg class="weigh" viewBox="0 0 120 14" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">'
        f'<rect class="{kind}" x="{left:.1f}" y="2" width="{length:.1f}" height="10" rx="2"/>'
        '<line class="axis" x1="60" y1="0" x2="60" y2="14"/></svg>'
    )


def _plain(text: str) -> str:
    """Text of a record that may quote a recording, made harmless and short."""
    return display_text(text, limit=200)


def _safe(text: str) -> str:
    return escape(display_text(text, limit=128))


def reason_of(name: str, value: float, text: str = "") -> Sentence:
    """Sentence for one reason of a score; `text` is the English one that the record carries, which is preferred."""
    if name not in REASONS:
        return Sentence(f"{name} = {value:.3g}", text or f"{name} = {value:.3g}")
    said = sentence(name, value)
    return Sentence(said.ko, text or said.en)


def assessment(name: str, message: str = "") -> Sentence:
    """Why a clip is a candidate or cannot be judged; of what cannot, `message` is the record's own English line."""
    if name in ON_THE_PAGE:
        return ON_THE_PAGE[name]
    said = WORDS.reasons.get(name, Sentence(name, name))
    return said if not message else Sentence(said.ko, message)
