"""What the BLE modality says, in Korean and English."""

from __future__ import annotations

from typing import Final

from sweep.plug.words import Sentence, Words

WORDS: Final = Words(
    name=Sentence("블루투스", "Bluetooth"),
    evidence={
        "ble_camera_hint": Sentence(
            "카메라 제품군의 블루투스 신호(참고용, {rssi} dBm)",
            "Bluetooth signal of a camera product family (a hint only, {rssi} dBm)",
        ),
    },
    limits={
        "ble_hint_only": Sentence(
            "블루투스 식별은 참고용이며 판정 근거로 쓰지 않습니다.", "Bluetooth identity is a hint and decides nothing."
        ),
    },
)
