/**
 * What to point the probe at from a position, in the order of one turn of the body, and for how long.  The spots are those
 * that inspectors look at (bowl, holders, door and lock, lights, vents, ceiling, gaps, sockets, drains); a turn begins
 * above and ends at the door, through which one leaves.  Pure.
 */
import type { Zone } from "../api/types";
import type { LivePosition } from "./told";

export type Spot =
  | "ceiling"
  | "left_gap"
  | "toilet"
  | "right_gap"
  | "door"
  | "back_wall"
  | "mirror"
  | "soap"
  | "under_basin"
  | "urinal_wall"
  | "urinal_gaps"
  | "drain"
  | "frame"
  | "bench"
  | "left_wall"
  | "right_wall"
  | "fittings";

export const SPOTS: Readonly<Record<Zone["kind"], readonly Spot[]>> = {
  stall: ["ceiling", "left_gap", "toilet", "right_gap", "door"],
  booth: ["ceiling", "left_gap", "back_wall", "right_gap", "door"],
  basin: ["ceiling", "mirror", "soap", "under_basin"],
  urinal: ["ceiling", "urinal_wall", "urinal_gaps", "drain"],
  entrance: ["ceiling", "frame", "bench"],
  other: ["ceiling", "left_wall", "fittings", "right_wall"],
};

export interface Aim {
  readonly spots: readonly Spot[];
  /** Which of them now; as many as there are when the turn is over. */
  readonly now: number;
  /** Seconds for each, and what is left of this one; null where the probe does not say how long it films. */
  readonly eachS: number | null;
  readonly leftS: number | null;
}

/** Where to point at the moment `now` (ms): the filming's time in equal parts.  Between two messages it goes on by itself. */
export function aimAt(kind: Zone["kind"], position: LivePosition, now: number): Aim {
  const spots = SPOTS[kind];
  const sinceS = Math.max(0, now - position.heardMs) / 1000;
  const { longestS } = position;
  const share =
    position.isFilmed && longestS !== null && longestS > 0 ? position.share + sinceS / longestS : position.share;
  const at = Math.min(1, share) * spots.length;
  const index = Math.min(spots.length, Math.floor(at + 1e-6));
  const eachS = longestS === null ? null : longestS / spots.length;
  return {
    spots,
    now: index,
    eachS,
    leftS: eachS === null || index >= spots.length ? null : Math.max(1, Math.ceil((index + 1 - at) * eachS)),
  };
}
