/** The desk's words about badges of second persons. */
import { text } from "../i18n/text";

export const badgeWords = {
  badges_lead: text(
    "배지는 두 번째 사람을 부르는 QR 코드입니다. 사진으로 베낄 수 있으므로 본인의 PIN과 함께일 때만 확인으로 인정됩니다.",
    "A badge is a QR code that names a second person. It can be photographed, so it counts only with that person's PIN.",
  ),
  badges_print: text("고른 배지 인쇄({n}장)", "Print the chosen badges ({n})"),
  badges_choose: text("{name} 배지 인쇄", "Print the badge of {name}"),
  badges_person: text("사람", "Person"),
  badges_badge: text("배지", "Badge"),
  badges_none: text("배지 없음", "No badge"),
  badges_issued: text("{when} 발급", "Issued {when}"),
  badge_pin_none: text("PIN 없음: 본인이 설정에서 정해야 합니다", "No PIN: its person has to set one"),
  badge_pin_locked: text("PIN 잠김: 본인이 새로 정해야 합니다", "PIN locked: its person has to set it anew"),
  badge_pin_set: text("PIN 있음", "PIN set"),
  badges_issue: text("발급", "Issue"),
  badges_again: text("새로 발급", "Replace"),
  badges_revoke: text("회수", "Revoke"),
  badges_done_issued: text(
    "{name}의 배지를 발급했습니다. 이전 배지는 쓸 수 없습니다.",
    "{name} has a new badge; the old one is void.",
  ),
  badges_done_revoked: text("{name}의 배지를 회수했습니다.", "The badge of {name} is void."),
  badges_sure: text("{name}의 배지를 정말 회수합니까?", "Really revoke the badge of {name}?"),
  badges_keep: text("그만두기", "Keep it"),
  badges_nobody: text("두 번째 사람이 될 수 있는 계정이 없습니다.", "No account may be a second person."),
} as const;
