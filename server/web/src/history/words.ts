/** The words of two visits side by side in the two languages, for the phone and the desk; fetched with either. */
import { speaker } from "../i18n/speaker";
import { defect, step } from "../api/tables.json";
import { text } from "../i18n/text";

export const words = {
  title: text("점검 비교", "Visits side by side"),
  older: text("이전 점검", "Earlier visit"),
  newer: text("나중 점검", "Later visit"),
  few: text("비교하려면 보고서가 있는 점검이 두 번 이상 있어야 합니다.", "Comparing needs two visits with a report."),
  same: text("서로 다른 점검 두 개를 고르십시오.", "Choose two different visits."),
  not_real: text(
    "시뮬레이션이나 재생이 섞여 있습니다. 실제 점검끼리의 비교가 아닙니다.",
    "One of them is a simulation or a replay: this compares no two real visits.",
  ),
  plans_differ: text(
    "두 점검의 도면이 다릅니다({older}판, {newer}판). 이름이 같은 구역끼리 비교합니다.",
    "The plans differ (version {older} and {newer}): zones are compared by their ids.",
  ),
  zones: text("구역별 판정과 찾았을 확률", "Verdict and chance by zone"),
  other_targets: text("다른 대상까지 보기", "Other targets"),
  zone: text("구역", "Zone"),
  differs: text("판정이 달라짐", "verdict changed"),
  not_judged: text("판정 없음", "not judged"),
  spots: text("확인할 곳", "Places to inspect"),
  spots_none: text("두 점검 모두 확인할 곳이 없습니다.", "Neither visit named a place to inspect."),
  spot_stayed: text("그대로", "Stayed"),
  spot_unclear: text("같은 곳인지 모름", "Same place? Not known"),
  spot_came: text("새로 나타남", "Came"),
  spot_went: text("없어짐", "Went"),
  went_hint: text(
    "없어진 곳도 그때의 판정은 그대로 남습니다.",
    "What was decided about a place that went still stands.",
  ),
  open_older: text("이전 기록", "Earlier record"),
  open_newer: text("나중 기록", "Later record"),
  air: text("와이파이 기기", "Wi-Fi devices"),
  air_counts: text(
    "처음 확인된 기기 {came}대 · 그대로 {stayed}대 · 없어짐 {went}대",
    "{stayed} stayed · {came} came · {went} went",
  ),
  air_hint: text(
    "공유기처럼 방의 키로 식별한 기기만 비교합니다. 주소가 바뀐 기기는 처음 확인된 기기로 보입니다.",
    "Only devices with a tag of the room's key are compared; one that changed its address counts as new.",
  ),
  air_list: text("처음 확인되거나 없어진 기기", "Devices that came or went"),
  air_other_keys: text(
    "식별 키가 바뀌어(해마다 교체) 기기를 비교할 수 없습니다.",
    "The key of the tags changed (it does every year): devices cannot be compared.",
  ),
  heard_stayed: text("그대로인 기기", "Stayed"),
  heard_came: text("처음 확인된 기기", "First seen"),
  heard_went: text("없어진 기기", "Went"),
  tag: text("식별값 {tag}", "Tag {tag}"),
  loudest: text("{zone}에서 가장 강함, {dbm} dBm", "loudest at {zone}, {dbm} dBm"),
  cited: text("확인할 곳의 근거", "cited by a place to inspect"),
  repairs: text("시설 보수", "Repairs"),
  repairs_none: text("두 점검 사이에 기록된 보수가 없습니다.", "No repair was recorded between the two."),
  repair_holds: text("보수됨", "repaired"),
  repair_fails: text("보수 안 됨", "not repaired"),
  ...defect,
  measures: text("현장 조치", "Done on the spot"),
  ...step,
} as const;

export const say = speaker(words);
