/**
 * What somebody has begun on this phone and not yet recorded: it is on the disk at each touch, so that a dead battery or a
 * killed browser loses nothing. A draft is of its author alone, holds no PIN and no password, and is gone when what it
 * was for is recorded, or after a day.  It is sealed under its author's key (`phone-key.ts`) where the browser can.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { keyOf } from "./phone-key";
import { openJson, sealJson } from "./sealed";
import { session } from "./session.svelte";

const KEPT_FOR_MS = 24 * 60 * 60 * 1000; // guessed: a shift and the night after it

interface Draft {
  readonly key: string;
  readonly author: string;
  readonly keptMs: number;
  /** Missing where it could not be sealed, and in drafts of an earlier version; then `value` is there. */
  readonly sealed?: Uint8Array<ArrayBuffer>;
  readonly value?: unknown;
}

interface Drafts extends DBSchema {
  drafts: { key: string; value: Draft };
}

let database: Promise<IDBPDatabase<Drafts>> | null = null;

function open(): Promise<IDBPDatabase<Drafts>> {
  database ??= openDB<Drafts>("ansim-drafts", 1, {
    upgrade(fresh) {
      fresh.createObjectStore("drafts", { keyPath: "key" });
    },
  });
  return database;
}

/** What the person logged in had begun under this key; null without anything. Old drafts of anybody are thrown away. */
export async function readDraft<T>(key: string): Promise<T | null> {
  const storage = await open();
  for (const one of await storage.getAll("drafts"))
    if (Date.now() - one.keptMs > KEPT_FOR_MS) await storage.delete("drafts", one.key);
  const author = session.user?.username;
  const found = author === undefined ? undefined : await storage.get("drafts", `${author} ${key}`);
  if (author === undefined || found === undefined) return null;
  // Only this page's own version of itself has written it.
  if (found.sealed === undefined) return found.value as T;
  const kept = await keyOf(author, session.isConfirmed);
  const value = kept === null ? undefined : await openJson(kept.key, nameOf(found.key), found.sealed);
  return value === undefined ? null : (value as T);
}

/** Keep what was begun; it is on the disk when this has resolved. */
export async function keepDraft(key: string, value: unknown): Promise<void> {
  const author = session.user?.username;
  if (author === undefined) return;
  const name = `${author} ${key}`;
  const kept = await keyOf(author, session.isConfirmed);
  const content = kept === null ? { value } : { sealed: await sealJson(kept.key, nameOf(name), value) };
  const writing = (await open()).transaction("drafts", "readwrite", { durability: "strict" });
  await Promise.all([writing.store.put({ key: name, author, keptMs: Date.now(), ...content }), writing.done]);
}

export async function dropDraft(key: string): Promise<void> {
  const author = session.user?.username;
  if (author !== undefined) await (await open()).delete("drafts", `${author} ${key}`);
}

const nameOf = (key: string) => `draft ${key}`;
