"""What the BLE modality says, in Korean and English."""

from __future__ import annotations

from typing import Final

from sweep.modality.words import Sentence, Words

WORDS: Final = Words(
    reasons={
        "ble_adapter_away": Sentence(
            "블루투스 수신기가 없거나 빠짐", "The Bluetooth adapter is absent or was pulled out"
        ),
        "ble_switched_off": Sentence("블루투스가 꺼져 있음", "Bluetooth is switched off"),
        "ble_too_old": Sentence(
            "블루투스 프로그램(BlueZ)이 너무 오래되어 검색할 수 없음", "BlueZ is too old to scan with"
        ),
        "ble_no_service": Sentence(
            "블루투스 서비스(bluetoothd)가 응답하지 않음", "The Bluetooth service (bluetoothd) does not answer"
        ),
        "ble_refused": Sentence("블루투스 검색이 거부됨", "The Bluetooth scan was refused"),
    },
    guidance={
        "ble_adapter_away": Sentence(
            "블루투스 수신기가 없습니다. 꽂혀 있는지 확인하세요", "No Bluetooth adapter: is it plugged in?"
        ),
        "ble_switched_off": Sentence(
            "블루투스가 꺼져 있습니다. 켜면 다음 자리부터 검색합니다", "Bluetooth is off: switch it on"
        ),
        "ble_too_old": Sentence(
            "블루투스 프로그램이 오래됨: BlueZ 5.56 이상 필요", "BlueZ too old: 5.56 or later is needed"
        ),
        "ble_no_service": Sentence(
            "블루투스 서비스가 응답하지 않습니다. 다음 자리에서 다시 시도합니다",
            "Bluetooth does not answer: tried again next position",
        ),
        "ble_refused": Sentence(
            "블루투스 검색이 거부되었습니다. 다음 자리에서 다시 시도합니다",
            "Bluetooth scan refused: tried again next position",
        ),
    },
    evidence={
        "ble_camera_hint": Sentence(
            "카메라 제품군의 블루투스 신호(참고용, {rssi} dBm)",
            "Bluetooth signal of a camera product family (a hint only, {rssi} dBm)",
        ),
    },
    conditional_limits={
        "short_bluetooth": Sentence(
            "시간이 부족해 블루투스를 검색하지 않은 자리가 있습니다.",
            "For want of time Bluetooth was not scanned at some position.",
        ),
    },
    limits={
        "ble_hint_only": Sentence(
            "블루투스 식별은 참고용이며 판정 근거로 쓰지 않습니다.", "Bluetooth identity is a hint and decides nothing."
        ),
    },
)
