"""The one who records: set-up by set-up, in the drawn order, until none is left or the day ends.

Job: ask for the number on the setter's card, for a clip the wall and the light, record, and say what is left.  Input
are answers as `ask` gives them and a `record` that makes a clip of a given name, or a radio's reading; output is the
field test so far.  Refuses another number than the next one: the two persons are at different set-ups then.  A
recording that fails leaves no clip and is asked again; one that is repeated says why, and the earlier one stays.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from sweep.lab.bench.recording import ERRORS
from sweep.lab.campaign.folder import (
    Campaign,
    CampaignError,
    Reading,
    Try,
    check_space,
    note,
    now,
    set_aside,
)
from sweep.lab.campaign.hearing import HearError
from sweep.lab.campaign.setups import BACKGROUNDS, Background
from sweep.link.head import PortError
from sweep.phrases import Phrase
from sweep.rf.calibration import CalibrationError as RfCalibrationError
from sweep.wifi.capture.air import CaptureOpenError

END, AGAIN = "q", "r"
REASONS: Final = ("dropped frames", "lamp off", "camera moved", "thing moved")
"""Why a clip may be recorded again; decided before anybody sees a result."""
LONGEST_REASON: Final = 200
LETTERS: Final = 2
"""Of a reason at least."""

Ask = Callable[[Phrase], str]
"""Put a question to the one who records; the answer without spaces around it. Raises EOFError: nobody answers."""
Say = Callable[[Phrase], None]
Record = Callable[[str], Path | Reading]
"""Record the clip of this name; returns its folder, or what a radio heard. Raises `NOT_RECORDED`."""
NOT_RECORDED: Final = (*ERRORS, CampaignError, HearError, CaptureOpenError, PortError, RfCalibrationError)
"""What a person can do something about; the set-up is asked for again."""


def record_all(campaign: Campaign, record: Record, ask: Ask, say: Say) -> Campaign:
    """Record what is left; returns at the end, or when the one who records ends the day."""
    set_aside(campaign)  # what a power cut left
    while campaign.left:
        number = campaign.left[0]
        say(_progress(campaign))
        answer = ask(Phrase("bench_ask_number", number=number))
        if answer.lower() == END:
            return campaign
        if answer.lower() == AGAIN:
            campaign = _again(campaign, record, ask, say)
        elif answer != str(number):
            say(Phrase("bench_other_number", given=answer, number=number))
        else:
            is_seen = campaign.drawn.of == "lens"
            wall = _wall(ask, say) if is_seen else None
            is_lit = is_seen and _yes(ask, say, Phrase("bench_ask_light"))
            campaign = record_one(campaign, record, say, (number, wall, is_lit, ""))
    say(Phrase("bench_all_recorded", count=campaign.drawn.setups))
    return campaign


def _again(campaign: Campaign, record: Record, ask: Ask, say: Say) -> Campaign:
    if not campaign.tries:
        say(Phrase("bench_nothing_to_repeat"))
        return campaign
    last = campaign.tries[-1]
    reasons = ", ".join(f"{index} {reason}" for index, reason in enumerate(REASONS, 1))
    because = ask(Phrase("bench_ask_reason", clip=last.clip, reasons=reasons))
    if because.isdecimal() and 1 <= int(because) <= len(REASONS):
        because = REASONS[int(because) - 1]
    because = reason_of(because)
    if not because:
        say(Phrase("bench_no_reason"))
        return campaign
    return record_one(campaign, record, say, (last.setup, last.background, last.is_light_on, because))


def reason_of(said: str) -> str:
    """A reason as it is written down; empty: that is none."""
    said = said.strip()[:LONGEST_REASON]
    return said if said.isprintable() and sum(map(str.isalpha, said)) >= LETTERS else ""


def record_one(
    campaign: Campaign, record: Record, say: Say, about: tuple[int, Background | None, bool, str]
) -> Campaign:
    """Record a clip of a set-up: its number, the wall, whether the light is on, why again; the same field test where
    nothing was recorded.
    """
    setup, background, is_light_on, because = about
    name = campaign.name_for(setup)
    try:
        if campaign.drawn.of == "lens":
            check_space(campaign)
        clip = record(name)
        reading = clip if isinstance(clip, Reading) else None
        noted = note(
            campaign,
            Try(
                clip=name, setup=setup, background=background, is_light_on=is_light_on, recorded=now(), because=because,
                reading=reading,
            ),
        )  # fmt: skip
    except (*NOT_RECORDED, OSError) as error:  # a disk that is full, too
        say(Phrase("bench_not_recorded", why=error))
        set_aside(campaign)  # frames may lie there that were never signed
        return campaign
    say(Phrase("bench_recorded", clip=name if reading is not None else clip))
    return noted


def _wall(ask: Ask, say: Say) -> Background:
    walls = ", ".join(f"{index} {wall}" for index, wall in enumerate(BACKGROUNDS, 1))
    while True:
        answer = ask(Phrase("bench_ask_wall", walls=walls))
        if answer.isdecimal() and 1 <= int(answer) <= len(BACKGROUNDS):
            return BACKGROUNDS[int(answer) - 1]
        say(Phrase("bench_wall_unclear", most=len(BACKGROUNDS)))


def _yes(ask: Ask, say: Say, question: Phrase) -> bool:
    while True:
        answer = ask(question).lower()
        if answer in {"y", "n"}:
            return answer == "y"
        say(Phrase("bench_yes_or_no"))


def _progress(campaign: Campaign) -> Phrase:
    done, seconds = campaign.drawn.setups - len(campaign.left), campaign.seconds_left()
    told = {"done": done, "count": campaign.drawn.setups, "left": len(campaign.left)}
    if seconds is None:
        return Phrase("bench_progress", **told)
    return Phrase("bench_progress_time", minutes=round(seconds / 60.0), **told)
