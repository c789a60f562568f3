/**
 * What the phone keeps, in IndexedDB: what waits to be sent and stops, each with the person it is of; the answers of the day
 * for reading without a connection, and the key of the login under which both are sealed.
 *
 * Decisions of the first version named nobody: they are set aside when the storage is opened and never sent.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { ShownText } from "../api/client";
import type {
  CaseStep,
  DispositionVerdict,
  InspectionRequest,
  LocalText,
  PhotoRequest,
  Plan,
  SignatureRequest,
  VisitNote,
} from "../api/types";
import { shown } from "../i18n/translate.svelte";
import { newId } from "./ids";
import type { PhoneKey } from "./phone-key";

/** Who did something on this phone. */
export interface Author {
  readonly username: string;
  readonly name: string;
}

export interface Decision {
  readonly sweepId: string;
  readonly findingId: string;
  readonly verdict: DispositionVerdict;
  readonly note: string | null;
}

/** The next version of a room's plan. */
export interface CorrectedPlan {
  readonly roomId: string;
  readonly roomName: LocalText;
  readonly plan: Plan;
}

/** A photograph that is sealed to evidence officers already: nobody on this phone can look at it. */
export interface SealedPhoto {
  readonly caseId: string;
  readonly photo: PhotoRequest;
}

/** What was seen by eye and done in a visit. */
export interface WrittenNote {
  readonly sweepId: string;
  readonly visitNote: VisitNote;
}

/** What was seen in a room with other instruments than a probe; when it is sent is said then. */
export interface MadeInspection {
  readonly roomId: string;
  readonly roomName: LocalText;
  readonly inspection: Omit<InspectionRequest, "sent">;
}

/** A signature by finger over the note that was shown: whoever gave it may have left. */
export interface TakenSignature {
  readonly sweepId: string;
  readonly signature: SignatureRequest;
}

/** A step of a case that nobody else has to confirm. */
export interface TakenStep {
  readonly caseId: string;
  /** What it is called, and of which room the case is, where everything that waits is listed. */
  readonly called: LocalText;
  readonly place: LocalText;
  readonly step: CaseStep;
}

interface Keeping {
  readonly id: string;
  /** Null: kept by an early version of this page, which did not write down whose it was. */
  readonly author: Author | null;
  readonly decidedMs: number | null;
  /** Why it was set aside; null: it waits to be sent. */
  readonly aside: ShownText | null;
}

export interface KeptDecision extends Decision, Keeping {}
export interface KeptPlan extends CorrectedPlan, Keeping {}
export interface KeptPhoto extends SealedPhoto, Keeping {}
export interface KeptNote extends WrittenNote, Keeping {}
export interface KeptSignature extends TakenSignature, Keeping {}
export interface KeptInspection extends MadeInspection, Keeping {}
export interface KeptStep extends TakenStep, Keeping {}
export type KeptItem = KeptDecision | KeptPlan | KeptPhoto | KeptNote | KeptSignature | KeptStep | KeptInspection;

export const isPlan = (item: KeptItem): item is KeptPlan => "plan" in item;
export const isPhoto = (item: KeptItem): item is KeptPhoto => "photo" in item;
export const isNote = (item: KeptItem): item is KeptNote => "visitNote" in item;
export const isSignature = (item: KeptItem): item is KeptSignature => "signature" in item;
export const isStep = (item: KeptItem): item is KeptStep => "step" in item;
export const isInspection = (item: KeptItem): item is KeptInspection => "inspection" in item;
export const isDecision = (item: KeptItem): item is KeptDecision => "verdict" in item;

/** One that waits, as it lies in the storage. */
export interface StoredItem {
  readonly id: string;
  readonly author: Author | null;
  /** Under the author's key; null where the browser cannot seal, and until the key was there. */
  readonly sealed: Uint8Array<ArrayBuffer> | null;
  readonly open: KeptItem | null;
}

export interface KeptStop {
  readonly probeId: string;
  readonly commandId: string;
  readonly command: "pause" | "abort";
  /** Null: the page did not know which sweep the probe was in. */
  readonly sweepId: string | null;
  readonly author: Author;
  readonly pressedMs: number;
}

/** An answer of the server, sealed, for reading without a connection. */
export interface KeptAnswer {
  /** Its path, as it is called where others may read it. */
  readonly name: string;
  readonly storedMs: number;
  readonly sealed: Uint8Array<ArrayBuffer>;
}

interface Kept extends DBSchema {
  items: { key: string; value: StoredItem };
  stops: { key: string; value: KeptStop };
  answers: { key: string; value: KeptAnswer };
  phone_key: { key: "key"; value: PhoneKey };
}

/** The versions before this one, which sealed nothing. */
interface Earlier extends DBSchema {
  decisions: { key: number; value: Decision };
  kept_decisions: { key: string; value: KeptItem };
}

interface EarlierTransaction {
  objectStore(name: "decisions"): { getAll(): Promise<readonly Decision[]> };
  objectStore(name: "kept_decisions"): { getAll(): Promise<readonly KeptItem[]> };
}

let database: Promise<IDBPDatabase<Kept>> | null = null;

export function openStorage(): Promise<IDBPDatabase<Kept>> {
  database ??= openDB<Kept>("ansim-outbox", 3, {
    async upgrade(fresh, oldVersion, _newVersion, transaction) {
      if (oldVersion < 2) fresh.createObjectStore("stops", { keyPath: "probeId" });
      fresh.createObjectStore("items", { keyPath: "id" });
      fresh.createObjectStore("answers", { keyPath: "name" });
      fresh.createObjectStore("phone_key");
      if (oldVersion === 0) return;
      const old = fresh as unknown as IDBPDatabase<Earlier>;
      const before = transaction as unknown as EarlierTransaction;
      const items = transaction.objectStore("items");
      for (const item of await keptBefore(before, oldVersion))
        await items.add({ id: item.id, author: item.author, sealed: null, open: item });
      old.deleteObjectStore(oldVersion === 1 ? "decisions" : "kept_decisions");
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close(); // a newer page in another tab
      database = null;
    },
  });
  return database;
}

async function keptBefore(before: EarlierTransaction, version: number): Promise<readonly KeptItem[]> {
  if (version === 2) return before.objectStore("kept_decisions").getAll();
  const nobodys = await before.objectStore("decisions").getAll();
  return nobodys.map((decision) => ({
    ...decision,
    id: newId(),
    author: null,
    decidedMs: null,
    aside: shown("outbox_nobodys"),
  }));
}
