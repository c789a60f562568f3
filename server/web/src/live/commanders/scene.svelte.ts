/**
 * What stands in a room at this moment, and who of it commands: one for each live screen, whether it is read or heard.
 */
import type { CoverageEvent, Plan, ProbeState, Zone } from "../../api/types";
import { local } from "../../i18n/translate.svelte";
import { zoneWords } from "../../sweep/naming";
import { commanderOf, hindranceOf, type Commander } from "../arbiter";
import type { BeforeDoor } from "../before-door.svelte";
import type { LiveFeed } from "../feed.svelte";
import { nearNow } from "../near";
import { asksTo, isPending, isThrough, zonesLeft } from "../so-far";
import { aimAt } from "../spots";
import { watch } from "../watch.svelte";

export interface Given {
  readonly feed: LiveFeed;
  readonly phase: ProbeState;
  readonly plan: Plan | null;
  /** What is done outside the door, before the room. */
  readonly before: BeforeDoor | null;
  readonly mayInspect: boolean;
}

export class Scene {
  readonly #given: () => Given;
  /** The find that this phone's person has read of. */
  heeded = $state("");
  #lookedSinceMs = $state(0);

  constructor(given: () => Given) {
    this.#given = given;
    $effect(() => {
      if (this.lookId !== null) this.#lookedSinceMs = Date.now();
    });
  }

  readonly feed = $derived.by(() => this.#given().feed);
  readonly phase = $derived.by(() => this.#given().phase);
  readonly plan = $derived.by(() => this.#given().plan);
  readonly before = $derived.by(() => this.#given().before);
  readonly mayInspect = $derived.by(() => this.#given().mayInspect);
  readonly isBefore = $derived(this.before !== null);
  readonly now = $derived(watch.now);
  readonly isLost = $derived(this.feed.connection !== "open" || this.feed.probe?.online === false);
  readonly isRunning = $derived(this.phase === "running");
  readonly look = $derived(this.isRunning ? (this.feed.eyeLooks[0] ?? null) : null);
  readonly test = $derived(this.isRunning && this.feed.responseTest?.isOver === false ? this.feed.responseTest : null);
  readonly hindrance = $derived(this.isRunning ? hindranceOf(this.feed.notices) : null);
  readonly found = $derived.by(() => {
    const { likeCamera } = this.feed;
    return likeCamera !== null && likeCamera.lookId !== this.heeded ? likeCamera : null;
  });
  readonly near = $derived(this.isRunning ? this.feed.near : null);
  readonly isBlind = $derived(
    this.feed.position?.isFilmed !== true && this.feed.condition !== null && this.feed.condition.camera !== "on",
  );
  // A second look says itself what to do.
  readonly position = $derived(
    this.isRunning && !this.feed.looks.some(({ state }) => state === "looking") ? this.feed.position : null,
  );
  readonly aim = $derived.by(() => {
    const { position } = this;
    if (position === null) return null;
    const kind = this.plan?.zones.find(({ zone_id }) => zone_id === position.zoneId)?.kind ?? "other";
    return aimAt(kind, position, this.now);
  });
  readonly spot = $derived(this.isBlind ? null : (this.aim?.spots[this.aim.now] ?? null));
  readonly next = $derived(
    this.isRunning && !this.feed.isMeasuring && !this.isBefore ? (this.feed.devices?.next_stand ?? null) : null,
  );
  /** Inside, and nothing is measured. */
  readonly isBetween = $derived(
    this.isRunning && !this.feed.isMeasuring && !this.isBefore && this.feed.progress?.isOutside !== true,
  );
  readonly isThrough = $derived(this.isBetween && isThrough(this.plan, this.feed.zones, this.feed.guidance));
  /** Places that somebody is to look at again. */
  readonly hasPending = $derived(this.feed.looks.some(({ state }) => isPending(state)));
  /** Where a hand may go on: the first zone of which nothing was told; a simulated probe goes by itself. */
  readonly toStand = $derived.by((): Zone | null => {
    const { feed, plan } = this;
    const isAsked = feed.guidance === null || asksTo("stand_next", feed.guidance);
    if (!this.isBetween || !isAsked || plan === null || feed.probe?.role !== "probe") return null;
    return this.mayInspect ? (zonesLeft(plan, feed.zones)[0] ?? null) : null;
  });
  readonly commander = $derived.by((): Commander =>
    commanderOf({
      isLost: this.isLost,
      isPaused: this.phase === "paused",
      isFound: this.found !== null,
      isHindered: this.hindrance !== null,
      isTesting: this.test !== null,
      isLooking: this.look !== null,
      isNear: this.near !== null,
      isAimed: this.aim !== null,
      isThrough: this.isThrough,
      hasNext: this.next !== null || this.isBefore,
    }),
  );

  // What leads a hand: to a look only the glint itself, and never a device that sends.
  readonly led = $derived.by(() => {
    const { near, commander } = this;
    if (near === null || !(commander === "near" || commander === "look")) return null;
    const things =
      commander === "near"
        ? near.things
        : near.things.filter(({ modality, right_deg }) => modality === "lens" && right_deg !== null);
    return things.length === 0 ? null : { heardMs: near.heardMs, things };
  });
  readonly lead = $derived.by(() => {
    const { led } = this;
    if (led === null) return null;
    return nearNow(led, Math.max(this.now, led.heardMs), this.feed.connection !== "open")[0] ?? null;
  });

  // Between two messages the seconds go on by themselves.
  readonly testS = $derived.by(() => {
    const { test } = this;
    if (test === null) return 0;
    const sinceS = test.elapsedS > 0 ? Math.max(0, this.now - test.heardMs) / 1000 : 0;
    return Math.min(test.longestS, test.elapsedS + sinceS);
  });
  readonly lookId = $derived(this.commander === "look" ? (this.look?.look_id ?? null) : null);
  readonly lookZone = $derived(this.plan?.zones.find(({ zone_id }) => zone_id === this.look?.zone_id));
  readonly lookedS = $derived(
    this.look === null
      ? 0
      : Math.min(this.look.longest_s, Math.max(0, (this.now - (this.#lookedSinceMs || this.now)) / 1000)),
  );

  readonly zone = $derived.by((): Zone | undefined => {
    const zoneId = this.position?.zoneId ?? this.feed.progress?.zoneId;
    return this.plan?.zones.find(({ zone_id }) => zone_id === zoneId);
  });
  readonly zoneName = $derived.by(() => {
    if (this.zone !== undefined) return local(this.zone.name);
    const zoneId = this.feed.progress?.zoneId ?? null;
    return zoneId === null ? null : zoneWords(zoneId);
  });

  wallsOf(zoneId: string): CoverageEvent["walls"] {
    return this.feed.coverage.find(({ zone_id }) => zone_id === zoneId)?.walls ?? [];
  }
}
