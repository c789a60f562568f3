"""The lens modality at one position: recorded clips in, a measurement out."""

from __future__ import annotations

from collections import Counter

from sweep.lens.observations import lens_observation
from sweep.plug.measurement import MAX_OBSERVATIONS, Measurement, code_of
from sweep.plug.talk import NOBODY, Line
from sweep.plug.task import Task, blind, unreadable
from sweep.report import LensObservation, LocalText
from sweep.report.wording import guidance_text


def measure_lens(task: Task, line: Line = NOBODY) -> Measurement:  # noqa: ARG001  nobody speaks during it
    """Lens candidates of the clips in `task.path`."""
    from sweep import lens
    from sweep.lens.clips import read_clip

    if task.path is None:
        return blind(task, "lens", task.nothing_because)
    try:
        scan = lens.scan_clips(task.path)
    except (ValueError, OSError):
        return unreadable(task, "lens", task.path)
    observations: list[LensObservation] = []
    crops: dict[str, bytes] = {}
    rejections: Counter[str] = Counter()
    unseen, samples, dropped, reasons = 1.0, 0, 0, Counter[str]()
    guidance: dict[str, LocalText] = {}
    for result in scan.clips:
        if result.error is not None or result.quality is None or result.coverage is None:
            rejections[code_of(result.error or "input_unreadable")] += 1
            reasons[code_of(result.reason)] += 1
            continue
        samples += result.quality.triples_usable
        dropped += max(0, result.quality.triples - result.quality.triples_usable)
        rejections.update({code_of(name): count for name, count in result.quality.rejections.items()})
        rejections["glint_not_a_lens"] += len(result.detections) - len(result.candidates)
        guidance |= {name: guidance_text(name) for name in result.quality.guidance}
        if result.verdict == "not_assessable" and result.reason != "not_calibrated":
            reasons[code_of(result.reason)] += 1
            continue
        unseen *= 1.0 - result.coverage.seen_share
        clip = read_clip(task.path / result.clip)
        for candidate in result.candidates[: MAX_OBSERVATIONS - len(observations)]:
            observation = lens_observation(
                task, len(observations), candidate, clip=result.clip, meta=clip.meta, range_m=result.coverage.range_m
            )
            observations.append(observation)
            crops[str(observation.observation_id)] = lens.crop(clip, candidate)
    assessable = samples > 0 and unseen < 1.0
    return Measurement(
        zone_id=task.position.zone_id,
        position_id=task.position.position_id,
        modality="lens",
        dwell_s=task.dwell_s,
        samples=samples,
        dropped=dropped,
        quality=1.0 - unseen,
        blind_reason=None if assessable or observations else (reasons.most_common(1) or [("too_few_triples", 1)])[0][0],
        observations=tuple(observations),
        rejections={name: count for name, count in rejections.items() if count},
        crops=crops,
        guidance=tuple(guidance.values()),
        limits=task.lens_limits,
    )
