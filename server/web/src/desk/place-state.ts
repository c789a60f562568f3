/** What there is to do at a place of the map. */
export type PlaceState = "found" | "case" | "overdue" | "plain";

/** The gravest first. */
export const GRAVITY: readonly PlaceState[] = ["found", "case", "overdue", "plain"];
