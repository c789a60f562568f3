/**
 * One probe's live messages over server-sent events, folded into what the screen shows.
 *
 * The server replays the running sweep on each connection, so folding the same message twice must change nothing; what it
 * then says of the probe has the last word on its state, also that it knows none. A line on which nothing comes for three
 * beats is lost, whatever the browser says of it. The browser reconnects by itself after a lost line; after a refusal or
 * silence this class does, ever more slowly.
 */
import type {
  ConditionEvent,
  CoverageEvent,
  DevicesEvent,
  DoctorEvent,
  EntryEvent,
  LiveMessage,
  LookAskedEvent,
  Modality,
  Nearness,
  ProbeState,
  ProbeView,
  ReferenceEvent,
  SecondLook,
  ResponseTestFlow,
  VerdictName,
  LocalText,
} from "../api/types";
import { newId } from "../app/ids";
import { session } from "../app/session.svelte";
import type { Seen } from "./seen";

export type Connection = "connecting" | "open" | "reconnecting";

export interface LiveZone {
  readonly zone_id: string;
  readonly modality: Modality;
  readonly verdict: VerdictName;
  readonly quality: number;
}

export interface FindingPlace {
  readonly finding_id: string;
  readonly zone_id: string;
}

export interface LiveProgress {
  readonly done: number;
  readonly all: number;
  readonly zoneId: string | null;
  readonly modality: Modality | null;
  readonly fraction: number;
  /** Outside the door: asked for without a modality, measured with one. */
  readonly isOutside: boolean;
  /** The sweep takes so long at most, counted from `heardMs`. */
  readonly leftS: number | null;
  /** Who waits until others no longer need the air. */
  readonly waits: readonly Modality[];
  readonly heardMs: number;
}

/** Where somebody stands and is measured: what of the filming is over. */
export interface LivePosition {
  readonly zoneId: string;
  /** Looking and listening take so long; null where the probe does not say. */
  readonly longestS: number | null;
  /** Of the filming, 0 to 1, as told at `heardMs`. */
  readonly share: number;
  /** The camera has told of this position. */
  readonly isFilmed: boolean;
  readonly heardMs: number;
}

/** A response test: light is played, or a person walks by prompts. */
export interface LiveResponseTest {
  readonly kind: "light" | "motion";
  readonly isOver: boolean;
  readonly elapsedS: number;
  readonly longestS: number;
  readonly prompt: "walk" | "stand" | null;
  readonly nextPromptS: number | null;
  /** What a skip names; null where nobody may skip. */
  readonly positionIndex: number | null;
  /** Which of so many tests at this position, from 1. */
  readonly number: number;
  readonly all: number;
  /** For whom it is made, the surest first, and how many those are in all. */
  readonly flows: readonly ResponseTestFlow[];
  readonly flowCount: number;
  readonly text: LocalText;
  /** When it was so, by this phone's clock: seconds are counted on from here. */
  readonly heardMs: number;
}

/** Of what somebody said that it is like a camera, with the id of the case that the guide opens. */
export interface LikeCamera {
  readonly lookId: string;
  readonly where: LocalText;
  readonly caseId: string;
}

/** What leads to a candidate at this position, as told at `heardMs`. */
export interface LiveNear {
  readonly things: readonly Nearness[];
  readonly heardMs: number;
}

/** The probe's answer to a command. */
export interface CommandAnswer {
  readonly commandId: string;
  readonly isAccepted: boolean;
  readonly text: LocalText;
}

type EventType = LiveMessage["event"]["type"];

/** A message of the server that waits for its turn. */
interface QueuedMessage {
  readonly size: EventType | "small";
  readonly fold: () => void;
}

const OVER: readonly (ProbeState | null)[] = ["idle", "done", "aborted", "failed"];
const SILENCE_MS = 15_000; // derived: three beats of the server
const CHECK_MS = 1_000;
const MOST_ANSWERS = 50; // guessed: more than anybody asks for in a minute
/** All of them: an event that is missing here, or in `fold`, fails the check of types. */
const MESSAGE_TYPES = Object.keys({
  state: true,
  progress: true,
  zone: true,
  guidance: true,
  notice: true,
  condition: true,
  doctor: true,
  trial: true,
  second_look: true,
  look_asked: true,
  look_answered: true,
  reference: true,
  coverage: true,
  devices: true,
  near: true,
  finding: true,
  command: true,
} satisfies Record<EventType, true>) as readonly EventType[];
/** Each of these fills a card of its own, which takes as long as everything else together. */
const LARGE: readonly string[] = ["coverage", "devices"];
const FRAME_MS = 16; // derived: a screen shows 60 pictures a second
const FIRST_WAIT_MS = 1_000; // guessed
const LONGEST_WAIT_MS = 15_000; // guessed

export class LiveFeed {
  connection = $state<Connection>("connecting");
  probe = $state.raw<ProbeView | null>(null);
  sweepId = $state<string | null>(null);
  state = $state<ProbeState | null>(null);
  stateText = $state.raw<LocalText | null>(null);
  progress = $state.raw<LiveProgress | null>(null);
  position = $state.raw<LivePosition | null>(null);
  /** How well each zone was seen so far, by target and surface; the one told last comes last. */
  coverage = $state.raw<readonly CoverageEvent[]>([]);
  /** Devices heard so far, by what they ask for; null before the first position is over. */
  devices = $state.raw<DevicesEvent | null>(null);
  /** Looks by eye that wait for an answer, in the order in which they were asked for. */
  eyeLooks = $state.raw<readonly LookAskedEvent[]>([]);
  /** Ids of those that were over before anybody had looked. */
  missedLooks = $state.raw<readonly string[]>([]);
  /** The last one of which somebody said that it is like a camera. */
  likeCamera = $state.raw<LikeCamera | null>(null);
  /** What leads to a candidate within the position; null where nothing does. */
  near = $state.raw<LiveNear | null>(null);
  guidance = $state.raw<LocalText | null>(null);
  /** What a person should know about the probe itself, by code; each stands until the probe says that it is over. */
  notices = $state.raw<readonly { readonly code: string; readonly text: LocalText }[]>([]);
  /** How the probe itself is; null before it has told. */
  condition = $state.raw<ConditionEvent | null>(null);
  /** What the probe lacks, as it found between sweeps; null before it has told. */
  doctor = $state.raw<DoctorEvent | null>(null);
  responseTest = $state.raw<LiveResponseTest | null>(null);
  /** A position is being measured; between positions the inspector may ask for a walk. */
  isMeasuring = $state(false);
  refusal = $state.raw<LocalText | null>(null);
  zones = $state.raw<readonly LiveZone[]>([]);
  /** Of the report that is being closed. */
  findings = $state.raw<readonly FindingPlace[]>([]);
  /** The day's reference check: how far it is, or what it came to. */
  reference = $state.raw<ReferenceEvent | null>(null);
  /** Candidates that ask for a second look, and those that had one. */
  looks = $state.raw<readonly SecondLook[]>([]);
  /** Kinds of entries that the server has projected for this sweep. */
  entryKinds = $state.raw<readonly string[]>([]);
  /** The probe has told a state of this sweep, now or to an earlier page. */
  isTaken = $state(false);
  /** The last answers of the probe, oldest first. */
  answers = $state.raw<readonly CommandAnswer[]>([]);
  /** When something was heard last, while the line is lost; null while it holds. */
  lastHeardMs = $state<number | null>(null);
  /** Counts connections on which the server has told what it knows of the probe. */
  snapshots = $state(0);

  #heardMs = 0;
  #isNewLine = false;
  #lastSeq: number | null = null;
  #lastSent = "";
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = FIRST_WAIT_MS;
  #queue: QueuedMessage[] = [];
  #folding: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly probeId: string) {}

  /** Whether the probe may be sweeping: always, unless it is known at this moment that it is not. */
  get mayRun(): boolean {
    return this.connection !== "open" || !OVER.includes(this.state);
  }

  /** Whether it is known that no sweep runs, at this moment. */
  get isOver(): boolean {
    return !this.mayRun;
  }

  /** Connect; returns the function that disconnects. */
  open(): () => void {
    this.#connect();
    const watcher = setInterval(() => {
      if (Date.now() - this.#heardMs > SILENCE_MS) this.#connectAnew();
    }, CHECK_MS);
    const onOffline = () => {
      this.#lose();
    };
    const onOnline = () => {
      this.#connectAnew();
    };
    addEventListener("offline", onOffline);
    addEventListener("online", onOnline);
    return () => {
      clearInterval(watcher);
      removeEventListener("offline", onOffline);
      removeEventListener("online", onOnline);
      clearTimeout(this.#timer);
      clearTimeout(this.#folding);
      this.#source?.close();
    };
  }

  /** What a page before this one saw: shown until the server tells more. */
  restore({ atMs, state, progress, zones }: Pick<Seen, "atMs" | "state" | "progress" | "zones">): void {
    this.lastHeardMs = atMs;
    this.state = state;
    this.progress = progress;
    this.zones = zones;
  }

  #lose(): void {
    if (this.connection === "open") this.lastHeardMs = this.#heardMs;
    this.connection = "reconnecting";
  }

  #connectAnew(): void {
    this.#lose();
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#connect();
  }

  #heard(): void {
    this.#heardMs = Date.now();
    this.connection = "open";
    this.lastHeardMs = null;
  }

  #connect(): void {
    this.#heardMs = Date.now(); // as long as a beat takes, the new line has time
    this.#isNewLine = true;
    const source = new EventSource(`/api/live?probe_id=${encodeURIComponent(this.probeId)}`);
    this.#source = source;
    source.onopen = () => {
      this.#heard();
      this.#waitMs = FIRST_WAIT_MS;
    };
    source.onerror = () => {
      this.#lose();
      this.#isNewLine = true;
      if (source.readyState !== EventSource.CLOSED) return;
      void session.reload(); // refused: perhaps nobody is logged in any more
      this.#timer = setTimeout(() => {
        this.#connect();
      }, this.#waitMs);
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    };
    for (const type of MESSAGE_TYPES)
      source.addEventListener(type, (event) => {
        this.#heard();
        this.#soon(LARGE.includes(type) ? type : "small", () => {
          this.fold(JSON.parse(event.data as string) as LiveMessage);
        });
      });
    source.addEventListener("beat", () => {
      this.#heard();
    });
    source.addEventListener("closing", () => {
      this.#lose();
    });
    source.addEventListener("entry", (event) => {
      this.#heard();
      this.#soon("small", () => {
        const entry = JSON.parse(event.data as string) as EntryEvent;
        if (entry.sweep_id === this.sweepId) this.entryKinds = [...this.entryKinds, entry.kind];
      });
    });
    source.addEventListener("probe", (event) => {
      this.#heard();
      this.#soon("small", () => {
        const probe = JSON.parse(event.data as string) as ProbeView;
        if (probe.probe_id === this.probeId) this.#foldProbe(probe);
      });
    });
  }

  /**
   * Messages come in bursts, at a connection all of a sweep at once: the page draws once what came within a frame, and what
   * fills a card in a task of its own, so that a press on the stop never waits for long.  Their order stays.  It is a timer,
   * since a page that nobody sees has no frames.
   */
  #soon(size: QueuedMessage["size"], fold: () => void): void {
    this.#queue.push({ size, fold });
    this.#folding ??= setTimeout(() => {
      this.#foldNext();
    }, FRAME_MS);
  }

  #foldNext(): void {
    const size = this.#queue[0]?.size;
    const other = this.#queue.findIndex((queued) => queued.size !== size);
    const now = this.#queue.splice(0, other === -1 ? this.#queue.length : other);
    this.#folding =
      this.#queue.length === 0
        ? undefined
        : setTimeout(() => {
            this.#foldNext();
          });
    for (const { fold } of now) fold();
  }

  #foldProbe(probe: ProbeView): void {
    this.probe = probe;
    if (probe.sweep_id !== null && probe.sweep_id !== this.sweepId) this.#startOver(probe.sweep_id);
    if (this.state !== probe.state) {
      this.state = probe.state;
      this.isTaken ||= probe.state !== null && probe.sweep_id === this.sweepId;
      this.stateText = null;
    }
    if (!this.#isNewLine) return;
    this.#isNewLine = false;
    this.snapshots += 1;
  }

  /** Take one message; older ones than the last are ignored. */
  fold(message: LiveMessage): void {
    if (message.probe_id !== this.probeId) return;
    if (this.#lastSeq !== null && message.seq <= this.#lastSeq && message.sent <= this.#lastSent) return;
    this.#lastSeq = message.seq;
    this.#lastSent = message.sent;
    if (message.sweep_id !== null && message.sweep_id !== this.sweepId) this.#startOver(message.sweep_id);
    // What is told again has been so for a while: seconds in it are counted on from when it was said.
    this.#foldEvent(message.event, Date.now() - message.age_s * 1_000);
  }

  #foldEvent(event: LiveMessage["event"], heardMs: number): void {
    switch (event.type) {
      case "state":
        this.state = event.state;
        this.isTaken = true;
        this.stateText = event.text;
        if (event.state !== "running" && event.state !== "paused") this.isMeasuring = false;
        if (event.state !== "running") this.near = null;
        break;
      case "progress":
        if (event.modality === null) {
          if (event.zone_id !== null) this.responseTest = null; // another position; how the last test ended stands until then
          this.guidance = null;
        }
        this.#foldPosition(event, heardMs);
        this.isMeasuring = event.zone_id !== null || (event.step === "outside" && event.modality !== null);
        this.progress = {
          done: event.position_index,
          all: event.positions,
          zoneId: event.zone_id,
          modality: event.modality,
          fraction: event.fraction,
          isOutside: event.step === "outside",
          leftS: event.left_s ?? null,
          waits: event.waits ?? [],
          heardMs,
        };
        break;
      case "zone":
        this.zones = [
          ...this.zones.filter((zone) => zone.zone_id !== event.zone_id || zone.modality !== event.modality),
          event,
        ];
        break;
      case "guidance":
        this.guidance = event.text;
        break;
      case "look_asked":
        this.eyeLooks = [...this.eyeLooks.filter(({ look_id }) => look_id !== event.look_id), event];
        break;
      case "look_answered":
        if (event.leads_to === "guide") {
          const look = this.eyeLooks.find(({ look_id }) => look_id === event.look_id);
          if (look !== undefined && look.look_id !== this.likeCamera?.lookId)
            this.likeCamera = { lookId: look.look_id, where: look.where, caseId: newId() };
        }
        if (event.answer === "not_answered" && !this.missedLooks.includes(event.look_id))
          this.missedLooks = [...this.missedLooks, event.look_id];
        this.eyeLooks = this.eyeLooks.filter(({ look_id }) => look_id !== event.look_id);
        this.guidance = event.text;
        break;
      case "notice":
        this.notices = [
          ...this.notices.filter((notice) => notice.code !== event.code),
          ...(event.is_over === true ? [] : [event]),
        ];
        break;
      case "condition":
        this.condition = event;
        break;
      case "doctor":
        this.doctor = event;
        break;
      case "trial":
        this.responseTest = {
          kind: event.kind,
          isOver: event.phase === "over",
          elapsedS: event.elapsed_s,
          longestS: event.longest_s,
          prompt: event.prompt ?? null,
          nextPromptS: event.next_prompt_s ?? null,
          positionIndex: event.position_index ?? null,
          number: (event.trial_index ?? 0) + 1,
          all: event.trials ?? 1,
          flows: event.flows ?? [],
          flowCount: event.flow_count ?? 0,
          text: event.text,
          heardMs,
        };
        break;
      case "second_look":
        this.looks = this.#withLook(event);
        break;
      case "reference":
        this.reference = event;
        break;
      case "coverage":
        this.coverage = [...this.coverage.filter(({ zone_id }) => zone_id !== event.zone_id), event];
        break;
      case "devices":
        this.devices = event;
        break;
      case "near":
        this.near = event.things.length === 0 ? null : { things: event.things, heardMs: Date.now() };
        break;
      case "finding":
        this.findings = [...this.findings.filter(({ finding_id }) => finding_id !== event.finding_id), event];
        break;
      case "command":
        this.refusal = event.accepted ? null : event.text;
        this.answers = [
          ...this.answers.slice(1 - MOST_ANSWERS),
          { commandId: event.command_id, isAccepted: event.accepted, text: event.text },
        ];
        break;
      default:
        event satisfies never;
    }
  }

  #foldPosition(event: Extract<LiveMessage["event"], { type: "progress" }>, heardMs: number): void {
    const { zone_id: zoneId, modality } = event;
    if (zoneId === null) this.position = this.near = null;
    else if (modality === null)
      this.position = { zoneId, longestS: event.stand_s ?? null, share: 0, isFilmed: false, heardMs };
    else if (modality === "lens" && this.position?.zoneId === zoneId) {
      const share = Math.min(1, Math.max(0, event.fraction * event.positions - event.position_index));
      this.position = { ...this.position, share, isFilmed: true, heardMs };
    }
  }

  /** Each keeps its place in the list. */
  #withLook(event: SecondLook): readonly SecondLook[] {
    const isIt = (one: SecondLook) => one.finding_id === event.finding_id && one.kind === event.kind;
    return this.looks.some(isIt) ? this.looks.map((one) => (isIt(one) ? event : one)) : [...this.looks, event];
  }

  #startOver(sweepId: string): void {
    this.sweepId = sweepId;
    this.isTaken = false;
    this.state = null;
    this.stateText = null;
    this.progress = null;
    this.position = null;
    this.coverage = [];
    this.devices = null;
    this.near = null;
    this.eyeLooks = [];
    this.missedLooks = [];
    this.likeCamera = null;
    this.guidance = null;
    this.responseTest = null;
    this.isMeasuring = false;
    this.refusal = null;
    this.zones = [];
    this.findings = [];
    this.looks = [];
    this.reference = null;
    this.entryKinds = [];
    this.notices = []; // those that still hold are told anew
    this.condition = null;
  }
}
