/** Keys and the quarantine of strangers, for administrators. */
import { text } from "../text";

export const keys = {
  keys_title: text("키와 격리함", "Keys and quarantine"),
  keys_admin_only: text("관리자만 볼 수 있습니다.", "Only administrators may see this."),
  keys_lead: text(
    "등록된 키의 기록만 반영됩니다. 등록되지 않은 키의 기록은 격리함에서 등록을 기다립니다.",
    "Only entries of admitted keys count. Those of other keys wait in quarantine until the key is admitted.",
  ),
  keys_waiting: text("격리함: 등록되지 않은 키", "Quarantine: keys nobody admitted"),
  keys_waiting_held: text("{most} 가운데 {held} 사용", "{held} of {most} used"),
  keys_waiting_none: text("기다리는 기록이 없습니다.", "Nothing is waiting."),
  keys_waiting_amount: text("기록 {n}건, {size}", "{n} entries, {size}"),
  keys_says: text("스스로 밝힌 이름(확인 안 됨)", "Says of itself (unverified)"),
  keys_from_network: text("보낸 곳", "Sent from"),
  keys_last_received: text("마지막 수신", "Last received"),
  keys_forged: text(
    "등록된 키의 이름을 쓴 위조 기록입니다. 서명이 맞지 않습니다.",
    "Forgeries in the name of an admitted key: their signatures do not hold.",
  ),
  keys_discard: text("비우기", "Discard"),
  keys_discard_warning: text(
    "이 키로 온 기록을 지웁니다. 되돌릴 수 없으며, 누가 왜 지웠는지는 남습니다.",
    "The entries sent under this key are purged. It cannot be undone; who did it and why is kept.",
  ),
  keys_discarded: text("기록 {n}건을 비웠습니다.", "{n} entries were purged."),
  keys_admit: text("키 등록", "Admit a key"),
  keys_admit_lead: text(
    "점검기의 공개 키는 점검기에서 sweep key 명령으로 봅니다. 등록하면 기다리던 기록을 다시 판정합니다.",
    "The command sweep key on the probe prints its public key. What waited is judged anew on admission.",
  ),
  keys_public_key: text("공개 키(16진수 64자)", "Public key (64 hexadecimal digits)"),
  keys_probe_id: text("점검기 이름(설정의 probe_id)", "Name of the probe (its probe_id)"),
  keys_name: text("부르는 이름", "What people call it"),
  keys_is_demo: text("시범용(재생·모의만)", "For demonstrations (replays and simulations only)"),
  keys_admitted: text("등록된 키", "Admitted keys"),
  keys_role_probe: text("점검기", "Probe"),
  keys_role_demo: text("시범", "Demonstration"),
  keys_role_server: text("서버", "Server"),
  keys_role_witness: text("입회", "Witness"),
  keys_role_root: text("루트 키", "Root key"),
  keys_revoked: text("폐기됨(기록 번호 {n}부터)", "Revoked from log index {n} on"),
  keys_predecessor: text("{key} 키를 이어받음", "Replaces key {key}"),
  keys_quarantined: text("반영되지 않은 기록 {n}건", "{n} entries do not count"),
  keys_release: text("다시 판정", "Judge anew"),
  keys_revoke: text("폐기", "Revoke"),
  keys_revoke_warning: text(
    "지금부터 이 키의 기록은 반영되지 않고 격리됩니다. 앞선 기록은 그대로 남습니다.",
    "From now on entries of this key do not count and are quarantined. Earlier ones stay as they are.",
  ),
  keys_reinstate: text("폐기 취소", "Take the revocation back"),
  keys_reinstate_warning: text(
    "폐기 뒤에 온 기록을 다시 판정해 반영합니다.",
    "Entries that came after the revocation are judged anew and count.",
  ),
  keys_replace: text("키 교체", "Replace"),
  keys_replace_warning: text(
    "새 키가 같은 점검기로 등록되고 이 키는 지금부터 폐기됩니다. 하던 점검은 새 키로 이어집니다.",
    "The new key is admitted for the same probe and this one is revoked from now on. The new key may finish its sweeps.",
  ),
  keys_reason: text("사유(감사 기록에 남음)", "Reason (kept in the audit trail)"),
  keys_cancel: text("취소", "Cancel"),
  keys_asked_of_root: text(
    "루트 키 서명 대기 {n}건. 서명을 받아 올 때까지 반영되지 않습니다.",
    "{n} acts wait for the root key and change nothing until it has signed them.",
  ),
  keys_waits_for_root: text(
    "요청을 적어 두었습니다. 루트 키로 서명한 뒤에 반영됩니다.",
    "The request is written down. It takes effect once the root key has signed it.",
  ),
  keys_judged: text("반영 {released}건, 남은 기록 {left}건", "{released} entries count now, {left} still wait"),
} as const;
