/**
 * The made-up room of the first run: a simulated probe that plays on this phone alone.  Nothing of it is asked of the server or
 * sent to it, so that it can be in no record, no log and no statistic.  Pure.
 */
import type { LookAskedEvent, Plan, WallSpot, Zone } from "../api/types";

export const STEPS = ["start", "walk", "look", "stop", "evidence", "export"] as const;
export type Step = (typeof STEPS)[number] | "done";

const box = (x: number, y: number, width: number, depth: number): [number, number][] => [
  [x, y],
  [x + width, y],
  [x + width, y + depth],
  [x, y + depth],
];

export const ZONE: Zone = {
  zone_id: "stall-2",
  kind: "stall",
  name: { ko: "2번 칸", en: "Stall 2" },
  polygon: box(1.1, 0, 1.1, 1.5),
};
export const PLAN: Plan = {
  version: 1,
  width_m: 3.6,
  depth_m: 3.2,
  is_verified: false,
  zones: [
    { zone_id: "stall-1", kind: "stall", name: { ko: "1번 칸", en: "Stall 1" }, polygon: box(0, 0, 1.1, 1.5) },
    ZONE,
    { zone_id: "basin-1", kind: "basin", name: { ko: "세면대", en: "Basins" }, polygon: box(2.4, 1.8, 1.2, 1.4) },
  ],
};
/** Where the hand turns while the probe measures, and which way it faces then. */
export const SPOTS = [
  { spot: "spot_left_gap", facingDeg: 180 },
  { spot: "spot_ceiling", facingDeg: 270 },
  { spot: "spot_door", facingDeg: 90 },
] as const;
export const SPOT_S = 5;

export const SPOT: WallSpot = { corner: 2, along_m: 0.25, up_m: 1.9, width_m: 1.1, height_m: 2.4 };
export const LOOK: LookAskedEvent = {
  type: "look_asked",
  look_id: "practice",
  zone_id: ZONE.zone_id,
  x_m: 1.3,
  y_m: 1.5,
  radius_m: 0.1,
  spot: SPOT,
  where: { ko: "2번 칸 문 위, 왼쪽 경첩 옆", en: "Stall 2, above the door, beside the left hinge" },
  text: { ko: "10초 동안 눈으로 보십시오", en: "Look by eye for ten seconds" },
  bearing_deg: null,
  elevation_deg: null,
  range_m: null,
  is_close: true,
  is_known: false,
  is_pointed: true,
  left_s: 10,
  longest_s: 10,
};
