/** Every word of the pages for people of single facilities, in Korean and English; fetched with those pages. */
import { speaker } from "../i18n/speaker";
import { text } from "../i18n/text";

const words = {
  own_title: text("우리 시설", "Our rooms"),
  cleaner_title: text("오늘 확인할 곳", "Today's look"),
  cleaner_lead: text("살펴본 방을 누르십시오.", "Tap the room you looked through."),
  own_lead: text(
    "언제 어느 기관이 마지막으로 점검했는지 보입니다. 점검 내용과 다음 점검일은 보이지 않습니다.",
    "When each room was last checked, and by whom. What was seen and when the next check comes is not shown.",
  ),
  own_none: text(
    "이 계정에 연결된 방이 없습니다. 관리 기관에 문의하십시오.",
    "No room belongs to this account; ask the agency.",
  ),
  last_checked: text("마지막 점검 {day}", "Last checked {day}"),
  never_checked: text("점검 기록 없음", "No check on record"),
  looked_today: text("오늘 살펴봄", "Looked at today"),
  looked: text("기록했습니다: {room}", "Written down: {room}"),
  told: text(
    "기록했습니다: {room}. 알려 주셔서 고맙습니다. 점검자 두 사람이 살펴봅니다. 만지지 말고 그대로 두십시오.",
    "Written down: {room}. Thank you. Two inspectors will have a look. Leave it as it is and do not touch it.",
  ),
  look_where: text(
    "칸마다 구멍과 나사, 환풍구, 조명, 콘센트, 휴지걸이, 문 잠금장치, 변기 둘레를 봅니다.",
    "In every stall: holes and screws, vents, lights, sockets, paper holder, door lock, around the bowl.",
  ),
  look_legend: text("살펴본 결과", "What you saw"),
  look_fine: text("이상 없음", "Nothing strange"),
  look_strange: text("이상한 것이 있음", "Something strange"),
  strange_label: text("무엇이 어디에 있습니까", "What is it, and where"),
  strange_hint: text(
    "만지거나 떼지 마십시오. 사진은 찍지 않아도 됩니다. 급하면 112에 전화하십시오.",
    "Do not touch or remove it. No picture is needed. If it is urgent call 112.",
  ),
  look_submit: text("기록하기", "Write it down"),
  look_busy: text("기록하는 중", "Writing it down"),
  not_here: text("이 계정의 방이 아닙니다.", "This room does not belong to this account."),
  language: text("English", "한국어"),
} as const;

export const say = speaker(words);
