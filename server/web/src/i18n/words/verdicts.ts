/** What every screen of a sweep says: source, mode, modality and verdict. */
import { text } from "../text";

export const verdicts = {
  source_simulated: text("시뮬레이션 기록 · 실제 점검 아님", "Simulated record · not a real sweep"),
  source_replay: text("재생 기록 · 실제 점검 아님", "Replayed record · not a real sweep"),
  source_simulated_short: text("시뮬레이션", "Simulated"),
  source_replay_short: text("재생", "Replay"),
  source_watermark: text("실제 점검 아님", "NOT A REAL SWEEP"),
  mode_full: text("정밀", "Full"),
  mode_quick: text("간이", "Quick"),
  mode_full_hint: text("칸 셋에 8분 안쪽", "Up to 8 min for three stalls"),
  mode_quick_hint: text("3분 안쪽, 조명 시험과 칸 밖은 건너뜀", "Up to 3 min; no light test, stalls only"),
  modality_all: text("종합", "All"),
  modality_lens: text("렌즈", "Lens"),
  modality_wifi: text("와이파이", "Wi-Fi"),
  modality_ble: text("블루투스", "Bluetooth"),
  modality_rf: text("전파", "RF"),
  verdict_clear: text("이상 없음(점검 범위 내)", "Clear (within coverage)"),
  verdict_candidate: text("육안 확인 필요", "Inspect by eye"),
  verdict_not_assessable: text("판정 불가", "Not assessable"),
  verdict_pending: text("아직 보지 않음", "Not looked at yet"),
  verdict_pending_short: text("대기", "Waiting"),
  verdict_target: text("대상: {target}", "Target: {target}"),
} as const;
