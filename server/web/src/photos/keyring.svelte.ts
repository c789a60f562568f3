/** The evidence officer's private key while this page is open: in memory alone, and of whoever brought it. */
import { session } from "../app/session.svelte";

class Keyring {
  #identity = $state<string | null>(null);
  #owner = $state<string | null>(null);

  /** The key; null when nobody has brought one, or somebody else has logged in since. */
  get identity(): string | null {
    return this.#owner === (session.user?.username ?? null) ? this.#identity : null;
  }

  keep(identity: string): void {
    this.#identity = identity;
    this.#owner = session.user?.username ?? null;
  }

  forget(): void {
    this.#identity = this.#owner = null;
  }
}

export const keyring = new Keyring();
