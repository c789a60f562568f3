/** Defects of a building that make holes for cameras, or that the law names; for the desk's cases and a room's visits. */
import { text } from "../text";

export const defectWords = {
  defect_hole: text("구멍", "Hole"),
  defect_emergency_bell: text("비상벨", "Emergency bell"),
  defect_floor_gap: text("바닥 틈", "Gap at the floor"),
  defect_ceiling_gap: text("천장 틈", "Gap at the ceiling"),
  defect_vent: text("환풍구 고장", "Broken vent"),
  defect_ceiling: text("천장·점검구 고장", "Broken ceiling or hatch"),
  defect_light: text("조명 고장", "Broken light"),
  defect_socket: text("콘센트·스위치 고장", "Broken socket or switch"),
  defect_door_lock: text("출입문·잠금장치 고장", "Broken door or lock"),
  defect_partition: text("칸막이 고장", "Broken partition"),
  defect_toilet_bin: text("변기·휴지통 고장", "Broken bowl or bin"),
  defect_basin: text("세면대·거울·배수구 고장", "Broken basin, mirror or drain"),
} as const;
