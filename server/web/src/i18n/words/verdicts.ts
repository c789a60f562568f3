/** What every screen of a sweep says: source, mode, modality and verdict. */
import { target } from "../../api/tables.json";
import { text } from "../text";

export const verdicts = {
  source_simulated: text("시뮬레이션 기록 · 실제 점검 아님", "Simulated record · not a real sweep"),
  source_practice: text("연습 점검 · 실제 점검 아님", "Practice · not a real sweep"),
  source_replay: text("재생 기록 · 실제 점검 아님", "Replayed record · not a real sweep"),
  source_simulated_short: text("시뮬레이션", "Simulated"),
  source_practice_short: text("연습", "Practice"),
  source_replay_short: text("재생", "Replay"),
  mode_full: text("정밀", "Full"),
  mode_quick: text("간이", "Quick"),
  mode_full_hint: text("3칸 기준 8분 이내", "Up to 8 min for three stalls"),
  mode_quick_hint: text("3분 이내, 조명 시험과 칸 밖은 건너뜀", "Up to 3 min; no light test, stalls only"),
  modality_all: text("종합", "All"),
  result_now: text("지금 결과", "Result now"),
  result_persons: text("점검 결과", "By persons:"),
  result_equipment: text("장비:", "Equipment:"),
  zone_pending: text("아직 보지 않음", "Not looked at yet"),
  zone_unable: text("{word}({ways}가지 중 {unable}가지 판정 불가)", "{word} ({unable} of {ways} ways could not judge)"),
  verdict_unproven: text(
    "모든 대상을 현장 측정으로 확인하지 않아 이상 없음으로 판정하지 않음",
    "Not called clear: not all of its targets were measured in the field",
  ),
  verdict_not_clear_of: text("이상 없음이라고 하지 않는 것: {targets}", "Not called clear of: {targets}"),
  walls_title: text(
    "벽을 펼친 그림: 1 mm 핀홀을 찾았을 확률(화살표: 도면 방향)",
    "The walls unrolled: chance of finding a 1 mm pinhole (arrows: its side on the plan)",
  ),
  walls_spoken: text(
    "벽·바닥·천장을 펼친 그림. 거의 보지 못한 부분은 면적의 {unseen}%",
    "Walls, floor and ceiling unrolled. {unseen} % of their area was hardly seen",
  ),
  walls_wall: text("벽 {n} {arrow}", "Wall {n} {arrow}"),
  walls_floor: text("바닥", "Floor"),
  walls_ceiling: text("천장", "Ceiling"),
  walls_step_0: text("10% 미만", "Below 10 %"),
  walls_step_1: text("10–19%", "10 to 19 %"),
  walls_step_2: text("20–39%", "20 to 39 %"),
  walls_step_3: text("40% 이상", "40 % and more"),
  verdict_target: text("대상: {target}", "Target: {target}"),
  ...target,
} as const;
