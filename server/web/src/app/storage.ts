/**
 * What the phone keeps until somebody has it: decisions, corrected plans and stops, in IndexedDB, each with the person it is of.
 * Decisions of the first version named nobody: they are set aside when the storage is opened and never sent.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { ShownText } from "../api/client";
import type { DispositionVerdict, LocalText, Plan } from "../api/types";
import { shown } from "../i18n/translate.svelte";
import { newId } from "./ids";

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
export type KeptItem = KeptDecision | KeptPlan;

export const isPlan = (item: KeptItem): item is KeptPlan => "plan" in item;
export const isDecision = (item: KeptItem): item is KeptDecision => !isPlan(item);

export interface KeptStop {
  readonly probeId: string;
  readonly commandId: string;
  readonly command: "pause" | "abort";
  /** Null: the page did not know which sweep the probe was in. */
  readonly sweepId: string | null;
  readonly author: Author;
  readonly pressedMs: number;
}

interface Kept extends DBSchema {
  kept_decisions: { key: string; value: KeptItem };
  stops: { key: string; value: KeptStop };
}

interface FirstVersion extends DBSchema {
  decisions: { key: number; value: Decision };
}

let database: Promise<IDBPDatabase<Kept>> | null = null;

export function openStorage(): Promise<IDBPDatabase<Kept>> {
  database ??= openDB<Kept>("ansim-outbox", 2, {
    async upgrade(fresh, oldVersion, _newVersion, transaction) {
      fresh.createObjectStore("kept_decisions", { keyPath: "id" });
      fresh.createObjectStore("stops", { keyPath: "probeId" });
      if (oldVersion !== 1) return;
      const old = fresh as unknown as IDBPDatabase<FirstVersion>;
      const kept = transaction.objectStore("kept_decisions");
      for (const decision of await (transaction as unknown as FirstTransaction).objectStore("decisions").getAll())
        await kept.add({ ...decision, id: newId(), author: null, decidedMs: null, aside: shown("outbox_nobodys") });
      old.deleteObjectStore("decisions");
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close(); // a newer page in another tab
      database = null;
    },
  });
  return database;
}

interface FirstTransaction {
  objectStore(name: "decisions"): { getAll(): Promise<readonly Decision[]> };
}
