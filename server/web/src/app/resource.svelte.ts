import { ApiError } from "../api/client";
import { offline } from "./offline.svelte";

/**
 * Something that is loaded: exactly one of loading, error and data is what the screen shows first.  It ends with the part of the
 * page that made it: nothing is asked for a screen that was left, whose properties are not told any more.
 */
export class Resource<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(true);
  #latest = 0;
  #isOver = false;

  /** `isShared`: of the whole page, and of no part of it. */
  constructor(
    readonly load: () => Promise<T>,
    isShared = false,
  ) {
    if (!isShared)
      $effect(() => () => {
        this.#isOver = true;
        this.#latest += 1;
        offline.leave(this);
      });
  }

  /** Whether there is something to show: an answer, or that there was none. */
  get isAnswered(): boolean {
    return this.data !== null || this.error !== null;
  }

  /** Know nothing any more, and drop what is still on its way. */
  forget(): void {
    this.#latest += 1;
    this.data = null;
    this.error = null;
    this.isLoading = false;
  }

  /** Load, or load again; an answer that a newer call has overtaken is dropped. */
  async reload(): Promise<void> {
    if (this.#isOver) return;
    this.#latest += 1;
    const mine = this.#latest;
    this.isLoading = true;
    try {
      const data = await offline.watch(this, this.load, () => this.reload());
      if (mine !== this.#latest) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (mine !== this.#latest) return;
      this.error = error;
    } finally {
      if (mine === this.#latest) this.isLoading = false;
      if (this.#isOver) offline.leave(this);
    }
  }
}
