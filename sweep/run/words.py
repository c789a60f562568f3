"""What the probe itself says while a sweep goes on, in Korean and English: states, notices, what to do."""

from __future__ import annotations

from typing import Final

from sweep.report import GuidanceEvent, LocalText, NoticeEvent, ProbeState, StateEvent, Zone
from sweep.report.sentences import Sentences

STATES: Final = Sentences("run.states", "idle waiting_for_empty running paused closing done aborted failed")

GUIDANCE: Final = Sentences("run.guidance", "stand_next look_again finish light_ahead head_back")
"""What the inspector should do, in at most eight words: it is read at arm's length."""

NOTICES: Final = Sentences(
    "run.notices",
    """
        entries_damaged entries_refused entries_held numbers_damaged entries_unsaved disk_refuses server_changed
        log_went_back head_away battery_low bank_low bank_swapped switching_off journal_unsaved sweep_interrupted
        sweeps_closed journal_damaged hot disk_low camera_failed camera_cut camera_cut_with_head probe_hung fell
        short_of_time command_unknown
    """,
)
"""What a person should know about the probe itself."""


def guidance_event(code: str) -> GuidanceEvent:
    """The event that tells the inspector what to do; raises KeyError for an unknown code."""
    return GuidanceEvent(type="guidance", text=GUIDANCE[code].text())


def pending_light_event(zone: Zone) -> GuidanceEvent:
    """The event that asks the inspector to go back to a zone for the light."""
    said = GUIDANCE["light_ahead"]
    text = LocalText(ko=said.ko.format(zone=zone.name.ko), en=said.en.format(zone=zone.name.en))
    return GuidanceEvent(type="guidance", text=text)


def notice_event(code: str, *, count: int | None = None, is_over: bool = False) -> NoticeEvent:
    """The event that tells something about the probe itself; raises KeyError for an unknown code or a missing count."""
    values = {} if count is None else {"count": count}
    return NoticeEvent(type="notice", code=code, is_over=is_over, count=count, text=NOTICES[code].text(**values))


def state_event(state: ProbeState) -> StateEvent:
    """The event that announces a state, in both languages."""
    return StateEvent(type="state", state=state, text=STATES[state].text())
