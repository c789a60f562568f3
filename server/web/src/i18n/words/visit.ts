/** What people note of a visit: their own word beside that of the equipment, and the other fields of the form. */
import { visit_bell, visit_measure, visit_occasion, visit_spot } from "../../api/tables.json";
import { text } from "../text";

export const visit = {
  visit_results: text("두 가지 결과", "Two results"),
  visit_by_eye: text("점검 결과", "Result, by persons"),
  visit_by_equipment: text("장비 점검 결과", "Result of the equipment"),
  visit_noted: text("{who}, {when}", "{who}, {when}"),
  visit_equipment_hint: text("장비의 측정으로 판정한 것", "what follows from the measurements"),
  visit_by_eye_hint: text("점검자의 판정과 기재", "the inspectors' own word"),
  visit_write: text("점검표 적기", "Fill in the checklist"),
  visit_again: text("점검표 다시 적기", "Fill it in anew"),
  visit_after: text("마무리·서명·시설 확인서", "Close, sign, sheet for the facility"),
  visit_occasion: text("점검구분", "Occasion"),
  visit_companions: text(
    "동행·입회 (소속·직위, 이름 없이, 없으면 비움)",
    "Companions (office and rank, no names; empty if none)",
  ),
  visit_measures: text("조치", "Measures"),
  visit_confirmed: text("확인자 (소속·직위, 이름 없이, 없으면 비움)", "Confirmed by (office, no names; empty if none)"),
  visit_submit: text("서명하여 기록", "Sign and record"),
  visit_busy: text("기록하는 중", "Recording"),
  visit_sheet: text("점검일지 내려받기(PDF)", "Download the form (PDF, in Korean)"),
  visit_sheet_why: text("사유를 누르면 내려받습니다.", "Tap the reason and it is downloaded."),
  visit_for_office: text("담당 부서 제출", "For the office"),
  visit_for_complaint: text("민원 대응", "For a complaint"),
  visit_sheet_busy: text("만드는 중", "Being made"),
  ...visit_spot,
  ...visit_bell,
  ...visit_occasion,
  ...visit_measure,
} as const;
