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
  room_map_untold: text("점검 결과는 연결되면 지도에 나옵니다.", "What was found is drawn once there is a connection."),
  room_plan_check: text("도면 확인·수정", "Check the plan"),
  room_plan_correct: text("도면 수정", "Correct the plan"),
  room_standing: text("{word} {n}건", "{word}: {n}"),
  room_standing_hint: text(
    "그 뒤의 점검이 어떻게 끝났든 사람이 닫을 때까지 남습니다.",
    "They stay until people close them, however later sweeps ended.",
  ),
  next_label: text("다음 할 일", "Next"),
  next_first: text("첫 점검하기", "Make the first sweep"),
  next_recheck: text("다시 점검", "Inspect again"),
  next_suspected: text("의심으로 남긴 곳 육안 확인", "Inspect the suspected place by eye"),
  next_to_inspect: text("확인할 곳 육안 확인", "Look at the place to inspect"),
  next_found: text("손대지 말고 112", "Do not touch it: call 112"),
  next_hand_over: text("손대지 말고 경찰에 인계", "Do not touch it: hand it over to the police"),
  next_police: text("경찰 확인 결과 기다림", "Wait for what the police say"),
  next_by_eye: text("육안 점검하고 결과 적기", "Look by eye and write down the result"),
  next_none: text("다음 정기 점검까지 없음", "Nothing until the next regular sweep"),
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
  room_start_other: text("다른 조건으로 시작", "Start otherwise"),
  room_open_map: text("점검 지도 열기", "Open the sweep map"),
  room_plan_version: text("도면 {version}판, {width} × {depth} m", "Plan version {version}, {width} × {depth} m"),
  result_hint_found: text(
    "손대지 마십시오. 112 신고와 인계는 확인 건에서 이어집니다.",
    "Do not touch it. The case leads through the call of 112 and the hand-over.",
  ),
  result_hint_places: text(
    "확인할 곳을 눈으로 보고 현장 판정을 남기십시오.",
    "Look at the places to inspect and record your decision.",
  ),
  result_hint_nothing: text(
    "기기가 없다는 뜻이 아닙니다. 점검 범위를 함께 보십시오.",
    "That is no proof of absence: read the coverage with it.",
  ),
} as const;
