/** Starting a sweep. */
import { text } from "../text";

export const start = {
  start_title: text("점검 시작", "Start a sweep"),
  start_probe: text("점검기", "Probe"),
  start_probe_none: text(
    "연결된 점검기가 없습니다. 점검기를 켜고 잠시 기다리십시오.",
    "No probe is connected. Switch it on and wait a moment.",
  ),
  start_probe_all_busy: text(
    "연결된 점검기가 다른 점검 중입니다.",
    "The probe that is connected is busy with a sweep.",
  ),
  start_probe_offline: text("꺼져 있음, 마지막 연결 {when}", "Offline, last seen {when}"),
  start_probe_never: text("연결된 적 없음", "Never connected"),
  start_probe_online: text("연결됨", "Connected"),
  start_probe_busy: text("다른 점검 중", "Busy with a sweep"),
  start_probe_demo: text("시뮬레이션용", "For simulation"),
  start_mode: text("점검 방식", "Mode"),
  ear_title: text("음성 안내 점검", "Sweep by ear"),
  ear_off: text("끔", "Off"),
  ear_wired: text("유선 이어폰", "Wired earphone"),
  ear_radio: text("무선 이어폰", "Radio earphone"),
  ear_off_hint: text("화면을 보며 점검합니다.", "The screen says what to do."),
  ear_wired_hint: text(
    "할 일을 말로 듣습니다. 이어폰은 한쪽만 쓰십시오.",
    "A voice says what to do. Use one earphone only.",
  ),
  ear_radio_hint: text(
    "무선 이어폰은 전파를 냅니다. 이번 점검의 전파 세기는 판정하지 않습니다.",
    "A radio earphone transmits: RF levels of this sweep are not judged.",
  ),
  ear_no_voice: text(
    "이 휴대전화에 내장된 음성이 없어 소리와 진동으로만 알립니다.",
    "This phone has no voice of its own: tones and vibration only.",
  ),
  start_inspectors: text("점검자 두 사람", "Two inspectors"),
  start_inspectors_hint: text(
    "실명 대신 배정받은 점검자 번호를 적습니다.",
    "Use the assigned pseudonyms, not real names.",
  ),
  start_second_known: text("{person}: 등록된 점검자입니다.", "{person} is an inspector here."),
  start_second_unknown: text(
    "‘{person}’ 번호의 점검자가 없습니다. 번호를 다시 확인하십시오.",
    "No inspector has the number ‘{person}’. Check it again.",
  ),
  start_second_unasked: text(
    "연결이 없어 ‘{person}’ 번호를 확인하지 못했습니다. 점검 전 본인 확인 때 확인합니다.",
    "No connection: ‘{person}’ is not checked yet. It is when that person confirms before the sweep.",
  ),
  start_inspector_1: text("점검자 1", "Inspector 1"),
  start_inspector_2: text("점검자 2", "Inspector 2"),
  start_partners: text("최근에 점검한 사람", "Who swept recently"),
  start_colleague: text("동료 {person}", "colleague {person}"),
  start_at_once: text("{person}님과 바로 시작", "Start with {person}"),
  start_with: text("{person} 고르기", "Choose {person}"),
  start_same_inspector: text("서로 다른 두 사람이어야 합니다.", "They must be two different people."),
  start_short_inspector: text("점검자 번호를 두 글자 이상 적으십시오.", "A pseudonym has at least two characters."),
  start_choose_probe: text("점검기를 고르십시오.", "Choose a probe."),
  start_next_hint: text(
    "다음 화면에서 두 사람이 퇴실을 확인하기 전에는 카메라와 조명이 켜지지 않습니다.",
    "Camera and lamps stay off until two people confirm on the next page that the room is empty.",
  ),
  start_submit: text("점검 준비", "Prepare the sweep"),
  start_busy: text("점검기에 알리는 중", "Telling the probe"),
  start_viewer: text("점검은 점검자만 시작할 수 있습니다.", "Only inspectors can start a sweep."),
} as const;
