"""Which transmitters the light is still to be played for, and how likely each is in which zone.

Input is what the first looks measured and where the judge placed it; output is chances for
`sweep.modality.pending_light`. It is pure: what was tested in a zone, whatever it came to, and what follows anywhere is
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sweep.judge.locate import zone_shares
from sweep.modality.evidence import NEAR_DB
from sweep.modality.measurement import Measurement
from sweep.modality.pending_light import LIGHT_LATER, UNPLACED, Chance
from sweep.report import Plan, Position, TransmitterPlace, WifiObservation
from sweep.wifi.traffic.video import OPEN_REASONS, TOO_THIN, is_called


def chances_of(
    plan: Plan, positions: Sequence[Position], first: Iterable[Measurement], places: Iterable[TransmitterPlace]
) -> list[Chance]:
    """Of every transmitter that a position would have tested if the light did not come last."""
    placed = {one.address.tag: one.zones for one in places}
    heard: dict[str, list[WifiObservation]] = {}
    for measurement in first:
        for one in measurement.observations:
            if isinstance(one, WifiObservation):
                tag = min(one.addresses, key=lambda a: (a.key_id, a.tag)).tag
                heard.setdefault(tag, []).append(one)
    chances = []
    for tag, each in sorted(heard.items()):
        told = [(one.zone_id, one.stimulus) for one in each if one.stimulus is not None]
        follows = any(judged.verdict == "follows_light" for _, judged in told)
        if follows or not any(judged.reason == LIGHT_LATER for _, judged in told) or _is_louder_outside(each):
            continue
        tested = {zone_id for zone_id, judged in told if judged.reason != LIGHT_LATER}
        shares = placed.get(tag) or zone_shares(plan, positions, each) or _by_level(each)
        chances.append(
            Chance(
                tag=tag,
                channel=next((one.channel_mhz for one in reversed(each) if one.channel_mhz is not None), None),
                is_open=not any(is_called(one.video.verdict, one.video.reason, one.video.score) for one in each),
                zones={zone_id: share for zone_id, share in shares.items() if zone_id not in tested},
                is_thin=_is_thin(each),
            )
        )
    return chances


def _is_thin(each: Sequence[WifiObservation]) -> bool:
    """No position heard more of it than how little it sends."""
    says = {one.video.reason or one.video.verdict for one in each}
    return says & {"video_uplink", *OPEN_REASONS} == {TOO_THIN}


def _is_louder_outside(each: Sequence[WifiObservation]) -> bool:
    inside = [one.rssi_dbm.median for one in each if one.rssi_dbm is not None]
    outside = [one.outside_dbm for one in each if one.outside_dbm is not None]
    return bool(inside) and bool(outside) and max(outside) >= max(inside) + NEAR_DB


def _by_level(each: Sequence[WifiObservation]) -> Mapping[str, float]:
    """Where it was loudest, of what too few positions heard."""
    levels = [(one.rssi_dbm.median, one.zone_id) for one in each if one.rssi_dbm is not None]
    return {max(levels)[1]: UNPLACED} if levels else {}
