"""What the Wi-Fi modality says, in Korean and English: of what it heard, and of its response tests."""

from __future__ import annotations

from typing import Final, Literal

from sweep.modality.messages import NO_RESPONSE_TEST, ResponseTestBegins, ResponseTestKind
from sweep.modality.words import Words
from sweep.report import LocalText, ResponseTestEvent
from sweep.report.sentences import Sentence, Sentences

WORDS: Final = Words(
    reasons=Sentences("wifi.reasons", "adapter_away no_packet_rings data_unheard two_transmitters"),
    evidence=Sentences(
        "wifi.evidence",
        """
        louder_outside video_uplink video_uplink_near follows_light follows_light_after follows_motion_after
        follows_motion does_not_follow_motion does_not_follow_light open_upload follows_light_again
        does_not_follow_again no_video_uplink
        """,
    ),
    guidance=Sentences("wifi.guidance", "adapter_away no_packet_rings walk_test two_transmitters"),
    limits=Sentences("wifi.limits", "silent_camera thin_camera padded_camera unheard_rates"),
    conditional_limits=Sentences(
        "wifi.conditional_limits",
        """
        quick_no_light short_light light_left_out short_open_light trial_skipped trial_channels_left
        wifi_outside_failed wifi_one_channel wifi_no_2_4_ghz wifi_no_5_ghz wifi_no_6_ghz wifi_channels_missing
        trial_broken_off wifi_two_transmitters
        """,
    ),
)

RESPONSE_TEST_REASONS: Final = Sentences(
    "wifi.response_test_reasons",
    """
        decided played_out no_promise no_lamp head_away head_restarted lamp_rested lamp_not_playing lamp_went_off
        lamp_refused adapter_away room_entered declaration_expired not_declared quick light_later short_of_time
        skipped_by_person too_many_channels louder_elsewhere moved_on aborted finished_early transmitter_silent
        too_short not_tested data_unheard light_too_weak constant_rate sequence_too_short sequence_before_capture
        sequence_after_capture sequence_not_covered two_transmitters
    """,
)
"""Why a response test ended, or says nothing."""

RESPONSE_TEST_NAMES: Final = Sentences("wifi.response_test_names", "light motion")


def response_test_reason(code: str) -> LocalText:
    """The sentence for the end of a response test; a code without one is named as it is."""
    return RESPONSE_TEST_REASONS.get(code, Sentence(f"시험 중단({code})", f"Test broken off ({code})")).text()


def light_text(light_s: float, open_s: float) -> LocalText:
    """How long the light test took in the whole sweep, and how much of it was only for what its traffic leaves open."""
    (all_ko, all_en), (open_ko, open_en) = _minutes(light_s), _minutes(open_s)
    whom_ko, whom_en = "카메라인지 확실하지 않은 송신기만을 위한 시험", "transmitters that may or may not be a camera"
    ko, en = f"조명 반응 시험에 모두 {all_ko}가 걸렸", f"The light test took {all_en} in all"
    if round(open_s) == 0:
        return LocalText(ko=f"{ko}습니다.", en=f"{en}.")
    if open_ko == all_ko:
        return LocalText(ko=f"{ko}고, 모두 {whom_ko}이었습니다.", en=f"{en}, only for {whom_en}.")
    return LocalText(
        ko=f"{ko}고, 그중 {open_ko}는 {whom_ko}이었습니다.", en=f"{en}, {open_en} of it only for {whom_en}."
    )


def _minutes(seconds: float) -> tuple[str, str]:
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest}초", f"{rest} s"
    return f"{minutes}분 {rest}초", f"{minutes} min {rest} s"


def response_test_event(
    kind: ResponseTestKind,
    zone_id: str,
    elapsed_s: float,
    longest_s: float,
    *,
    ended: str | None = None,
    prompt: Literal["walk", "stand"] | None = None,
    next_prompt_s: float | None = None,
    position_index: int | None = None,
    ahead: ResponseTestBegins = NO_RESPONSE_TEST,
) -> ResponseTestEvent:
    """The event that tells how far a response test is, or with `ended` why it is over; `ahead`: for whose sake."""
    ko, en = RESPONSE_TEST_NAMES[kind]
    if ended is None:
        most, now = f"{longest_s:.0f}", f"{max(1.0, elapsed_s):.0f}"
        if elapsed_s == 0.0:
            text = LocalText(ko=f"{ko} 준비: 최대 {most}초", en=f"{en} about to begin: {most} s at most")
        else:
            text = LocalText(ko=f"{ko} 중: {now}초 / 최대 {most}초", en=f"{en}: {now} s of at most {most} s")
    else:
        text = response_test_reason(ended)
    return ResponseTestEvent(
        type="trial",
        kind=kind,
        phase="running" if ended is None else "over",
        zone_id=zone_id,
        elapsed_s=round(elapsed_s, 1),
        longest_s=round(longest_s, 1),
        prompt=prompt,
        next_prompt_s=next_prompt_s,
        position_index=position_index,
        trial_index=ahead.index,
        trials=ahead.tests_here,
        flows=ahead.flows,
        flow_count=ahead.flow_count,
        text=text,
    )
