"""What the BLE modality says, in Korean and English."""

from __future__ import annotations

from typing import Final

from sweep.modality.words import Words
from sweep.report.sentences import Sentences

WORDS: Final = Words(
    reasons=Sentences("ble.reasons", "ble_adapter_away ble_switched_off ble_too_old ble_no_service ble_refused"),
    guidance=Sentences("ble.guidance", "ble_adapter_away ble_switched_off ble_too_old ble_no_service ble_refused"),
    evidence=Sentences("ble.evidence", "ble_camera_hint"),
    conditional_limits=Sentences("ble.conditional_limits", "short_bluetooth"),
    limits=Sentences("ble.limits", "ble_hint_only"),
)
