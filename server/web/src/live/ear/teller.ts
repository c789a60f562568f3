/**
 * When which sentence is said: each once and in time, the newest alone, grave ones at once.  What changes again within a breath
 * was no instruction; a sentence that is over when it would be said is never said.
 */
export interface Line {
  /** What makes it another one than before. */
  readonly key: string;
  readonly text: string;
  readonly isGrave: boolean;
  /** It stands so long before it is said. */
  readonly settleMs: number;
}

export interface Mouth<Said extends Line> {
  say: (line: Said) => void;
  cut: () => void;
}

export class Teller<Said extends Line> {
  readonly #mouth: Mouth<Said>;
  /** What stands now, and what was said last and not cut. */
  #now = "";
  #said = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(mouth: Mouth<Said>) {
    this.#mouth = mouth;
  }

  /** What stands now; null: nothing that is said. */
  tell(line: Said | null): void {
    const key = line?.key ?? "";
    if (key === this.#now) return;
    this.#now = key;
    clearTimeout(this.#timer);
    if (line === null) this.#cut();
    else if (line.isGrave) this.#say(line);
    else
      this.#timer = setTimeout(() => {
        this.#say(line);
      }, line.settleMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#cut();
  }

  #say(line: Said): void {
    // It was away for less than a breath.
    if (line.key === this.#said) return;
    this.#said = line.key;
    this.#mouth.say(line);
  }

  #cut(): void {
    this.#said = "";
    this.#mouth.cut();
  }
}
