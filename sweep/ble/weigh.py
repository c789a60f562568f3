"""What a Bluetooth advertiser of a camera's product family says for a zone: a hint, never more."""

from __future__ import annotations

from collections.abc import Sequence

from sweep.ble.words import WORDS
from sweep.modality.evidence import ZoneView, evidence, level_dbm
from sweep.report import BleObservation, Evidence


def weigh_ble(view: ZoneView) -> Sequence[Evidence]:
    """The loudest hint of the zone."""
    hints = [o for o in view.first_look() if isinstance(o, BleObservation) and o.kind == "camera_hint"]
    if not hints:
        return []
    best = max(hints, key=lambda o: (level_dbm(o.rssi_dbm), o.observation_id))
    weight = view.weights.at("ble_camera_hint")
    return [evidence("ble", WORDS, best, "ble_camera_hint", weight, rssi=round(level_dbm(best.rssi_dbm)))]
