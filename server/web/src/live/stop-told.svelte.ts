/** What became of a stop that somebody asked for, in the words that the screen shows and the ear hears. */
import { clockTime } from "../i18n/format";
import { personName } from "../i18n/korean";
import { local, t } from "../i18n/translate.svelte";
import { isMine, stops } from "./stops.svelte";
import { watch } from "./watch.svelte";

const PATIENCE_MS = 1_500; // guessed: the server answers in a fraction of it; then a person must not wait any longer

export interface StopTold {
  /** Nothing but the probe's own button is sure to stop it. */
  readonly mustPress: boolean;
  readonly text: string;
}

export class Stopping {
  readonly #probeId: () => string;
  #isLate = $state(false);
  readonly #kept = $derived.by(() => stops.of(this.#probeId()));
  readonly told = $derived.by((): readonly StopTold[] => [...this.#ofPhone(), ...this.#ofOthers()]);

  /** Inside an effect or a component. */
  constructor(probeId: () => string) {
    this.#probeId = probeId;
    $effect(() => {
      const kept = this.#kept;
      if (kept === null) return;
      this.#isLate = Date.now() - kept.pressedMs > PATIENCE_MS;
      const timer = setTimeout(() => {
        this.#isLate = true;
      }, PATIENCE_MS);
      return () => {
        clearTimeout(timer);
      };
    });
  }

  #ofPhone(): readonly StopTold[] {
    const kept = this.#kept;
    if (kept === null) {
      const refusal = stops.refusals[this.#probeId()];
      return refusal ? [{ mustPress: true, text: t("live_command_refused", { text: local(refusal) }) }] : [];
    }
    if (!isMine(kept))
      return [
        {
          mustPress: true,
          text: t("stop_of_another", { who: personName(kept.author.name), when: clockTime(kept.pressedMs) }),
        },
      ];
    const progress = stops.progress[kept.commandId] ?? "unreached";
    return [{ mustPress: progress === "unreached" || this.#isLate, text: t(`stop_${progress}`) }];
  }

  /** Somebody else's, which the server has and the probe has not answered; and one that the probe has taken. */
  #ofOthers(): readonly StopTold[] {
    const kept = this.#kept;
    const asked = watch.feed?.probe?.stop ?? null;
    if (asked?.answer === "waiting" && asked.command_id !== kept?.commandId)
      return [{ mustPress: false, text: t("stop_asked_by", { who: personName(asked.asked_by) }) }];
    const { phase } = watch;
    const isDone = kept === null && asked?.answer === "accepted" && phase !== "paused" && phase !== "waiting_for_empty";
    return isDone ? [{ mustPress: false, text: t("stop_taken") }] : [];
  }
}
