/**
 * What somebody has begun on this phone and not yet recorded: it is on the disk at each touch, so that a dead battery or a
 * killed browser loses nothing. A draft is of its author alone, holds no PIN and no password, and is gone when what it
 * was for is recorded, or after a day.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { session } from "./session.svelte";

const KEPT_FOR_MS = 24 * 60 * 60 * 1000; // guessed: a shift and the night after it

interface Draft {
  readonly key: string;
  readonly author: string;
  readonly keptMs: number;
  readonly value: unknown;
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
  // Only this page's own version of itself has written it.
  return found === undefined ? null : (found.value as T);
}

/** Keep what was begun; it is on the disk when this has resolved. */
export async function keepDraft(key: string, value: unknown): Promise<void> {
  const author = session.user?.username;
  if (author === undefined) return;
  const writing = (await open()).transaction("drafts", "readwrite", { durability: "strict" });
  await Promise.all([writing.store.put({ key: `${author} ${key}`, author, keptMs: Date.now(), value }), writing.done]);
}

export async function dropDraft(key: string): Promise<void> {
  const author = session.user?.username;
  if (author !== undefined) await (await open()).delete("drafts", `${author} ${key}`);
}
