/** The code of a sticker as a person gives it at the door: typed or scanned, or that nobody can read it. */
import { say } from "./words";

const LETTERS = 12; // as the server's stickers have

export class Door {
  code = $state("");
  isUnreadable = $state(false);
  failed = $state<string | null>(null);

  /** The code as it was given: null where it cannot be read, undefined while neither is said. */
  given(): string | null | undefined {
    this.failed = null;
    if (this.isUnreadable) return null;
    const cleaned = this.code.toUpperCase().replace(/[^0-9A-Z]/g, "");
    if (cleaned.length === LETTERS) return cleaned;
    this.failed = say("code_short");
    return undefined;
  }
}
