/**
 * The phone's own voices, through Web Speech: the one door to it.  A voice that some server makes is never asked, since no word
 * may leave the phone; without one of its own in that language nothing is said.
 */
import type { Language } from "../../i18n/messages";

const AFTER_CUT_MS = 60; // guessed: engines swallow what is said in the same breath as a cut
const PATIENCE_MS = 3_000; // guessed: an engine that has not begun by then says nothing any more

// Not every browser has it, whatever its type says.
const speech = (globalThis as { speechSynthesis?: SpeechSynthesis }).speechSynthesis;

class Voice {
  #all = $state.raw<readonly SpeechSynthesisVoice[]>(speech?.getVoices() ?? []);
  /** The engine did not speak. */
  isBroken = $state(false);
  /** Kept, or some browsers forget to say that it has ended. */
  #now: SpeechSynthesisUtterance | null = null;
  #later: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    // Some tell only later which they have.
    speech?.addEventListener("voiceschanged", () => {
      this.#all = speech.getVoices();
    });
  }

  get isSpeaking(): boolean {
    return this.#now !== null;
  }

  of(language: Language): SpeechSynthesisVoice | null {
    if (this.isBroken) return null;
    const ours = this.#all.filter(({ localService, lang }) => localService && lang.split(/[-_]/)[0] === language);
    return ours.find((one) => one.default) ?? ours[0] ?? null;
  }

  /** Say this now, and nothing else any more; false where the phone has no voice for it. */
  say(text: string, language: Language): boolean {
    const voice = this.of(language);
    if (speech === undefined || voice === null) return false;
    const wasSpeaking = this.cut();
    this.#later = setTimeout(
      () => {
        this.#say(speech, voice, text);
      },
      wasSpeaking ? AFTER_CUT_MS : 0,
    );
    return true;
  }

  /** Not a word more; returns whether one was on its way. */
  cut(): boolean {
    clearTimeout(this.#later);
    clearTimeout(this.#watchdog);
    if (this.#now === null) return false;
    this.#now = null;
    speech?.cancel();
    return true;
  }

  #say(speech: SpeechSynthesis, voice: SpeechSynthesisVoice, text: string): void {
    const one = new SpeechSynthesisUtterance(text);
    one.voice = voice;
    one.lang = voice.lang;
    const end = () => {
      clearTimeout(this.#watchdog);
      if (this.#now === one) this.#now = null;
    };
    one.onstart = () => {
      clearTimeout(this.#watchdog);
    };
    one.onend = end;
    one.onerror = ({ error }) => {
      if (this.#now === one && error !== "canceled" && error !== "interrupted") this.isBroken = true;
      end();
    };
    this.#now = one;
    this.#watchdog = setTimeout(() => {
      if (this.#now === one) this.isBroken = true;
      end();
    }, PATIENCE_MS);
    speech.resume();
    speech.speak(one);
  }
}

export const voice = new Voice();
