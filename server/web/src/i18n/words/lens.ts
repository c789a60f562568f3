/** The crop of a lens candidate. */
import { text } from "../text";

export const lens = {
  crop_title: text("렌즈형 반사 사진", "Crop of the lens-like glint"),
  crop_hidden: text("가려 두었습니다", "Kept covered"),
  crop_hint: text("누가 언제 보았는지 기록됩니다.", "Who looks and when is logged."),
  crop_show: text("사진 보기", "Show the picture"),
  crop_hide: text("다시 가리기", "Cover again"),
  crop_alt: text("확인할 곳 {n}의 64픽셀 사진", "64-pixel picture of place {n}"),
  crop_failed: text("사진을 불러오지 못했습니다.", "The picture could not be loaded."),
} as const;
