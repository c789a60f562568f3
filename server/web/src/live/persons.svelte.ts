/** Who makes a sweep: who was written down, who proved to be there, and who is asked to declare the room empty. */
import type { Source } from "../api/types";
import { session } from "../app/session.svelte";
import { keepCompanion } from "./day";
import type { LiveFeed } from "./feed.svelte";
import { say } from "./say.svelte";
import type { watch } from "./watch.svelte";

/** What the first entry of a sweep says of it. */
export interface Known {
  readonly sweepId: string;
  readonly inspectors: readonly string[];
  readonly source: Source;
}

export interface Given {
  readonly feed: LiveFeed;
  readonly sweepId: string | null;
  /** As this phone asked for it. */
  readonly started: (typeof watch)["started"];
  readonly known: Known | null;
}

export class Persons {
  readonly #given: () => Given;

  constructor(given: () => Given) {
    this.#given = given;
    $effect(() => {
      if (this.#companion !== undefined) void keepCompanion(this.#companion);
    });
  }

  readonly inspectors = $derived.by<readonly [string, string] | null>(() => {
    const { feed, sweepId, started, known } = this.#given();
    if (started !== null && started.sweepId === sweepId) return started.inspectors;
    const told = feed.probe?.sweep_id === sweepId ? feed.probe?.inspectors : null;
    const [one, other, ...more] = told ?? (known?.sweepId === sweepId ? known?.inspectors : null) ?? [];
    return one !== undefined && other !== undefined && more.length === 0 ? [one, other] : null;
  });
  readonly #me = $derived(session.user?.display_name ?? "");
  /** Once in a sweep, and anew after each pause: taps are enough for two who were identified. */
  readonly proved = $derived.by(() => {
    const { feed, sweepId } = this.#given();
    return feed.probe?.sweep_id === sweepId ? (feed.probe?.proved_by ?? null) : null;
  });
  readonly isProved = $derived(this.proved?.includes(this.#me) ?? false);
  readonly #companion = $derived(this.isProved ? this.proved?.find((name) => name !== this.#me) : undefined);
  /** Who proved to be there though somebody else was written down when the sweep began. */
  readonly unexpected = $derived.by(() => {
    const { inspectors } = this;
    return inspectors === null ? [] : (this.proved ?? []).filter((name) => !inspectors.includes(name));
  });
  readonly declarers = $derived.by<readonly [string, string] | null>(() => {
    if (this.#given().feed.probe?.role !== "probe") return this.inspectors;
    const [one, two] = this.proved ?? [];
    if (this.isProved && one !== undefined && two !== undefined) return [one, two];
    // Whoever holds this phone is one of the two; the other one is whoever proves it.
    const other = this.inspectors?.find((name) => name !== this.#me);
    return [this.#me, other ?? say("declare_other")];
  });
}
