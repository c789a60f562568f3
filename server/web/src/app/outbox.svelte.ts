/**
 * Decisions made without a connection, kept in the phone's IndexedDB until the server has signed them.
 * A decision leaves the phone's storage only after the server's answer; the number that waits is always shown.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { ApiError, call, client } from "../api/client";
import type { DispositionVerdict } from "../api/types";

export interface Decision {
  readonly sweepId: string;
  readonly findingId: string;
  readonly verdict: DispositionVerdict;
  readonly note: string | null;
}

interface OutboxSchema extends DBSchema {
  decisions: { key: number; value: Decision };
}

class Outbox {
  waiting = $state(0);
  #isSending = false;
  #database: Promise<IDBPDatabase<OutboxSchema>> | null = null;

  /** Send a decision; true when the server has it, false when it waits on the phone. */
  async decide(decision: Decision): Promise<boolean> {
    try {
      await send(decision);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || !error.isOffline) throw error;
      await (await this.#open()).add("decisions", decision);
      this.waiting += 1;
      return false;
    }
  }

  /** Send what waits, oldest first; stops at the first that the server does not take. */
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      const database = await this.#open();
      for (const key of await database.getAllKeys("decisions")) {
        const decision = await database.get("decisions", key);
        if (decision === undefined) continue;
        await send(decision);
        await database.delete("decisions", key);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#isSending = false;
      await this.count();
    }
  }

  async count(): Promise<void> {
    this.waiting = await (await this.#open()).count("decisions");
  }

  #open(): Promise<IDBPDatabase<OutboxSchema>> {
    this.#database ??= openDB<OutboxSchema>("ansim-outbox", 1, {
      upgrade(database) {
        database.createObjectStore("decisions", { autoIncrement: true });
      },
    });
    return this.#database;
  }
}

async function send({ sweepId, findingId, verdict, note }: Decision): Promise<void> {
  await call(
    client.POST("/api/findings/{finding_id}/disposition", {
      params: { path: { finding_id: findingId } },
      body: {
        sweep_id: sweepId,
        verdict,
        note: note === null ? null : { ko: note, en: note },
        decision_id: null,
        claimed: null,
      },
    }),
  );
}

export const outbox = new Outbox();
