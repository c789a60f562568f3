/**
 * The line to the server on which one probe's live messages come: server-sent events, each handed on in its turn.
 *
 * A line on which nothing comes for three beats is lost, whatever the browser says of it. The browser reconnects by itself
 * after a lost line; after a refusal or silence this class does, ever more slowly.
 */
import { heardNews } from "../api/client";
import type { EntryEvent, LiveMessage, ProbeView } from "../api/types";
import { session } from "../app/session.svelte";

export type Connection = "connecting" | "open" | "reconnecting";

export type EventType = LiveMessage["event"]["type"];

/** Who takes in what comes. */
export interface Hearer {
  readonly fold: (message: LiveMessage) => void;
  readonly foldEntry: (entry: EntryEvent) => void;
  readonly foldProbe: (probe: ProbeView) => void;
}

/** A message of the server that waits for its turn. */
interface QueuedMessage {
  readonly size: EventType | "small";
  readonly fold: () => void;
}

const SILENCE_MS = 15_000; // derived: three beats of the server
const CHECK_MS = 1_000;
/** Each of these fills a card of its own, which takes as long as everything else together. */
const LARGE: readonly string[] = ["coverage", "devices"];
const FRAME_MS = 16; // derived: a screen shows 60 pictures a second
const FIRST_WAIT_MS = 1_000; // guessed
const LONGEST_WAIT_MS = 15_000; // guessed

export class Line {
  connection = $state<Connection>("connecting");
  /** When something was heard last, while the line is lost; null while it holds. */
  lastHeardMs = $state<number | null>(null);
  /** The server has not told what it knows of the probe since it was connected. */
  isNew = false;
  #heardMs = 0;
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = FIRST_WAIT_MS;
  #queue: QueuedMessage[] = [];
  #folding: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly probeId: string,
    private readonly types: readonly EventType[],
    private readonly hearer: Hearer,
  ) {}

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
    this.isNew = true;
    const source = new EventSource(`/api/live?probe_id=${encodeURIComponent(this.probeId)}`);
    this.#source = source;
    source.onopen = () => {
      this.#heard();
      this.#waitMs = FIRST_WAIT_MS;
    };
    source.onerror = () => {
      this.#lose();
      this.isNew = true;
      if (source.readyState !== EventSource.CLOSED) return;
      void session.reload(); // refused: perhaps nobody is logged in any more
      this.#timer = setTimeout(() => {
        this.#connect();
      }, this.#waitMs);
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    };
    for (const type of this.types)
      source.addEventListener(type, (event) => {
        this.#heard();
        this.#soon(LARGE.includes(type) ? type : "small", () => {
          this.hearer.fold(JSON.parse(event.data as string) as LiveMessage);
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
      heardNews();
      this.#soon("small", () => {
        this.hearer.foldEntry(JSON.parse(event.data as string) as EntryEvent);
      });
    });
    source.addEventListener("probe", (event) => {
      this.#heard();
      this.#soon("small", () => {
        this.hearer.foldProbe(JSON.parse(event.data as string) as ProbeView);
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
}
