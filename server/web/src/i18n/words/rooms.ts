/** Facilities, rooms, their history and the result of a log. */
import { text } from "../text";

export const rooms = {
  rooms_title: text("시설과 화장실", "Facilities and rooms"),
  rooms_count: text("{n}곳", "{n} rooms"),
  rooms_search: text("시설이나 화장실 이름", "Facility or room name"),
  rooms_empty: text(
    "등록된 화장실이 없습니다. 관리자가 시설을 등록하면 여기에 나타납니다.",
    "No room is registered yet. They appear here once an administrator adds a facility.",
  ),
  rooms_more: text("더 보기", "Show more"),
  rooms_no_match: text("찾는 이름의 화장실이 없습니다.", "No room has that name."),
  room_kind_restroom: text("화장실", "Restroom"),
  room_never: text("점검 기록 없음", "Never swept"),
  room_last: text("마지막 점검 {when}", "Last sweep {when}"),
  room_plan_unverified: text("도면 미확인", "Plan unverified"),
  room_plan_unverified_hint: text(
    "현장과 견주어 보지 않은 도면입니다. 구역의 크기와 위치가 다를 수 있습니다.",
    "Nobody has compared this plan with the room yet; zones may differ in size and place.",
  ),
  room_plan_of_sweep: text(
    "지도는 점검할 때의 도면({version}판)입니다.",
    "The map shows the plan of that sweep (version {version}).",
  ),
  room_plan_check: text("도면 확인·수정", "Check the plan"),
  room_plan_correct: text("도면 수정", "Correct the plan"),
  room_standing: text(
    "닫히지 않은 발견 {finds}건, 의심 {candidates}건",
    "Open: {finds} finds, {candidates} suspicions",
  ),
  room_standing_hint: text(
    "그 뒤의 점검이 어떻게 끝났든 사람이 닫을 때까지 남습니다.",
    "They stay until people close them, however later sweeps ended.",
  ),
  next_label: text("다음 할 일", "Next"),
  next_first: text("첫 점검하기", "Make the first sweep"),
  next_recheck: text("판정하지 못한 곳 다시 점검", "Sweep again what could not be judged"),
  next_suspected: text("의심 위치 육안 확인", "Inspect the suspected place by eye"),
  next_found: text("현장 보존, 112 신고 확인", "Keep the scene, confirm the report to 112"),
  next_no_anomaly: text("다음 정기 점검까지 없음", "Nothing until the next regular sweep"),
  next_unfinished: text("끝나지 않은 점검 확인", "Look into the unfinished sweep"),
  next_demo: text("시뮬레이션 기록만 있음 – 실제 점검 필요", "Simulation only; a real sweep is due"),
  room_history: text("점검 이력", "History"),
  room_history_empty: text(
    "아직 점검한 적이 없습니다. 두 사람이 함께 첫 점검을 시작하십시오.",
    "Nobody has swept this room yet. Start the first sweep with two people.",
  ),
  room_compare: text("점검 두 건 비교", "Compare two visits"),
  room_practice: text("연습 점검", "Practice"),
  room_start: text("점검 시작", "Start a sweep"),
  room_open_map: text("점검 지도 열기", "Open the sweep map"),
  room_plan_version: text("도면 {version}판, {width} × {depth} m", "Plan version {version}, {width} × {depth} m"),
  result_no_anomaly: text("이상 없음", "No anomaly"),
  result_recheck: text("재점검 필요", "Recheck needed"),
  result_suspected: text("의심", "Suspected"),
  result_found: text("발견", "Found"),
  result_unfinished: text("끝나지 않음", "Unfinished"),
  result_no_anomaly_hint: text(
    "점검 범위 안에서 나온 것이 없습니다. 없다는 뜻은 아니니 점검 범위를 함께 읽으십시오.",
    "Nothing turned up within what was covered. That is not proof of absence: read the coverage with it.",
  ),
  result_recheck_hint: text(
    "‘이상 없음’이라고 판정할 수 없어 다시 점검해야 합니다.",
    "“No anomaly” cannot be said of it; it needs another sweep.",
  ),
  result_suspected_hint: text(
    "의심되는 곳이 있습니다. 눈으로 확인하고 현장 판정을 남기십시오.",
    "Something should be inspected. Look at it and record your decision.",
  ),
  result_found_hint: text(
    "사람이 카메라로 판정했습니다. 만지지 말고 현장을 보존하십시오.",
    "A person decided that this is a camera. Do not touch it; keep the scene.",
  ),
  result_unfinished_hint: text(
    "시작 기록만 있고 보고서가 아직 없습니다.",
    "It was opened, and no report has arrived yet.",
  ),
} as const;
