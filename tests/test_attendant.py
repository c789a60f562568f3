"""Between listener, lamp, persons and page: what is passed on, and that the light stops before anything else."""

from __future__ import annotations

import pytest

from sweep.attendant import Attendant
from sweep.control import Control, Stand
from sweep.lamp import ButtonPressed, FromHead, HeadState
from sweep.report import LiveEvent, ProgressEvent, StateEvent, TrialEvent
from sweep.talk import PLAYED_OUT, Leave, PlayChips, Played, Progress, StopChips, ToWorker
from sweep.walk import READY_S

CHIPS = PlayChips("light", (1, 0, 1), 0.6)
WALK = PlayChips("motion", (1, 1, 0, 1), 4.0)
PLAYED = Played(2, 5, 6e8, 7)


class Head:
    """The head's process, as the attendant sees it."""

    def __init__(self) -> None:
        self.said: list[PlayChips | StopChips] = []
        self.words: list[FromHead] = []
        self.firmware = "abc"

    def say(self, word: PlayChips | StopChips) -> None:
        self.said.append(word)

    def hear(self) -> list[FromHead]:
        words, self.words = self.words, []
        return words


class Scene:
    def __init__(self, *, has_head: bool = True) -> None:
        self.head = Head()
        self.now_s = 0.0
        self.told: list[ToWorker] = []
        self.events: list[LiveEvent] = []
        self.control = Control(clock=lambda: self.now_s, wait_s=10.0)
        self.control.declare_empty(("A-1", "A-2"))
        self.attendant = Attendant(
            self.control,
            self.head if has_head else None,  # type: ignore[arg-type]  # no process behind it
            self.told.append,
            self.events.append,
            clock_s=lambda: self.now_s,
            now_ns=lambda: round(self.now_s * 1e9),
        )
        self.attendant.begin("stall-2", 1, 3)

    def run(self, seconds: float) -> None:
        until = self.now_s + seconds
        while self.now_s < until - 1e-9:
            self.now_s += 0.1
            self.attendant.attend()


def test_chips_go_to_the_lamp_and_their_times_to_the_listener() -> None:
    scene = Scene()
    scene.attendant.on_word(CHIPS)
    scene.head.words = [PLAYED]
    scene.run(0.1)
    assert scene.head.said == [CHIPS]
    assert scene.told == [PLAYED]
    scene.attendant.on_word(StopChips("decided"))
    assert isinstance(scene.head.said[-1], StopChips)
    scene.head.words = [PLAYED]
    scene.run(0.1)
    assert scene.told == [PLAYED], "what comes late belongs to no test"


def test_without_a_head_there_is_no_light() -> None:
    scene = Scene(has_head=False)
    assert scene.attendant.why_no_light == "no_lamp"
    scene.attendant.on_word(CHIPS)
    assert [word.ended for word in scene.told if isinstance(word, Played)] == ["no_lamp"]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda control: control.pause(), "room_entered"),
        (lambda control: control.abort(), "aborted"),
        (lambda control: control.finish(), "finished_early"),
        (lambda control: control.stand(Stand("basin", 1.0, 1.0, 0.0)), "moved_on"),
    ],
    ids=["pause", "abort", "finish", "position"],
)
def test_what_persons_do_puts_the_light_out_at_once(act: object, reason: str) -> None:
    scene = Scene()
    scene.attendant.on_word(CHIPS)
    scene.run(0.2)
    assert callable(act)
    act(scene.control)
    scene.run(0.1)
    assert scene.head.said == [CHIPS, StopChips()]
    assert scene.told == [Leave(reason)]
    scene.attendant.on_word(CHIPS)  # asked for while the word was on its way
    scene.run(1.0)
    assert scene.head.said == [CHIPS, StopChips()]
    assert scene.told == [Leave(reason)], "said once"
    states = [event.state for event in scene.events if isinstance(event, StateEvent)]
    assert states == (["paused"] if reason == "room_entered" else [])


def test_a_declaration_that_runs_out_stops_it_too() -> None:
    scene = Scene()
    scene.attendant.on_word(CHIPS)
    scene.now_s = 901.0
    scene.run(0.1)
    assert scene.told == [Leave("declaration_expired")]


def test_the_button_is_somebody_at_the_door() -> None:
    scene = Scene()
    scene.attendant.on_word(CHIPS)
    scene.head.words = [ButtonPressed()]
    scene.run(0.1)
    assert scene.told == [Leave("room_entered")]
    assert not scene.control.is_declared


def test_the_page_hears_every_five_seconds_how_far_a_test_is() -> None:
    scene = Scene()
    scene.attendant.on_word(CHIPS)
    for second in range(21):
        scene.attendant.on_word(Progress("light", float(second), 114.0))
        scene.run(1.0)
    scene.attendant.on_word(StopChips("decided"))
    tests = [event for event in scene.events if isinstance(event, TrialEvent)]
    assert [event.elapsed_s for event in tests] == [0.0, 5.0, 10.0, 15.0, 20.0, 20.0]
    assert (tests[1].text.ko, tests[1].text.en) == (
        "조명 반응 시험 중: 5초 / 최대 114초",
        "Light test: 5 s of at most 114 s",
    )
    assert [event.phase for event in tests] == ["running"] * 5 + ["over"]
    assert tests[-1].zone_id == "stall-2"


def test_listening_is_a_part_of_the_progress() -> None:
    scene = Scene()
    scene.now_s = 10.0
    scene.attendant.on_word(Progress("listening", 10.0, 20.0))
    (event,) = scene.events
    assert isinstance(event, ProgressEvent)
    assert event.fraction == pytest.approx(0.5)


def test_a_head_that_goes_is_said_once() -> None:
    scene = Scene()
    scene.head.words = [HeadState(True), HeadState(False, why="gone"), HeadState(False, why="still gone")]
    scene.run(0.3)
    assert [event.type for event in scene.events] == ["guidance"]


def test_a_person_is_prompted_chip_by_chip_with_the_time_until_the_next_change() -> None:
    scene = Scene()
    scene.attendant.on_word(WALK)
    scene.run(READY_S + 4 * 4.0 + 0.2)
    prompts = [event for event in scene.events if isinstance(event, TrialEvent)]
    assert [event.prompt for event in prompts] == ["stand", "walk", "walk", "stand", "walk", "stand"]
    assert [event.next_prompt_s for event in prompts] == pytest.approx([4.9, 8.0, 4.0, 4.0, 4.0, 0.0], abs=0.11)
    assert all(event.longest_s == 16.0 for event in prompts)
    played = [word for word in scene.told if isinstance(word, Played)]
    assert [word.begun for word in played] == [1, 2, 3, 4, 4]
    assert [word.ended for word in played] == [None] * 4 + [PLAYED_OUT]
    assert {word.start_ns for word in played} == {round(READY_S * 1e9)}


def test_a_walk_stops_when_somebody_comes_in() -> None:
    scene = Scene()
    scene.attendant.on_word(WALK)
    scene.run(8.0)
    scene.control.pause()
    scene.run(8.0)
    assert Leave("room_entered") in scene.told
    assert len([event for event in scene.events if isinstance(event, TrialEvent)]) == 2
