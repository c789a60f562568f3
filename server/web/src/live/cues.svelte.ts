import { byEar } from "./ear/by-ear.svelte";
import { voice } from "./ear/voice.svelte";

/**
 * Sound and vibration for a hand that holds the probe and eyes that look at a wall.  Off until a person asks for them, since
 * somebody outside may hear; iPhones do not vibrate, so a sound and a picture always say the same.
 */
const STORAGE_KEY = "ansim-cues";
const LOW_HZ = 330; // guessed: told apart by a phone's small speaker
const HIGH_HZ = 990;
const TONE_S = 0.12;
const LOUDNESS = 0.15;
const BELOW_VOICE = 0.3; // guessed: a tone that leads does not drown the word
const STEP_SHARE = 0.3; // guessed: an interval that everybody hears as up or down

class Cues {
  isOn = $state(read());
  #audio: AudioContext | null = null;

  /** Asked for, by itself or with the whole sweep by ear. */
  get isHeard(): boolean {
    return this.isOn || byEar.isOn;
  }

  /** By a person's tap only: browsers let no page sound without one. */
  toggle(): void {
    if (byEar.isOn) {
      byEar.choose("off");
      return;
    }
    this.isOn = !this.isOn;
    try {
      localStorage.setItem(STORAGE_KEY, String(this.isOn));
    } catch {
      // It holds until the page is closed.
    }
    if (this.isOn) this.turn();
  }

  /** The next spot, or the next sentence; where a voice says it, for the hand only. */
  turn(hasVoice = false): void {
    this.#play(hasVoice ? [] : [0.5], [60]);
  }

  /** A sentence that must not be missed. */
  warn(hasVoice: boolean): void {
    this.#play(hasVoice ? [] : [1, 0, 1], [300, 100, 300]);
  }

  /** How near: higher and more often the stronger (`share`, 0 to 1). */
  near(share: number): void {
    const times = 1 + Math.round(3 * share);
    this.#play(
      Array.from({ length: times }, () => share),
      Array.from({ length: 2 * times - 1 }, () => 80),
    );
  }

  /**
   * Within a position: one tone at each reading, higher the nearer (`share`); on news two that rise or fall, and a phone that can
   * says so by vibration, once short and twice for nearer, once long for farther.
   */
  lead(share: number, news: "warmer" | "colder" | null): void {
    const other = Math.max(0, share - STEP_SHARE);
    if (news === null) this.#play([share], []);
    else if (news === "warmer") this.#play([other, share], [60, 60, 60]);
    else this.#play([share, other], [250]);
  }

  #play(shares: readonly number[], pattern: number[]): void {
    // A page that was opened anew may not sound before it was touched.
    if (!this.isHeard || !navigator.userActivation.hasBeenActive) return;
    // Not every phone has it, whatever its type says.
    if (pattern.length > 0) (navigator as { vibrate?: (pattern: number[]) => boolean }).vibrate?.(pattern);
    if (shares.length === 0) return;
    const audio = (this.#audio ??= open());
    if (audio === null) return;
    void audio.resume();
    shares.forEach((share, index) => {
      const from = audio.currentTime + 2 * TONE_S * index;
      const [tone, gain] = [audio.createOscillator(), audio.createGain()];
      tone.frequency.value = LOW_HZ + (HIGH_HZ - LOW_HZ) * share;
      gain.gain.value = voice.isSpeaking ? BELOW_VOICE * LOUDNESS : LOUDNESS;
      tone.connect(gain).connect(audio.destination);
      tone.start(from);
      tone.stop(from + TONE_S);
    });
  }
}

function open(): AudioContext | null {
  return typeof AudioContext === "undefined" ? null : new AudioContext();
}

function read(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) === "true";
  } catch {
    return false;
  }
}

export const cues = new Cues();
