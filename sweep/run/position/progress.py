"""How far a position is, as persons are told while it goes on: the first word on a zone, whose turn it is, a test's
clock.

Input is what the modalities' processes and the head say of their progress; output is live events, no more often than a
page needs them.  It asks for nothing and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from sweep.modality.messages import NO_RESPONSE_TEST, Doing, FirstWord, Progress, ResponseTestBegins, ResponseTestKind
from sweep.report import LiveEvent, Modality, ProgressEvent, ResponseTestEvent, VerdictName, ZoneEvent
from sweep.run.position.walk_prompter import PromptNews
from sweep.wifi.words import response_test_event

TELL_EVERY_S: Final = 4.9
"""Between two messages on how far a test is; the page counts the seconds between them by itself."""
TELL_TEST_EVERY_S: Final = 30.0
"""Of a test in a recording, whose seconds pass faster (guessed)."""
TURN_SHARE: Final = 0.9
"""How far a position is when what comes last begins (guessed)."""
QUALITY_STEP: Final = 0.05
"""By which a zone's quality has to change to be told anew (guessed)."""


class PositionProgress:
    """One for a sweep; `begin` comes before each position."""

    def __init__(
        self,
        on_event: Callable[[LiveEvent], None],
        *,
        clock_s: Callable[[], float],
        left_s: Callable[[], float | None],
        wait_for_turn: Callable[[], Iterable[Modality]],
    ) -> None:
        """`left_s`: how long the sweep takes at most from now on.  `wait_for_turn`: who waits for the air."""
        self._on_event = on_event
        self._clock_s = clock_s
        self._left_s = left_s
        self._wait_for_turn = wait_for_turn
        self._told_s = 0.0
        self._longest_s = self._elapsed_s = self._told_elapsed_s = 0.0
        self._told_turn: Modality | None = None
        self.begin("", 0, 1, is_outside=False)

    def begin(self, zone_id: str, index: int, total: int, *, is_outside: bool) -> None:
        """A position begins in a zone, the one of that index of so many, or outside the door."""
        self._zone_id, self._index, self._total = zone_id, index, max(total, index + 1)
        self._is_outside = is_outside
        self._doing: Doing = "listening"
        self._ahead = NO_RESPONSE_TEST
        """What the test is for that goes on, or was last made here."""
        self._first_word, self._first_told_s = FirstWord(False, 0.0, 0.0), 0.0
        self._waits: tuple[Modality, ...] = ()
        """For the head."""
        self._share = 0.0
        """Of this position that is done, as last told."""

    def first_word(self, modality: Modality, message: FirstWord) -> None:
        """What is known of the zone so far, when it changes; and how far it is, now and then."""
        known, now_s = self._first_word, self._clock_s()
        if message.is_candidate != known.is_candidate or abs(message.quality - known.quality) >= QUALITY_STEP:
            self._first_word = message
            verdict: VerdictName = "nothing_detected" if message.quality > 0.0 else "not_assessable"
            self._on_event(
                ZoneEvent(
                    type="zone",
                    zone_id=self._zone_id,
                    modality=modality,
                    verdict="candidate" if message.is_candidate else verdict,
                    quality=min(max(message.quality, 0.0), 1.0),
                )
            )
        if now_s - self._first_told_s >= TELL_EVERY_S:
            self._first_told_s = now_s
            self._on_event(self._progress(modality, message.share_done))

    def head_turn(self, has: Modality | None, waits: tuple[Modality, ...]) -> None:
        """Who has the head, and who waits for it: the person should know why nothing happens."""
        self._waits = waits
        if has is not None:
            self._on_event(self._progress(has, self._share))

    def air_turn(self, has: Modality | None) -> None:
        """Who has the air to itself, when that changes."""
        if has is not None and has != self._told_turn:
            self._on_event(self._progress(has, TURN_SHARE))
        self._told_turn = has

    def ahead(self, test: ResponseTestBegins) -> None:
        """A test is about to be made."""
        self._ahead, self._doing = test, "listening"  # so that how far it is, is news

    def listens(self, progress: Progress) -> None:
        """How far the listener is."""
        has_begun = self._elapsed_s == 0.0 < progress.elapsed_s  # from now on whoever shows it counts by himself
        has_gone_on = progress.elapsed_s - self._told_elapsed_s >= TELL_TEST_EVERY_S
        is_news = progress.doing != self._doing or (progress.doing != "listening" and (has_begun or has_gone_on))
        self._doing, self._elapsed_s, self._longest_s = progress.doing, progress.elapsed_s, progress.longest_s
        if progress.doing == "motion":  # the prompts tell
            return
        if not is_news and self._clock_s() - self._told_s < TELL_EVERY_S:
            return
        self._told_s, self._told_elapsed_s = self._clock_s(), progress.elapsed_s
        if progress.doing == "listening":
            share = progress.elapsed_s / progress.longest_s if progress.longest_s else 0.0
            self._on_event(self._progress("wifi", share))
        else:
            self._on_event(self._response_test_event(progress.doing))

    def prompted(self, news: PromptNews, longest_s: float) -> None:
        """A person who walks by prompts is to do something else; the whole test takes `longest_s`."""
        self._elapsed_s, self._doing, self._longest_s = news.elapsed_s, "motion", longest_s
        self._on_event(self._response_test_event("motion", prompt=news.prompt, next_prompt_s=news.next_prompt_s))

    def response_test_ended(self, because: str | None) -> None:
        """The test is over that was last told of, if one was."""
        if self._doing != "listening":
            self._on_event(self._response_test_event(self._doing, ended=because))

    def _progress(self, modality: Modality, share: float) -> ProgressEvent:
        self._share = share
        return ProgressEvent(
            type="progress",
            position_index=self._index,
            positions=self._total,
            zone_id=None if self._is_outside else self._zone_id,
            modality=modality,
            fraction=0.0 if self._is_outside else min(1.0, (self._index + min(max(share, 0.0), 1.0)) / self._total),
            step="outside" if self._is_outside else "inside",
            left_s=self._left_s(),
            waits=tuple(dict.fromkeys((*self._waits, *self._wait_for_turn()))),
        )

    def _response_test_event(
        self,
        kind: ResponseTestKind,
        *,
        ended: str | None = None,
        prompt: Literal["walk", "stand"] | None = None,
        next_prompt_s: float | None = None,
    ) -> ResponseTestEvent:
        return response_test_event(
            kind,
            self._zone_id,
            self._elapsed_s,
            self._longest_s,
            ended=ended,
            prompt=prompt,
            next_prompt_s=next_prompt_s,
            position_index=self._index,
            ahead=self._ahead,
        )
