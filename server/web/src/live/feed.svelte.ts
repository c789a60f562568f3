/**
 * One probe's live messages folded into what the screen shows.
 *
 * The server replays the running sweep on each connection, so folding the same message twice must change nothing; what it
 * then says of the probe has the last word on its state, also that it knows none.
 */
import type {
  ConditionEvent,
  CoverageEvent,
  DevicesEvent,
  DoctorEvent,
  EntryEvent,
  LiveMessage,
  LocalText,
  LookAskedEvent,
  ProbeState,
  ProbeView,
  ReferenceEvent,
  SecondLook,
} from "../api/types";
import { newId } from "../app/ids";
import { Line, type Connection, type EventType } from "./line.svelte";
import type { Seen } from "./seen";
import type {
  CommandAnswer,
  FindingPlace,
  LikeCamera,
  LiveNear,
  LivePosition,
  LiveProgress,
  LiveResponseTest,
  LiveZone,
} from "./told";

const OVER: readonly (ProbeState | null)[] = ["idle", "done", "aborted", "failed"];
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

export class LiveFeed {
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
  /** Counts connections on which the server has told what it knows of the probe. */
  snapshots = $state(0);

  #lastSeq: number | null = null;
  #lastSent = "";
  readonly #line: Line;

  constructor(readonly probeId: string) {
    this.#line = new Line(probeId, MESSAGE_TYPES, this);
  }

  get connection(): Connection {
    return this.#line.connection;
  }

  /** When something was heard last, while the line is lost; null while it holds. */
  get lastHeardMs(): number | null {
    return this.#line.lastHeardMs;
  }

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
    return this.#line.open();
  }

  /** What a page before this one saw: shown until the server tells more. */
  restore({ atMs, state, progress, zones }: Pick<Seen, "atMs" | "state" | "progress" | "zones">): void {
    this.#line.lastHeardMs = atMs;
    this.state = state;
    this.progress = progress;
    this.zones = zones;
  }

  /** What the server says of the probe has the last word on its state. */
  foldProbe(probe: ProbeView): void {
    if (probe.probe_id !== this.probeId) return;
    this.probe = probe;
    if (probe.sweep_id !== null && probe.sweep_id !== this.sweepId) this.#startOver(probe.sweep_id);
    if (this.state !== probe.state) {
      this.state = probe.state;
      this.isTaken ||= probe.state !== null && probe.sweep_id === this.sweepId;
      this.stateText = null;
    }
    if (!this.#line.isNew) return;
    this.#line.isNew = false;
    this.snapshots += 1;
  }

  foldEntry({ sweep_id: sweepId, kind }: EntryEvent): void {
    if (sweepId === this.sweepId) this.entryKinds = [...this.entryKinds, kind];
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
