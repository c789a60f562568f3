/** The desk's words for kinds of entries, the Korean ones as the exported log has them (a test holds them together). */
import { text } from "../i18n/text";

export const kindWords = {
  kind_sweep_opened: text("점검 시작", "Sweep opened"),
  kind_sweep_report: text("점검 보고서", "Sweep report"),
  kind_disposition: text("현장 판정", "Decision on site"),
  kind_body_erased: text("본문 삭제", "Body erased"),
  kind_case_step: text("사건 처리", "Step of a case"),
  kind_photo_taken: text("물체 사진 촬영", "Object photographed"),
  kind_photo_opened: text("물체 사진 열람", "Photograph opened"),
  kind_photo_checked: text("물체 사진 확인", "Photograph checked"),
  kind_person_registered: text("사람 등록", "Person registered"),
  kind_photo_expired: text("물체 사진 보존기간 만료 삭제", "Photograph erased at the end of its time"),
  kind_proof_given: text("점검기에서 온 판정 본인 확인", "Proof of what a Pi said"),
  kind_reference_checked: text("점검기 기준 점검", "Reference check of a probe"),
  kind_visit_noted: text("현장 기재", "Visit written down"),
  kind_visit_signed: text("현장 확인 서명", "Signature by finger"),
  kind_key_admitted: text("키 등록", "Key admitted"),
  kind_key_revoked: text("키 폐기", "Key revoked"),
  kind_key_reinstated: text("키 폐기 취소", "Key reinstated"),
  kind_quarantine_purged: text("격리 기록 정리", "Quarantine purged"),
  kind_access_log_head: text("열람 기록 요약", "Head of the access log"),
} as const;
