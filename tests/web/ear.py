"""A stand-in for a phone's voices that notes what it is asked to say, and what the screen showed meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

SETTLE_MS: Final = 250
LED_SETTLE_MS: Final = 1_000
"""What stands so long is said: for what leads a hand, and for all else (`server/web/src/live/ear/Ear.svelte`)."""
SLACK_MS: Final = 1_500
"""A busy machine is late."""
GRAVE: Final = {"lost", "stop", "found", "condition", "test"}
LOCAL: Final = {"name": "여기", "lang": "ko-KR", "localService": True, "default": False}
REMOTE: Final = {"name": "저기", "lang": "ko-KR", "localService": False, "default": True}
FOREIGN: Final = {"name": "here", "lang": "en-US", "localService": True, "default": True}
STAND_IN: Final = """
    window.said = [];
    window.shown = [];
    window.cues = {tones: 0, buzzes: []};
    {
        const voices = %s;
        let now = null, timer;
        const end = (name, event = {}) => {
            const one = now;
            now = null;
            clearTimeout(timer);
            one?.[name]?.(event);
        };
        Object.defineProperty(window, 'speechSynthesis', {value: {
            getVoices: () => voices,
            addEventListener: () => undefined,
            resume: () => undefined,
            cancel: () => {
                if (now) window.said.at(-1).cutMs = Date.now();
                end('onerror', {error: 'interrupted'});
            },
            speak: one => {
                const {text, lang, voice} = one;
                window.said.push({text, lang, voice: voice?.name, ms: Date.now(), waits: now !== null, cutMs: null});
                now = one;
                one.onstart?.({});
                timer = setTimeout(() => end('onend'), 60 * text.length);
            },
        }});
        window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
        const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (...when) {
            window.cues.tones += 1;
            return start.apply(this, when);
        };
        navigator.vibrate = pattern => { window.cues.buzzes.push({pattern, ms: Date.now()}); return true; };
        let last = '';
        new MutationObserver(() => {
            const say = document.querySelector('.say');
            if (say === null) return;
            const commander = say.dataset.commander;
            const text = [...say.querySelector('.sentence')?.childNodes ?? []]
                .filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data).join('');
            if (commander + text === last) return;
            last = commander + text;
            window.shown.push({commander, text, ms: Date.now()});
        }).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
    }
"""


def stand_in(*voices: dict[str, object]) -> str:
    """A script for a page that is not yet open."""
    return STAND_IN % json.dumps(voices)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that the voice was asked to say."""

    text: str
    lang: str
    voice: str | None
    ms: int
    waits: bool
    """It was to wait until another one had ended."""
    cutMs: int | None  # noqa: N815  as the script names it


@dataclass(frozen=True, slots=True)
class Shown:
    """One sentence of the screen, and who commanded."""

    commander: str
    text: str
    ms: int


def said(page: Page) -> list[Said]:
    return [Said(**one) for one in page.evaluate("window.said")]


def shown(page: Page) -> list[Shown]:
    return [Shown(**one) for one in page.evaluate("window.shown")]


def aloud(text: str) -> str:
    """As a voice reads what is written."""
    return re.sub(r"\s+[·–]\s+", ", ", text)


def check(heard: Sequence[Said], seen: Sequence[Shown], *, silent: str = "오래된 값") -> int:
    """Each instruction of the screen was said once, in its order and in time, and none that was over; how many."""
    told: dict[int, Said] = {}
    last = -1
    for one in heard:
        at = max((n for n, each in enumerate(seen) if each.ms <= one.ms), default=None)
        assert at is not None, f"before anything was shown: {one}"
        assert one.text.endswith(aloud(seen[at].text)), f"stale: {one}, while the screen said {seen[at]}"
        assert at > last, f"twice: {one}"
        assert not one.waits, f"it waited for another to end: {one}"
        assert one.ms - seen[at].ms <= _settles_ms(seen[at]) + SLACK_MS, f"late: {one}, shown {seen[at]}"
        told[at], last = one, at
    before = ""
    for at, each in enumerate(seen[:-1]):
        stood_ms = seen[at + 1].ms - each.ms
        is_said = at in told
        if silent in each.text:
            assert not is_said
        elif stood_ms > _settles_ms(each) + SLACK_MS and each.text and each.text != before:
            assert is_said, f"never said: {each}, which stood for {stood_ms} ms"
        if is_said:
            before = each.text
    return len(told)


def _settles_ms(one: Shown) -> int:
    if one.commander in GRAVE:
        return 0
    return LED_SETTLE_MS if one.commander in {"near", "look"} else SETTLE_MS
