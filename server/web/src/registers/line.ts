/** What the lists of registers share: one line a row, and what stands beside the chosen one. */
import type { Doing } from "./doing.svelte";

export interface Line {
  readonly id: string;
  readonly name: string;
  readonly under: string;
  readonly second: string;
  readonly secondUnder: string;
  readonly tag: { readonly tone: "asks" | "grave" | "calm" | ""; readonly word: string } | null;
}

// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- an interface is no record of properties
export type PanelProperties = { id: string; doing: Doing };

/** Whether every word that is searched for stands in one of these. */
export function holds(wanted: string, ...texts: readonly (string | null)[]): boolean {
  const whole = texts.join(" ").toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}
