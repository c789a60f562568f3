/**
 * One probe's live messages over server-sent events, folded into what the screen shows.
 *
 * The server replays the running sweep on each connection, so folding the same message twice must change nothing.
 * The browser reconnects by itself after a lost line; after a refusal this class does, ever more slowly.
 */
import type { EntryEvent, LiveMessage, Modality, ProbeState, ProbeView, VerdictName, LocalText } from "../api/types";

export type Connection = "connecting" | "open" | "reconnecting";

export interface LiveZone {
  readonly zone_id: string;
  readonly modality: Modality;
  readonly verdict: VerdictName;
  readonly quality: number;
}

export interface LiveProgress {
  readonly done: number;
  readonly all: number;
  readonly zoneId: string | null;
  readonly modality: Modality | null;
  readonly fraction: number;
}

/** A response test: light is played, or a person walks by prompts. */
export interface LiveTrial {
  readonly kind: "light" | "motion";
  readonly isOver: boolean;
  readonly elapsedS: number;
  readonly longestS: number;
  readonly prompt: "walk" | "stand" | null;
  readonly nextPromptS: number | null;
  readonly text: LocalText;
  /** When this phone heard of it: seconds are counted on from here. */
  readonly heardMs: number;
}

const MESSAGE_TYPES = ["state", "progress", "zone", "guidance", "notice", "trial", "finding", "command"] as const;
const FIRST_WAIT_MS = 1_000; // guessed
const LONGEST_WAIT_MS = 15_000; // guessed

export class LiveFeed {
  connection = $state<Connection>("connecting");
  probe = $state.raw<ProbeView | null>(null);
  sweepId = $state<string | null>(null);
  state = $state<ProbeState | null>(null);
  stateText = $state.raw<LocalText | null>(null);
  progress = $state.raw<LiveProgress | null>(null);
  guidance = $state.raw<LocalText | null>(null);
  /** What a person should know about the probe itself, by code; each stands until the probe says that it is over. */
  notices = $state.raw<readonly { readonly code: string; readonly text: LocalText }[]>([]);
  trial = $state.raw<LiveTrial | null>(null);
  /** A position is being measured; between positions the inspector may ask for a walk. */
  isMeasuring = $state(false);
  refusal = $state.raw<LocalText | null>(null);
  zones = $state.raw<readonly LiveZone[]>([]);
  findingIds = $state.raw<readonly string[]>([]);
  /** Kinds of entries that the server has projected for this sweep. */
  entryKinds = $state.raw<readonly string[]>([]);
  missed = $state(0);

  #lastSeq: number | null = null;
  #lastSent = "";
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = FIRST_WAIT_MS;

  constructor(readonly probeId: string) {}

  /** Connect; returns the function that disconnects. */
  open(): () => void {
    this.#connect();
    return () => {
      clearTimeout(this.#timer);
      this.#source?.close();
    };
  }

  #connect(): void {
    const source = new EventSource(`/api/live?probe_id=${encodeURIComponent(this.probeId)}`);
    this.#source = source;
    source.onopen = () => {
      this.connection = "open";
      this.#waitMs = FIRST_WAIT_MS;
    };
    source.onerror = () => {
      this.connection = "reconnecting";
      if (source.readyState !== EventSource.CLOSED) return;
      this.#timer = setTimeout(() => {
        this.#connect();
      }, this.#waitMs);
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    };
    for (const type of MESSAGE_TYPES)
      source.addEventListener(type, (event) => {
        this.fold(JSON.parse(event.data as string) as LiveMessage);
      });
    source.addEventListener("entry", (event) => {
      const entry = JSON.parse(event.data as string) as EntryEvent;
      if (entry.sweep_id === this.sweepId) this.entryKinds = [...this.entryKinds, entry.kind];
    });
    source.addEventListener("probe", (event) => {
      const probe = JSON.parse(event.data as string) as ProbeView;
      if (probe.probe_id === this.probeId) this.probe = probe;
    });
  }

  /** Take one message; older ones than the last are ignored, a hole in the numbers is counted. */
  fold(message: LiveMessage): void {
    if (message.probe_id !== this.probeId) return;
    if (this.#lastSeq !== null && message.seq <= this.#lastSeq && message.sent <= this.#lastSent) return;
    if (this.#lastSeq !== null && message.seq > this.#lastSeq + 1 && message.sweep_id === this.sweepId)
      this.missed += message.seq - this.#lastSeq - 1;
    this.#lastSeq = message.seq;
    this.#lastSent = message.sent;
    if (message.sweep_id !== null && message.sweep_id !== this.sweepId) this.#startOver(message.sweep_id);
    this.#foldEvent(message.event);
  }

  #foldEvent(event: LiveMessage["event"]): void {
    switch (event.type) {
      case "state":
        this.state = event.state;
        this.stateText = event.text;
        if (event.state !== "running") this.guidance = null;
        if (event.state !== "running" && event.state !== "paused") this.isMeasuring = false;
        break;
      case "progress":
        if (event.modality === null) {
          this.trial = null; // another position
          this.guidance = null;
        }
        this.isMeasuring = event.zone_id !== null;
        this.progress = {
          done: event.position_index,
          all: event.positions,
          zoneId: event.zone_id,
          modality: event.modality,
          fraction: event.fraction,
        };
        break;
      case "zone":
        if (event.modality === "wifi") this.isMeasuring = false; // the last to end, live
        this.zones = [
          ...this.zones.filter((zone) => zone.zone_id !== event.zone_id || zone.modality !== event.modality),
          event,
        ];
        break;
      case "guidance":
        this.guidance = event.text;
        break;
      case "notice":
        this.notices = [
          ...this.notices.filter((notice) => notice.code !== event.code),
          ...(event.is_over === true ? [] : [event]),
        ];
        break;
      case "trial":
        this.trial = {
          kind: event.kind,
          isOver: event.phase === "over",
          elapsedS: event.elapsed_s,
          longestS: event.longest_s,
          prompt: event.prompt ?? null,
          nextPromptS: event.next_prompt_s ?? null,
          text: event.text,
          heardMs: Date.now(),
        };
        break;
      case "finding":
        if (!this.findingIds.includes(event.finding_id)) this.findingIds = [...this.findingIds, event.finding_id];
        break;
      case "command":
        this.refusal = event.accepted ? null : event.text;
        break;
    }
  }

  #startOver(sweepId: string): void {
    this.sweepId = sweepId;
    this.state = null;
    this.stateText = null;
    this.progress = null;
    this.guidance = null;
    this.trial = null;
    this.isMeasuring = false;
    this.refusal = null;
    this.zones = [];
    this.findingIds = [];
    this.entryKinds = [];
    this.missed = 0;
  }
}
