"""The Wi-Fi modality at one stand: a capture or the air in, a measurement out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.captures.packets import CaptureFileError
from sweep.plug.measurement import Measurement
from sweep.plug.talk import NOBODY, Line
from sweep.plug.task import Task, blind, unreadable
from sweep.report import StimulusJudgement
from sweep.report.wording import guidance_text
from sweep.wifi.air import CaptureOpenError

if TYPE_CHECKING:
    from sweep.wifi.air import Air
    from sweep.wifi.session import WifiWish


def measure_wifi(task: Task, line: Line = NOBODY) -> Measurement:
    """Transmitters of the capture or kept stand `task.path`, or without one of the air here and now."""
    if task.path is not None:
        return measure_kept(task, task.path, line) if is_kept(task.path) else measure_capture(task, task.path)
    if task.wifi_adapter is None:
        return blind(task, "wifi", task.nothing_because)
    from sweep.wifi.adapter import open_adapter

    try:
        with open_adapter(task.wifi_adapter) as air:
            return measure_air(task, wish_of(task), air, line)
    except CaptureOpenError:  # a gap, and a sentence for the inspector
        nothing = blind(task, "wifi", "adapter_away", {"adapter_away": 1})
        return replace(nothing, guidance=(guidance_text("adapter_away"),))


def wish_of(task: Task) -> WifiWish:
    """What a task wishes for of the air."""
    from sweep.wifi.session import WifiWish

    return WifiWish(
        dwell_s=task.dwell_s,
        trial=task.trial,
        trial_longest_s=task.trial_longest_s,
        is_any_uplink=task.is_any_uplink,
        no_trial_because=task.no_trial_because,
        decided=task.decided,
        own_addresses=task.own_addresses,
    )


def measure_air(task: Task, wish: WifiWish, air: Air, line: Line, *, keep: Path | None = None) -> Measurement:
    """Transmitters of an air, be it live, kept or simulated, and how they answer to what is played.

    `keep`: a capture to be made of it, with what it takes to hear the stand again beside it.
    """
    from sweep.wifi.keep import keep_stand
    from sweep.wifi.observations import judge_stand
    from sweep.wifi.session import hear_stand

    if keep is None:
        return judge_stand(task, wish, hear_stand(wish, air, line))
    with keep_stand(keep, wish, air, line) as keeping:
        heard = hear_stand(wish, keeping.air, keeping.line)
    return judge_stand(task, wish, heard)


def is_kept(path: Path) -> bool:
    """Whether a capture is the frames of a kept stand."""
    from sweep.wifi.kept_lines import steps_beside

    return steps_beside(path).exists()


def measure_kept(task: Task, path: Path, line: Line = NOBODY) -> Measurement:
    """A kept stand heard again, as it was wished for then; what is missing of it is counted."""
    from sweep.wifi.kept import open_kept

    try:
        with open_kept(path, line) as kept:
            found = measure_air(task, kept.wish, kept.air, kept.line)
    except (CaptureFileError, OSError):
        return unreadable(task, "wifi", path)
    return replace(found, rejections=found.rejections | dict(kept.rejected)) if kept.rejected else found


def measure_capture(task: Task, path: Path) -> Measurement:
    """Transmitters of a recorded capture; with `task.stimulus`, whether their traffic follows the light."""
    from sweep.wifi.observations import judge_wifi
    from sweep.wifi.scan import read_log, scan_log
    from sweep.wifi.sequence import read_sequence
    from sweep.wifi.stimulus import judge_stimulus

    follows: dict[int, StimulusJudgement] = {}
    try:
        log, tally = read_log(path)
        scan = scan_log(log, cut_tail_octets=tally.cut_tail_octets)
    except (ValueError, OSError):
        return unreadable(task, "wifi", path)
    troubles: dict[str, int] = {}
    if task.stimulus is not None:
        try:
            for judged in judge_stimulus(log, read_sequence(task.stimulus)).transmitters:
                one_judgement = StimulusJudgement(
                    verdict=judged.verdict,
                    p_value=judged.adjusted_p_value,
                    reason=judged.reason if judged.verdict == "not_assessable" else None,
                    tested_s=round(judged.tested_s, 3),
                )
                follows |= dict.fromkeys(judged.addresses, one_judgement)
        except (ValueError, OSError):  # what was heard counts without it; that the light cannot be judged is said
            troubles = {"sequence_unreadable": 1}
    found = judge_wifi(task, scan, follows, listened_s=scan.listened_s)
    if not troubles:
        return found
    return replace(found, rejections=found.rejections | troubles, limits=(*found.limits, "trial_broken_off"))
