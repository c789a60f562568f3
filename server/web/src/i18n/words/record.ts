/** The record of evidence: entries, signatures, gaps. */
import { kind } from "../../api/tables.json";
import { text } from "../text";

export const record = {
  record_entries: text("증거 기록 {n}건", "{n} [entry|entries]"),
  record_signatures_ok: text("서명 확인됨", "signatures verified"),
  record_signatures_bad: text("서명이 맞지 않는 기록 {n}건", "{n} [entry|entries] whose signature does not hold"),
  record_no_gaps: text("누락 없음", "nothing missing"),
  record_gaps: text("누락 {n}건", "{n} missing"),
  record_gap: text("키 {key}: {from}번부터 {to}번까지 없음", "Key {key}: {from} to {to} are missing"),
  record_alarms: text("경보 {n}건", "{n} [alarm|alarms]"),
  record_index: text("기록 번호 {index}", "Log index {index}"),
  record_unreadable: text("이 판에서 읽을 수 없는 종류", "A kind that this version cannot read"),
  record_body_present: text("본문 있음", "Body present"),
  record_body_erased: text("본문 지워짐", "Body erased"),
  record_body_missing: text("본문 없음", "Body missing"),
  record_show: text("기록 {n}건 펼치기", "Show {n} [entry|entries]"),
  record_identified: text(
    "퇴실을 확인한 두 사람: 첫 사람은 {first}, 둘째 사람은 {second} 방식으로 본인 확인",
    "The two who declared the room empty were identified: the first by {first}, the second by {second}",
  ),
  record_way_password: text("비밀번호", "password"),
  record_way_code: text("비밀번호와 인증 앱 코드", "password and code"),
  record_way_passkey: text("패스키", "passkey"),
  record_way_single_sign_on: text("통합인증", "single sign-on"),
  record_way_pin: text("같은 전화기의 PIN", "PIN on the same phone"),
  record_way_badge_pin: text("배지와 PIN", "badge and PIN"),
  entry_other: text("그 밖의 기록({kind})", "Other entry ({kind})"),
  ...kind,
} as const;
