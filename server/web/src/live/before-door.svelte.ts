/** What is done outside the door, one after the other: the reference check of the day, then what is heard out there. */
import { local, t } from "../i18n/translate.svelte";
import { bag } from "../today/bag.svelte";
import type { LiveFeed } from "./feed.svelte";

export const STEPS = ["board", "cord", "sender", "still"] as const;
const LAST = STEPS.length - 1;

export class BeforeDoor {
  readonly #feed: () => LiveFeed;
  /** What was done by hand, one tap each; a check that is made again begins where it may have gone wrong. */
  done = $state(0);
  wantsAgain = $state(false);

  constructor(feed: () => LiveFeed) {
    this.#feed = feed;
  }

  readonly reference = $derived.by(() => this.#feed().reference);
  readonly check = $derived(this.reference?.check ?? null);
  readonly isChecking = $derived(this.reference !== null && this.check === null);
  /** What is heard out there is measured. */
  readonly isListening = $derived.by(() => this.#feed().isMeasuring && !this.isChecking);
  readonly isDoneToday = $derived.by(() => {
    const { probeId } = this.#feed();
    return bag.data?.some(({ probe, status }) => probe.probe_id === probeId && status === "passed") ?? false;
  });
  readonly isPassed = $derived(
    this.check === null ? this.reference === null && this.isDoneToday : this.check.status === "passed",
  );
  /** Of the reference check, the one that a hand is asked for now; null where none is. */
  readonly step = $derived.by((): number | null => {
    if (this.isChecking) return LAST;
    return this.check === null && (!this.isDoneToday || this.wantsAgain) ? this.done : null;
  });
  /** Everything by hand is done: now it can begin. */
  readonly isReady = $derived(this.step === LAST);
  readonly sentence = $derived.by((): string => {
    if (this.isListening) return t("outside_now");
    if (this.step !== null) return t(`reference_step_${STEPS[this.step] ?? "still"}`);
    if (this.reference !== null && !this.isPassed) return local(this.reference.text);
    return t("outside_title");
  });

  begin(): void {
    this.done = LAST;
  }
}
