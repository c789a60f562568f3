/**
 * What people did on this phone and the server does not have yet: decisions, corrected plans, photographs, checklists,
 * signatures and steps of cases, in IndexedDB.
 *
 * Each is stored with its id and author before it is sent, sealed under the author's key, and leaves the storage only after
 * the server's answer, so that an answer that gets lost makes no second one. It is sent in its author's session only; what the
 * server refuses is set aside with the reason until its author sends it again or deletes it. What belongs to one case or visit
 * goes in its order. Of others the phone can
 * say whose they are and how many, and nothing else.
 */
import { ApiError } from "../api/client";
import type { CaseCreated } from "../api/types";
import { stops } from "../live/stops.svelte";
import { newId } from "./ids";
import { send, type Sent } from "./outbox-send";
import { canSeal, keyOf, type PhoneKey } from "./phone-key";
import { openJson, sealJson } from "./sealed";
import { session } from "./session.svelte";
import {
  isInspection,
  isNote,
  isPhoto,
  isPlan,
  isSignature,
  isStep,
  openStorage,
  type Author,
  type CorrectedPlan,
  type Decision,
  type KeptItem,
  type MadeInspection,
  type SealedPhoto,
  type StoredItem,
  type TakenSignature,
  type TakenStep,
  type WrittenNote,
} from "./storage";

const RETRY_MS = 10_000; // guessed
const COULD_NOT_NOW = new Set([401, 408, 425, 429]);
const WAITS = "waits";
const WRONG_SESSION = new Set(["csrf", "another_person", "password_change_needed"]);

/** One of somebody else: sealed, or not to be shown. */
export interface OthersItem {
  readonly id: string;
  readonly author: Author;
}

class Outbox {
  /** Those of the person logged in, and of nobody, oldest first. */
  kept = $state.raw<readonly KeptItem[]>([]);
  /** Those of others, of which this phone knows no more. */
  others = $state.raw<readonly OthersItem[]>([]);
  /** One's own that open no more: a phone was lost since, and its key is given to nobody. */
  lost = $state.raw<readonly string[]>([]);
  #isSending = false;
  /** Something may have come since the sending began. */
  #isWanted = false;
  /** Those that are being sent as they were kept; what comes after them waits for their answers. */
  #underWay = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** How many are on this phone, whoever they are of. */
  get count(): number {
    return this.kept.length + this.others.length + this.lost.length;
  }

  /** Those of the person logged in that are to be sent. */
  get waiting(): readonly KeptItem[] {
    return this.kept.filter((item) => item.aside === null && isMine(item));
  }

  /** Keep a decision and send it; true when the server has it, false when it waits on the phone. Throws a refusal. */
  async decide(decision: Decision): Promise<boolean> {
    return (await this.#keep(decision, newId())) !== WAITS;
  }

  /** The same for the next version of a room's plan; one that still waits of the same room is replaced by it. */
  async correctPlan(corrected: CorrectedPlan): Promise<boolean> {
    const storage = await openStorage();
    for (const item of this.waiting)
      if (isPlan(item) && item.roomId === corrected.roomId) await storage.delete("items", item.id);
    return (await this.#keep(corrected, newId())) !== WAITS;
  }

  /**
   * The same for a photograph: its place in the log, or null when it waits on the phone. One that is refused is set
   * aside, since it cannot be taken again.
   */
  async photograph(taken: SealedPhoto): Promise<number | null> {
    const place = await this.#keep(taken, taken.photo.photo_id);
    return typeof place === "number" ? place : null;
  }

  /** The same for what was written down of a visit, under `id`; one of the same visit that is still here is replaced. */
  async note(written: WrittenNote, id: string): Promise<boolean> {
    const storage = await openStorage();
    for (const item of this.kept)
      if (isNote(item) && isMine(item) && item.sweepId === written.sweepId) await storage.delete("items", item.id);
    return (await this.#keep(written, id)) !== WAITS;
  }

  /** The same for a signature over it, under `id`. */
  async sign(taken: TakenSignature, id: string): Promise<boolean> {
    return (await this.#keep(taken, id)) !== WAITS;
  }

  /** The same for an inspection, under its own id: a checklist that is filled in on the phone comes after it. */
  async inspect(made: MadeInspection): Promise<boolean> {
    return (await this.#keep(made, made.inspection.sweep_id)) !== WAITS;
  }

  /** The same for a step of a case, under `id`: the case after it, or null when it waits on the phone. */
  async step(taken: TakenStep, id: string): Promise<CaseCreated | null> {
    const made = await this.#keep(taken, id);
    return typeof made === "object" ? made : null;
  }

  /** Send what waits of the person logged in, oldest first, and what is kept while it is being sent. */
  async flush(): Promise<void> {
    this.#isWanted = true;
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#isWanted) await this.#sendAll();
    } finally {
      this.#isSending = false;
      this.#tryLater();
    }
  }

  async #sendAll(): Promise<void> {
    this.#isWanted = false;
    try {
      await stops.flush(); // nothing goes before a stop
      await this.refresh();
      const storage = await openStorage();
      for (const item of this.waiting) {
        if (!isMine(item)) break; // somebody else logged in meanwhile
        if (this.#underWay.has(item.id)) break;
        try {
          await send(item);
          await storage.delete("items", item.id);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          if (mayWorkLater(error)) {
            if (WRONG_SESSION.has(error.code)) await session.reload();
            break;
          }
          await put({ ...item, aside: error.shown });
        }
      }
    } finally {
      await this.refresh();
    }
  }

  /** Send again what was set aside. */
  async retry(id: string): Promise<void> {
    const item = this.kept.find((one) => one.id === id);
    if (item === undefined || !isMine(item)) return;
    await put({ ...item, aside: null });
    await this.flush();
  }

  /** Throw away what was set aside; only its author may, and anybody who inspects what names nobody. */
  async discard(id: string): Promise<void> {
    const item = this.kept.find((one) => one.id === id);
    if (item === undefined || item.aside === null || !(item.author === null || isMine(item))) return;
    await (await openStorage()).delete("items", id);
    await this.refresh();
  }

  /** Throw away what opens no more. */
  async discardLost(): Promise<void> {
    const storage = await openStorage();
    for (const id of this.lost) await storage.delete("items", id);
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const key = await ownKey();
    const kept: KeptItem[] = [];
    const others: OthersItem[] = [];
    const lost: string[] = [];
    for (const stored of await (await openStorage()).getAll("items")) {
      const item = await opened(stored, key);
      if (item !== null) kept.push(item);
      else if (key !== null && stored.author?.username === key.username) lost.push(stored.id);
      else if (stored.author !== null) others.push({ id: stored.id, author: stored.author });
      // Of an earlier version, or kept before its author's key was there.
      if (item !== null && stored.open !== null && stored.author?.username === key?.username) await put(item);
    }
    this.kept = kept.sort((one, other) => (one.id < other.id ? -1 : 1));
    [this.others, this.lost] = [others, lost];
  }

  async #keep(
    what: Decision | CorrectedPlan | SealedPhoto | WrittenNote | TakenSignature | TakenStep | MadeInspection,
    id: string,
  ): Promise<Sent | typeof WAITS> {
    const { user } = session;
    if (!user) throw new Error("nobody is logged in");
    const author = { username: user.username, name: user.display_name };
    const item: KeptItem = { ...what, id, author, decidedMs: Date.now(), aside: null };
    await put(item);
    if (this.#isBehind(item)) {
      await this.flush();
      return WAITS;
    }
    let refusal: ApiError;
    let hasArrived = false;
    this.#underWay.add(id);
    try {
      const made = await send(item);
      await (await openStorage()).delete("items", id);
      hasArrived = true;
      return made;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mayWorkLater(error)) return WAITS;
      refusal = error;
    } finally {
      this.#underWay.delete(id);
      await this.refresh();
      if (hasArrived && this.waiting.length > 0) void this.flush();
      else this.#tryLater();
    }
    // Whoever decided sees the refusal, and what was written is still before them.
    if (isPhoto(item)) await put({ ...item, aside: refusal.shown });
    else await (await openStorage()).delete("items", id);
    await this.refresh();
    throw refusal;
  }

  /** Whether something of the same case or visit waits to be sent before it. */
  #isBehind(item: KeptItem): boolean {
    const about = aboutOf(item);
    return about !== null && this.waiting.some((one) => aboutOf(one) === about && one.id !== item.id);
  }

  #tryLater(): void {
    clearTimeout(this.#timer);
    if (this.waiting.length > 0) this.#timer = setTimeout(() => void this.flush(), RETRY_MS);
  }
}

export function isMine(item: KeptItem): boolean {
  return item.author !== null && item.author.username === session.user?.username;
}

/** The case or visit in whose order it goes; null: on its own. */
function aboutOf(item: KeptItem): string | null {
  if (isStep(item) || isPhoto(item)) return item.caseId;
  if (isInspection(item)) return item.inspection.sweep_id;
  return isNote(item) || isSignature(item) ? item.sweepId : null;
}

function mayWorkLater(error: ApiError): boolean {
  return (
    error.status === null || error.status >= 500 || COULD_NOT_NOW.has(error.status) || WRONG_SESSION.has(error.code)
  );
}

async function ownKey(): Promise<PhoneKey | null> {
  const { user, isConfirmed } = session;
  return user ? keyOf(user.username, isConfirmed) : null;
}

/** Store an item, sealed where its author's key is there. */
async function put(item: KeptItem): Promise<void> {
  const { id, author } = item;
  const key = await ownKey();
  // Somebody else has this phone by now: what lies there sealed stays as it is.
  if (canSeal && author !== null && author.username !== session.user?.username) return;
  const isSealed = key !== null && key.username === author?.username;
  const sealed = isSealed ? await sealJson(key.key, nameOf(id, key.username), item) : null;
  const writing = (await openStorage()).transaction("items", "readwrite", { durability: "strict" }); // a battery may die
  await Promise.all([writing.store.put({ id, author, sealed, open: isSealed ? null : item }), writing.done]);
}

/** An item that is of nobody, or of whoever is logged in and has the key; else null. */
async function opened({ id, author, sealed, open }: StoredItem, key: PhoneKey | null): Promise<KeptItem | null> {
  if (sealed === null) return author === null || author.username === session.user?.username ? open : null;
  if (key === null || author?.username !== key.username) return null;
  // Only this page has sealed anything under this key and name.
  return ((await openJson(key.key, nameOf(id, key.username), sealed)) as KeptItem | undefined) ?? null;
}

const nameOf = (id: string, username: string) => `outbox ${username} ${id}`;

export const outbox = new Outbox();
