/** A case that somebody opens on the spot, of what was seen or measured there: one at a time, and what it was refused for. */
import { ApiError, call, client } from "../api/client";
import type { FirstStep } from "../api/types";
import { local } from "../i18n/translate.svelte";

export class Opening {
  isBusy = $state(false);
  failed = $state<string | null>(null);

  /** Gives the id of the case, or null where it was refused; `caseId`: asked for again it is the same case. */
  async open(roomId: string, step: FirstStep, caseId: string): Promise<string | null> {
    this.isBusy = true;
    this.failed = null;
    try {
      const params = { path: { room_id: roomId } };
      const made = await call(client.POST("/api/rooms/{room_id}/cases", { params, body: { step, case_id: caseId } }));
      return made.case.case_id;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.failed = local(error.shown);
      return null;
    } finally {
      this.isBusy = false;
    }
  }
}
