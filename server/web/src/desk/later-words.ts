/** Words of the desk's pages that nobody begins at: imports, the map, the log, statistics, badges. */
import { text } from "../i18n/text";
import { badgeWords } from "./badge-words";
import { statisticsWords } from "./statistics-words";

const imports = {
  import_title: text("시설 가져오기", "Import facilities"),
  import_lead: text(
    "전국공중화장실표준데이터, 서울시 파일, 탈의실 목록(CSV)을 읽습니다. 먼저 미리 보고, 적용하기 전에는 아무것도 바뀌지 않습니다.",
    "Reads the national standard file, Seoul's file and lists of changing rooms (CSV). You preview first; nothing changes until you apply it.",
  ),
  import_choose: text("CSV 파일", "CSV file"),
  import_no_file: text("여기를 눌러 고르십시오.", "Press here to choose one."),
  import_preview: text("미리 보기", "Preview"),
  outlines_choose: text("구 경계(GeoJSON)", "District outlines (GeoJSON)"),
  outlines_keep: text("경계 올리기", "Keep outlines"),
  outlines_kept: text("구 경계를 받았습니다. 지도에 나타납니다.", "Outlines kept; they are on the map."),
  import_past: text("지난 가져오기", "Imports"),
  import_none: text("아직 가져온 파일이 없습니다.", "No file yet."),
  import_rows: text("{n}행", "{n} rows"),
  import_state_staging: text("읽는 중", "Reading"),
  import_state_preview: text("미리 보기", "Preview"),
  import_state_confirming: text("적용하는 중", "Applying"),
  import_state_confirmed: text("적용됨", "Applied"),
  import_state_undoing: text("되돌리는 중", "Undoing"),
  import_state_undone: text("되돌림", "Undone"),
  outcome_new: text("새 시설", "New"),
  outcome_same: text("그대로", "Same"),
  outcome_changed: text("바뀜", "Changed"),
  outcome_question: text("사람이 결정", "For a person"),
  import_reasons: text("사유", "Reasons"),
  import_apply: text("적용하기", "Apply"),
  import_undo: text("통째로 되돌리기", "Undo all of it"),
  import_undo_hint: text(
    "그 사이 쓰이기 시작한 시설은 사유와 함께 남습니다.",
    "What is in use by now stays, with the reason.",
  ),
  import_questions: text("사람이 정할 것 {n}건", "{n} questions for a person"),
  import_answer_later: text("적용한 뒤에 답할 수 있습니다.", "They can be answered once it is applied."),
  import_line: text("{n}행", "line {n}"),
  import_not_listed: text("파일에 더는 없는 시설", "no longer in the file"),
  import_known_as: text("여기서는 ‘{name}’", "known here as “{name}”"),
  answer_add: text("새로 등록", "Add"),
  answer_update: text("고쳐 넣기", "Update"),
  answer_close: text("폐쇄로", "Close"),
  answer_leave: text("그대로 두기", "Leave"),
  import_answered: text("{answer} · {name}", "{answer} · {name}"),
  import_cells: text("파일의 칸", "Cells of the file"),
  import_by: text("{name}, {when}", "{name}, {when}"),
} as const;

const map = {
  map_lead: text(
    "구 경계와 시설입니다. 바깥 지도 그림은 쓰지 않습니다.",
    "Outlines and facilities; no foreign map tiles.",
  ),
  map_title: text("시설 지도", "Map"),
  map_area: text("구 경계와 시설 {n}곳의 지도", "Map of district outlines and {n} facilities"),
  map_unplaced: text(
    "좌표가 없는 시설 {n}곳은 지도에 없습니다.",
    "{n} facilities without coordinates are not on the map.",
  ),
  map_found: text("의심기기 조치 중", "Camera case"),
  map_case: text("열린 확인 건", "Open case"),
  map_overdue: text("점검일 지남", "Past its day"),
  map_plain: text("할 일 없음", "Nothing open"),
  map_act_case: text("확인 건 보기", "See the case"),
  map_act_due: text("일정 보기", "See what is due"),
  map_act_room: text("방 열기", "Open the room"),
  map_list: text("할 일이 있는 시설", "Facilities with something open"),
  map_no_outlines: text(
    "구 경계가 없습니다. 시 담당자가 GeoJSON을 올리면 나타납니다.",
    "No outlines yet; they appear once the city uploads GeoJSON.",
  ),
  map_place_sum: text("방 {rooms}개 · 열린 확인 건 {cases}건", "{rooms} rooms · {cases} open cases"),
} as const;

const log = {
  log_title: text("기록 원장", "Log"),
  log_lead: text(
    "모든 기록을 서명하여 차례로 보관합니다. 전자서명으로 순서·위변조 확인.",
    "Every entry stands here signed and in order; a signed tree proves the order.",
  ),
  log_size: text("기록 {n}건", "{n} entries"),
  log_root: text("루트 해시", "Root hash"),
  log_entry: text("기록 {n}번", "Entry {n}"),
  log_go: text("기록 번호로 가기", "Go to entry number"),
  log_status_accepted: text("받음", "Accepted"),
  log_status_quarantined: text("격리", "Quarantined"),
  log_status_conflict: text("충돌", "Conflict"),
  log_status_purged: text("비움", "Purged"),
  log_signature_ok: text("서명 확인됨", "Signature holds"),
  log_signature_bad: text("서명이 맞지 않음", "Signature does not hold"),
  log_envelope: text("봉투(서명된 내용)", "Envelope, as signed"),
  log_bodies: text("본문", "Bodies"),
  log_body_present: text("있음", "present"),
  log_body_erased: text("삭제됨", "erased"),
  log_body_missing: text("없음", "missing"),
  log_body_open: text("내려받기", "Download"),
  log_open: text("열기", "Open"),
  log_body_reason: text("열람 사유(기록에 남습니다)", "Reason (it is written down)"),
  log_proof: text("증명", "Proof"),
  log_proof_text: text(
    "이 기록이 원장 {size}건 가운데 {index}번째임을 해시 {n}개로 확인합니다.",
    "{n} hashes prove that this entry is number {index} in the tree of {size}.",
  ),
  log_proof_none: text("아직 원장에 들어 있지 않습니다.", "It is not in the tree yet."),
  log_proof_holds: text(
    "이 브라우저에서 다시 계산한 값이 루트 해시와 같습니다.",
    "Computed again in this browser: it leads to the root.",
  ),
  log_proof_fails: text(
    "다시 계산한 값이 루트 해시와 다릅니다. 원장을 쓰지 말고 알리십시오.",
    "Computed again it does not lead to the root: stop and report it.",
  ),
  log_proof_cannot: text(
    "이 연결(http)에서는 브라우저가 해시를 계산할 수 없어 다시 확인하지 못했습니다.",
    "Over this connection (http) the browser cannot hash, so nothing was recomputed.",
  ),
  log_kind: text("종류", "Kind"),
  log_subject: text("누구", "By"),
  log_received: text("받은 때", "Received"),
  log_key: text("키", "Key"),
  log_hashes: text("해시와 서명된 원문", "Hashes, and what was signed"),
  log_hash: text("해시", "Hash"),
  log_sweep: text("점검 보기", "The sweep"),
} as const;

export const laterWords = { ...imports, ...map, ...log, ...statisticsWords, ...badgeWords } as const;
