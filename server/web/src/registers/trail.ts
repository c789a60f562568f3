/** Lines of the audit trail in words. */
import type { components } from "../api/schema";
import { text } from "../i18n/text";
import { local, t } from "../i18n/translate.svelte";
import { districts } from "../desk/districts.svelte";
import type { Role } from "./accounts";
import { say } from "./say.svelte";

type Line = components["schemas"]["AuditLine"];

const DONE: Readonly<Record<string, { readonly ko: string; readonly en: string }>> = {
  "user.created": text("계정 만듦", "Account made"),
  "user.moved": text("역할·구 변경", "Role or district changed"),
  "user.lost": text("분실 처리", "Loss dealt with"),
  "user.deactivated": text("사용 중지", "Switched off"),
  "user.reactivated": text("다시 사용", "Brought back"),
  "password.changed": text("비밀번호 바뀜", "Password changed"),
  "enrolment_code.given": text("등록 번호 발급", "Enrolment code given"),
  "enrolment_code.used": text("등록 번호 사용", "Enrolment code used"),
  "enrolment_code.wrong": text("등록 번호 틀림", "Wrong enrolment code"),
  "badge.issued": text("배지 발급", "Badge issued"),
  "badge.printed": text("배지 인쇄", "Badge printed"),
  "badge.revoked": text("배지 회수", "Badge taken back"),
  "passkey.added": text("패스키 등록", "Passkey added"),
  "passkey.removed": text("패스키 삭제", "Passkey removed"),
  "second_factor.added": text("2차 인증 등록", "Second factor set up"),
  "second_factor.removed": text("2차 인증 해제", "Second factor removed"),
  "recovery_code.used": text("복구 코드 사용", "Recovery code used"),
  "pin.set": text("PIN 설정", "PIN set"),
  "pin.removed": text("PIN 삭제", "PIN removed"),
  "pin.wrong": text("PIN 틀림", "Wrong PIN"),
  "sign_on.linked": text("통합인증 연결", "Linked to the single sign-on"),
  "sign_on.unlinked": text("통합인증 연결 해제", "Unlinked from the single sign-on"),
  "facility.created": text("시설 추가", "Facility added"),
  "facility.imported": text("파일에서 가져옴", "Taken from a file"),
  "facility.changed": text("이름·주소 변경", "Name or address changed"),
  "facility.special": text("특별관리구역", "Special zone"),
  "facility.closed": text("폐쇄", "Closed"),
  "facility.reopened": text("다시 엶", "Open again"),
  "facility.joined": text("합침", "Joined"),
  "facility.parted": text("합치기 되돌림", "Join undone"),
  "stickers.printed": text("스티커 인쇄", "Stickers printed"),
  "room.created": text("방 추가", "Room added"),
  "room.renamed": text("이름 변경", "Name changed"),
  "room.parts_changed": text("성별·층·칸 변경", "Sex, floor, stalls"),
  "room.basis": text("점검 근거 기록", "Basis recorded"),
  "room.closed": text("폐쇄", "Closed"),
  "room.reopened": text("다시 엶", "Open again"),
  "room.joined": text("합침", "Joined"),
  "room.parted": text("합치기 되돌림", "Join undone"),
  "plan.changed": text("도면 변경", "Plan changed"),
  "plan.kept": text("도면 유지", "Plan kept"),
  "sticker.replaced": text("스티커 새로 만듦", "New sticker"),
  "sticker.printed": text("스티커 인쇄", "Sticker printed"),
  "pair.added": text("조 만듦", "Pair made"),
  "pair.removed": text("조 풂", "Pair dissolved"),
};

const LOST: Readonly<Record<string, { readonly ko: string; readonly en: string }>> = {
  phone: text("휴대전화", "phone"),
  second_factor: text("2차 인증 수단", "second factor"),
};

/** The code of an act that has no words yet. */
export const whatWasDone = (action: string): string => {
  const words = DONE[action];
  return words === undefined ? action : local(words);
};

/** What goes with it: the state before and after, whom it concerned. */
export function details({ action, said }: Line): string {
  const shown: string[] = [];
  const role = (value: unknown): string => t(`role_${value as Role}`);
  if (action === "user.moved")
    shown.push(
      said["from"] === said["role"] ? role(said["role"]) : `${role(said["from"])} → ${role(said["role"])}`,
      ...(typeof said["district"] === "string" ? [districts.name(said["district"])] : []),
    );
  if (action === "user.created") shown.push(role(said["role"]));
  if (action === "user.lost") shown.push(local(LOST[String(said["what"])] ?? { ko: "", en: "" }));
  for (const what of ["name", "address"])
    if (typeof said[`${what}_before`] === "string")
      shown.push(`${String(said[`${what}_before`])} → ${String(said[`${what}_after`])}`);
  if (action.endsWith(".joined"))
    shown.push(typeof said["into"] === "string" ? `→ ${said["into"]}` : `← ${String(said["from"])}`);
  if (action === "facility.special") shown.push(say(said["is_special"] === true ? "special_mark" : "special_end"));
  if (action === "room.basis") shown.push(say(`basis_${said["basis"] as "statute"}`));
  if (action.startsWith("pair.") && typeof said["usernames"] === "string") shown.push(said["usernames"]);
  return shown.join(" · ");
}
