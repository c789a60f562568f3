/**
 * Who commands on a live screen: one sentence at a time says what to do, and all else keeps still.  Pure.
 *
 * Gravest first: a line that is lost, since what was heard before may no longer be so; a pause; a thing that an eye took for a
 * camera; what ends measuring; a response test, during which nobody moves but by its prompts; a look by eye; what leads to a
 * candidate; where to point; to end what is through; where to stand next; to wait.  The stop stands above all of them, beside the page.
 */
export type Commander =
  "lost" | "stop" | "found" | "condition" | "test" | "look" | "near" | "aim" | "finish" | "step" | "wait";

/** These are said at once, whatever is being said. */
const GRAVE: readonly Commander[] = ["lost", "stop", "found", "condition", "test"];

export function isGrave(commander: Commander): boolean {
  return GRAVE.includes(commander);
}

export interface Wishes {
  readonly isLost: boolean;
  readonly isPaused: boolean;
  readonly isFound: boolean;
  /** The probe cannot measure until a hand has done something. */
  readonly isHindered: boolean;
  readonly isTesting: boolean;
  readonly isLooking: boolean;
  readonly isNear: boolean;
  readonly isAimed: boolean;
  /** Every zone is through, and nothing is measured. */
  readonly isThrough: boolean;
  readonly hasNext: boolean;
}

export function commanderOf(wishes: Wishes): Commander {
  if (wishes.isLost) return "lost";
  if (wishes.isPaused) return "stop";
  if (wishes.isFound) return "found";
  if (wishes.isHindered) return "condition";
  if (wishes.isTesting) return "test";
  if (wishes.isLooking) return "look";
  if (wishes.isNear) return "near";
  if (wishes.isAimed) return "aim";
  if (wishes.isThrough) return "finish";
  return wishes.hasNext ? "step" : "wait";
}

/** Notices of the probe under which it measures nothing, or films nothing, until a hand has done something; gravest first. */
export const HINDRANCES = ["switching_off", "head_away", "camera_cut_with_head", "camera_cut"] as const;
export type Hindrance = (typeof HINDRANCES)[number];

export function hindranceOf(notices: readonly { readonly code: string }[]): Hindrance | null {
  return HINDRANCES.find((code) => notices.some((notice) => notice.code === code)) ?? null;
}
