/** The words of notifications in the two languages; they are fetched with their page. */
import { speaker } from "../i18n/speaker";
import { text } from "../i18n/text";

export const words = {
  title: text("알림", "Notifications"),
  lead: text(
    "확인할 일이 생기면 바로 알려 드립니다. 알림에는 ‘확인할 알림이 있습니다’만 적히며, 내용은 로그인한 뒤 이 화면에서 봅니다.",
    "You are told at once when there is something to look at. A message says only that; what it is stands here, after a login.",
  ),
  off: text(
    "이 서버는 아직 알림을 보내지 않습니다. 관리자가 메일 서버나 기기 알림을 설정해야 합니다.",
    "This server sends no notifications yet: its administrator has to set up mail or push messages.",
  ),
  told: text("받은 알림", "What you were told"),
  told_none: text("아직 없습니다.", "Nothing yet."),
  open: text("열기", "Open"),
  what: text("알림 받을 일", "What to be told of"),
  kind_found: text("의심기기 발견", "A camera was found"),
  kind_order: text("점검 지시", "A visit was ordered"),
  kind_overdue: text("기한이 지난 점검", "Overdue rooms"),
  kind_silent: text("점검 중 통신 두절", "A probe fell silent in a sweep"),
  found_hint: text(
    "의심기기 발견은 당직에게만, 112 신고 뒤나 10분 뒤에 알립니다. 알림을 받지 않는 시간에도 알립니다.",
    "A find is told to who is on duty alone, after 112 was called or ten minutes; in quiet hours too.",
  ),
  on_duty: text("당직입니다.", "You are on duty."),
  by_device: text("기기 알림", "At your devices"),
  device_here: text("이 기기에서 받기", "Be told at this device"),
  device_stop: text("그만 받기", "No more"),
  device_this: text("이 기기", "this device"),
  device_phone: text("휴대전화", "Phone"),
  device_computer: text("컴퓨터", "Computer"),
  device_since: text("{when}부터", "since {when}"),
  device_off: text("이 서버는 기기 알림을 보내지 않습니다.", "This server sends no push messages."),
  device_cannot: text(
    "이 브라우저에서는 기기 알림을 받을 수 없습니다. 홈 화면에 추가한 뒤 https 주소로 여십시오.",
    "This browser takes no push messages here: add the page to the home screen and open it by https.",
  ),
  device_denied: text(
    "브라우저가 알림을 막고 있습니다. 브라우저 설정에서 이 주소의 알림을 허용하십시오.",
    "The browser blocks notifications: allow them for this address in its settings.",
  ),
  device_failed: text(
    "브라우저가 알림 서비스에 연결하지 못했습니다. 잠시 뒤에 다시 하십시오.",
    "The browser could not reach its push service: try again later.",
  ),
  mail: text("메일 주소", "Mail address"),
  mail_hint: text("비워 두면 메일을 보내지 않습니다.", "Leave it empty for no mail."),
  mail_off: text("이 서버는 메일을 보내지 않습니다.", "This server sends no mail."),
  quiet: text("알림을 받지 않는 시간 두기", "Keep quiet hours"),
  quiet_from: text("시작", "From"),
  quiet_until: text("끝", "Until"),
  save: text("저장", "Save"),
  saved: text("저장했습니다.", "Saved."),
  test: text("시험 알림 보내기", "Send a test"),
  tested: text(
    "보냈습니다. 1분 안에 오지 않으면 메일 주소와 기기를 확인하십시오.",
    "Sent. If nothing comes within a minute, check the address and the device.",
  ),
  last_mail: text("마지막 메일", "Last mail"),
  last_push: text("마지막 기기 알림", "Last push message"),
  outcome_sent: text("보냄", "sent"),
  outcome_expired: text("하루 동안 닿지 않음", "did not get through in a day"),
  outcome_dead: text("거절됨", "refused"),
  outcome_gone: text("받는 곳이 없어짐", "nobody takes it there any more"),
  duty: text("당직", "On duty"),
  duty_lead: text(
    "의심기기 발견은 당직인 감독자와 증거담당에게만 알립니다.",
    "Finds are told to the supervisors and evidence officers on duty, and to nobody else.",
  ),
  duty_none: text("당직이 없습니다. 발견을 알릴 사람이 없습니다.", "Nobody is on duty: a find would reach nobody."),
  duty_nobody: text("이 구에는 감독자나 증거담당이 없습니다.", "The district has no supervisor or evidence officer."),
  duty_unreached: text("받을 방법 없음", "no way to be told"),
  district: text("구", "District"),
} as const;

export const say = speaker(words);
