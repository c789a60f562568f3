/**
 * The day without a connection: answers of the server that an inspector reads in a basement, kept on the phone.
 *
 * Input are the answers to a few kinds of questions, whoever asked them, and the rooms of the day, which are asked for ahead;
 * output is the same answer again when the server cannot be reached, with the time at which it was given. They are sealed
 * under the key of the login (`phone-key.ts`) and gone with it. Never kept: evidence, pictures, names and addresses
 * of devices, anything of a running sweep, and answers to anything but GET.
 */
import type { Middleware } from "openapi-fetch";
import { ApiError, call, client } from "../api/client";
import { canSeal, isHeld, keyOf, type PhoneKey } from "./phone-key";
import { hiddenName, open, seal } from "./sealed";
import { session } from "./session.svelte";
import { openStorage } from "./storage";

const ID = "[0-9a-f-]{36}";
/** What is kept, by path and query: rooms with their plans and states, cases, what is due and the round. */
const KEPT: readonly RegExp[] = [
  /^\/api\/rooms$/,
  new RegExp(`^/api/rooms/${ID}(/state|/bases)?$`),
  /^\/api\/cases\?(?!.*after=)/,
  new RegExp(`^/api/cases/${ID}$`),
  /^\/api\/schedule(\/rounds)?(\?|$)/,
  /^\/api\/districts$/,
  /^\/api\/instruments$/,
];
const MOST_ROOMS = 40; // guessed: twice what a pair visits in a day
const FRESH_MS = 10 * 60 * 1000; // guessed
const MOST_OCTETS = 4_000_000; // derived: 5,000 due rooms are half of it

const AGAIN_MS = 5_000; // guessed: some ways may be back while others are not
const KNOCK_MS = 30_000; // guessed: a screen that asks nothing of the server would never hear that it is back

interface Earlier {
  readonly sinceMs: number;
  readonly reload: () => Promise<void>;
}

interface DayRoom {
  readonly roomId: string;
  readonly cases: readonly { readonly case_id: string }[];
}

class Offline {
  /** When the oldest answer was given that is shown in the place of one from the server; null: all are fresh. */
  sinceMs = $state<number | null>(null);
  /** When the answers were given that stood in for the server's, in the order in which they were asked for. */
  #served: number[] = [];
  #earlier = new Map<object, Earlier>();
  #filled = new Map<string, number>();
  #triedMs = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #knocking: ReturnType<typeof setInterval> | undefined;

  /** Load something; what is shown of an earlier answer is loaded again when the server is back. */
  async watch<T>(what: object, load: () => Promise<T>, reload: () => Promise<void>): Promise<T> {
    const before = this.#served.length;
    const data = await load();
    const since = this.#served.slice(before);
    if (since.length === 0) this.#earlier.delete(what);
    else this.#earlier.set(what, { sinceMs: Math.min(...since), reload });
    this.#say();
    return data;
  }

  /** It is not shown any more. */
  leave(what: object): void {
    if (this.#earlier.delete(what)) this.#say();
  }

  /** The server has answered something, or may be there again: ask anew for what is shown of earlier answers. */
  heard(): void {
    const now = Date.now();
    if (this.#earlier.size === 0 || now - this.#triedMs < AGAIN_MS) return;
    this.#triedMs = now;
    for (const { reload } of [...this.#earlier.values()]) void reload();
  }

  /** The phone has a network again. */
  back(): void {
    this.#triedMs = 0;
    this.heard();
  }

  #say(): void {
    const all = [...this.#earlier.values()].map(({ sinceMs }) => sinceMs);
    this.sinceMs = all.length === 0 ? null : Math.min(...all);
    if (all.length === 0) {
      clearInterval(this.#knocking);
      this.#knocking = undefined;
    } else this.#knocking ??= setInterval(() => this.heard(), KNOCK_MS);
  }

  /** Keep rooms of the day, with their plans, states and open cases, as soon as there is a connection. */
  async fill(rooms: readonly DayRoom[]): Promise<void> {
    clearTimeout(this.#later);
    if (canSeal && session.user && !(await this.#fill(rooms)))
      this.#later = setTimeout(() => void this.fill(rooms), AGAIN_MS);
  }

  async #fill(rooms: readonly DayRoom[]): Promise<boolean> {
    if (!session.isConfirmed || (await keyOfSession()) === null) return false;
    if (rooms.length > 0 && session.mayInspect && !(await this.#fillInstruments())) return false;
    for (const { roomId, cases } of rooms.slice(0, MOST_ROOMS)) {
      if (Date.now() - (this.#filled.get(roomId) ?? 0) < FRESH_MS) continue;
      const path = { room_id: roomId };
      try {
        await call(client.GET("/api/rooms/{room_id}", { params: { path } }));
        await call(client.GET("/api/rooms/{room_id}/state", { params: { path } }));
        for (const { case_id } of session.hasCases ? cases : [])
          await call(client.GET("/api/cases/{case_id}", { params: { path: { case_id } } }));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.mayWorkLater) return false;
        continue; // a room that is not ours any more
      }
      this.#filled.set(roomId, Date.now());
    }
    return true;
  }

  /** What the district inspects with besides; false while the server cannot be reached. */
  async #fillInstruments(): Promise<boolean> {
    try {
      await call(client.GET("/api/instruments"));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return !error.mayWorkLater;
    }
    return true;
  }

  /** Another person has this phone, or nobody: nothing is kept yet. */
  reset(): void {
    clearTimeout(this.#later);
    this.#filled.clear();
    this.#earlier.clear();
    this.#say();
  }

  async keep(path: string, response: Response): Promise<void> {
    const kept = await keyOfSession();
    if (kept === null) return;
    const octets = await response.arrayBuffer(); // as they came: reading and writing 2 MB anew is a long task
    if (octets.byteLength > MOST_OCTETS) return;
    const storedMs = Date.now();
    const sealed = await seal(kept.key, nameOf(path, kept, storedMs), octets);
    const name = await hiddenName(kept.names, path);
    const storage = await openStorage();
    if (isHeld(kept)) await storage.put("answers", { name, storedMs, sealed }); // else it came after the day's end
  }

  async answer(path: string): Promise<Response | undefined> {
    const kept = await keyOfSession();
    if (kept === null) return undefined;
    const found = await (await openStorage()).get("answers", await hiddenName(kept.names, path));
    if (found === undefined) return undefined;
    const octets = await open(kept.key, nameOf(path, kept, found.storedMs), found.sealed);
    if (octets === undefined) return undefined;
    this.#served.push(found.storedMs);
    return new Response(octets, { headers: { "Content-Type": "application/json" } });
  }
}

const nameOf = (path: string, { username }: PhoneKey, storedMs: number) => `octets ${username} ${storedMs} ${path}`;

async function keyOfSession(): Promise<PhoneKey | null> {
  const { user, isConfirmed } = session;
  return user ? keyOf(user.username, isConfirmed) : null;
}

function keptPath(request: Request): string | null {
  const { pathname, search } = new URL(request.url);
  const path = pathname + search;
  return request.method === "GET" && KEPT.some((kind) => kind.test(path)) ? path : null;
}

const reading: Middleware = {
  onResponse({ request, response }) {
    offline.heard();
    const path = response.ok ? keptPath(request) : null;
    if (path !== null) void offline.keep(path, response.clone());
  },
  async onError({ request }) {
    const path = keptPath(request);
    return path === null ? undefined : offline.answer(path);
  },
};

export const offline = new Offline();
client.use(reading);
addEventListener("online", () => offline.back());
