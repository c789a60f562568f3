"""Persons at a terminal: what they are asked before, between and after the positions of a sweep, and what they answer.

Input are lines that somebody types; output is what the sweep does next.  What was typed before a question answers
nothing.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, get_args
from uuid import UUID

from sweep.cli.ending import end_by
from sweep.cli.output import guide, remark
from sweep.modality.control import Control
from sweep.modality.eye_looks import AskedLook
from sweep.modality.looks import close_id_of
from sweep.modality.mode import zones_of
from sweep.modality.next_position import NOWHERE, OUTSIDE, REFERENCE, NextPosition, closer_by
from sweep.phrases import Phrase, Spoken
from sweep.report import EYE_OUTCOMES, SEEN_AS, EyeAnswer, LocalText, Mode, Plan, Zone
from sweep.report.language import spoken
from sweep.run.reporting.eye_look_words import asked_text
from sweep.run.reporting.look_words import view_text
from sweep.run.sweep_sources import middle_of

ANSWERS: Final[tuple[EyeAnswer, ...]] = get_args(EyeAnswer)
LOOK_EVERY_S: Final = 0.2  # guessed: an ending while a question stands is heard at once, as a person sees it
LINE_BYTES: Final = 4096  # the longest line of a terminal: N_TTY_BUF_SIZE


def has_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


class Terminal:
    """Where persons answer: standard input."""

    def forget_what_was_typed(self) -> None:
        """Throw away what nobody has read yet."""
        with contextlib.suppress(termios.error):  # the terminal went away; reading says so
            termios.tcflush(sys.stdin, termios.TCIFLUSH)

    def read_line(self, control: Control) -> str:
        """A line; empty at the end of the input, and once the sweep is over, whoever ended it.

        It looks, and no signal raises: an exception could strike where nobody catches it, and the report would be lost.
        """
        while not control.is_over:
            try:
                if not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
                    continue
                line = os.read(sys.stdin.fileno(), LINE_BYTES)
                is_gone = not line and not has_terminal()
            except OSError:
                line, is_gone = b"", True
            if is_gone:  # and SIGHUP may still be on its way
                end_by(signal.SIGHUP, control.abort)
            return line.decode(errors="replace")
        return ""


TERMINAL: Final = Terminal()


def ask_to_declare(control: Control, inspectors: tuple[str, str], terminal: Terminal = TERMINAL) -> None:
    """Two persons at the terminal declare the room empty, in so many words and after having been asked: what was
    typed before the question declares nothing. An end of input finishes the sweep.
    """
    while not control.is_declared and not control.is_over:
        terminal.forget_what_was_typed()
        one, other = inspectors
        guide(Phrase("asks_to_declare", one=one, other=other), indent=0)
        line = terminal.read_line(control)
        if not line:
            control.finish()
        elif line.strip().lower() in {"y", "yes", "ㅛ", "예", "네"}:
            control.declare_empty(inspectors)


def zones_to_visit(mode: Mode, plan: Plan) -> list[Zone]:
    """Where somebody has to stand, one after the other."""
    wanted = zones_of(mode, plan)
    return [zone for zone in plan.zones if zone.zone_id in wanted]


def ask_to_go_outside(control: Control, inspectors: tuple[str, str], terminal: Terminal) -> NextPosition | None:
    """OUTSIDE once somebody stands outside the closed door, NOWHERE to skip it, REFERENCE before the reference target;
    None at the end of the input.
    """
    while True:
        ask_to_declare(control, inspectors, terminal)
        if control.is_over:
            return None
        guide(Phrase("asks_to_go_outside"), indent=0)
        guide(Phrase("asks_for_reference_check"), indent=0)
        line = terminal.read_line(control)
        if not line:
            return None
        if control.is_declared:
            word = line.strip().lower()
            return NOWHERE if word in {"s", "skip", "ㄴ"} else REFERENCE if word in {"r", "ㄱ"} else OUTSIDE


def ask_for_position(
    zones: Sequence[Zone], control: Control, inspectors: tuple[str, str], terminal: Terminal = TERMINAL
) -> Iterator[NextPosition]:
    """Outside the door, then zone after zone at a terminal: Enter begins each, `w` repeats the last by walking; asks
    anew for a declaration that has ended.
    """
    while (outside := ask_to_go_outside(control, inspectors, terminal)) == REFERENCE:
        yield outside
    if outside is None:
        return
    if outside == OUTSIDE:
        yield outside
    last: NextPosition | None = None
    for zone in zones:
        here = middle_of(zone)
        yield from look_here(control, terminal)
        while True:
            ask_to_declare(control, inspectors, terminal)
            if control.is_over:
                return
            guide(Phrase("asks_to_stand_at", zone=Spoken(zone.name.ko, zone.name.en)), indent=0)
            if last is not None:
                guide(Phrase("asks_for_walking_test"), indent=0)
            line = terminal.read_line(control)
            if not line or control.is_over:
                return
            if not control.is_declared:  # it ended while nobody typed
                continue
            if line.strip().lower() != "w" or last is None:
                break
            yield replace(last, is_walk=True)
        last = here
        yield here
    yield from look_here(control, terminal)
    yield from ask_to_go_back(control, inspectors, {one.zone_id: one for one in zones}, terminal)
    yield from ask_to_look_again(control, inspectors, terminal, {one.zone_id: one.name for one in zones})


def ask_to_go_back(
    control: Control, inspectors: tuple[str, str], zones: Mapping[str, Zone], terminal: Terminal
) -> Iterator[NextPosition]:
    """The zones to which somebody should go back for the light: Enter begins each, `s` leaves the rest out."""
    while control.lights.pending:
        ask_to_declare(control, inspectors, terminal)
        zone = zones.get(control.lights.pending[0].zone_id)
        if control.is_over or zone is None:
            return
        guide(Phrase("asks_to_go_back", zone=Spoken(zone.name.ko, zone.name.en)), indent=0)
        line = terminal.read_line(control)
        if not line or line.strip().lower() in {"s", "skip", "ㄴ"}:
            return
        if control.is_declared:
            yield middle_of(zone)
            yield from look_here(control, terminal)


def look_here(control: Control, terminal: Terminal) -> Iterator[NextPosition]:
    """What is to be looked at here, by eye and, where that could not tell, by the probe from close by."""
    passed: set[UUID] = set()
    ask_to_look(control, terminal, passed)
    while (close := control.take_close_look()) is not None:
        for look in control.eye_looks.pending:
            if look.is_close and close_id_of(look.zone_id, look.look_id) == close.position_id:
                say_where(look)
        yield closer_by(close)
        ask_to_look(control, terminal, passed)


def say_where(look: AskedLook) -> None:
    """What the inspector is asked to look at, and for how long."""
    guide(f"{spoken(look.where)}: {spoken(asked_text(look))}", indent=0)


def ask_to_look(control: Control, terminal: Terminal = TERMINAL, passed: set[UUID] | None = None) -> None:
    """What is to be looked at by eye here, one place after the other, until the probe is to film one: a number says
    what is there, anything else that nobody looked (`passed`).
    """
    passed = set() if passed is None else passed
    while ahead := [one for one in control.eye_looks.pending if one.look_id not in passed]:
        if control.is_over or control.is_to_look_closely:
            return
        look = ahead[0]
        answers = [one for one in ANSWERS if look.is_close or one != "bottom_seen"]
        named = "; ".join(f"{n} {spoken(EYE_OUTCOMES[one])}" for n, one in enumerate(answers, start=1))
        terminal.forget_what_was_typed()
        say_where(look)
        guide(Phrase("asks_what_is_there", named=named), indent=0)
        word = terminal.read_line(control).strip()
        if word.isdecimal() and 1 <= int(word) <= len(answers):
            if control.answer_look(look.look_id, answers[int(word) - 1]) == "too_quick":
                remark("look_two_seconds")
        else:
            passed.add(look.look_id)


def ask_to_look_again(
    control: Control,
    inspectors: tuple[str, str],
    terminal: Terminal = TERMINAL,
    names: Mapping[str, LocalText] = MappingProxyType({}),
) -> Iterator[NextPosition]:
    """The places of second looks at a terminal: Enter begins each, `n` says that the spot was looked at by eye and
    nothing is there, a number what it is, `s` leaves the rest out.
    """
    while control.looks.pending:
        look = control.looks.pending[0]
        view = control.looks.next_view(look)
        if view is None:
            return
        ask_to_declare(control, inspectors, terminal)
        if control.is_over:
            return
        told, name = view_text(view), names.get(look.zone_id)
        where = look.zone_id if name is None else spoken(name)
        guide(Phrase("place_to_look_at_again", zone=where, x=look.x_m, y=look.y_m, what=spoken(told)), indent=0)
        guide(Phrase("asks_to_look_again"), indent=0)
        named = "; ".join(f"{n} {spoken(what)}" for n, what in enumerate(SEEN_AS.values(), start=1))
        guide(Phrase("asks_what_it_is", named=named), indent=0)
        line = terminal.read_line(control)
        word = line.strip().lower()
        if not line or word in {"s", "skip", "ㄴ"}:
            return
        if word in {"n", "no", "ㅜ"}:
            control.looks.nothing_seen(look.finding_id)
        elif word.isdecimal() and 1 <= int(word) <= len(SEEN_AS):
            control.looks.explained(look.finding_id, list(SEEN_AS)[int(word) - 1])
        elif control.is_declared:
            yield NextPosition(view.zone_id, view.x_m, view.y_m, view.facing_deg, again=look.position_id(view))
