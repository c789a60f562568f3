"""Sentences of the lens modality in Korean and English, by name: reasons of a score, why a clip cannot be judged,
what the inspector should do.

Job: words for names that the records carry. Input: a name and numbers; output: a pair (Korean, English). Refuses
nothing: a name without a sentence is shown as it is, so that a new reason is never hidden.
"""

from __future__ import annotations

from sweep.lens.reasons import REASONS, Words, sentence

ASSESSMENTS: dict[str, Words] = {
    "lens_candidate": Words("렌즈처럼 반사하는 점이 있습니다. 눈으로 확인하세요",
                            "At least one glint behaves like a lens: inspect it by eye"),
    "not_calibrated": Words("후보 없음. 실제 렌즈로 보정하기 전이라 이상 없음으로 판정하지 않습니다",
                            "No candidate, but without calibration on real lenses that is not called clear"),
    "too_few_triples": Words("쓸 수 있는 영상 조합이 너무 적습니다", "Too few usable frame triples"),
    "lamp_phases_do_not_differ": Words("조명 단계별 영상 차이가 없습니다. 조명이 꺼졌거나 점멸 촬영이 아닙니다",
                                       "The lamp phases do not differ: lamps off, or no strobed recording"),
    "lamp_phases_show_different_scenes": Words("조명 단계마다 다른 장면이 찍혔습니다",
                                               "The lamp phases show different scenes"),
    "phase_labels_wrong": Words("조명 단계 표시가 실제와 다릅니다", "The phase labels are wrong"),
    "frames_are_noise": Words("이웃한 픽셀끼리 관계가 없습니다. 영상이 아닙니다",
                              "Neighbouring pixels have nothing in common: no picture"),
    "frames_saturated": Words("영상 전체가 포화되었습니다", "The frames are saturated all over"),
    "no_common_scene": Words("영상끼리 겹치는 장면이 없습니다", "The frames show no common scene"),
    "too_fast": Words("너무 빨리 움직여 정합할 수 없습니다", "Moved too fast to register"),
    "no_off_axis_frame": Words("축외 조명 영상이 없습니다", "There is no off_axis frame"),
    "no_dark_frame": Words("조명을 끈 영상이 없습니다", "There is no dark frame"),
    "no_on_axis_frame": Words("축상 조명 영상이 없습니다", "There is no on_axis frame"),
    "no_clips": Words("기록 폴더가 없습니다", "There are no clip folders"),
    "no_meta": Words("meta.json이 없습니다", "meta.json is missing"),
    "meta_not_json": Words("meta.json을 읽을 수 없습니다", "meta.json is not JSON"),
    "meta_invalid": Words("meta.json의 값이 잘못되었습니다", "meta.json holds invalid values"),
    "no_frames": Words("영상 파일이 없습니다", "There are no frames"),
    "frames_unreadable": Words("영상 파일을 읽을 수 없습니다", "The frames cannot be read"),
    "frames_truncated": Words("영상 파일이 잘렸습니다", "The frames end early"),
    "frames_wrong_size": Words("영상 크기가 meta.json과 다릅니다", "The frames differ in size from meta.json"),
    "frames_wrong_type": Words("영상 형식이 잘못되었습니다", "The frames are of a wrong type"),
    "frame_count_differs": Words("영상 수가 meta.json과 다릅니다", "The number of frames differs from meta.json"),
    "phase_letter_differs": Words("파일 이름의 조명 단계가 meta.json과 다릅니다",
                                  "The phases in file names differ from meta.json"),
    "values_out_of_range": Words("영상 값이 표시된 비트 수를 넘습니다", "Values exceed the stated bits"),
    "too_large": Words("기록이 허용 크기보다 큽니다", "The recording is too large"),
}  # fmt: skip

GUIDANCE: dict[str, Words] = {
    "slower": Words("천천히 움직이세요", "Move more slowly"),
    "farther": Words("한 걸음 물러나세요", "Step back a little"),
    "closer": Words("더 가까이 가세요", "Step closer"),
    "less_light": Words("주변이 너무 밝습니다. 조명을 줄이세요", "Too much light around: dim it if you can"),
    "hold_longer": Words("조금 더 오래 비추세요", "Hold it on the spot a little longer"),
}


def reason(name: str, value: float, text: str = "") -> Words:
    """Sentence for one reason of a score; `text` is the English one that the record carries, which is preferred."""
    if name not in REASONS:
        return Words(f"{name} = {value:.3g}", text or f"{name} = {value:.3g}")
    words = sentence(name, value)
    return Words(words.ko, text or words.en)


def assessment(name: str, message: str = "") -> Words:
    """Why a clip is a candidate or cannot be judged; `message` adds the record's own English line."""
    words = ASSESSMENTS.get(name, Words(name, name))
    return words if not message else Words(words.ko, message)


def guidance(name: str) -> Words:
    """What the inspector should do."""
    return GUIDANCE.get(name, Words(name, name))
