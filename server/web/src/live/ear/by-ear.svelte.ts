/**
 * A sweep by ear: whether this phone is heard instead of read, and how.  It holds until its person says otherwise or the page
 * is opened anew: a page that was not touched since may neither speak nor sound, and says so by looking as ever.
 */
import { settings } from "../../app/settings.svelte";
import type { Commander } from "../arbiter";
import type { NearState } from "../near";
import { voice } from "./voice.svelte";

/** `radio`: an earphone that transmits, which the probe was told of when the sweep began. */
export const EARS = ["off", "wired", "radio"] as const;
export type Ear = (typeof EARS)[number];

/** What the instrument says now, and what an ear needs beside it. */
export interface Said {
  readonly commander: Commander;
  readonly sentence: string;
  /** What comes before it. */
  readonly heard: string;
  /** The zone where one stands. */
  readonly place: string | null;
  /** Of the look that is asked for: the same place may be asked for again. */
  readonly lookId: string | null;
  /** How near what leads the hand is; null where nothing does. */
  readonly near: NearState | null;
  /** Something that is pressed comes next: a place on the map, a button. */
  readonly asksForHand: boolean;
}

class ByEar {
  ear = $state<Ear>("off");
  said = $state.raw<Said | null>(null);
  readonly isOn = $derived(this.ear !== "off");
  /** No voice of this phone's own speaks the page's language: tones and vibration only. */
  readonly isWordless = $derived(voice.of(settings.language) === null);

  /** By a person's tap only: browsers let no page speak or sound without one. */
  choose(ear: Ear): void {
    this.ear = ear;
  }
}

export const byEar = new ByEar();
