/**
 * The probe that this phone watches, on whatever screen its person is: its live messages, and what is asked of it.
 *
 * It is remembered on the phone, so that a page opened again, with or without a connection, still can stop the sweep.
 */
import { PasskeyError, sentenceOf } from "../account/passkeys";
import { ApiError, call, client, type ShownText } from "../api/client";
import type { ProbeState, SecondLook, SecondPerson } from "../api/types";
import { newId } from "../app/ids";
import { LiveFeed } from "./feed.svelte";
import { forgetSeen, lastSeen } from "./seen";
import { COMMAND_LIFE_MS, lastStart, rememberStart, type StartedSweep } from "./started";
import { stops } from "./stops.svelte";

const STORAGE_KEY = "ansim-watch";
const TICK_MS = 1_000;

export type SimpleCommand = "walk" | "outside" | "skip_outside" | "reference" | "resume" | "finish";

/** What a person who looked by eye says it is, the most frequent first. */
export const SEEN_AS = ["screw", "fitting", "indicator", "drop", "reflection", "other"] as const;
export type SeenAs = (typeof SEEN_AS)[number];

/** What an eye that looked may say, as it stands on the page; the last leads to the guide, the third is for a close look. */
export const EYE_ANSWERS = ["screw_or_reflection", "hole", "bottom_seen", "nothing", "unsure", "camera_like"] as const;
export type EyeAnswer = (typeof EYE_ANSWERS)[number];

export type CommandBody =
  | { command: SimpleCommand; sweep_id: string }
  | { command: "skip_trials"; sweep_id: string; position_index: number }
  | { command: "second_look"; sweep_id: string; finding_id: string; kind: "lens" | "transmitter" }
  | { command: "nothing_seen"; sweep_id: string; finding_id: string }
  | { command: "explained"; sweep_id: string; finding_id: string; seen_as: SeenAs }
  | { command: "answer_look"; sweep_id: string; look_id: string; answer: EyeAnswer }
  | { command: "bank"; sweep_id: string | null; capacity_mah: number; charge: "full" | "unknown" | "same" }
  | {
      command: "declare_empty";
      sweep_id: string;
      declared_by: [string, string];
      second_person: SecondPerson | null;
    }
  | { command: "position"; sweep_id: string; zone_id: string; x_m: number; y_m: number; facing_deg: number };

interface Watched {
  readonly probeId: string;
  readonly sweepId: string | null;
  readonly isTaken: boolean;
}

interface Failure {
  readonly shown: ShownText;
  readonly code?: string;
}

class Watch {
  feed = $state.raw<LiveFeed | null>(null);
  started = $state.raw<StartedSweep | null>(null);
  isBusy = $state(false);
  failure = $state.raw<Failure | null>(null);
  now = $state(Date.now());
  #remembered: Watched | null = read();
  #close: () => void = () => undefined;

  constructor() {
    setInterval(() => {
      this.now = Date.now();
    }, TICK_MS);
  }

  /** Listen to this probe from now on. */
  follow(probeId: string): LiveFeed {
    this.started = lastStart(probeId);
    if (this.feed?.probeId === probeId) return this.feed;
    this.leave();
    const feed = new LiveFeed(probeId);
    if (this.#remembered?.probeId === probeId) {
      feed.sweepId = this.#remembered.sweepId;
      feed.isTaken = this.#remembered.isTaken;
      const seen = lastSeen(probeId, feed.sweepId);
      if (seen !== null) feed.restore(seen);
    }
    this.feed = feed;
    this.failure = null;
    this.#close = feed.open();
    return feed;
  }

  /** Listen again to the probe that an earlier page watched, when its sweep may still run. */
  resume(): void {
    if (this.feed === null && this.#remembered !== null) this.follow(this.#remembered.probeId);
  }

  /** Stop listening. */
  leave(): void {
    this.#close();
    this.#close = () => undefined;
    this.feed = null;
  }

  // Ids are ordered by time: this phone's newer sweep hides what the probe did before, until its first state is known.
  get isAsked(): boolean {
    const { feed, started } = this;
    if (feed === null || started === null || started.isTaken === true) return false;
    return (
      feed.sweepId === null || started.sweepId > feed.sweepId || (started.sweepId === feed.sweepId && !feed.isTaken)
    );
  }

  get isAskExpired(): boolean {
    return this.started !== null && this.now - this.started.askedMs > COMMAND_LIFE_MS;
  }

  get sweepId(): string | null {
    if (this.isAsked) return null;
    return this.feed?.sweepId ?? (this.started?.isTaken === true ? this.started.sweepId : null);
  }

  get phase(): ProbeState | null {
    return this.isAsked ? null : (this.feed?.state ?? null);
  }

  /**
   * The sweep that this phone watched is not heard of any more: the probe rests, or neither it nor the server, which began
   * anew, has told anything yet.
   */
  get isGone(): boolean {
    const { feed } = this;
    if (feed === null || feed.connection !== "open" || feed.snapshots === 0 || this.sweepId === null) return false;
    return feed.state === "idle" || feed.state === null;
  }

  /** A sweep that this phone knows of may be running. */
  get isUnderWay(): boolean {
    const { feed } = this;
    if (feed === null || (feed.sweepId === null && this.started === null)) return false;
    return feed.mayRun || (this.isAsked && !this.isAskExpired);
  }

  /** Write down what is watched, or that it is over; call it inside an effect. */
  remember(): void {
    const { feed, started } = this;
    if (feed === null) return;
    if (started !== null && started.isTaken !== true && feed.isTaken && feed.sweepId === started.sweepId) {
      this.started = { ...started, isTaken: true };
      rememberStart(this.started);
    }
    if (feed.isOver) forgetSeen();
    const watched: Watched | null = this.isUnderWay
      ? { probeId: feed.probeId, sweepId: feed.sweepId, isTaken: feed.isTaken }
      : null;
    this.#remembered = watched;
    try {
      if (watched === null) localStorage.removeItem(STORAGE_KEY);
      else localStorage.setItem(STORAGE_KEY, JSON.stringify(watched));
    } catch {
      // Storage that is switched off: a page opened again then has to be led to the live screen.
    }
  }

  /** The server answers again: what it could not do before says nothing of now. */
  forgetFailure(): void {
    this.failure = null;
  }

  /** Stop the sweep; works without a connection. */
  stop(command: "pause" | "abort"): void {
    if (this.feed === null) return;
    const sweepId = this.isAsked ? (this.started?.sweepId ?? null) : this.feed.sweepId;
    stops.press(this.feed.probeId, sweepId, command);
  }

  /** Both are here; `second`: how the second of them proves it, asked for as late as can be. */
  async declare(
    sweepId: string,
    declaredBy: [string, string],
    second: (() => SecondPerson | Promise<SecondPerson>) | null,
  ): Promise<void> {
    this.isBusy = true;
    this.failure = null;
    try {
      const proof = second === null ? null : await second();
      await this.command({
        command: "declare_empty",
        sweep_id: sweepId,
        declared_by: declaredBy,
        second_person: proof,
      });
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof PasskeyError)) throw error;
      this.failure = { shown: sentenceOf(error) };
    } finally {
      this.isBusy = false;
    }
  }

  async command(body: CommandBody): Promise<void> {
    if (this.feed === null) return;
    const { probeId } = this.feed;
    this.isBusy = true;
    this.failure = null;
    try {
      await call(
        client.POST("/api/probes/{probe_id}/commands", {
          params: { path: { probe_id: probeId } },
          body: { ...body, command_id: newId() },
        }),
      );
      // People who were there have decided to go on.
      if (body.command === "resume" || body.command === "declare_empty") stops.withdraw(probeId);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failure = error;
    } finally {
      this.isBusy = false;
    }
  }

  /** No test by light or by walking at that position, or no more of it. */
  skipResponseTests(positionIndex: number): void {
    if (this.sweepId === null) return;
    void this.command({ command: "skip_trials", sweep_id: this.sweepId, position_index: positionIndex });
  }

  /** The inspector stands where the next view of a second look is taken. */
  lookAgain(look: SecondLook): void {
    const { finding_id, kind } = look;
    if (this.sweepId !== null) void this.command({ command: "second_look", sweep_id: this.sweepId, finding_id, kind });
  }

  /** The inspector looked by eye and saw nothing. */
  sawNothing(findingId: string): void {
    if (this.sweepId !== null)
      void this.command({ command: "nothing_seen", sweep_id: this.sweepId, finding_id: findingId });
  }

  /** The inspector looked by eye and knows what it is. */
  named(findingId: string, seenAs: SeenAs): void {
    if (this.sweepId !== null)
      void this.command({ command: "explained", sweep_id: this.sweepId, finding_id: findingId, seen_as: seenAs });
  }

  /** What the inspector says who looked at a place by eye. */
  looked(lookId: string, answer: EyeAnswer): void {
    if (this.sweepId !== null)
      void this.command({ command: "answer_look", sweep_id: this.sweepId, look_id: lookId, answer });
  }

  simple(command: SimpleCommand): void {
    if (this.sweepId !== null) void this.command({ command, sweep_id: this.sweepId });
  }
}

function read(): Watched | null {
  try {
    const saved: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
    if (typeof saved !== "object" || saved === null) return null;
    if (!("probeId" in saved && "sweepId" in saved && "isTaken" in saved)) return null;
    const { probeId, sweepId, isTaken } = saved;
    if (typeof probeId !== "string" || !(typeof sweepId === "string" || sweepId === null)) return null;
    return { probeId, sweepId, isTaken: isTaken === true };
  } catch {
    return null;
  }
}

export const watch = new Watch();
