/**
 * Nearer or farther: how a device was received at the position before and at this one.  Levels at positions are all there is; a
 * body between the two, or a door, changes them by several dB, so that small changes say nothing.  Pure.
 */
import type { DeviceSummary } from "../api/types";

export type Trend = "first" | "warmer" | "colder" | "same" | "unheard";

/** Below it a change says nothing: the spread of levels that the judge counts on when it places a device, in dB. */
export const STEP_DB = 6;
const WEAKEST_DBM = -90; // guessed: what adapters still receive
const STRONGEST_DBM = -30; // guessed: an arm's length

export interface HotCold {
  readonly trend: Trend;
  /** Of the range that adapters tell apart, 0 to 1, at the last position that heard it. */
  readonly share: number;
  /** It was never received more strongly. */
  readonly isStrongest: boolean;
  /** Change against the position before, in dB. */
  readonly changeDb: number | null;
}

/** `positions`: how many there were so far. */
export function hotCold({ levels }: Pick<DeviceSummary, "levels">, positions: number): HotCold {
  const last = levels.at(-1);
  const before = levels.at(-2);
  if (last === undefined || last.position_index < positions - 1)
    return { trend: "unheard", share: 0, isStrongest: false, changeDb: null };
  const isStrongest = levels.every(({ level_dbm }) => level_dbm <= last.level_dbm);
  const share = shareOf(last.level_dbm);
  if (before === undefined) return { trend: "first", share, isStrongest, changeDb: null };
  const changeDb = last.level_dbm - before.level_dbm;
  const trend = changeDb >= STEP_DB ? "warmer" : changeDb <= -STEP_DB ? "colder" : "same";
  return { trend, share, isStrongest, changeDb };
}

export function shareOf(levelDbm: number): number {
  return Math.min(1, Math.max(0, (levelDbm - WEAKEST_DBM) / (STRONGEST_DBM - WEAKEST_DBM)));
}
