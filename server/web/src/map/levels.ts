/** How a level is drawn: by its distance in dB from the strongest, since levels of one room lie close together. */

const LARGEST_PX = 24; // guessed: two positions in one stall then still stand apart
const SMALLEST_PX = 15; // derived: three digits fit inside
const PX_PER_DB = 0.6; // guessed: 15 dB from the largest to the smallest circle
const STEPS_DB = [3, 6, 12] as const; // guessed: 3 dB is half the power, 6 dB the shadowing between positions of a room

/** 4 within 3 dB of the strongest ... 1 more than 12 dB below. */
export function levelStep(belowDb: number): number {
  return 1 + STEPS_DB.filter((step) => belowDb <= step).length;
}

export function radiusPx(belowDb: number): number {
  return Math.max(SMALLEST_PX, LARGEST_PX - PX_PER_DB * belowDb);
}
