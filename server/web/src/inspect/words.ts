/** Words of an inspection with other instruments than a probe. */
import { afterwards, instrument, instrument_saw } from "../api/tables.json";
import { speaker, type PlainKeyOf } from "../i18n/speaker";
import { text } from "../i18n/text";

const words = {
  ...instrument,
  ...instrument_saw,
  ...afterwards,
  title: text("탐지기·육안 점검", "Inspect with instruments"),
  before: text("안에 아무도 없는지 보고, 문을 닫으십시오.", "See that nobody is inside, and close the door."),
  empty: text("안에 아무도 없고 문을 닫았습니다.", "Nobody is inside, and the door is closed."),
  with_what: text("무엇으로", "With what"),
  no_check: text("작동 확인 없음", "function not checked"),
  door_in: text("문 코드(들어갈 때)", "Code on the door, going in"),
  door_out: text("문 코드(나올 때)", "Code on the door, going out"),
  unreadable: text("코드를 읽을 수 없음", "The code cannot be read"),
  code_short: text("코드는 12글자입니다.", "The code has twelve letters."),
  enter: text("들어가서 시작", "Go in and begin"),
  look_at: text("{zone}: {means}로 살피십시오.", "{zone}: look with the {means}."),
  where: text("{zone}: 본 자리를 도면에서 누르십시오.", "{zone}: press where it is on the plan."),
  middle: text("구역 가운데로", "In the middle of the zone"),
  look_there: text("만지지 말고 그 자리를 눈으로 보십시오.", "Look there by eye. Do not touch it."),
  typed_later: text("종이 점검표를 나중에 입력(사후 입력)", "Typed later from a list on paper"),
  as_on_paper: text("종이에 적힌 대로 입력하십시오.", "Type what stands on paper."),
  typed_zone: text("{zone}: 종이에 적힌 결과를 누르십시오.", "{zone}: press what stands on paper."),
  list_number: text("점검표 문서번호", "The list's document number"),
  went_in: text("들어간 때", "When you went in"),
  came_out: text("나온 때", "When you came out"),
  type_in: text("입력 시작", "Begin to type"),
  going: text("두 사람이 확인하고 나오십시오.", "Both confirm, and go out."),
  all_seen: text("모든 구역을 보았습니다.", "Every zone was seen."),
  leave: text("점검 마치기", "Finish"),
  leave_left: text("미실시 {n}곳 남기고 마치기", "Finish, {n} [zone|zones] not inspected"),
  back_in: text("구역으로 돌아가기", "Back to the zones"),
  not_done: text("미실시", "Not inspected"),
  borescope: text(
    "내시경을 사용 중인 칸이나 주거 공간으로 향하게 하지 않았습니다.",
    "The borescope pointed into no used stall and no dwelling.",
  ),
  pictures: text(
    "열화상·내시경 화면은 저장하거나 붙이지 않습니다.",
    "Pictures of imager and borescope are never attached.",
  ),
  second: text("두 번째 사람이 직접 입력(없으면 비움)", "The second person types this (empty without one)"),
  second_pin: text("PIN 6자리", "PIN, six digits"),
  record: text("서명하여 기록", "Sign and record"),
  recording: text("기록하는 중", "Recording"),
  continued: text("하던 점검에서 이어집니다.", "Continued where you were."),
  nobody: text("장비 목록이 비어 있어 육안만 고를 수 있습니다.", "The register is empty: by eye only."),
  plan: text("도면", "Plan"),
  panel: text("점검자가 본 것", "What persons saw"),
  unmeasured: text("장비 측정기록 없음(점검자 확인)", "No measurement (persons looked)"),
  by: text("{who} 기록", "Recorded by {who}"),
  confirmed: text("{who} 확인, {when}", "Confirmed by {who}, {when}"),
  alone: text("두 번째 사람의 확인이 아직 없습니다.", "The second person has not confirmed it yet."),
  confirm: text("두 번째 사람이 확인", "The second person confirms"),
  zones_left: text("미실시 {n}곳: {names}", "{n} not inspected: {names}"),
} as const;

export type Key = PlainKeyOf<typeof words>;
export const say = speaker(words);
