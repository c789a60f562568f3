"""Sentence for the numbers the judge rests on, Korean and English.

Job: one sentence with its number for each feature of the evidence. Input: a feature's name and value; output: the
pair of sentences. Refuses a feature without a sentence: every reason must be readable.
"""

from __future__ import annotations

import math

from sweep.modality.words import Sentence

_LOG = {
    "stacked_z", "snr", "z_over_clutter", "variation_excess", "contrast", "ambient", "wall_e", "flare",
    "ratio_unclipped", "overshadowed", "area_ratio", "short_ratio", "unsteadiness", "block_scatter", "travel",
}  # fmt: skip
_LOG2 = {"saturated_px", "neighbours", "retro_neighbours", "crowd", "triples", "flashing"}

REASONS: dict[str, Sentence] = {
    "stacked_z": Sentence("조합 전체에서 축상 조명이 축외 조명보다 {v:.1f} 표준편차 밝음",
                          "on_axis exceeds off_axis by {v:.1f} standard deviations over all triples"),
    "snr": Sentence("밝기가 잡음의 {v:.1f}배", "its light is {v:.1f} times its noise"),
    "z_over_clutter": Sentence("주변의 어수선함보다 {v:.1f}배 두드러짐",
                               "it stands out {v:.1f} times as much as the clutter around"),
    "ratio_max": Sentence("축외 조명에서 많아야 축상 밝기의 {v:.2f}배",
                          "off_axis shows {v:.2f} of the on_axis light at most"),
    "ratio_unclipped": Sentence("포화를 감안하면 축외 조명에서 축상 밝기의 {v:.3f}배",
                                "saturation allowed for, off_axis shows {v:.3f} of the on_axis light"),
    "area_ratio": Sentence("축외 조명의 밝은 면적이 축상의 {v:.2f}배",
                           "the bright area off_axis is {v:.2f} of that on_axis"),
    "off_shift": Sentence("두 조명의 빛이 {v:.2f} 픽셀 어긋남", "the light of the two lamps lies {v:.2f} px apart"),
    "overshadowed": Sentence("가까이에 {v:.1f}배 밝은 점이 있음", "a place close by is {v:.1f} times as bright"),
    "ratio_point": Sentence("같은 자리가 축외 조명에서 축상 밝기의 {v:.2f}배",
                            "off_axis shows {v:.2f} of the on_axis light at the place"),
    "ratio_wide": Sentence("둘레까지 축외 조명에서 축상 밝기의 {v:.2f}배",
                           "off_axis shows {v:.2f} of the on_axis light around the place"),
    "ratio_spread": Sentence("조명 간 밝기 비가 {v:.2f}만큼 흔들림", "the ratio of the lamps scatters by {v:.2f}"),
    "ratio_margin": Sentence("축외 조명이 축상 조명보다 {v:.1f} 표준편차 어두움",
                             "off_axis falls short of on_axis by {v:.1f} standard deviations"),
    "persistence": Sentence("조합의 {p:.0f}%에서 확인됨", "found in {p:.0f} % of the triples"),
    "longest_gap": Sentence("조합의 {p:.0f}% 동안 연달아 보이지 않음", "missing in a row for {p:.0f} % of the triples"),
    "life": Sentence("영상의 {p:.0f}% 동안 시야에 있음", "in view for {p:.0f} % of the clip"),
    "variation": Sentence("밝기가 평균의 {v:.2f}배만큼 변함", "its light varies by {v:.2f} of its mean"),
    "variation_excess": Sentence("밝기 변동이 잡음의 {v:.1f}배",
                                 "its light varies {v:.1f} times as much as noise explains"),
    "jump": Sentence("조합 사이에 밝기가 e^{v:.2f}배 뜀", "its light jumps by a factor of e^{v:.2f} between triples"),
    "trend": Sentence("조합마다 밝기가 e^{v:.2f}배씩 변함", "its light changes by e^{v:.2f} per triple"),
    "width": Sentence("크기 {v:.2f} 픽셀(절반 해상도 기준)", "{v:.2f} px wide at half size"),
    "sharpness": Sentence("영상에서 가장 또렷한 점보다 {v:.2f}배 넓음",
                          "{v:.2f} times as wide as the sharpest glints of the clip"),
    "width_spread": Sentence("크기가 {v:.2f} 픽셀만큼 변함", "its width varies by {v:.2f} px"),
    "elongation": Sentence("길이가 너비의 {v:.2f}배", "{v:.2f} times as long as wide"),
    "compactness": Sentence("둘레 빛의 {v:.2f}배가 한 점에 모임", "{v:.2f} of the light around lies in the point"),
    "core_share": Sentence("점의 빛 가운데 {v:.2f}가 중심에 있음", "{v:.2f} of the point's light lies in its core"),
    "saturated_px": Sentence("포화된 픽셀 {v:.1f}개", "{v:.1f} saturated pixels"),
    "contrast": Sentence("주변 표면 {v:.1f} 픽셀어치의 밝기", "as bright as {v:.1f} px of the surface around"),
    "annulus": Sentence("바로 둘레가 바깥 표면보다 {v:+.2f}",
                        "just around it {v:+.2f} against the surface farther out"),
    "off_dip": Sentence("축외 조명에서 주변보다 {v:+.2f}",
                        "off_axis the place stands at {v:+.2f} against its surroundings"),
    "off_dip_wide": Sentence("축외 조명에서 둘레까지 주변보다 {v:+.2f}",
                             "off_axis the place and its rim stand at {v:+.2f}"),
    "dark_ratio": Sentence("조명을 꺼도 축상 밝기의 {v:.2f}배로 빛남",
                           "shines without lamp, {v:.2f} of the on_axis light"),
    "ambient": Sentence("주변 빛의 {v:.3f}배가 조명 없이도 있음", "{v:.3f} of the light around comes without lamp"),
    "twins": Sentence("축외 조명 방향 양옆에 쌍둥이 반사 {v:.2f}: 조명이 비친 거울상",
                      "off_axis twins on both sides hold {v:.2f} of the light: a mirror image of the lamps"),
    "twin": Sentence("축외 조명에서만 보이는 옆의 점 {v:.2f}",
                     "an off_axis point beside it holds {v:.2f} of the light"),
    "slide": Sentence("조합마다 표면 위를 {v:.2f} 픽셀 미끄러짐", "slides {v:.2f} px per triple over the surface"),
    "slide_share": Sentence("화면 움직임의 {v:.2f}배만큼 미끄러짐", "slides by {v:.2f} of the scene's motion"),
    "slide_along": Sentence("화면이 움직이는 방향으로 {v:+.2f} 미끄러짐", "slides {v:+.2f} along the scene's motion"),
    "jitter": Sentence("조합 사이에 {v:.2f} 픽셀 튐", "jumps {v:.2f} px between triples"),
    "slope": Sentence("주변 표면 밝기가 {v:.2f}배만큼 기울어짐", "the surface around changes by {v:.2f} of its level"),
    "around_spread": Sentence("주변 표면이 잡음보다 {v:.1f}배 거칢",
                              "the surface around is {v:.1f} times as rough as noise"),
    "clutter": Sentence("주변이 잡음보다 {v:.1f}배 어수선함",
                        "the surroundings are {v:.1f} times as restless as noise"),
    "flare": Sentence("맞은편에 화면 밝기의 {v:.1f}배인 광원: 렌즈 플레어",
                      "a spot {v:.1f} times the frame's level lies opposite: a flare"),
    "neighbours": Sentence("가까이에 비슷하게 밝은 점 {v:.0f}개", "{v:.0f} comparable bright places close by"),
    "retro_neighbours": Sentence("가까이에 축외 조명에서 보이지 않는 점 {v:.0f}개",
                                 "{v:.0f} places close by that off_axis does not show either"),
    "crowd": Sentence("영상 전체에 축외 조명에서 보이지 않는 점 {v:.0f}개",
                      "{v:.0f} places in the clip that off_axis does not show"),
    "pair": Sentence("옆에 닮은 점, 닮은 정도 {v:.2f}: 눈은 쌍으로 보임",
                     "a place like it beside it, likeness {v:.2f}: eyes come in pairs"),
    "pair_motion": Sentence("옆의 점과 함께 움직임 {v:.2f}", "a place beside it moves with it, {v:.2f}"),
    "level": Sentence("크기 단계 {v:.1f}에서 확인됨", "found at scale {v:.1f}"),
    "edge": Sentence("조합의 {p:.0f}%에서 화면 가장자리에 있음",
                     "at the border of the view in {p:.0f} % of the triples"),
    "triples": Sentence("조합 {v:.0f}개에서 추적됨", "followed over {v:.0f} triples"),
    "wall_e": Sentence("주변 표면이 픽셀마다 전자 {v:.1f}개를 되돌림",
                       "the surface around returns {v:.1f} electrons per pixel"),
    "middle_ratio": Sentence("가운데 링 조명에서 축상 밝기의 {v:.2f}배(30 mm 링 환산)",
                             "the middle ring shows {v:.2f} of the on_axis light, told as for one of 30 mm"),
    "red_ratio": Sentence("적색 조명에서 축상 밝기의 {v:.2f}배", "red light returns {v:.2f} of the on_axis light"),
    "outer_ratio": Sentence("바깥쪽 링 조명에서 축상 밝기의 {v:.2f}배(45 mm 링 환산)",
                            "the outer ring shows {v:.2f} of the on_axis light, told as for one of 45 mm"),
    "short_ratio": Sentence("짧은 점등에서 포화 없이 잰 축외 밝기가 축상의 {v:.2f}배",
                            "under short pulses, unsaturated, off_axis shows {v:.2f} of the on_axis light"),
    "short_width": Sentence("짧은 점등에서 크기 {v:.2f} 픽셀(절반 해상도 기준)",
                            "{v:.2f} px wide at half size under short pulses"),
    "eye_pair": Sentence("어두운 원판 속의 점, 눈 사이 거리에 닮은 원판이 또 있음({v:.2f}): 두 눈으로 설명됨",
                         "a point in a dark disc with another one at the distance of eyes, likeness {v:.2f}: "
                         "a pair of eyes explains both"),
    "flashing": Sentence("가까이에 나타났다 사라지는 밝은 점 {v:.0f}개: 반짝이 조각은 보는 각도에 따라 번쩍임",
                         "{v:.0f} bright places close by come and go: glitter flashes with the angle of view"),
    "unsteadiness": Sentence("잡음을 빼고도 밝기가 {v:.3f}만큼 흔들림",
                             "its light scatters by {v:.3f} beyond what noise explains"),
    "block_scatter": Sentence("보는 각도에 따라 밝기가 {v:.3f}만큼 달라짐",
                              "its light differs by {v:.3f} from one part of the look to another"),
    "weakest_block": Sentence("가장 드물게 보인 구간에서 {p:.0f}% 확인됨",
                              "found in {p:.0f} % of the triples of the part that shows it least"),
    "dark_peak": Sentence("조명을 끈 영상 하나에서 축상 밝기의 {v:.2f}배까지 빛남: 스스로 빛나는 것",
                          "shines up to {v:.2f} of the on_axis light in one dark frame: it gives light by itself"),
    "travel": Sentence("따라가는 동안 화면이 {v:.0f} 픽셀 움직임", "the scene moved {v:.0f} px while it was followed"),
    "seen_again": Sentence("옆에서 다시 보아도 같은 자리에 있음, 그때 점수 {v:.1f}",
                           "seen at its place from the side too, with a score of {v:.1f} there"),
    "gone_from_the_side": Sentence("옆에서 다시 보니 그 자리에 없음: 거울상과 조각 반사는 보는 자리에 따라 사라짐",
                                   "gone when seen from the side, as mirror images and facets are"),
    "red_alone": Sentence("적외선 밝기가 적색 밝기의 {v:.2f}배에 그침: 적외선을 흡수하는 필터 뒤의 렌즈가 이렇게 보임",
                          "infrared returns {v:.2f} of the light that red does, as a lens does behind a filter that "
                          "absorbs infrared"),
    "rest": Sentence("기준값, 보정, 나머지 수치를 합한 값", "start, calibration and all other numbers together"),
}  # fmt: skip


def sentence(name: str, value: float) -> Sentence:
    """Both sentences for a feature and its value. Raises KeyError for an unknown feature."""
    both = REASONS[name]
    if not math.isfinite(value):
        return Sentence(f"{name}: 측정할 수 없음", f"{name} could not be measured")
    if name in _LOG:
        value = 10.0**value
    elif name in _LOG2:
        value = 2.0**value - (0.0 if name == "triples" else 1.0)
    return Sentence(*(text.format(v=value, p=100.0 * value) for text in both))
