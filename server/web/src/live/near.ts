/**
 * What leads to a candidate within a position, as a picture, a sentence of eight words at most and a sound say it.  Silence is
 * no reading and never "colder"; what was told too long ago is old, whatever it said.  Pure.
 */
import type { Nearness } from "../api/types";
import type { LiveNear } from "./told";
import { shareOf } from "./hot-cold";

export type NearState = Nearness["trend"] | "stale";
export type NearGuide =
  | "warmer"
  | "colder"
  | "same"
  | "first"
  | "none"
  | "stale"
  | "right"
  | "left"
  | "up"
  | "down"
  | "centre"
  | "close"
  | "lost";

/** The probe tells twice a second while it senses anything: five of these did not come. */
export const STALE_MS = 2_500;
/** Nearer the middle of the picture there is nothing to turn any more: two of the probe's steps of an angle. */
export const CENTRE_DEG = 6;
/** At arm's length an eye sees more than a camera (guessed). */
export const CLOSE_M = 0.5;
/** Half of what the camera sees from side to side (guessed): the rim of the picture here. */
export const RIM_DEG = 25;
const DETECTOR_DBM = [-60, -10] as const; // of the data sheet: beyond, the detector shows itself

export interface NearNow {
  readonly thing: Nearness;
  readonly state: NearState;
  readonly guide: NearGuide;
  /** How near, 0 to 1: of the levels that a receiver tells apart, or of the way to the middle of the picture. */
  readonly share: number;
  readonly bestShare: number | null;
}

/** The one that leads first, then the others; `isLost`: the line to the server is. */
export function nearNow(near: LiveNear, nowMs: number, isLost: boolean): readonly NearNow[] {
  const age = nowMs - near.heardMs;
  const all = near.things.map((thing): NearNow => {
    const state: NearState = isLost || (thing.trend !== "none" && age > STALE_MS) ? "stale" : thing.trend;
    return { thing, state, guide: guideOf(thing, state), ...sharesOf(thing) };
  });
  return [...all.filter(({ state }) => state !== "none"), ...all.filter(({ state }) => state === "none")];
}

/** How far from the middle of the picture, in degrees; null for what has no place there. */
export function asideDeg({ right_deg: right, up_deg: up }: Nearness): number | null {
  return right === null || up === null ? null : Math.hypot(right, up);
}

function sharesOf(thing: Nearness): Pick<NearNow, "share" | "bestShare"> {
  const aside = asideDeg(thing);
  if (thing.modality === "lens")
    return { share: aside === null ? 0 : Math.max(0, 1 - aside / RIM_DEG), bestShare: null };
  const share = thing.level_dbm === null ? 0 : ofRange(thing, thing.level_dbm);
  return { share, bestShare: thing.best_dbm === null ? null : ofRange(thing, thing.best_dbm) };
}

function ofRange({ modality }: Nearness, levelDbm: number): number {
  if (modality !== "rf") return shareOf(levelDbm);
  const [weakest, strongest] = DETECTOR_DBM;
  return Math.min(1, Math.max(0, (levelDbm - weakest) / (strongest - weakest)));
}

function guideOf(thing: Nearness, state: NearState): NearGuide {
  if (state === "stale" || thing.modality !== "lens") return state;
  const { right_deg: right, up_deg: up, range_m: range } = thing;
  if (right === null || up === null) return "lost";
  if (Math.hypot(right, up) <= CENTRE_DEG) return range !== null && range <= CLOSE_M ? "close" : "centre";
  if (Math.abs(right) >= Math.abs(up)) return right > 0 ? "right" : "left";
  return up > 0 ? "up" : "down";
}
