"""What the lens modality says, in Korean and English: in the report, and on the page of a scan.

A name without a sentence is shown as it is, so that a new reason is never hidden.
"""

from __future__ import annotations

from typing import Final

from sweep.lens.reasons import REASONS, sentence
from sweep.modality.words import Sentence, Words

WORDS: Final = Words(
    reasons={
        "lamp_phases_do_not_differ": Sentence(
            "조명 단계별 영상 차이가 없어 렌즈 반사를 가려낼 수 없음",
            "The lamp phases do not differ, so a lens glint cannot be told apart",
        ),
        "too_few_triples": Sentence("쓸 수 있는 영상 조합이 너무 적음", "Too few usable frame triples"),
        "lamp_phases_show_different_scenes": Sentence(
            "조명 단계마다 다른 장면이 찍힘", "The lamp phases show different scenes"
        ),
        "phase_labels_wrong": Sentence("조명 단계 표시가 실제와 다름", "The phase labels are wrong"),
        "frames_are_noise": Sentence(
            "이웃한 픽셀끼리 관계가 없어 영상으로 볼 수 없음", "Neighbouring pixels have nothing in common: no picture"
        ),
        "frames_saturated": Sentence("영상 전체가 포화됨", "The frames are saturated all over"),
        "no_common_scene": Sentence("영상끼리 겹치는 장면이 없음", "The frames show no common scene"),
        "too_fast": Sentence("너무 빨리 움직여 정합할 수 없음", "Moved too fast to register the frames"),
        "no_off_axis_frame": Sentence("축외 조명 영상이 없음", "There is no off_axis frame"),
        "no_dark_frame": Sentence("조명을 끈 영상이 없음", "There is no dark frame"),
        "no_on_axis_frame": Sentence("축상 조명 영상이 없음", "There is no on_axis frame"),
        "no_clips": Sentence("기록 폴더가 없음", "There are no clip folders"),
        "no_meta": Sentence("meta.json이 없음", "meta.json is missing"),
        "meta_not_json": Sentence("meta.json을 읽을 수 없음", "meta.json is not JSON"),
        "meta_invalid": Sentence("meta.json의 값이 잘못됨", "meta.json holds invalid values"),
        "no_frames": Sentence("영상 파일이 없음", "There are no frames"),
        "frames_unreadable": Sentence("영상 파일을 읽을 수 없음", "The frames cannot be read"),
        "frames_truncated": Sentence("영상 파일이 잘림", "The frames end early"),
        "frames_wrong_size": Sentence("영상 크기가 meta.json과 다름", "The frames differ in size from meta.json"),
        "frames_wrong_type": Sentence("영상 형식이 잘못됨", "The frames are of a wrong type"),
        "frame_count_differs": Sentence("영상 수가 meta.json과 다름", "The number of frames differs from meta.json"),
        "phase_letter_differs": Sentence(
            "파일 이름의 조명 단계가 meta.json과 다름", "The phases in file names differ from meta.json"
        ),
        "values_out_of_range": Sentence("영상 값이 표시된 비트 수를 넘음", "Values exceed the stated bits"),
        "too_large": Sentence("기록이 허용 크기보다 큼", "The recording is too large"),
        "camera_failed": Sentence("촬영 중에 카메라가 멈춤", "The camera stopped while it filmed"),
        "camera_away": Sentence("카메라가 연결되지 않았거나 빠짐", "The camera is absent or was pulled out"),
        "camera_silent": Sentence("카메라에서 영상이 오지 않음", "No frames came from the camera"),
        "camera_unusable": Sentence(
            "카메라 설정이나 종류가 맞지 않음", "The camera is of another kind, or set up in another way, than needed"
        ),
        "camera_no_power": Sentence("카메라에 전원이 들어오지 않음", "The camera got no power"),
        "camera_no_driver": Sentence(
            "카메라 센서의 드라이버가 센서를 찾지 못함", "The driver of the camera's sensor did not find it"
        ),
        "no_triggers": Sentence(
            "센서 헤드가 카메라 트리거를 보내지 않음", "The sensor head gave the camera no triggers"
        ),
        "no_lamp": Sentence("센서 헤드(조명)가 없어 촬영하지 않음", "No sensor head with lamps, so nothing was filmed"),
        "lamp_went_off": Sentence("촬영 중에 조명이 꺼짐", "The lamps went off while it was filmed"),
        "lamp_refused": Sentence("센서 헤드가 조명을 거부함", "The sensor head refused to light the lamps"),
        "head_restarted": Sentence("센서 헤드가 다시 시작됨", "The sensor head restarted"),
        "room_not_declared_empty": Sentence(
            "퇴실 확인 전이라 촬영하지 않음", "The room was not declared empty, so nothing was filmed"
        ),
    },
    evidence={
        "glint": Sentence(
            "렌즈형 반사점: 조명이 축을 벗어나면 사라짐(비 {ratio}), {persistence}%의 영상에서 유지, 점수 {score}",
            "Lens-like glint: gone with the lamp off axis (ratio {ratio}), in {persistence} % of frames, score {score}",
        ),
        "glint_again": Sentence(
            "두 번째로 옆에서 {views}곳에서 비추어도 렌즈처럼 반사함(점수 {score})",
            "Looked at again from {views} places to the side, it still returns light as a lens does (score {score})",
        ),
        "glint_gone": Sentence(
            "두 번째로 옆에서 {views}곳에서 비추니 렌즈형 반사가 사라짐",
            "Looked at again from {views} places to the side, the lens-like glint is gone",
        ),
        "glints_around": Sentence(
            "같은 방에 렌즈처럼 반사하는 곳이 {count}곳 더 있어, 나사나 장식처럼 이 방에 여럿 있는 물건일 가능성이 큼",
            "Others in this room glint like a lens as well ({count}), so that it is rather something that the room has "
            "several of, such as screws",
        ),
        "nothing_by_eye": Sentence(
            "사람이 눈으로 보았고 아무것도 보이지 않음", "A person looked at it by eye and saw nothing"
        ),
        "no_glint": Sentence(
            "점검한 범위(품질 {quality}%)에서 렌즈형 반사 없음",
            "No lens-like glint in what was looked at (quality {quality} %)",
        ),
    },
    guidance={
        "slower": Sentence("천천히 움직이세요", "Move more slowly"),
        "glare": Sentence(
            "반사광이 강합니다. 비스듬히 비추거나 한 걸음 물러나세요", "Glare: tilt the probe or step back"
        ),
        "farther": Sentence("한 걸음 물러나세요", "Step back a little"),
        "closer": Sentence("더 가까이 가세요", "Step closer"),
        "less_light": Sentence("주변이 너무 밝습니다. 조명을 줄이세요", "Too much light around: dim it"),
        "unseen_left": Sentence("왼쪽을 아직 비추지 않았습니다", "The left wall is not seen yet"),
        "unseen_right": Sentence("오른쪽을 아직 비추지 않았습니다", "The right wall is not seen yet"),
        "unseen_up": Sentence("위쪽을 아직 비추지 않았습니다", "What is above is not seen yet"),
        "unseen_down": Sentence("아래쪽을 아직 비추지 않았습니다", "What is below is not seen yet"),
        "hold_longer": Sentence("조금 더 오래 비추세요", "Hold it there a little longer"),
    },
    limits={
        "weak_lens": Sentence(
            "적외선 차단 필터, 검게 칠한 핀홀, 0.5 mm 미만 렌즈는 반사가 약해 놓칠 수 있습니다.",
            "Lenses behind IR-cut filters, blackened pinholes and lenses below 0.5 mm return little and can be missed.",
        ),
        "shown_by_both_lamps": Sentence(
            "반사형 적외선 차단 필터 뒤의 렌즈가 축외 조명에도 축상의 80% 이상 밝으면 이 방식으로 가려낼 수 없습니다.",
            "A lens behind a reflective IR-cut that returns 80 % or more of its light off axis too is out of reach.",
        ),
        "line_of_sight": Sentence(
            "보이는 면만 점검합니다. 가려진 곳, 변기·휴지통 안쪽은 육안으로 확인해야 합니다.",
            "Only what is in view is covered: hidden places and the insides of fixtures need a person's eye.",
        ),
    },
    conditional_limits={
        "glints_alike": Sentence(
            "이 방에는 렌즈처럼 반사하는 곳이 여럿이라 하나하나는 후보로 올리지 않았습니다. 나사 같은 설비인지 눈으로 "
            "확인하세요.",
            "Several places in this room glint like lenses, so that none of them was raised by itself. Check by eye "
            "that they are fittings such as screws.",
        ),
        "lens_uncalibrated": Sentence(
            "유효한 카메라·조명 보정이 없어 밝기와 거리 범위는 설계값으로 계산했습니다.",
            "No calibration of camera and lamps holds: light levels and distances seen follow the design values.",
        ),
        "lens_rate_lowered": Sentence(
            "점검기가 뜨겁거나 전원이 부족해 일부 자리에서 초당 촬영 수를 절반으로 줄였습니다. 그만큼 적은 사진으로 "
            "판단했습니다.",
            "The probe was hot or short of supply, so at some positions it filmed at half its rate: what is said of "
            "them rests on that many fewer pictures.",
        ),
        "lens_calibration_stale": Sentence(
            "카메라·조명 보정의 유효 기간이 지나 적용하지 않았습니다.",
            "The calibration of camera and lamps is too old and was not applied.",
        ),
        "lens_calibration_of_another_probe": Sentence(
            "카메라·조명 보정이 다른 점검기의 것이라 적용하지 않았습니다.",
            "The calibration of camera and lamps belongs to another probe and was not applied.",
        ),
        "lens_calibration_incomplete": Sentence(
            "카메라·조명 보정에 빠진 항목(광학 왜곡, 조명 분포 또는 기준 렌즈)이 있습니다.",
            "The calibration lacks a part: geometry, a lamp map or the reference lens.",
        ),
        "range_not_measured": Sentence(
            "거리 센서가 벽까지의 거리를 재지 못해, 보이는 범위를 1 m 거리로 가정하여 계산했습니다.",
            "The range sensor told no distance of the walls: what was seen is stated for walls at 1 m.",
        ),
        "lens_reference_failed": Sentence(
            "기준 렌즈의 반사가 기대값과 달라, 카메라나 조명이 변했을 수 있습니다.",
            "The reference lens did not return what was expected: camera or lamps may have changed.",
        ),
    },
)

ON_THE_PAGE: Final[dict[str, Sentence]] = {
    "lens_candidate": Sentence(
        "렌즈처럼 반사하는 점이 있음. 육안 확인 필요", "At least one glint behaves like a lens: inspect it by eye"
    ),
    "not_calibrated": Sentence(
        "후보 없음. 다만 실제 렌즈로 보정하기 전이라 이상 없음으로 판정하지 않음",
        "No candidate, but without calibration on real lenses that is not called clear",
    ),
}
"""How a clip ended that could be judged."""


def reason(name: str, value: float, text: str = "") -> Sentence:
    """Sentence for one reason of a score; `text` is the English one that the record carries, which is preferred."""
    if name not in REASONS:
        return Sentence(f"{name} = {value:.3g}", text or f"{name} = {value:.3g}")
    said = sentence(name, value)
    return Sentence(said.ko, text or said.en)


def assessment(name: str, message: str = "") -> Sentence:
    """Why a clip is a candidate or cannot be judged; `message` adds the record's own English line."""
    said = ON_THE_PAGE.get(name) or WORDS.reasons.get(name, Sentence(name, name))
    return said if not message else Sentence(said.ko, message)


def guidance(name: str) -> Sentence:
    """What the inspector should do."""
    return WORDS.guidance.get(name, Sentence(name, name))
