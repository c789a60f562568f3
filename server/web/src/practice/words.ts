/** The words of practice in the two languages; they are fetched with it, not with the phone's first load. */
import { speaker } from "../i18n/speaker";
import { text } from "../i18n/text";

export const words = {
  title: text("연습 점검", "Practice"),
  lead: text(
    "동료가 기준 렌즈나 무선 기기를 숨기고, 연습 점검으로 찾아 봅니다. 실제 점검 실적에는 들어가지 않으며, 결과는 본인만 볼 수 있습니다.",
    "A colleague hides reference lenses or transmitters, and you look for them in a practice sweep. It counts as no inspection, and only you see the result.",
  ),
  hide_title: text("1. 동료가 숨기고 적기", "1. A colleague hides and writes it down"),
  hide_hint: text(
    "점검자는 자리를 비우고 휴대전화를 동료에게 맡기십시오. 저장하면 점검이 끝날 때까지 위치가 보이지 않습니다.",
    "Leave the room and hand over the phone. Once saved, the places stay hidden until the sweep is over.",
  ),
  zone: text("구역", "Zone"),
  kind: text("숨긴 것", "What"),
  kind_lens: text("기준 렌즈", "Reference lens"),
  kind_transmitter: text("무선 기기", "Transmitter"),
  add: text("목록에 추가", "Add to the list"),
  take_off: text("{what} 빼기", "Take off: {what}"),
  save: text("{n}개 숨김 – 저장", "Save {n} hidden"),
  sweep_title: text("2. 점검하고 비교", "2. Sweep and compare"),
  begin: text("연습 점검 시작", "Begin a practice sweep"),
  begin_hint: text(
    "실제 점검기로 두 사람이 평소처럼 점검합니다. 모든 기록에 ‘연습’이라고 남고 실적과 통계에 들어가지 않습니다.",
    "Two persons sweep with a real probe as always. Every record says practice and counts in no figures.",
  ),
  waiting: text("{when}에 숨긴 것 {n}개", "{n} hidden on {when}"),
  sweep: text("비교할 점검", "Sweep to compare"),
  compare: text("숨긴 것과 비교", "Compare"),
  no_sweep: text(
    "숨긴 뒤에 끝낸 연습 점검이 아직 없습니다. 점검을 마친 뒤 다시 여십시오.",
    "No practice sweep has ended since. Sweep, then come back.",
  ),
  rate_title: text("내 탐지율", "My detection rate"),
  rate_private: text(
    "이 계정에만 보입니다. 관리자 계정에도 보이지 않고, 찾은 비율만 이름 없이 구의 합계에 더합니다.",
    "Shown to this account only, and to no administrator; of the eye alone a district's sum is kept, without names.",
  ),
  planted: text("숨긴 렌즈를 눈으로 알아봄", "Hidden lenses that my eye saw"),
  controls: text("아무것도 없는 곳에서 무엇을 봄", "Something seen where nothing was"),
  rate_none: text("아직 비교한 연습이 없습니다.", "Nothing has been compared yet."),
  rate: text("{hidden}개 중 {found}개", "{found} of {hidden}"),
  interval: text("실제로는 {low}~{high} 사이로 봄(90%)", "90 % interval {low} to {high}"),
  false_alarms: text(
    "숨기지 않은 곳을 지목한 것 {n}건(점검 {sweeps}회)",
    "{n} findings where nothing was hidden ({sweeps} sweeps)",
  ),
  runs_title: text("지난 연습", "Earlier practice"),
  is_found: text("찾음", "Found"),
  is_missed: text("미탐지", "Missed"),
  forget: text("연습 기록 삭제", "Delete this practice"),
  first_open: text("처음이면 혼자 3분 연습", "New here? Three minutes of practice"),
  first_title: text("처음 3분 연습", "The first three minutes"),
  first_place: text("연습용 화장실 · 2번 칸", "A made-up restroom · stall 2"),
  first_steps: text("연습 순서", "Steps of the practice"),
  first_colleague: text("연습 동료", "a made-up colleague"),
  first_start: text("시작", "Start"),
  first_walk: text("걷기", "Walk"),
  first_look: text("보기", "Look"),
  first_stop: text("멈춤", "Stop"),
  first_evidence: text("근거", "Evidence"),
  first_export: text("내보내기", "Export"),
  first_start_title: text("혼자 한 번 해 보십시오", "Try it once, alone"),
  first_start_lead: text(
    "점검기 없이 이 휴대전화에서만 합니다. 서버로 보내지 않으며 실적과 통계에 들어가지 않습니다.",
    "On this phone only, without a probe. Nothing goes to the server, and it counts in no figures.",
  ),
  first_walk_title: text("2번 칸 안에 서십시오", "Stand in stall 2"),
  first_calm: text("측정 중입니다. 문 쪽을 살피십시오", "It measures: mind the door"),
  first_entered: text("사람이 들어옵니다. 지금 멈추십시오", "Somebody comes in: stop now"),
  first_stopped: text("{s}초 만에 멈췄습니다", "Stopped within {s} s"),
  first_stop_lead: text(
    "실제 점검에서는 카메라와 조명이 바로 꺼지고, 다시 시작할 때 두 사람이 퇴실을 다시 확인합니다.",
    "In a real sweep camera and lamps go off at once, and both confirm again before it goes on.",
  ),
  first_evidence_title: text("본 것을 판정하십시오", "Decide on what you saw"),
  first_evidence_lead: text(
    "렌즈형 반사 하나. 조명을 따르는 무선 기기는 없음. 한 가지 방식에서만 감지되었습니다.",
    "One lens-like glint. No device follows the light. Only one method saw it.",
  ),
  first_export_title: text("점검일지를 내려받으십시오", "Download the log"),
  first_decided: text(
    "실제 판정은 서명되어 지워지지 않습니다. 고칠 때는 새 판정을 덧붙입니다.",
    "A real decision is signed and never overwritten; to correct it a new one is added.",
  ),
  first_if_found: text(
    "실제라면 손대지 말고 물러나 문을 닫고 112에 전화합니다. 발견 안내가 차례로 알려 줍니다.",
    "If it were real: do not touch, step back, close the door and call 112. The guide leads through it.",
  ),
  first_done_title: text("연습을 마쳤습니다", "That was all"),
  first_done_lead: text(
    "{n}분 걸렸습니다. 이 연습은 어디에도 기록되지 않았습니다.",
    "It took {n} min. Nothing of it was recorded anywhere.",
  ),
  first_file: text("연습-점검일지.txt", "practice-log.txt"),
  first_home: text("오늘 할 일로", "Back to today"),
  first_again: text("다시 연습", "Once more"),
  not_yours: text("점검자 계정에서만 쓸 수 있습니다.", "This is for inspectors."),
} as const;

export const say = speaker(words);
