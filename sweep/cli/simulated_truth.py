"""Whether a simulated sweep found the camera that was hidden for it, said beside its report and never in it.

Input is a report and the zone that the camera hides in; output is one sentence.  A report knows no
truth, so nothing of this is stored or sent.
"""

from __future__ import annotations

from sweep.phrases import Phrase, Spoken
from sweep.report import LensObservation, SweepReport


def truth_of(report: SweepReport, zone_id: str) -> Phrase:
    """What became of the camera in `zone_id`: found, missed with or without a glint, or not visited."""
    name = next(zone.name for zone in report.plan.zones if zone.zone_id == zone_id)
    place = Spoken(name.ko, name.en)
    if any(finding.zone_id == zone_id for finding in report.findings):
        return Phrase("truth_found", place=place)
    if all(position.zone_id != zone_id for position in report.positions):
        return Phrase("truth_not_visited", place=place)
    glints = [one.score for one in report.observations if isinstance(one, LensObservation) and one.zone_id == zone_id]
    if glints:
        return Phrase("truth_glint_missed", place=place, score=max(glints))
    return Phrase("truth_missed", place=place)
