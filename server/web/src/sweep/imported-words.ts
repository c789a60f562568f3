/** Words of a past inspection that was taken over from an office's own list. */
import { speaker } from "../i18n/speaker";
import { text } from "../i18n/text";

const words = {
  panel: text("가져온 기록", "Imported record"),
  listed: text("가져온 기록(장비 측정기록 없음)", "Imported record (nothing measured)"),
  by: text("{who} 가져옴 · 이 시스템에서 확인한 점검이 아닙니다.", "Imported by {who} · nobody here was there."),
  when: text("점검일", "Day"),
  no_time: text("(시각 없음)", "(no time)"),
  method: text("방법", "Method"),
  result: text("결과", "Result"),
  persons: text("점검자", "Inspectors"),
  count: text("{n}명", "{n}"),
  no_count: text("목록에 없음", "not in the list"),
  document: text("목록의 문서번호", "Number in the list"),
  no_document: text("없음", "none"),
  not_cited: text(
    "원본 문서를 확인하지 않아 어떤 점검 의무도 채우지 않습니다.",
    "Nobody has looked into the original: it fulfils no duty.",
  ),
  cited: text("원본 {number} 확인 · {who}, {when}", "Original {number} · {who}, {when}"),
  cite: text("원본 문서번호 적기", "Cite the original"),
  cite_again: text("원본 문서번호 고쳐 적기", "Cite another number"),
  number: text("원본 문서번호", "Number of the original"),
  hint: text(
    "원본을 보면서 적으십시오. 적은 사람과 시각이 기록에 남습니다.",
    "Have the original before you. Who cited it and when goes on record.",
  ),
  confirm: text("서명하여 기록", "Sign and record"),
  forget: text("점검자 성명 지우기", "Erase the inspectors' names"),
};

export const say = speaker(words);
