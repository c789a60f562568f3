/** The desk's words about the parts of a room, as the log prints them. */
import { text } from "../i18n/text";

export const partsWords = {
  parts_title: text("방 구분", "What the room is"),
  parts_hint: text(
    "점검일지의 성별, 층, 칸 자리에 그대로 인쇄됩니다.",
    "The log prints sex, floor and stalls as they stand here.",
  ),
  parts_sex: text("성별", "For whom"),
  parts_floor: text("층", "Floor"),
  parts_floor_hint: text(
    "지하 1층은 -1로 적습니다. 0층은 없습니다.",
    "The first below ground is -1; there is no floor 0.",
  ),
  parts_stalls: text("칸 수", "Stalls"),
  parts_unknown: text("모름", "Not known"),
  sex_women: text("여", "Women"),
  sex_men: text("남", "Men"),
  sex_unisex: text("남녀공용", "Unisex"),
  sex_family: text("가족", "Family"),
  parts_floor_above: text("{n}층", "Floor {n}"),
  parts_floor_below: text("지하 {n}층", "Basement {n}"),
  parts_stalls_of: text("{n}칸", "{n} [stall|stalls]"),
  parts_correct: text("고치기", "Correct"),
  parts_save: text("저장", "Save"),
  parts_saved: text("저장했습니다.", "Saved."),
  parts_wrong_floor: text(
    "층은 1부터 200, 지하는 -1부터 -20까지의 수입니다.",
    "A floor is a number from 1 to 200, below ground from -1 to -20.",
  ),
  parts_wrong_stalls: text("칸 수는 0부터 200까지의 수입니다.", "Stalls are a number from 0 to 200."),
} as const;
