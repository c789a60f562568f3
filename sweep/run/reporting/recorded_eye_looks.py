"""Looks by eye as a recording tells of them, for the report of a replay.

Input is the looks of a manifest and the observations of this run; output is the same looks, each about the observation
that stands for its own: a replay gives observations other ids, in the same order at each position.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sweep.report import EyeLook, Modality, Observation, RecordedSweep, derived_id


def taken_up(
    manifest: RecordedSweep, sweep_id: UUID, observations: Iterable[Observation], *, is_sure: bool = False
) -> tuple[EyeLook, ...]:
    """Looks that a manifest tells of, with the ids that their observations have in this run; `is_sure`: without those
    whose observation is not there, or not there yet.
    """
    ours: dict[tuple[str, Modality], list[UUID]] = {}
    for o in observations:
        ours.setdefault((o.position_id, o.modality), []).append(o.observation_id)
    names = [
        f"{position_id}/{modality}/{n}" for (position_id, modality), each in ours.items() for n in range(len(each) + 1)
    ]
    there = {seen for each in ours.values() for seen in each}
    ids = {derived_id(manifest.sweep_id, name): derived_id(sweep_id, name) for name in names}
    result = []
    for look in manifest.eye_looks:
        seen = look.observation_id
        found = seen if seen in there else ids.get(seen) if seen is not None else None
        found = found if found in there else None
        if found is not None or seen is None or not is_sure:
            result.append(look.model_copy(update={"observation_id": found}))
    return tuple(result)
