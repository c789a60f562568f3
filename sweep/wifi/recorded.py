"""A capture that somebody recorded, judged as a position: nothing is asked of anybody, nothing is listened to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sweep.modality.measurement import Measurement
from sweep.modality.task import Task, unreadable
from sweep.report import StimulusJudgement
from sweep.wifi.capture.sources import RecordedWifi
from sweep.wifi.frames.reading import read_log
from sweep.wifi.observations import judge_wifi
from sweep.wifi.scan import scan_log
from sweep.wifi.stimulus.sequence import read_sequence
from sweep.wifi.stimulus.significance import judge_stimulus, round_light
from sweep.wifi.stimulus.whole_capture import gather
from sweep.wifi.targets import chosen_before
from sweep.wifi.transmitters.earlier_flows import EarlierFlows
from sweep.wifi.transmitters.shared_addresses import find_shared
from sweep.wifi.transmitters.streams import list_flows


def measure_capture(
    task: Task[Any], recorded: RecordedWifi, own: frozenset[int], earlier: EarlierFlows | None = None
) -> Measurement:
    """Transmitters of a recorded capture, and where light was played, whether their traffic follows it."""
    follows: dict[int, StimulusJudgement] = {}
    try:
        log, tally = read_log(recorded.path)
        scan = scan_log(log, cut_tail_octets=tally.cut_tail_octets, earlier=earlier)
    except (ValueError, OSError):
        return unreadable(task, "wifi", recorded.path)
    if earlier is not None:
        earlier.remember(list_flows(log), find_shared(log))
    troubles: dict[str, int] = {}
    if recorded.sequence is not None:
        try:
            sequence = read_sequence(recorded.sequence)
            capture = gather([log], sequence)
            for judged in judge_stimulus(capture, sequence, chosen=chosen_before(capture)).transmitters:
                one_judgement = StimulusJudgement(
                    verdict=judged.verdict,
                    p_value=judged.adjusted_p_value,
                    reason=judged.reason if judged.verdict == "not_assessable" else None,
                    tested_s=round(judged.tested_s, 3),
                    smallest_light_share=round_light(judged.smallest_light_share),
                )
                follows |= dict.fromkeys(judged.addresses, one_judgement)
        except (ValueError, OSError):  # what was heard counts without it; that the light cannot be judged is said
            troubles = {"sequence_unreadable": 1}
    found = judge_wifi(task, scan, follows, own=own, listened_s=scan.listened_s)
    if not troubles:
        return found
    return replace(found, rejections=found.rejections | troubles, limits=(*found.limits, "trial_broken_off"))
