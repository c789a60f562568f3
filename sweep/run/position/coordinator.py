"""Attends to a live position: between the processes that measure, the head, the person who walks, and the page.

Input is messages of the modalities' processes and of the head's, and what persons did (`Control`); output is messages
back and live events.  When somebody comes in, the sweep ends or the inspector moves on, the lights stop first, and
whoever listens or films is told why.  The head is listened to all the time, so that its button stops a sweep that
waits, too. It measures nothing and decides nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from sweep.link.head_messages import LEASE_OVER, ButtonPressed, FromHead, HeadState, HeadTurn, SupplyTold
from sweep.link.head_process import HeadProcess
from sweep.link.schedule import User
from sweep.modality.chips import draw_chips
from sweep.modality.control import Control, Standing
from sweep.modality.messages import (
    AskTurn,
    FirstWord,
    Guide,
    Leave,
    LevelNow,
    MeasureRf,
    PlayChips,
    Played,
    Progress,
    ResponseTestBegins,
    ResponseTestKind,
    SkipResponseTests,
    SpotNow,
    StopChips,
    ToCoordinator,
    ToWorker,
    TurnOver,
)
from sweep.modality.motion import Moved
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.modality.strobe import StopStrobe, Strobe, StrobeEnded, Triggers
from sweep.report import GuidanceEvent, LiveEvent, Modality
from sweep.run.hotspot_pause import HotspotPause
from sweep.run.position.air_turns import AirTurns
from sweep.run.position.progress import PositionProgress
from sweep.run.position.proximity import ProximityGuide
from sweep.run.position.rf_requests import KeepRf, RecordedRf, RfRequests
from sweep.run.position.walk_prompter import WalkPrompter
from sweep.run.watch.condition_watch import ConditionWatch
from sweep.run.watch.head_watch import HeadWatch
from sweep.run.watch.supply_watch import SupplyWatch

LISTEN_EVERY_S: Final = 0.05
"""Guessed: a person who presses the button does not notice."""
SHOCK_G: Final = 3.9
"""Of one axis, which no hand gives a probe (guessed): a fall onto tiles gives tens of g, and the sensor ends at 4 g."""
REASONS: Final[dict[Standing, str]] = {
    "paused": "room_entered",
    "undeclared": "declaration_expired",
    "moved_on": "moved_on",
    "finish": "finished_early",
    "abort": "aborted",
}
"""Why a measurement has to stop, by how the sweep stands."""


class Coordinator:
    """One for a sweep; `begin` comes before each position."""

    def __init__(
        self,
        control: Control,
        head: HeadProcess | None,
        say: Callable[[Modality, ToWorker], None],
        on_event: Callable[[LiveEvent], None],
        *,
        clock_s: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        supply: SupplyWatch | None = None,
        own: OwnTransmissions | None = None,
        quiet: HotspotPause | None = None,
        condition: ConditionWatch | None = None,
        draw: Callable[[int], tuple[int, ...]] = draw_chips,
        left_s: Callable[[], float | None] = lambda: None,
        on_fall: Callable[[], None] = lambda: None,
    ) -> None:
        """`supply`: watches whether the supply lasts; None: by the head's report alone.  `own`: when the probe's own
        radios sent; None: nobody keeps a log.  `quiet`: silences its access point while RF is measured.  `condition`:
        hears what the head says of itself, and tells persons.  `draw`: chips for a person who walks.  `left_s`: how
        long the sweep takes at most from now on.  `on_fall`: the head was knocked as no hand does it.
        """
        self._control = control
        self._head = head
        self._say = say
        self._on_event = on_event
        self._clock_s = clock_s
        self._now_ns = now_ns
        self._draw = draw
        self._on_fall = on_fall
        self._has_fallen = False
        watch = supply or SupplyWatch(clock_s=clock_s)
        self._watch = HeadWatch(head, on_event, clock_s=clock_s, now_ns=now_ns, supply=watch)
        self.closed_because: str | None = None
        """Code that says why the probe itself closes the sweep."""
        self._index = 0
        self._playing: ResponseTestKind | None = None
        self._walk: WalkPrompter | None = None
        self._has_skipped = False
        """The listener knows that a person wants no test here."""
        self._has_left = False
        self._why_left = ""
        self._condition = condition
        self._rf = RfRequests(self._watch, say, clock_s=clock_s, own=own, quiet=quiet)
        self._proximity = ProximityGuide(on_event, clock_s)
        self._is_outside = False
        self._turns = AirTurns(say, own)
        self._told = PositionProgress(
            on_event, clock_s=clock_s, left_s=left_s, wait_for_turn=lambda: self._turns.waiting
        )
        self._is_rf_to_ask = False
        self._films: Modality | None = None
        """Who asked for the strobe."""
        self._strobe: Strobe | None = None
        """Asked for, and not handed on yet."""
        self._hearing = threading.Lock()
        self._heard: deque[FromHead] = deque()
        self._attending = threading.Lock()
        self._is_resting = True
        """Nothing is measured, so nobody calls `attend`."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the head's button also while nothing is measured and nobody attends."""
        stop = threading.Event()
        thread = threading.Thread(target=self._listen, args=(stop,), name="head button", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _listen(self, stop: threading.Event) -> None:
        while not stop.wait(LISTEN_EVERY_S):
            self._hear()
            with self._attending:
                if self._is_resting:
                    self._attend_at_rest()
            if self._condition is not None:
                for event in self._condition.look(is_declared=self._control.is_declared, hangs=self._control.lapses):
                    self._on_event(event)

    def _hear(self) -> None:
        """Take what the head's process said: the button acts at once, the rest waits for `attend`."""
        if self._head is None:
            return
        with self._hearing:
            words = self._head.hear()
            if self._condition is not None:
                self._condition.take(words)
            self._heard.extend(message for message in words if not isinstance(message, ButtonPressed))
        if any(isinstance(message, ButtonPressed) for message in words):
            self._control.pause()

    def _attend_at_rest(self) -> None:
        """The head may go away and the supply run low between positions, too."""
        while self._heard:
            message = self._heard.popleft()
            if isinstance(message, HeadState | SupplyTold):
                self._watch.take(message)
        self._mind_the_supply()

    def rest(self) -> None:
        """The position is over."""
        with self._attending:
            self._is_resting = True
        self._proximity.end()

    def begin(
        self,
        zone_id: str,
        index: int,
        total: int,
        recorded_rf: RecordedRf | None = None,
        keep_rf: KeepRf | None = None,
        measuring: Collection[Modality] = (),
        *,
        is_outside: bool = False,
    ) -> None:
        """A position begins in a zone; `recorded_rf` answers instead of the head where RF was recorded or is simulated,
        `keep_rf` keeps each answer.  `measuring`: whose measurements will end here by `ended`.  `is_outside`: it is
        outside the door, and what the head measures there answers for it later.
        """
        with self._attending:
            self._is_resting = False
        self._has_fallen = False
        self._watch.begin()
        self._turns.begin(frozenset(measuring))
        self._rf.begin(recorded_rf, keep_rf, is_outside=is_outside)
        self._told.begin(zone_id, index, total, is_outside=is_outside)
        self._proximity.begin(zone_id, () if is_outside else self._rf.outside_windows)
        self._is_outside = is_outside
        self._index, self._has_skipped = index, False
        self._playing, self._walk, self._has_left = None, None, False
        self._is_rf_to_ask, self._films, self._strobe = "rf" in measuring, None, None

    @property
    def firmware(self) -> str | None:
        """Of the head that is there or was."""
        return None if self._head is None else self._head.firmware

    def on_message(self, modality: Modality, message: ToCoordinator) -> None:
        """What a modality's process says."""
        match message:
            case ResponseTestBegins():
                self._told.ahead(message)
            case PlayChips():
                self._play(modality, message)
            case StopChips(ended=ended):
                self._stop_playing()
                self._told.response_test_ended(ended)
            case MeasureRf():
                self._measure_rf(message)
            case AskTurn() | TurnOver():
                self._turns.on_message(modality, message)
                self._told.air_turn(self._turns.has_turn)
            case Progress():
                self._told.listens(message)
            case Strobe() | StopStrobe() | Guide() | FirstWord() | SpotNow():
                self._on_camera_message(modality, message)
            case LevelNow():
                self._proximity.on_level(message)

    def _play(self, modality: Modality, ask: PlayChips) -> None:
        """With the lamp or to a person, unless that was stopped while the ask was on its way."""
        if self._has_skipped:
            return
        self._playing = ask.kind
        if ask.kind == "motion":
            self._walk = WalkPrompter(self._draw(ask.count), ask.chip_s, self._now_ns())
        elif self._head is None:
            self._say(modality, Played(0, 0, 0.0, 0, ended="no_lamp"))
        elif not self._has_left:
            self._head.say(ask)

    def _on_camera_message(
        self, modality: Modality, message: Strobe | StopStrobe | Guide | FirstWord | SpotNow
    ) -> None:
        match message:
            case Strobe():
                self._film(modality, message)
            case StopStrobe():
                self._stop_filming()
            case Guide(text=text):
                self._on_event(GuidanceEvent(type="guidance", text=text))
            case FirstWord():
                self._told.first_word(modality, message)
            case SpotNow():
                self._proximity.on_spot(message)

    def _film(self, modality: Modality, ask: Strobe) -> None:
        """Hand the ask on once RF has asked for the head, or does not come."""
        self._films = modality
        if self._head is None:
            self._say(modality, StrobeEnded("no_lamp"))
        elif self._has_left:
            self._say(modality, StrobeEnded(self._why_left))
        else:
            self._strobe = ask
            self._hand_strobe_on()

    def _hand_strobe_on(self) -> None:
        """RF asks first: it makes way after eight seconds, in which the head's clock becomes known well enough for
        triggers, and a strobe makes way for nobody.
        """
        if self._strobe is not None and self._head is not None and not self._is_rf_to_ask:
            self._head.say(self._strobe)
            self._strobe = None

    def _stop_filming(self) -> None:
        if self._head is not None and self._films is not None and self._strobe is None:
            self._head.say(StopStrobe())
        self._films = self._strobe = None

    def _tell_head_turn(self, message: HeadTurn) -> None:
        users: dict[User, Modality | None] = {"rf": "rf", "chips": "wifi", "strobe": self._films}
        waits = tuple(name for name in (users[user] for user in message.waiting) if name is not None)
        self._told.head_turn(None if message.holder is None else users[message.holder], waits)

    def ended(self, modality: Modality) -> None:
        """A modality's measurement at this position is over; a process that died or hung left its lamps lit."""
        if modality == self._films:
            self._stop_filming()
        if modality == "wifi":
            self._stop_playing()
        self._turns.ended(modality)
        self._told.air_turn(self._turns.has_turn)
        self._is_rf_to_ask &= modality != "rf"

    def _measure_rf(self, ask: MeasureRf) -> None:
        why_not = "not_connected" if self._head is None else self._why_left if self._has_left else None
        self._rf.measure(ask, why_not)
        self._is_rf_to_ask &= ask.is_outside

    def _mind_skips(self) -> None:
        """A person who skips the tests here sees the light go out at once."""
        if not self._has_skipped and self._control.skips_response_tests(self._index):
            self._has_skipped = True
            self._stop_playing()
            self._say("wifi", SkipResponseTests())

    def attend(self) -> None:
        """Called ten times a second while something is measured."""
        self._hear()
        while self._heard:
            match message := self._heard.popleft():
                case Played(ended=ended) if ended in LEASE_OVER and self._control.standing != "go":
                    pass  # why the lease ended is known here, and told below
                case StrobeEnded(because=ended) if ended in LEASE_OVER and self._control.standing != "go":
                    pass
                case Played() if self._playing == "light":
                    self._say("wifi", message)
                case Triggers() | Moved() | StrobeEnded() if self._films is not None:
                    self._feel(message)
                    self._say(self._films, message)
                case HeadTurn():
                    self._watch.take(message)
                    self._tell_head_turn(message)
                case HeadState(is_there=False):
                    self._watch.take(message)
                    self._told.head_turn(None, ())  # nobody's turn comes
                case _:
                    self._watch.take(message)
        self._mind_the_supply()
        self._mind_skips()
        standing = self._control.standing
        if standing != "go" and not self._has_left:
            self._has_left = True
            self._why_left = self.closed_because or REASONS[standing]
            self._stop_playing()
            films = self._films
            self._stop_filming()
            self._watch.end_rf()
            self._say("wifi", Leave(self._why_left))
            if films is not None:
                self._say(films, Leave(self._why_left))
            self._turns.leave(self._why_left)
        self._hand_strobe_on()
        if not self._is_outside and not self._has_left:
            self._proximity.on_windows(self._rf.fresh())
            self._proximity.tick()
        self._rf.answer()
        if self._walk is not None:
            self._prompt(self._walk)

    def _feel(self, message: Triggers | Moved | StrobeEnded) -> None:
        """A fall is told once a position."""
        if not isinstance(message, Moved) or self._has_fallen:
            return
        if any(max(map(abs, sample.acceleration_g)) >= SHOCK_G for sample in message.samples):
            self._has_fallen = True
            self._on_fall()

    def _mind_the_supply(self) -> None:
        """Close the sweep while a report can still be written."""
        code = self._watch.must_close()
        if code is not None and self.closed_because is None:
            self.closed_because = code
            self._control.finish()

    def _prompt(self, walk: WalkPrompter) -> None:
        news = walk.step(self._now_ns())
        if news is None:
            return
        self._told.prompted(news, walk.longest_s)
        if news.played is not None:
            self._say("wifi", news.played)

    def _stop_playing(self) -> None:
        if self._head is not None and self._playing == "light":
            self._head.say(StopChips())
        self._playing = self._walk = None
