/** What is being done about a row, what became of it, and how it is taken back where that may be. */
import { ApiError } from "../api/client";
import { local } from "../i18n/translate.svelte";

type Work = () => Promise<unknown>;

export class Doing {
  isBusy = $state(false);
  said = $state("");
  failed = $state<string | null>(null);
  undo = $state.raw<Work | null>(null);
  /** How often something was done: what stands beside is asked for again then. */
  times = $state(0);

  constructor(readonly after: Work) {}

  /** True when it was done; what was typed stays when it was refused. */
  async act(work: Work, done: string, undo?: Work): Promise<boolean> {
    this.isBusy = true;
    this.hush();
    try {
      await work();
      this.said = done;
      this.undo = undo ?? null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed = local(error.shown);
      return false;
    } finally {
      this.isBusy = false;
    }
    this.times += 1;
    await this.after();
    return true;
  }

  hush(): void {
    [this.said, this.failed, this.undo] = ["", null, null];
  }
}
