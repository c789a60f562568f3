/** Wi-Fi transmitters: video, the light test, frames. */
import { transmitter_light_why } from "../../api/tables.json";
import { text } from "../text";

export const wifi = {
  transmitter_wifi: text("와이파이 송신기 {tag}", "Wi-Fi transmitter {tag}"),
  transmitter_reason_video_uplink: text("영상 전송형", "Sends like video"),
  transmitter_reason_open: text("카메라인지 불확실", "May be a camera"),
  transmitter_reason_follows_light: text("조명을 따라 변함", "Follows the light"),
  transmitter_column_video: text("영상 점수", "Video score"),
  transmitter_column_light: text("조명 p값", "Light p"),
  transmitter_judgement: text("영상·조명 판정", "Video and light"),
  transmitter_video: text("영상처럼 보내는가", "Does it send like video?"),
  transmitter_video_video_uplink: text("영상 전송형으로 보임", "It sends like a streaming camera"),
  transmitter_video_not_video: text("영상 전송형 아님", "It does not send like video"),
  transmitter_video_not_assessable: text("판정 불가", "Not assessable"),
  transmitter_why_like_reports: text(
    "느린 카메라인지 일정한 간격으로 보고하는 기기인지 구별되지 않음.",
    "A slow camera, or a machine that reports at regular times.",
  ),
  transmitter_why_may_relay: text(
    "공유기가 다른 사람이 보는 영상을 전달하는 것일 수 있음.",
    "An access point that may only be passing on what somebody watches.",
  ),
  transmitter_why_two_transmitters: text(
    "동일 주소 송신기 2대 추정: 누군가 이 주소를 함께 쓰는 것으로 보여, 이 주소의 판정은 카메라라는 근거도 아니라는 근거도 되지 못합니다.",
    "Two transmitters seem to use this address: nothing said of it counts as evidence, for or against a camera.",
  ),
  transmitter_why_no_clock: text(
    "영상처럼 쉬지 않고 올리지만 간격이 고르지 않아 카메라인지 알 수 없음.",
    "It sends all the time like a camera, too unevenly to tell.",
  ),
  transmitter_why_answered: text(
    "영상처럼 올리면서 응답도 받고 있어 카메라를 누가 보는 중인지 통화인지 알 수 없음.",
    "It sends like a camera and is answered, by a viewer or in a call.",
  ),
  transmitter_why_may_be_clips: text(
    "몇 초 동안 많이 올리고 조용해짐. 움직임을 찍어 올리는 카메라일 수도, 파일 전송일 수도 있습니다.",
    "It uploaded for some seconds and fell silent: a clip of something that moved, or a file.",
  ),
  transmitter_why_too_thin: text(
    "조금씩 쉬지 않고 올림. 화면이 거의 변하지 않는 카메라일 수도, 값을 보고하는 기기일 수도 있습니다.",
    "It sends little all the time: a camera whose picture hardly changes, or a machine that reports.",
  ),
  transmitter_why_too_short: text(
    "영상처럼 보내지만 들은 시간이 너무 짧습니다. 더 들어야 합니다.",
    "It sends like a camera but was not heard for long enough.",
  ),
  transmitter_why_data_unheard: text("데이터 전송을 거의 받지 못했습니다.", "Too little of its data was heard."),
  transmitter_why_peer_unheard: text(
    "상대 기기의 전송을 받지 못해 영상 통화와 구별되지 않습니다.",
    "The other side was not heard: it may be half of a call.",
  ),
  transmitter_why_too_few_frames: text("수신한 신호가 너무 적습니다.", "Too few frames were heard."),
  transmitter_video_places: text(
    "{all}곳 중 {n}곳, 최고 점수 {score}(0~1)",
    "{n} of {all} positions, best score {score} (0 to 1)",
  ),
  transmitter_video_after: text("{seconds}초 만에 판정", "decided after {seconds} s"),
  transmitter_light_motion: text("걷기 시험", "walking test"),
  transmitter_light_after: text("{seconds}초 만에 확인", "found after {seconds} s"),
  transmitter_light: text("점멸 조명을 따라 변하는가", "Does it follow the flashing light?"),
  transmitter_light_follows_light: text("조명에 따라 전송량이 변함", "Its traffic follows the light"),
  transmitter_light_does_not: text("조명과 전송량이 무관함", "Its traffic does not follow the light"),
  transmitter_light_not_assessable: text("판정 불가", "Not assessable"),
  transmitter_light_not_done: text("조명 시험을 하지 않음", "Not tested with light"),
  transmitter_light_smallest: text(
    "조도가 {light}% 늘면 기준 카메라의 95%가 드러나는 시험",
    "{light} % more light shows 95 % of the reference cameras",
  ),
  transmitter_light_wanted: text(
    "이 송신기가 카메라인지는 조명 시험을 해야 알 수 있습니다.",
    "Only the light can tell whether it is a camera: test it.",
  ),
  transmitter_light_why_light_later: text(
    "모든 구역을 들은 뒤 시험하려고 남겨 두었으나 시험하지 않음",
    "Left for when every zone was heard, and not tested after all",
  ),
  transmitter_light_why_other: text("시험을 끝내지 못함", "The test could not be finished"),
  transmitter_open_follows_light: text("조명 시험: 조명을 따라 변함", "Light test: follows the light"),
  transmitter_open_does_not: text("조명 시험: 조명과 무관함", "Light test: does not follow the light"),
  transmitter_open_not_assessable: text("조명 시험으로 알 수 없음: {why}", "The light did not tell: {why}"),
  transmitter_open_not_done: text("조명 시험을 하지 않음", "Not tested with light"),
  transmitter_light_at: text(
    "{zone}, 우연이라면 {n}번에 1번(p = {p}, 판단 기준 333번에 1번)",
    "{zone}, by chance once in {n} times (p = {p}; the threshold is once in 333)",
  ),
  transmitter_light_hint: text(
    "자리마다 따로 시험한 값입니다. 근거의 무게에는 시험한 자리 수만큼 보정한 값을 씁니다.",
    "Each position is a test of its own. Evidence uses the value corrected for their number.",
  ),
  transmitter_role: text("역할", "Role"),
  transmitter_role_ap: text("공유기(AP)", "Access point"),
  transmitter_role_sta: text("단말", "Station"),
  transmitter_role_unknown: text("역할 모름", "Role unknown"),
  transmitter_vendor: text("제조사", "Vendor"),
  transmitter_vendor_random: text("임의 주소(제조사 알 수 없음)", "Made-up address (vendor unknown)"),
  transmitter_vendor_unknown: text("등록부에 없음", "Not in the registry"),
  transmitter_channel: text("채널", "Channel"),
  transmitter_channel_number: text("{number}번 ({mhz} MHz)", "{number} ({mhz} MHz)"),
  transmitter_frames: text("받은 프레임", "Frames"),
  transmitter_frames_count: text("{n}개, {seconds}초 동안", "{n} in {seconds} s"),
  transmitter_bytes_up: text("올린 양", "Sent up"),
  transmitter_bytes_down: text("내려받은 양", "Received"),
  transmitter_limit_vendor: text(
    "제조사와 종류는 참고만 하십시오. 같은 부품이 카메라에도 도어록에도 쓰입니다.",
    "Vendor and kind are hints only: the same radio is used in cameras and in door locks.",
  ),
  ...transmitter_light_why,
} as const;
