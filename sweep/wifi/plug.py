"""The Wi-Fi modality at one position: a capture or the air in, a measurement out."""

from __future__ import annotations

from dataclasses import replace

from sweep.plug.measurement import Measurement
from sweep.plug.talk import NOBODY, Line
from sweep.plug.task import Task, blind, unreadable
from sweep.report import StimulusJudgement
from sweep.wifi.observations import judge_wifi


def measure_wifi(task: Task, line: Line = NOBODY) -> Measurement:
    """Transmitters of the capture `task.path`; with `task.stimulus`, whether their traffic follows the light.

    Without a capture the air is heard here and now, where there is an adapter.
    """
    from sweep import wifi
    from sweep.wifi.sequence import read_sequence
    from sweep.wifi.stimulus import judge_stimulus

    if task.path is None and task.wifi_adapter is not None:
        from sweep.wifi.session import hear_position

        return hear_position(task, task.wifi_adapter, line)
    if task.path is None:
        return blind(task, "wifi", task.nothing_because)
    follows: dict[int, StimulusJudgement] = {}
    try:
        log, tally = wifi.read_log(task.path)
        scan = wifi.scan_log(log, cut_tail_octets=tally.cut_tail_octets)
    except (ValueError, OSError):
        return unreadable(task, "wifi", task.path)
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
