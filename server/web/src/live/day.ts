/**
 * What the sweeps of one person's day have in common: probe, kind of sweep, by ear or not, who walks along and how they
 * prove it to be them.
 *
 * It is proposed for the next sweep and decides nothing: who is in a room is declared each time.  It is a draft of its
 * author (`app/drafts.ts`), holds no PIN, no password and no badge, and counts on the day of its last sweep only.
 */
import { isBadge } from "../account/second-person";
import type { Mode } from "../api/types";
import { keepDraft, readDraft } from "../app/drafts";
import { isoDay } from "../i18n/format";
import type { Ear } from "./ear/by-ear.svelte";

export type Way = "pin" | "passkey" | "password";

export interface Day {
  readonly probeId: string;
  readonly mode: Mode;
  /** By the screen or by ear; a draft of an earlier page does not say. */
  readonly ear?: Ear;
  /** The other person's name, as the last sweep had it. */
  readonly companion: string;
  /** How that person proved to be there; null before anybody did. `username` is empty for a passkey and for a badge. */
  readonly proof: { readonly way: Way; readonly username: string } | null;
}

interface Kept extends Day {
  readonly day: string;
}

const KEY = "day";

/** Today's sweeps of the person logged in; null before the first, and where the browser keeps nothing. */
export async function readDay(): Promise<Day | null> {
  try {
    const kept = await readDraft<Kept>(KEY);
    return kept?.day === isoDay(new Date()) ? kept : null;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return null;
  }
}

/** A sweep was asked for. */
export async function keepSweep(next: Omit<Day, "proof">): Promise<void> {
  const before = await readDay();
  await keep({ ...next, proof: before?.companion === next.companion ? before.proof : null });
}

/** Somebody gave a proof: the next time the field of the name is filled.  A badge is not kept: it has to be there. */
export async function keepProof(way: Way, who: string): Promise<void> {
  const before = await readDay();
  const username = way === "passkey" || isBadge(who) ? "" : who.trim();
  if (before !== null) await keep({ ...before, proof: { way, username } });
}

/** The server said who it was. */
export async function keepCompanion(companion: string): Promise<void> {
  const before = await readDay();
  if (before !== null && before.companion !== companion) await keep({ ...before, companion });
}

async function keep(day: Day): Promise<void> {
  try {
    await keepDraft(KEY, { ...day, day: isoDay(new Date()) } satisfies Kept);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // without storage one chooses each time
  }
}
