/**
 * What this phone saw last of a running sweep, so that a page opened again without a connection shows it, with its time.
 *
 * It holds the plan and what was said of its zones, nothing of a device and nobody's name, and goes when the sweep is over.
 */
import type { Plan, ProbeState, Source } from "../api/types";
import type { ShownText } from "../api/client";
import type { LiveProgress, LiveZone } from "./told";

export interface SeenRoom {
  readonly room_id: string;
  readonly room_name: ShownText;
  readonly facility_name: ShownText;
  readonly plan: Plan;
}

export interface Seen {
  readonly probeId: string;
  readonly sweepId: string;
  readonly atMs: number;
  readonly state: ProbeState | null;
  readonly progress: LiveProgress | null;
  readonly zones: readonly LiveZone[];
  readonly room: SeenRoom | null;
  /** Nothing of a simulation or a practice may pass for an inspection. */
  readonly source: Source;
}

const STORAGE_KEY = "ansim-seen";

export function keepSeen(seen: Seen): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(seen));
  } catch {
    // Storage that is full or switched off: then a page opened again shows only the stop.
  }
}

export function forgetSeen(): void {
  try {
    localStorage.removeItem(STORAGE_KEY);
  } catch {
    // As above.
  }
}

/** What was seen of this sweep, or null. */
export function lastSeen(probeId: string, sweepId: string | null): Seen | null {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
    if (typeof saved !== "object" || saved === null) return null;
    const seen = saved as Seen; // written by this page only; the shape of another version has another sweep or no zones
    return seen.probeId === probeId && seen.sweepId === sweepId && Array.isArray(seen.zones) ? seen : null;
  } catch {
    return null;
  }
}
