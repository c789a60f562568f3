/**
 * What the sweeps of one person's day have in common: probe, kind of sweep, by ear or not, who walks along and how they
 * prove it to be them.
 *
 * It is proposed for the next sweep and decides nothing: who is in a room is declared each time.  It is a draft of its
 * author (`app/drafts.ts`) and holds no PIN, no password and no badge.  On a later day only probe and companion are left.
 */
import { isBadge } from "../account/second-person";
import type { Mode } from "../api/types";
import { keepDraft, readDraft } from "../app/drafts";
import { session } from "../app/session.svelte";
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
  /** False: of an earlier day, whose kind of sweep and proof count no more. */
  readonly isToday: boolean;
}

interface Kept extends Omit<Day, "isToday"> {
  readonly day: string;
}

/** Numbers of a probe and of an inspector: no name, and nothing that proves anything. */
interface Last {
  readonly author: string;
  readonly probeId: string;
  readonly companion: string;
}

const KEY = "day";
const LAST = "ansim-last";

/** The last sweeps of the person logged in; null before the first, and where the browser keeps nothing. */
export async function readDay(): Promise<Day | null> {
  try {
    const kept = await readDraft<Kept>(KEY);
    if (kept?.day === isoDay(new Date())) return { ...kept, isToday: true };
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  return lastOf(session.user?.username ?? "");
}

/** What of an earlier day is left: the draft of that day went with the key of its login. */
function lastOf(author: string): Day | null {
  try {
    const last = JSON.parse(localStorage.getItem(LAST) ?? "null") as Last | null;
    if (last === null || last.author !== author) return null;
    const { probeId, companion } = last;
    return { probeId, companion, mode: "full", proof: null, isToday: false };
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** A sweep was asked for. */
export async function keepSweep(next: Omit<Day, "proof" | "isToday">): Promise<void> {
  const before = await readDay();
  await keep({ ...next, proof: before?.companion === next.companion ? before.proof : null });
}

/** Somebody gave a proof: the next time the field of the name is filled.  A badge is not kept: it has to be there. */
export async function keepProof(way: Way, who: string): Promise<void> {
  const before = await readDay();
  const username = way === "passkey" || isBadge(who) ? "" : who.trim();
  if (before?.isToday === true) await keep({ ...before, proof: { way, username } });
}

/** The server said who it was. */
export async function keepCompanion(companion: string): Promise<void> {
  const before = await readDay();
  if (before?.isToday === true && before.companion !== companion) await keep({ ...before, companion });
}

async function keep(of: Omit<Day, "isToday">): Promise<void> {
  try {
    const { probeId, companion } = of;
    const author = session.user?.username ?? "";
    localStorage.setItem(LAST, JSON.stringify({ author, probeId, companion } satisfies Last));
    await keepDraft(KEY, { ...of, day: isoDay(new Date()) } satisfies Kept);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // without storage one chooses each time
  }
}
