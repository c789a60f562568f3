/** The desk's words about what districts' own servers told the one above them. */
import { text } from "../i18n/text";

export const toldWords = {
  told_title: text("구 서버가 알린 현황", "Told by districts' servers"),
  told_lead: text(
    "구 서버가 이름과 글 없이 알린 실제 점검의 상태입니다(시뮬레이션 제외). 연결이 끊긴 구는 마지막 연결 때의 상태입니다.",
    "Real inspections alone, as districts' servers told them, without names and words; of one that is away, as it stood when last heard.",
  ),
  told_heard: text("마지막 연결", "Last heard"),
  told_silent: text("{when}부터 통신 두절", "silent since {when}"),
  told_never: text("아직 연결 없음", "not heard yet"),
  told_coming: text("받는 중", "more to come"),
  told_results: text("점검 결과(분기)", "Results of the quarter"),
  told_cases: text("열린 확인 건", "Open cases"),
  told_rooms: text("기한 지난 방", "Rooms past their day"),
  told_facility: text("시설 {id}", "Facility {id}"),
  told_until: text("{when}까지", "until {when}"),
} as const;
