/** One act at a time of a part of the page: what came of it, or why it was refused. */
import { ApiError } from "../api/client";
import { local } from "../i18n/translate.svelte";

export class Acting {
  isBusy = $state(false);
  said = $state("");
  failed = $state<string | null>(null);

  /** True when it was done. */
  async act(work: () => Promise<unknown>, done: string): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    [this.said, this.failed] = ["", null];
    try {
      await work();
      this.said = done;
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed = local(error.shown);
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
