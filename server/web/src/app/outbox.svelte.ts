/**
 * Decisions of people and plans they corrected, kept in the phone's IndexedDB until the server has signed them.
 *
 * Each is stored with its id, its author and the time of the decision before it is sent, and leaves the storage only after
 * the server's answer, so that an answer that gets lost makes no second decision. It is sent in its author's session
 * only; what the server refuses is set aside with the reason until its author sends it again or deletes it.
 */
import { ApiError, asPerson, call, client } from "../api/client";
import type { Plan } from "../api/types";
import { stops } from "../live/stops.svelte";
import { newId } from "./ids";
import { session } from "./session.svelte";
import {
  isPlan,
  openStorage,
  type CorrectedPlan,
  type Decision,
  type KeptDecision,
  type KeptItem,
  type KeptPlan,
} from "./storage";

const RETRY_MS = 10_000; // guessed
const COULD_NOT_NOW = new Set([401, 408, 425, 429]);
const WRONG_SESSION = new Set(["csrf", "another_person", "password_change_needed"]);

class Outbox {
  /** Everybody's on this phone, oldest first. */
  kept = $state.raw<readonly KeptItem[]>([]);
  #isSending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Those of the person logged in that are to be sent. */
  get waiting(): readonly KeptItem[] {
    return this.kept.filter((item) => item.aside === null && isMine(item));
  }

  /** Keep a decision and send it; true when the server has it, false when it waits on the phone. Throws a refusal. */
  async decide(decision: Decision): Promise<boolean> {
    return this.#keep(decision);
  }

  /** The same for the next version of a room's plan; one that still waits of the same room is replaced by it. */
  async correctPlan(corrected: CorrectedPlan): Promise<boolean> {
    const storage = await openStorage();
    for (const item of this.waiting)
      if (isPlan(item) && item.roomId === corrected.roomId) await storage.delete("kept_decisions", item.id);
    return this.#keep(corrected);
  }

  async #keep(what: Decision | CorrectedPlan): Promise<boolean> {
    const { user } = session;
    if (!user) throw new Error("nobody is logged in");
    const now = Date.now();
    const item: KeptItem = {
      ...what,
      id: newId(now),
      author: { username: user.username, name: user.display_name },
      decidedMs: now,
      aside: null,
    };
    const storage = await openStorage();
    await storage.put("kept_decisions", item);
    try {
      await send(item);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mayWorkLater(error)) {
        await this.refresh();
        this.#tryLater();
        return false;
      }
      await storage.delete("kept_decisions", item.id); // whoever decided sees the refusal and what was written
      throw error;
    }
    await storage.delete("kept_decisions", item.id);
    await this.refresh();
    return true;
  }

  /** Send what waits of the person logged in, oldest first. */
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      await stops.flush(); // nothing goes before a stop
      await this.refresh();
      const storage = await openStorage();
      for (const item of this.waiting) {
        if (!isMine(item)) break; // somebody else logged in meanwhile
        try {
          await send(item);
          await storage.delete("kept_decisions", item.id);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          if (mayWorkLater(error)) {
            if (WRONG_SESSION.has(error.code)) await session.reload();
            break;
          }
          await storage.put("kept_decisions", { ...item, aside: error.shown });
        }
      }
    } finally {
      this.#isSending = false;
      await this.refresh();
      this.#tryLater();
    }
  }

  /** Send again what was set aside. */
  async retry(id: string): Promise<void> {
    const storage = await openStorage();
    const item = await storage.get("kept_decisions", id);
    if (item === undefined || !isMine(item)) return;
    await storage.put("kept_decisions", { ...item, aside: null });
    await this.flush();
  }

  /** Throw away what was set aside; only its author may, and anybody who inspects what names nobody. */
  async discard(id: string): Promise<void> {
    const storage = await openStorage();
    const item = await storage.get("kept_decisions", id);
    if (item === undefined || item.aside === null || !(item.author === null || isMine(item))) return;
    await storage.delete("kept_decisions", id);
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const all = await (await openStorage()).getAll("kept_decisions");
    this.kept = all.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  #tryLater(): void {
    clearTimeout(this.#timer);
    if (this.waiting.length > 0) this.#timer = setTimeout(() => void this.flush(), RETRY_MS);
  }
}

export function isMine(item: KeptItem): boolean {
  return item.author !== null && item.author.username === session.user?.username;
}

function mayWorkLater(error: ApiError): boolean {
  return (
    error.status === null || error.status >= 500 || COULD_NOT_NOW.has(error.status) || WRONG_SESSION.has(error.code)
  );
}

async function send(item: KeptItem): Promise<void> {
  await (isPlan(item) ? sendPlan(item) : sendDecision(item));
}

async function sendDecision({ id, author, sweepId, findingId, verdict, note, decidedMs }: KeptDecision): Promise<void> {
  if (author === null || decidedMs === null) throw new Error("a decision of nobody is never sent");
  await call(
    client.POST("/api/findings/{finding_id}/disposition", {
      params: { path: { finding_id: findingId } },
      headers: asPerson(author.username),
      body: {
        sweep_id: sweepId,
        verdict,
        note: note === null ? null : { ko: note, en: note },
        decision_id: id,
        claimed: { decided: new Date(decidedMs).toISOString(), sent: new Date().toISOString() },
      },
    }),
  );
}

async function sendPlan({ author, roomId, plan }: KeptPlan): Promise<void> {
  if (author === null) throw new Error("a plan of nobody is never sent");
  const params = { path: { room_id: roomId } };
  try {
    await call(client.PUT("/api/rooms/{room_id}/plan", { params, headers: asPerson(author.username), body: plan }));
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "plan_version")) throw error;
    const { plan: there } = await call(client.GET("/api/rooms/{room_id}", { params }));
    if (!isSamePlan(there, plan)) throw error; // else its answer was lost, and the server has it
  }
}

function isSamePlan(one: Plan, other: Plan): boolean {
  const said = ({ version, is_verified, width_m, depth_m, zones }: Plan) =>
    JSON.stringify([
      version,
      is_verified,
      width_m,
      depth_m,
      zones.map((z) => [z.zone_id, z.kind, z.name.ko, z.polygon]),
    ]);
  return said(one) === said(other);
}

export const outbox = new Outbox();
