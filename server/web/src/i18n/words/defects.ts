/** Defects of a building that make holes for cameras, or that the law names; for the desk's cases and a room's visits. */
import { text } from "../text";

export const defectWords = {
  defect_hole: text("구멍", "Hole"),
  defect_emergency_bell: text("비상벨", "Emergency bell"),
  defect_floor_gap: text("바닥 틈", "Gap at the floor"),
  defect_ceiling_gap: text("천장 틈", "Gap at the ceiling"),
} as const;
