/**
 * Stops that people asked for: kept on the phone until the probe has answered, and sent before anything else.
 *
 * A stop is sent at once, and again every second until the server has it; then the server's word on the probe tells what
 * became of it. It is sent in its author's session only. What it waits for is always shown.
 */
import { ApiError, asPerson, call, client, type ShownText } from "../api/client";
import type { ProbeView } from "../api/types";
import { newId } from "../app/ids";
import { session } from "../app/session.svelte";
import { openStorage, type KeptStop } from "../app/storage";
import type { CommandAnswer } from "./told";

const RETRY_MS = 1_000; // derived: a second is what a person waits before pressing again
const GIVE_UP_MS = 3_000; // guessed: longer than an answer takes; a dead connection would hold it for a minute

/** `sending`: under way for the first time. `unreached`: the server does not have it. `accepted`: the server has it. */
export type StopProgress = "sending" | "unreached" | "accepted";

class Stops {
  kept = $state.raw<readonly KeptStop[]>([]);
  progress = $state.raw<Readonly<Record<string, StopProgress>>>({});
  /** Why the last one was refused, by probe. */
  refusals = $state.raw<Readonly<Record<string, ShownText>>>({});
  readonly #underWay = new Map<string, Promise<void>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  of(probeId: string): KeptStop | null {
    return this.kept.find((stop) => stop.probeId === probeId) ?? null;
  }

  /** Somebody pressed stop. Nothing here waits for the phone's storage. */
  press(probeId: string, sweepId: string | null, command: KeptStop["command"]): void {
    const { user } = session;
    if (!user) return;
    const before = this.of(probeId);
    const isSame = before?.sweepId === sweepId && before.command === command && isMine(before);
    const stop: KeptStop =
      isSame && before !== null
        ? before
        : {
            probeId,
            sweepId,
            command,
            commandId: newId(),
            author: { username: user.username, name: user.display_name },
            pressedMs: Date.now(),
          };
    this.refusals = { ...this.refusals, [probeId]: undefined } as typeof this.refusals;
    this.kept = [...this.kept.filter((other) => other.probeId !== probeId), stop];
    if (!isSame) this.#set(stop, navigator.onLine ? "sending" : "unreached");
    void store(stop);
    void this.#send(stop);
  }

  /** Read what an earlier page kept, and send it. */
  async load(): Promise<void> {
    const stored = await (await openStorage()).getAll("stops");
    const known = new Set(this.kept.map((stop) => stop.probeId));
    this.kept = [...this.kept, ...stored.filter((stop) => !known.has(stop.probeId))];
    await this.flush();
  }

  /** Send all that the server does not have; call it first when the connection or the session is back. */
  async flush(): Promise<void> {
    const isWaiting = (stop: KeptStop): boolean =>
      this.kept.includes(stop) && this.progress[stop.commandId] !== "accepted";
    await Promise.all(
      this.kept.filter(isWaiting).map(async (stop) => {
        await this.#underWay.get(stop.commandId); // begun before: it may have met no server
        if (isWaiting(stop)) await this.#send(stop);
      }),
    );
  }

  /** The probe's answer to a command. */
  answered(answers: readonly CommandAnswer[]): void {
    for (const { commandId, isAccepted, text } of answers) {
      const stop = this.kept.find((one) => one.commandId === commandId);
      if (stop === undefined) continue;
      if (!isAccepted) this.refusals = { ...this.refusals, [stop.probeId]: text };
      this.#drop(stop);
    }
  }

  /** What the server says of the probe after the line was new: what it has forgotten is sent again. */
  compare(probe: ProbeView): void {
    const stop = this.of(probe.probe_id);
    if (stop === null || this.progress[stop.commandId] !== "accepted") return;
    if (probe.stop?.command_id === stop.commandId && probe.stop.answer === "waiting") return;
    this.#set(stop, "sending");
    void this.#send(stop);
  }

  /** The sweep that it was for is over, or people said that the room is empty again. */
  withdraw(probeId: string): void {
    const stop = this.of(probeId);
    if (stop !== null) this.#drop(stop);
  }

  #send(stop: KeptStop): Promise<void> {
    if (!isMine(stop)) return Promise.resolve();
    const begun = this.#underWay.get(stop.commandId);
    if (begun !== undefined) return begun;
    const sending = this.#sendNow(stop).finally(() => {
      this.#underWay.delete(stop.commandId);
      this.#tryLater();
    });
    this.#underWay.set(stop.commandId, sending);
    return sending;
  }

  async #sendNow(stop: KeptStop): Promise<void> {
    try {
      if (!session.isConfirmed && !(await session.reload())) throw new ApiError("network", { ko: "", en: "" }, null);
      const { answer } = await call(
        client.POST("/api/probes/{probe_id}/commands", {
          params: { path: { probe_id: stop.probeId } },
          headers: asPerson(stop.author.username),
          body: { command: stop.command, sweep_id: stop.sweepId, command_id: stop.commandId },
          signal: AbortSignal.timeout(GIVE_UP_MS),
        }),
      );
      if (answer === "waiting") this.#set(stop, "accepted");
      else this.#drop(stop);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 400 || error.status === 404) {
        this.refusals = { ...this.refusals, [stop.probeId]: error.shown };
        this.#drop(stop);
        return;
      }
      this.#set(stop, "unreached");
      if (error.code === "csrf" || error.code === "another_person") void session.reload();
    }
  }

  #tryLater(): void {
    clearTimeout(this.#timer);
    const isWaiting = this.kept.some((stop) => isMine(stop) && this.progress[stop.commandId] !== "accepted");
    if (isWaiting) this.#timer = setTimeout(() => void this.flush(), RETRY_MS);
  }

  #set(stop: KeptStop, progress: StopProgress): void {
    if (this.of(stop.probeId)?.commandId === stop.commandId)
      this.progress = { ...this.progress, [stop.commandId]: progress };
  }

  #drop(stop: KeptStop): void {
    this.kept = this.kept.filter((other) => other.commandId !== stop.commandId);
    void forget(stop);
  }
}

export function isMine(stop: KeptStop): boolean {
  return stop.author.username === session.user?.username;
}

/** A phone that cannot store may stop all the same. */
async function store(stop: KeptStop): Promise<void> {
  try {
    await (await openStorage()).put("stops", stop);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

async function forget(stop: KeptStop): Promise<void> {
  try {
    const storage = await openStorage();
    const stored = await storage.get("stops", stop.probeId);
    if (stored?.commandId === stop.commandId) await storage.delete("stops", stop.probeId);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

export const stops = new Stops();
