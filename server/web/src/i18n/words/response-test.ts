/** The light test and the walking test. */
import { text } from "../text";

export const responseTest = {
  response_test_light: text("조명 반응 시험", "Light test"),
  response_test_light_now: text("조명 반응 시험 중", "Light test going on"),
  response_test_light_hint: text(
    "흰 조명이 0.6초 단위로 불규칙하게 깜빡이고, 결과가 나오면 바로 멈춥니다. 그동안 움직이지 마십시오.",
    "The white light blinks irregularly in steps of 0.6 s and stops as soon as the answer is known. Please keep still.",
  ),
  response_test_motion: text("걷기 시험", "Walking test"),
  response_test_motion_now: text("걷기 시험 중", "Walking test going on"),
  response_test_motion_hint: text(
    "카메라가 있을 만한 곳에서 잘 보이게 오가십시오. ‘멈추십시오’가 나오면 그 자리에 가만히 서 계십시오.",
    "Walk to and fro in view of where a camera might be. At “Stand still”, stop where you are.",
  ),
  response_test_walk: text("걸으십시오", "Walk"),
  response_test_stand: text("멈추십시오", "Stand still"),
  response_test_next_begin: text("{n}초 뒤 시작", "{n} s until it begins"),
  response_test_next_walk: text("{n}초 뒤 걷기", "{n} s until you walk"),
  response_test_next_stand: text("{n}초 뒤 멈추기", "{n} s until you stop"),
  response_test_so_far: text("{now}초 지남", "{now} s so far"),
  response_test_left_most: text("최대 {left}초 남음", "{left} s left at most"),
  response_test_of: text("이 자리의 시험 {all}번 중 {n}번째", "test {n} of {all} here"),
  response_test_why: text("왜 시험하는가", "Why it is made"),
  response_test_flow: text("와이파이 송신기 {tag}", "Wi-Fi transmitter {tag}"),
  response_test_flow_channel: text("{number}번 채널", "channel {number}"),
  response_test_flow_video: text("영상처럼 보내고 있음", "It sends like a streaming camera"),
  response_test_flow_thick: text("많은 양을 올리고 있음", "It uploads much"),
  response_test_flow_other: text(
    "보내는 것만으로는 카메라인지 알 수 없음",
    "What it sends does not tell whether it is a camera",
  ),
  response_test_flows_more: text("그 밖에 {n}대도 함께 시험합니다.", "{n} more are tested with them."),
  response_test_skip: text("이 자리의 시험 건너뛰기", "Skip the test here"),
  response_test_skip_hint: text(
    "건너뛰면 이 송신기들은 ‘판정 불가’로 남고, 점검은 다음 자리로 이어집니다.",
    "Skipped, these transmitters stay “not assessable” and the sweep goes on with the next position.",
  ),
  response_test_left: text("{left}초 남음", "{left} s left"),
} as const;
