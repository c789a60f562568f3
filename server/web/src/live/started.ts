import { session } from "../app/session.svelte";

/** What this phone knows of the sweep it asked for, until the sweep's first entry has reached the server. */
export interface StartedSweep {
  /** User name of who asked: another person at this phone neither declares nor starts with these names. */
  readonly author: string;
  readonly probeId: string;
  readonly sweepId: string;
  readonly roomId: string;
  readonly inspectors: readonly [string, string];
  readonly askedMs: number;
  /** The probe has told a state of it: whatever is heard later, nobody waits for its start any more. */
  readonly isTaken?: boolean;
}

export const COMMAND_LIFE_MS = 60_000; // derived: the server lets a command expire after 60 s

const STORAGE_KEY = "ansim-started";

export function rememberStart(started: StartedSweep): void {
  sessionStorage.setItem(STORAGE_KEY, JSON.stringify(started));
}

/** The sweep this phone asked `probeId` for last, or null. */
export function lastStart(probeId: string): StartedSweep | null {
  const saved = mine();
  return saved?.probeId === probeId ? saved : null;
}

/** The next person at this phone starts without them. */
export function forgetStart(): void {
  sessionStorage.removeItem(STORAGE_KEY);
}

function mine(): StartedSweep | null {
  const saved = read();
  return saved !== null && saved.author === session.user?.username ? saved : null;
}

function read(): StartedSweep | null {
  try {
    const saved: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
    return isStarted(saved) ? saved : null;
  } catch {
    return null;
  }
}

function isStarted(value: unknown): value is StartedSweep {
  if (typeof value !== "object" || value === null) return false;
  return (
    "author" in value &&
    typeof value.author === "string" &&
    "probeId" in value &&
    typeof value.probeId === "string" &&
    "sweepId" in value &&
    typeof value.sweepId === "string" &&
    "roomId" in value &&
    typeof value.roomId === "string" &&
    "askedMs" in value &&
    typeof value.askedMs === "number" &&
    "inspectors" in value &&
    Array.isArray(value.inspectors) &&
    value.inspectors.length === 2 &&
    value.inspectors.every((inspector) => typeof inspector === "string")
  );
}
