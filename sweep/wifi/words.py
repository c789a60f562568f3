"""What the Wi-Fi modality says, in Korean and English: of what it heard, and of its response tests."""

from __future__ import annotations

from typing import Final, Literal

from sweep.modality.messages import NO_RESPONSE_TEST, ResponseTestBegins, ResponseTestKind
from sweep.modality.words import Sentence, Words
from sweep.report import LocalText, ResponseTestEvent

WORDS: Final = Words(
    reasons={
        "adapter_away": Sentence(
            "와이파이 수신기가 없거나 응답하지 않음", "The Wi-Fi adapter is absent or does not answer"
        ),
        "no_packet_rings": Sentence(
            "이 시스템의 커널이 와이파이 수신 방식(패킷 링)을 지원하지 않음",
            "The kernel here lacks the packet rings through which Wi-Fi is received",
        ),
        "data_unheard": Sentence(
            "수신기가 기기들의 데이터 전송을 거의 받지 못해 판정할 수 없음",
            "The receiver heard too little of what the devices sent to judge them",
        ),
    },
    evidence={
        "louder_outside": Sentence(
            "문밖에서 더 강하게 수신됨({outside} dBm, 안에서는 최고 {rssi} dBm)",
            "Heard louder outside the door ({outside} dBm, at most {rssi} dBm inside)",
        ),
        "video_uplink": Sentence(
            "영상 전송형 무선 신호가 이 구역에서 가장 강함({rssi} dBm, 점수 {score})",
            "A transmitter that sends like a streaming camera is strongest here ({rssi} dBm, score {score})",
        ),
        "video_uplink_near": Sentence(
            "영상 전송형 무선 신호({rssi} dBm)가 최강 지점보다 {below} dB 약함",
            "A transmitter that sends like a streaming camera is heard here at {rssi} dBm, {below} dB below its "
            "strongest",
        ),
        "follows_light": Sentence(
            "점멸 조명에 따라 전송량이 변함(p = {p})", "Its traffic follows the light that the probe played (p = {p})"
        ),
        "follows_light_after": Sentence(
            "점멸 조명에 따라 전송량이 변함(p = {p}, {seconds}초 만에 확인)",
            "Its traffic follows the light that the probe played (p = {p}, found after {seconds} s)",
        ),
        "follows_motion_after": Sentence(
            "사람의 움직임에 따라 전송량이 변함(p = {p}, {seconds}초 만에 확인)",
            "Its traffic follows the person who walked by prompts (p = {p}, found after {seconds} s)",
        ),
        "follows_motion": Sentence(
            "사람의 움직임에 따라 전송량이 변함(p = {p})",
            "Its traffic follows the person who walked by prompts (p = {p})",
        ),
        "does_not_follow_motion": Sentence(
            "사람의 움직임과 전송량이 무관함(p = {p})",
            "Its traffic does not follow the person who walked by prompts (p = {p})",
        ),
        "does_not_follow_light": Sentence(
            "점멸 조명과 전송량이 무관함(p = {p}, 기준 카메라의 95%가 드러나는 조도 변화: {light})",
            "Its traffic does not follow the light that the probe played (p = {p}; so much more light shows 95 % of "
            "the reference cameras: {light})",
        ),
        "open_upload": Sentence("카메라인지 알 수 없는 업로드가 있음", "An upload that may or may not be a camera's"),
        "follows_light_again": Sentence(
            "두 번째 조명 시험에서도 전송량이 따라 변함(p = {p})",
            "In a second light test its traffic follows again (p = {p})",
        ),
        "does_not_follow_again": Sentence(
            "두 번째 조명 시험에서는 전송량이 따라 변하지 않음(p = {p})",
            "In a second light test its traffic does not follow (p = {p})",
        ),
        "no_video_uplink": Sentence(
            "수신한 무선 기기 {count}대 중 영상 전송형 없음",
            "None of the {count} transmitters heard sends like a streaming camera",
        ),
    },
    guidance={
        "adapter_away": Sentence(
            "와이파이 수신기가 응답하지 않습니다. 다시 꽂으세요", "No Wi-Fi adapter: plug it in again"
        ),
        "no_packet_rings": Sentence(
            "커널이 와이파이를 수신하지 못합니다. 라즈베리 파이 OS를 쓰세요",
            "Kernel cannot receive Wi-Fi: use Raspberry Pi OS",
        ),
        "walk_test": Sentence("조명으로는 알 수 없음: 이 자리에서 걷기 시험", "The light told nothing: walk here"),
    },
    limits={
        "silent_camera": Sentence(
            "점검 중에 전송하지 않는 카메라는 무선 방식으로 찾을 수 없습니다.",
            "A camera that does not transmit during the sweep cannot be found by radio.",
        ),
        "unheard_rates": Sentence(
            "수신기가 받지 못하는 고속 전송(다중 안테나)이 있을 수 있습니다.",
            "High-rate multi-antenna frames may be invisible to this receiver.",
        ),
    },
    conditional_limits={
        "quick_no_light": Sentence(
            "간이 점검이라 조명 반응 시험을 하지 않았습니다.",
            "A quick sweep plays no light: no transmitter was tested by it.",
        ),
        "short_light": Sentence(
            "시간이 부족해 조명 반응 시험을 줄이거나 하지 않은 자리가 있습니다.",
            "For want of time the light test was shortened or left out at some position.",
        ),
        "light_left_out": Sentence(
            "조명 반응 시험을 하러 돌아가지 않은 구역이 있습니다. 그곳의 송신기는 조명으로 시험하지 않았습니다.",
            "Nobody went back to some zone for the light: its transmitters were not tested there.",
        ),
        "short_open_light": Sentence(
            "시간이 부족해, 카메라인지 불확실한 송신기만을 위한 조명 반응 시험을 하지 않은 자리가 있습니다.",
            "For want of time no light was played at some position for transmitters that may or may not be a camera.",
        ),
        "trial_skipped": Sentence(
            "사람이 조명·걷기 반응 시험을 건너뛴 자리가 있습니다. 그곳의 송신기는 반응이 없다고 판정하지 않았습니다.",
            "At some position a person skipped the test by light or by walking: nothing there is called “does not "
            "follow”.",
        ),
        "trial_channels_left": Sentence(
            "조명 반응 시험은 한 자리에서 채널 두 개까지만 합니다. 다른 채널에도 시험할 송신기가 있던 자리가 있습니다.",
            "At one position light is played for two channels at most: at some there was something to test on others.",
        ),
        "wifi_outside_failed": Sentence(
            "출입문 밖에서 와이파이를 측정하지 못해 안팎의 세기를 비교하지 않았습니다.",
            "Wi-Fi could not be measured outside the door: levels inside and outside were not compared.",
        ),
        "wifi_one_channel": Sentence(
            "수신기의 채널을 바꿀 수 없어 와이파이를 한 채널에서만 들었습니다.",
            "The adapter could not be tuned: Wi-Fi was heard on one channel only.",
        ),
        "wifi_no_2_4_ghz": Sentence(
            "2.4 GHz 와이파이 대역은 이 장비로 들을 수 없습니다.",
            "This equipment cannot hear the 2.4 GHz Wi-Fi band.",
        ),
        "wifi_no_5_ghz": Sentence(
            "5 GHz 와이파이 대역은 이 장비로 들을 수 없습니다.", "This equipment cannot hear the 5 GHz Wi-Fi band."
        ),
        "wifi_no_6_ghz": Sentence(
            "6 GHz(와이파이 6E) 대역은 이 장비로 들을 수 없습니다.",
            "This equipment cannot hear the 6 GHz band (Wi-Fi 6E).",
        ),
        "wifi_channels_missing": Sentence(
            "국내에서 쓰는 와이파이 채널 중 이 장비로 들을 수 없는 채널이 있습니다.",
            "There are Wi-Fi channels in use in Korea that this equipment cannot hear.",
        ),
        "trial_broken_off": Sentence(
            "조명·걷기 반응 시험을 하지 못했거나 끝내지 못한 자리가 있습니다.",
            "At some position the test by light or by walking could not be made or finished.",
        ),
    },
)

TRIAL_REASONS: Final[dict[str, Sentence]] = {
    "decided": Sentence("전송량이 따라 변하는 기기를 확인해 시험을 마침", "A transmitter follows: the test is over"),
    "played_out": Sentence("시험을 끝까지 마침", "The test ran to its end"),
    "no_promise": Sentence(
        "조명을 따라 변하는 기미가 전혀 없어 시험을 일찍 마침",
        "Nothing showed any sign of following: the test ended early",
    ),
    "no_lamp": Sentence("시험용 조명(센서 헤드)이 없어 시험하지 않음", "No sensor head with a lamp: not tested"),
    "head_away": Sentence("센서 헤드 연결이 끊겨 시험을 중단함", "The sensor head went away: test broken off"),
    "head_restarted": Sentence("센서 헤드가 다시 시작되어 시험을 중단함", "The sensor head restarted: test broken off"),
    "lamp_rested": Sentence(
        "조명이 쉬어야 해서 시험의 일부가 어두웠음", "The lamp had to rest, so part of the test was dark"
    ),
    "lamp_not_playing": Sentence("조명이 켜지지 않아 시험을 중단함", "The lamp did not play: test broken off"),
    "lamp_went_off": Sentence("조명이 꺼져 시험을 중단함", "The lamp went off: test broken off"),
    "lamp_refused": Sentence("센서 헤드가 점등을 거부해 시험하지 않음", "The sensor head refused to play: not tested"),
    "adapter_away": Sentence("와이파이 수신기가 빠져 시험을 중단함", "The Wi-Fi adapter went away: test broken off"),
    "room_entered": Sentence("사람이 들어와 시험을 중단함", "Somebody came in: test broken off"),
    "declaration_expired": Sentence("퇴실 확인 시간이 지나 시험을 중단함", "The declaration ran out: test broken off"),
    "not_declared": Sentence(
        "퇴실 확인이 유효하지 않아 조명을 끔", "No declaration of an empty room held: the light stayed off"
    ),
    "quick": Sentence("간이 점검이라 시험하지 않음", "A quick sweep: not tested"),
    "light_later": Sentence(
        "모든 구역을 들은 뒤 가장 가능성이 큰 곳에서 시험하므로 여기서는 아직 시험하지 않음",
        "Tested once every zone was heard, where it is likeliest: not tested at this position",
    ),
    "short_of_time": Sentence("시간이 부족해 시험하지 않음", "Time ran short: not tested"),
    "skipped_by_person": Sentence(
        "사람이 건너뛰어 시험을 끝냄. 반응이 없다는 뜻이 아님", "Skipped by a person: that is not “does not follow”"
    ),
    "too_many_channels": Sentence(
        "한 자리에서 채널 두 개까지만 시험하므로 시험하지 않음", "Two channels are tested at a position: not tested"
    ),
    "louder_elsewhere": Sentence(
        "문밖이나 앞서 점검한 다른 칸에서 훨씬 강하게 잡혀 여기서는 시험하지 않음",
        "It was much louder outside the door or in another zone: not tested here",
    ),
    "moved_on": Sentence("다른 자리로 옮겨 시험을 중단함", "The inspector moved on: test broken off"),
    "aborted": Sentence("점검 중단으로 시험을 끝내지 못함", "The sweep was aborted: test broken off"),
    "finished_early": Sentence("점검을 마쳐 시험을 끝내지 못함", "The sweep was finished: test broken off"),
    "transmitter_silent": Sentence("기기가 전송을 멈춰 시험을 끝냄", "The transmitter fell silent: test ended"),
    "too_short": Sentence("시험 시간이 너무 짧음", "Tested for too short a time"),
    "not_tested": Sentence("전송량이 너무 적거나 끊겨 시험하지 못함", "Too little or too broken traffic to test"),
    "data_unheard": Sentence("데이터 전송을 거의 받지 못해 판정할 수 없음", "Too little of its data was heard"),
    "light_too_weak": Sentence(
        "시험용 조명의 밝기 변화로는 이 기기의 반응 여부를 알 수 없음",
        "The lamp may be too weak here for this transmitter to show whether it follows",
    ),
    "sequence_too_short": Sentence("조명 신호열이 너무 짧음", "The sequence of light has too few chips"),
    "sequence_before_capture": Sentence(
        "수신을 시작하기 전에 조명 신호열이 거의 끝남", "Too few chips were left when listening began"
    ),
    "sequence_after_capture": Sentence(
        "수신이 끝난 뒤에야 조명 신호열이 재생됨", "Listening ended before enough chips were played"
    ),
    "sequence_not_covered": Sentence(
        "수신 시간에 재생된 조명 신호가 너무 적음", "Too few chips were played while somebody listened"
    ),
}
"""Why a response test ended, or says nothing."""

TRIAL_NAMES: Final[dict[ResponseTestKind, Sentence]] = {
    "light": Sentence("조명 반응 시험", "Light test"),
    "motion": Sentence("걷기 시험", "Walking test"),
}


def response_test_reason(code: str) -> LocalText:
    """The sentence for the end of a response test; a code without one is named as it is."""
    return TRIAL_REASONS.get(code, Sentence(f"시험 중단({code})", f"Test broken off ({code})")).text()


def light_text(light_s: float, open_s: float) -> LocalText:
    """How long the light test took in the whole sweep, and how much of it was only for what its traffic leaves open."""
    (all_ko, all_en), (open_ko, open_en) = _minutes(light_s), _minutes(open_s)
    whom_ko, whom_en = "카메라인지 확실하지 않은 송신기만을 위한 시험", "transmitters that may or may not be a camera"
    ko, en = f"조명 반응 시험에 모두 {all_ko}가 걸렸", f"The light test took {all_en} of this sweep"
    if round(open_s) == 0:
        return LocalText(ko=f"{ko}습니다.", en=f"{en}.")
    if open_ko == all_ko:
        return LocalText(ko=f"{ko}고, 모두 {whom_ko}이었습니다.", en=f"{en}, all of it only for {whom_en}.")
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
    ko, en = TRIAL_NAMES[kind]
    if ended is None:
        so_far = f"{elapsed_s:.0f}", f"{longest_s:.0f}"
        text = LocalText(
            ko=f"{ko} 중: {so_far[0]}초 / 최대 {so_far[1]}초", en=f"{en}: {so_far[0]} s of at most {so_far[1]} s"
        )
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
        trials=ahead.trials,
        flows=ahead.flows,
        flow_count=ahead.flow_count,
        text=text,
    )
