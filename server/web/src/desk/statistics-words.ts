/** The desk's words about the statistics of a quarter; the columns are called as in the workbook. */
import { text } from "../i18n/text";

export const statisticsWords = {
  page_statistics: text("통계", "Statistics"),
  stat_title: text("분기 통계", "Statistics of a quarter"),
  stat_lead: text(
    "시설과 방, 점검, 확인 건의 수입니다. 사람 이름과 주소, 시설 이름은 들어 있지 않습니다.",
    "Counts of facilities, rooms, visits and cases. No names of people, addresses or names of facilities.",
  ),
  stat_quarter: text("분기", "Quarter"),
  stat_quarter_of: text("{year}년 {quarter}분기", "Q{quarter} {year}"),
  stat_running: text(
    "아직 끝나지 않은 분기입니다. 수는 오늘까지입니다.",
    "This quarter is not over: counts up to today.",
  ),
  stat_zero: text(
    "측정 점검 {n}개소, 발견 {found}건. 발견이 없어도 기기가 없다는 뜻이 아닙니다.",
    "Rooms measured: {n}, found: {found}. No find does not mean that there is no device.",
  ),
  stat_zero_unproven: text(
    "기기가 있는 곳의 상한: 현장 검증 전 – 산출하지 않음.",
    "Upper bound of rooms with a device: not derived before a field test.",
  ),
  stat_zero_at_most: text(
    "이 방법으로 찾을 수 있는 기기가 있는 곳은 많아야 {share}입니다(95 %, 탐지확률: 현장 측정).",
    "At most {share} of rooms hold a device that this method could find (95 %, probability of detection: field).",
  ),
  stat_sum: text("합계", "Sum"),
  stat_none_yet: text("구 미지정", "No district"),
  stat_by_district: text("구별", "By district"),
  stat_by_quarter: text("분기별", "By quarter"),
  stat_rooms: text("방", "Rooms"),
  stat_visited: text("점검한 방", "Rooms visited"),
  stat_full: text("장비 정밀", "Full sweeps"),
  stat_quick: text("장비 간이", "Quick sweeps"),
  stat_by_eye: text("육안", "By eye"),
  stat_not_counted: text("실적 아님", "Not counted"),
  stat_candidates: text("확인할 곳", "Places to inspect"),
  stat_cases: text("확인 건", "Cases"),
  stat_cameras: text("카메라", "Cameras"),
  stat_repairs: text("보수 요청", "Repairs asked"),
  stat_repairs_checked: text("재확인 완료", "Seen to hold"),
  stat_repairs_late: text("기한 지남", "Past their day"),
  stat_to_look: text("육안 확인까지", "Until looked at"),
  stat_to_call: text("112 신고까지", "Until the call of 112"),
  stat_to_repair: text("보수까지", "Until repaired"),
  stat_hours: text("{n}시간", "{n} h"),
  stat_days: text("{n}일", "{n} days"),
  stat_no_value: text("–", "–"),
  stat_medians: text(
    "걸린 시간은 중앙값입니다. ‘–’는 해당하는 건이 없다는 뜻이며 0이 아닙니다. 방의 수는 지금 등록된 수입니다.",
    "Times are medians. “–” means there was none, not 0. Rooms are as registered now.",
  ),
  stat_swept: text("장비 점검(회)", "Sweeps"),
  stat_visited_rooms: text("점검한 방(실)", "Rooms visited"),
  stat_cases_opened: text("새로 연 확인 건(건)", "Cases opened"),
  stat_file: text("파일로 내려받기", "Download as a file"),
  stat_file_lead: text(
    "고른 분기의 모든 항목이 들어 있고, XLSX에는 결재란이 있습니다.",
    "It holds every column of this quarter; the XLSX has boxes for approval.",
  ),
} as const;
