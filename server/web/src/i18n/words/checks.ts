/** Reference checks of the probes, for supervisors. */
import { text } from "../text";

export const checks = {
  checks_title: text("점검기 기준 점검", "Reference checks of probes"),
  checks_open: text("점검기 기준 점검 추이", "Reference checks of probes"),
  checks_not_allowed: text("감독자와 관리자만 볼 수 있습니다.", "Only supervisors and administrators may see this."),
  checks_lead: text(
    "아침마다 기준판 앞에서 잰 감도입니다. 손실이 쌓여 한계선을 넘으면 ‘성능 점검 필요’이며, 그 점검기의 판정은 수리할 때까지 제한됩니다. 사람별로는 모으지 않습니다.",
    "How sensitive each probe is before the reference board, morning after morning. Where losses add up beyond the limit, it is out of control and its verdicts are limited until it is repaired. Nothing is kept by person.",
  ),
  checks_no_probes: text("등록된 점검기가 없습니다.", "No probe is enrolled."),
  checks_none: text("아직 기준 점검 기록이 없습니다.", "No reference check was received yet."),
  checks_last: text("마지막 점검 {at}", "Last checked {at}"),
  checks_simulated: text("모의 점검기", "Simulated probe"),
  checks_days: text("점검 {n}회", "{n} checks"),
  checks_cusum: text("쌓인 손실(CUSUM) {sum}, 한계 {limit}", "Losses added up (CUSUM) {sum}, limit {limit}"),
  checks_reading: text("오늘 {value}, 기대 {expected} {unit}", "Read {value}, expected {expected} {unit}"),
  checks_reading_first: text(
    "오늘 {value} {unit}, 기대값을 배우는 중",
    "Read {value} {unit}, what is expected is being learnt",
  ),
  checks_chart: text(
    "{part}: 점은 세 번 잰 값과 기대값의 차이, 막대는 쌓인 손실, 점선은 한계",
    "{part}: dots are the three readings less what is expected, bars the losses added up, dashed lines the limits",
  ),
  checks_legend_reading: text("잰 값 − 기대값(dB)", "Reading less expected (dB)"),
  checks_legend_cusum: text("쌓인 손실(표준편차)", "Losses added up (standard deviations)"),
  checks_limit: text("한계", "Limit"),
} as const;
