"""What the RF modality says, in Korean and English."""

from __future__ import annotations

from typing import Final

from sweep.modality.words import Sentence, Words

WORDS: Final = Words(
    reasons={
        "head_away": Sentence("센서 헤드가 없거나 응답하지 않음", "The sensor head is absent or does not answer"),
        "no_windows": Sentence(
            "센서 헤드의 전파 측정값이 하나도 없음", "The sensor head gave no RF measurement at all"
        ),
        "own_transmissions": Sentence(
            "점검기 자체 전파와 겹치지 않은 측정이 너무 적음",
            "Too few measurements lie outside the probe's own transmissions",
        ),
        "no_baseline": Sentence("출입문 밖 기준 측정이 없음", "No baseline outside the door"),
        "baseline_unreadable": Sentence(
            "출입문 밖 기준 측정의 기록을 읽을 수 없음",
            "The recording of the baseline outside the door could not be read",
        ),
    },
    evidence={
        "analog_video": Sentence(
            "아날로그 영상 전파 {level} dBm(문밖보다 {excess} dB 강함)",
            "Analogue video carrier at {level} dBm ({excess} dB above outside the door)",
        ),
        "continuous_carrier": Sentence(
            "끊김 없는 전파 {level} dBm(문밖보다 {excess} dB 강함)",
            "Continuous carrier at {level} dBm ({excess} dB above outside the door)",
        ),
        "analog_video_near": Sentence(
            "아날로그 영상 전파 {level} dBm(문밖보다 {excess} dB 강함), 가장 센 곳은 {zone}(여기는 {below} dB 약함)",
            "Analogue video carrier at {level} dBm ({excess} dB above outside the door), strongest in {zone} "
            "({below} dB weaker here)",
        ),
        "continuous_carrier_near": Sentence(
            "끊김 없는 전파 {level} dBm(문밖보다 {excess} dB 강함), 가장 센 곳은 {zone}(여기는 {below} dB 약함)",
            "Continuous carrier at {level} dBm ({excess} dB above outside the door), strongest in {zone} "
            "({below} dB weaker here)",
        ),
        "rf_like_outside": Sentence(
            "전파 세기가 문밖과 같은 수준({excess} dB)", "RF level like outside the door ({excess} dB)"
        ),
    },
    limits={
        "card_recorder": Sentence(
            "메모리 카드에 저장만 하는 카메라는 전파를 거의 내지 않아 전파·무선 방식으로는 찾을 수 없습니다.",
            "A camera that only records to a card radiates almost nothing: no radio modality can see it.",
        ),
        "analog_below_5ghz": Sentence(
            "1.2 GHz·2.4 GHz 아날로그 송신기는 광대역 전파 세기로만 볼 수 있습니다.",
            "Analogue transmitters at 1.2 and 2.4 GHz are seen by the wideband detector only.",
        ),
    },
    conditional_limits={
        "rf_outside_failed": Sentence(
            "출입문 밖에서 전파를 측정하지 못했습니다. 전파 세기는 기록만 하고 판단에 쓰지 않습니다.",
            "RF could not be measured outside the door: its levels stand in the report and weigh nothing.",
        ),
        "rf_levels_nominal": Sentence(
            "유효한 전파 보정이 없어 dBm 값은 데이터시트 기준(오차 5 dB)이며, 판단에는 문밖과의 차이만 씁니다.",
            "No RF calibration holds: dBm follow the datasheet (off by up to 5 dB); only differences from outside "
            "weigh.",
        ),
        "rf_tuner_levels_nominal": Sentence(
            "5.8 GHz 수신기가 보정되지 않아 그 dBm 값은 10 dB까지 다를 수 있습니다.",
            "The 5.8 GHz receiver is not calibrated: its levels in dBm may be off by 10 dB.",
        ),
        "rf_calibration_stale": Sentence(
            "전파 보정의 유효 기간이 지나 적용하지 않았습니다.", "The RF calibration is too old and was not applied."
        ),
        "rf_calibration_of_another_probe": Sentence(
            "전파 보정이 다른 점검기의 것이라 적용하지 않았습니다.",
            "The RF calibration belongs to another probe and was not applied.",
        ),
        "rf_own_transmissions_blanked": Sentence(
            "점검기 자체 전파(블루투스 검색, 핫스팟, 서버 통신, 휴대전화)와 겹친 전파 측정은 제외했습니다.",
            "RF windows during the probe's own transmissions (Bluetooth scan, hotspot, server, phone) were left out.",
        ),
        "rf_own_transmissions_unlogged": Sentence(
            "점검기 자체 전파의 기록이 없어, 잡힌 전파가 점검기나 휴대전화의 것일 수 있습니다.",
            "Nobody logged the probe's own transmissions: what was heard may be the probe itself or the phone.",
        ),
        "rf_tuner_5_8_ghz_only": Sentence(
            "튜너는 5,645–5,945 MHz에서 들른 주파수의 영상만 알아봅니다.",
            "The tuner tells pictures only on the frequencies visited from 5,645 to 5,945 MHz.",
        ),
        "rf_tuner_frequencies_blanked": Sentence(
            "자체 전파와 겹쳐 측정하지 못한 5.8 GHz 채널이 있습니다.",
            "Some 5.8 GHz channels were measured only during the probe's own transmissions and so not at all.",
        ),
    },
)
