/**
 * Who commands on a live screen: one card at a time says what to do, and the others keep still.  Pure.
 *
 * Gravest first: a response test, during which nobody moves but by its prompts; a look by eye; what leads to a candidate; where to point;
 * where to stand next.  The stop and what ends measuring stand above all of them, beside the page.
 */
export type Commander = "test" | "look" | "near" | "aim" | "step";

export interface Wishes {
  readonly isTesting: boolean;
  readonly isLooking: boolean;
  readonly isNear: boolean;
  readonly isAimed: boolean;
  readonly hasNext: boolean;
}

export function commanderOf({ isTesting, isLooking, isNear, isAimed, hasNext }: Wishes): Commander | null {
  if (isTesting) return "test";
  if (isLooking) return "look";
  if (isNear) return "near";
  if (isAimed) return "aim";
  return hasNext ? "step" : null;
}
